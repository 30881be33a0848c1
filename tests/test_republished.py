"""What a page cannot see is told on its event stream; failed turns are asked for once more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relay.core.facts import Failed, RateLimit, ResponseDone
from relay.republished import make_republished
from relay.tools.part import MARK
from tests.doubles.attended import SUPPORT, Attending

pytestmark = pytest.mark.anyio

PRIVATE = replace(SUPPORT, private=True)


async def test_a_private_page_is_told_of_ends_limits_and_errors() -> None:
    attending = Attending(PRIVATE)
    part = make_republished(attending.attended)
    await part.take(ResponseDone("resp_1", "incomplete", reason="max_output_tokens"))
    await part.take(RateLimit("tokens", 100.0, 0.5))
    await part.take(Failed("error", "unknown_parameter"))

    assert attending.published == [
        ("response", {"id": "resp_1", "status": "incomplete", "reason": "max_output_tokens"}),
        ("limits", {"name": "tokens", "remaining": 100.0, "reset_seconds": 0.5}),
        ("failed", {"what": "error", "code": "unknown_parameter"}),
    ]


async def test_another_page_sees_these_itself() -> None:
    attending = Attending()
    part = make_republished(attending.attended)
    await part.take(ResponseDone("resp_1", "completed"))
    await part.take(RateLimit("tokens", 100.0, 0.5))
    await part.take(Failed("error", "unknown_parameter"))

    assert attending.published == []


async def test_a_failed_transcription_tells_its_cause() -> None:
    attending = Attending()
    part = make_republished(attending.attended)
    await part.take(Failed("transcription", "DeploymentNotFound", item_id="item_1"))

    assert attending.published == [
        (
            "failed",
            {
                "what": "transcription",
                "code": "DeploymentNotFound",
                "item_id": "item_1",
                "hint": "upstream-misconfigured",
            },
        )
    ]


async def test_a_response_that_failed_through_the_servers_fault_is_asked_for_once_more() -> None:
    attending = Attending()
    part = make_republished(attending.attended)
    await part.take(ResponseDone("resp_1", "failed", reason="server_error"))
    await part.take(ResponseDone("resp_2", "failed", reason="server_error", mark="retry"))

    assert attending.desk.words == [("respond", "retry", None)]
    assert [(kind, body["again"]) for kind, body in attending.published] == [
        ("failed", True),
        ("failed", False),
    ]


async def test_an_answer_to_tools_that_failed_is_asked_for_again_too() -> None:
    attending = Attending()
    part = make_republished(attending.attended)
    await part.take(ResponseDone("resp_1", "failed", reason="server_error", mark=MARK))

    assert attending.desk.words == [("respond", "retry", None)]


@pytest.mark.parametrize(("reason", "mark"), [("rate_limit_exceeded", None), ("server_error", "moderation")])
async def test_no_other_failure_is_asked_for_again(reason: str, mark: str | None) -> None:
    attending = Attending()
    await make_republished(attending.attended).take(
        ResponseDone("resp_1", "failed", reason=reason, mark=mark)
    )

    assert attending.desk.words == []


async def test_the_browsers_own_response_in_a_guarded_call_is_not_asked_for_again() -> None:
    attending = Attending(replace(SUPPORT, sideband="guard"))
    await make_republished(attending.attended).take(ResponseDone("resp_1", "failed", reason="server_error"))

    assert attending.desk.words == []


async def test_a_word_of_ours_that_was_refused_is_none_of_the_pages() -> None:
    attending = Attending(PRIVATE)
    await make_republished(attending.attended).take(Failed("error", "unknown_parameter", event_id="turn"))

    assert attending.published == []
