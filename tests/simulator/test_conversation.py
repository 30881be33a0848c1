"""What client events lead to (fact 5.2)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from relay.simulator.stage import Expired

if TYPE_CHECKING:
    from tests.simulator.conftest import Talk


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ({"type": "response.cancel"}, "response_cancel_not_active", None),
        ({"type": "no.such.event"}, "invalid_value", "type"),
        ({}, "missing_required_parameter", "type"),
        ([], "invalid_type", None),
        ({"type": "response.create", "surprise": 1}, "unknown_parameter", "surprise"),
        ({"type": "conversation.item.create"}, "missing_required_parameter", "item"),
        ({"type": "conversation.item.retrieve", "item_id": "x"}, "item_retrieve_invalid_item_id", "item_id"),
        ({"type": "conversation.item.delete", "item_id": "x"}, "item_delete_invalid_item_id", "item_id"),
        ({"type": "input_audio_buffer.append", "audio": ""}, "invalid_value", "type"),
        ({"type": "session.update", "session": {}}, "missing_required_parameter", "session.type"),
        (
            {"type": "session.update", "session": {"type": "realtime", "voice": "alloy"}},
            "unknown_parameter",
            "session.voice",
        ),
        (
            {"type": "session.update", "session": {"type": "transcription"}},
            "invalid_parameter",
            "session.type",
        ),
    ],
)
def test_what_cannot_be_used_is_answered_with_an_error_event(
    talk: type[Talk], message: object, code: str, param: str | None
) -> None:
    call = talk()
    call.send_text(json.dumps(message))

    assert call.types == ["error"]
    error = call.last("error")["error"]
    assert (error["code"], error["param"]) == (code, param)


@pytest.mark.parametrize("text", ["", "{", "nonsense", '{"type":}', "[" * 100_000])
def test_text_that_is_no_json_is_answered_with_an_error_event(talk: type[Talk], text: str) -> None:
    call = talk()
    call.send_text(text)

    assert call.types == ["error"]


def test_a_session_update_changes_only_what_it_names_and_is_answered_whole(talk: type[Talk]) -> None:
    call = talk()
    before = call.stage.session["audio"]["output"]
    call.send("session.update", session={"type": "realtime", "instructions": "Be brief."})
    after = call.last("session.updated")["session"]

    assert after["instructions"] == "Be brief."
    assert after["audio"]["output"] == before


def test_the_voice_is_fixed_once_it_was_heard(talk: type[Talk]) -> None:
    call = talk()
    update = {"type": "realtime", "audio": {"output": {"voice": "marin"}}}
    call.send("session.update", session=update)
    assert call.types == ["session.updated"]

    call.send("response.create")
    call.wait(20)
    call.send("session.update", session={"type": "realtime", "audio": {"output": {"voice": "ash"}}})
    assert call.last("error")["error"]["code"] == "cannot_update_voice"


def test_items_can_be_fetched_truncated_and_deleted(talk: type[Talk]) -> None:
    call = talk()
    call.send("response.create")
    call.wait(20)
    item_id = call.last("conversation.item.done")["item"]["id"]
    call.clear()
    call.send("conversation.item.retrieve", item_id=item_id)
    call.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=10)
    call.send("conversation.item.delete", item_id=item_id)
    call.send("conversation.item.retrieve", item_id=item_id)

    assert call.types == [
        "conversation.item.retrieved",
        "conversation.item.truncated",
        "conversation.item.deleted",
        "error",
    ]


def test_the_time_limit_is_an_error_event_and_then_the_end(talk: type[Talk]) -> None:
    call = talk()
    call.effects += call.conversation.expire()

    assert call.last("error")["error"]["code"] == "session_expired"
    assert isinstance(call.effects[-1], Expired)
