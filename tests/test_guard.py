"""The guard as a part of a call: what it says, tells and ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relay.core.call import Reason
from relay.core.facts import Committed, Effective, Failed, ItemAdded
from relay.core.profile import build_session_config
from relay.core.realtime import plan_from_config
from relay.core.upstream import SidebandLost
from relay.desk import RESTORE
from relay.guard import Guard, make_guard
from tests.doubles.attended import SUPPORT, Attending

pytestmark = pytest.mark.anyio

GUARDED = replace(SUPPORT, sideband="guard", instructions="Be brief.", browser_instructions=0)


def guard() -> tuple[Guard, Attending]:
    plan = plan_from_config(build_session_config(GUARDED, voice=None, instructions=None))
    attending = Attending(GUARDED, session=dict(plan.session))
    made = make_guard(attending.attended)
    assert made is not None
    return made, attending


async def test_only_a_profile_that_asks_for_it_is_guarded() -> None:
    assert make_guard(Attending().attended) is None


async def test_the_session_is_looked_at_whenever_the_sideband_is_attached() -> None:
    made, attending = guard()
    await made.attached(again=False)
    await made.attached(again=True)

    assert attending.desk.words == [("look",), ("look",)]


async def test_a_change_is_set_back_and_told() -> None:
    made, attending = guard()
    await made.take(Effective(values={"instructions": "evil"}))

    assert attending.desk.words == [("restore", {"instructions": "Be brief."})]
    assert attending.published == [
        ("guard", {"changed": ["instructions"], "reverted": True, "times": 1, "ended": False})
    ]
    assert attending.ended == []


async def test_the_third_change_ends_the_call_and_no_later_one_ends_it_again() -> None:
    made, attending = guard()
    for _ in range(4):
        await made.take(Effective(values={"instructions": "evil"}))

    assert attending.published[2][1]["ended"] is True
    assert attending.ended == [Reason.GUARD]


async def test_the_browsers_response_is_cancelled_and_its_item_removed() -> None:
    made, attending = guard()
    await made.take(Effective(values={}, response_id="resp_1"))
    await made.take(ItemAdded("item_1", "system", "message", text="evil"))

    assert attending.desk.words == [("cancel", "resp_1"), ("remove", "item_1")]


async def test_a_turn_is_answered_at_the_relays_word() -> None:
    made, attending = guard()
    await made.take(Committed("item_1"))

    assert attending.desk.words == [("respond", "turn", None)]


async def test_a_session_that_cannot_be_set_back_ends_the_call() -> None:
    made, attending = guard()
    await made.take(Failed("error", "cannot_update_voice", event_id=RESTORE))

    assert attending.ended == [Reason.GUARD]


async def test_a_guard_without_a_sideband_waits_for_the_next() -> None:
    made, attending = guard()
    attending.desk.attached = False

    with pytest.raises(SidebandLost):
        await made.take(Effective(values={"instructions": "evil"}))
    assert attending.ended == []


async def test_a_guard_that_breaks_ends_its_call() -> None:
    made, attending = guard()
    broken: object = 7

    with pytest.raises(TypeError):
        await made.take(Effective(values=broken))  # type: ignore[arg-type]  # what no reading gives
    assert attending.ended == [Reason.GUARD]
