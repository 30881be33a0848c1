"""Moderation: what was said is judged once, in order, and verdicts are followed."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from relay.core.call import Reason
from relay.core.facts import Committed, Line
from relay.moderation import MOST_WAITING, ModerationPart, moderation_part
from relay.tools.tool import ToolFailed
from tests.doubles.attended import SUPPORT, Attending
from tests.tools.test_part import ToolDouble, settle

if TYPE_CHECKING:
    from relay.core.facts import Fact

pytestmark = pytest.mark.anyio

SAID = Line("caller", "item_1", 0, "canary words")


async def judged(attending: Attending, hook: ToolDouble, *facts: Fact) -> ModerationPart:
    part = ModerationPart(attending.attended, hook)
    await part.attached(again=False)
    for fact in facts:
        await part.take(fact)
    await settle()
    return part


@pytest.mark.parametrize(
    ("answer", "words", "ended", "verdict"),
    [
        (None, [], [], None),
        ("pass", [], [], None),
        ("cancel", [("cancel", None)], [], "cancel"),
        (
            {"verdict": "say", "text": "No."},
            [("cancel", None), ("say", "No.", "moderation")],
            [],
            "say",
        ),
        ("hang_up", [], [Reason.MODERATION], "hang_up"),
    ],
)
async def test_verdicts_are_followed_and_told_without_words(
    answer: object, words: list[Any], ended: list[Reason], verdict: str | None
) -> None:
    attending, hook = Attending(), ToolDouble(answer=answer)
    part = await judged(attending, hook, SAID)

    assert hook.asked[0][0] == {"who": "caller", "text": "canary words"}
    assert attending.desk.words == words
    assert attending.ended == ended
    assert attending.published == ([] if verdict is None else [("moderated", {"verdict": verdict})])
    await part.close()


async def test_each_piece_is_judged_once_and_in_order_and_a_correction_anew() -> None:
    hook = ToolDouble(answer=None)
    lines = [SAID, SAID, Line("assistant", "item_2", 0, "b"), Line("caller", "item_1", 0, "c"), SAID]

    part = await judged(Attending(), hook, *lines, Committed("item_3"), Line("caller", "item_4", 0, " "))

    assert [arguments["text"] for arguments, _ in hook.asked] == ["canary words", "b", "c"]
    assert len({asking.id for _, asking in hook.asked}) == 2  # by item, so that a repetition can be told
    await part.close()


@pytest.mark.parametrize("answer", [ToolFailed("no"), TimeoutError(), "ban", {"verdict": "say"}, [1]])
@pytest.mark.parametrize("failure", ["pass", "hang_up"])
async def test_a_hook_without_a_verdict_does_what_the_profile_says(answer: object, failure: Any) -> None:
    attending = Attending(profile=replace(SUPPORT, moderation_failure=failure))

    part = await judged(attending, ToolDouble(answer=answer), SAID)

    assert attending.ended == ([Reason.MODERATION] if failure == "hang_up" else [])
    assert attending.published == [("failed", {"what": "moderation", "code": "no_verdict"})]
    await part.close()


async def test_a_hook_that_hangs_counts_as_failed_once_too_much_waits() -> None:
    attending = Attending(profile=replace(SUPPORT, moderation_failure="hang_up"))
    lines = [Line("caller", f"item_{number}", 0, "x") for number in range(MOST_WAITING + 2)]

    part = await judged(attending, ToolDouble(held=asyncio.Event()), *lines)

    assert Reason.MODERATION in attending.ended
    await part.close()


async def test_a_verdict_without_a_sideband_is_told_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    attending = Attending()
    attending.desk.attached = False

    with caplog.at_level(logging.DEBUG):
        part = await judged(attending, ToolDouble(answer="cancel"), SAID)

    assert "a verdict could not be followed" in caplog.text
    assert "canary" not in caplog.text + str([vars(record) for record in caplog.records])
    await part.close()


async def test_a_call_has_the_part_where_its_profile_has_a_hook() -> None:
    find = {"judge": ToolDouble()}.get

    made = [
        moderation_part(find)(Attending(profile=replace(SUPPORT, moderation=name)).attended)
        for name in (None, "gone", "judge")
    ]

    assert [part is not None for part in made] == [False, False, True]
