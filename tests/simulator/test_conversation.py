"""What client events lead to (fact 5.2)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.simulator.conversation import Conversation
from relay.simulator.faults import json_text
from relay.simulator.session_config import full_session
from relay.simulator.speech import load_utterances
from relay.simulator.stage import Emit, Expired, Stage

if TYPE_CHECKING:
    from tests.simulator.conftest import Talk

KINDS = [
    "session.update",
    "conversation.item.create",
    "conversation.item.delete",
    "conversation.item.truncate",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
    "output_audio_buffer.clear",
    "response.create",
    "response.cancel",
]
NAMES = [
    "session",
    "item",
    "item_id",
    "response",
    "event_id",
    "role",
    "content",
    "text",
    "audio",
    "input",
    "output",
]
NAMES += ["tools", "tool_choice", "parameters", "name", "instructions", "turn_detection", "output_modalities"]


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


STOCK = load_utterances()
WORDS = st.sampled_from(
    ["", "gpt-realtime", "realtime", "message", "user", "function", "server_vad", "\ud800", "weather"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**10) | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)
TOOL = st.fixed_dictionaries({"type": st.just("function"), "name": WORDS}, optional={"parameters": VALUES})
ITEM = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "function_call", "function_call_output"])},
    optional={
        "id": WORDS,
        "role": st.sampled_from(["user", "system", "assistant"]),
        "content": st.lists(
            st.fixed_dictionaries({"type": st.just("input_text"), "text": WORDS}), max_size=2
        ),
        "call_id": WORDS,
        "output": WORDS,
        "name": WORDS,
        "arguments": VALUES,
    },
)
RESPONSE = {"tools": st.lists(TOOL, max_size=2), "input": st.lists(ITEM, max_size=2), "metadata": VALUES}
RESPONSE |= {"tool_choice": WORDS, "output_modalities": st.sampled_from([["text"], ["audio"], []])}
FIELDS = {**dict.fromkeys(NAMES, VALUES)} | {
    "item": ITEM | VALUES,
    "response": st.fixed_dictionaries({}, optional=RESPONSE) | VALUES,
    "session": st.fixed_dictionaries({"type": st.just("realtime")}, optional=dict.fromkeys(NAMES, VALUES)),
}
EVENTS = st.fixed_dictionaries({"type": st.sampled_from(KINDS)}, optional=FIELDS)
ONES = st.sampled_from(sorted(FIELDS)).flatmap(
    lambda name: st.fixed_dictionaries({"type": st.sampled_from(KINDS), name: FIELDS[name]})
)


@settings(max_examples=80, deadline=None)
@given(st.lists(ONES | EVENTS, max_size=6))
def test_no_client_event_breaks_a_conversation(events: list[dict[str, object]]) -> None:
    stage = Stage(full_session({"type": "realtime", "model": "m"}, session_id="s"), STOCK)
    conversation = Conversation(stage)
    for number, one in enumerate(events):
        effects = conversation.client_event(json.dumps(one), float(number))

        assert all(json_text(effect.event).encode() for effect in effects if isinstance(effect, Emit))
    conversation.advance(1000.0)
