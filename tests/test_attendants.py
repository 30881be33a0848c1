"""Attending calls: attached again and again, ended with the call, and never in its way."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from relay.attendant import WORD_SECONDS
from relay.attendants import Attendants, Consequences
from relay.attending import Attended, Planned, QuietPart
from relay.core.call import Reason, State
from relay.core.facts import CallOver, Committed, Fact, Speech
from relay.core.upstream import Plan, SidebandLost
from tests.doubles.attended import SUPPORT
from tests.doubles.call import a_call
from tests.doubles.clock import StoppedClock
from tests.doubles.upstream import UpstreamDouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from relay.core.profile import Profile
    from relay.core.record import Call
    from tests.doubles.sideband import SidebandDouble

pytestmark = pytest.mark.anyio

LIVE = a_call(state=State.LIVE, upstream_id="rtc_1", profile="support")


class Noted(QuietPart):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    async def attached(self, *, again: bool) -> None:
        self.told.append(("attached", again))

    async def lost(self) -> None:
        self.told.append("lost")

    async def take(self, fact: Fact) -> None:
        self.told.append(fact)

    async def close(self) -> None:
        self.told.append("closed")


class Broken(QuietPart):
    """Breaks at the first fact."""

    def __init__(self) -> None:
        self.facts = 0

    async def take(self, fact: Fact) -> None:
        self.facts += 1
        raise RuntimeError("a mistake")


@dataclass
class House:
    """Attendants, and everything they bring about."""

    profile: Profile = SUPPORT
    known: bool = True
    upstream: UpstreamDouble = field(default_factory=UpstreamDouble)
    clock: StoppedClock = field(default_factory=StoppedClock)
    part: Noted = field(default_factory=Noted)
    broken: Broken = field(default_factory=Broken)
    published: list[tuple[str, object]] = field(default_factory=list)
    ended: list[Reason] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    attended: list[Attended] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.attendants = Attendants(
            upstream=self.upstream,
            replan=lambda _: self.planned if self.known else None,
            parts=(self._broken_part, self._part),
            clock=self.clock,
            sleep=self._sleep,
        )
        self.attendants.bring_about(Consequences(self._publish, self._end))

    @property
    def planned(self) -> Planned:
        return Planned(self.profile, Plan("gpt-realtime", {}))

    @property
    def sideband(self) -> SidebandDouble:
        return self.upstream.sidebands[-1]

    def begin(self, call: Call = LIVE) -> None:
        self.attendants.plan(call.key, self.planned)
        self.attendants.see(call)

    async def until(self, *told: object) -> None:
        async with asyncio.timeout(5):
            while self.part.told[-len(told) :] != list(told):
                await asyncio.sleep(0)

    def _part(self, attended: Attended) -> Noted:
        self.attended.append(attended)
        return self.part

    def _broken_part(self, _: Attended) -> Broken:
        return self.broken

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    async def _publish(self, key: str, kind: str, body: object) -> None:
        self.published.append((kind, body))

    async def _end(self, key: str, reason: Reason) -> None:
        self.ended.append(reason)


@contextlib.asynccontextmanager
async def house(
    profile: Profile = SUPPORT, *keeps_away: SidebandLost, known: bool = True
) -> AsyncIterator[House]:
    made = House(profile, known)
    made.upstream.keeps_away = list(keeps_away)
    try:
        yield made
    finally:
        await made.attendants.close()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0)


async def gone_quiet(made: House) -> None:
    """Let the tasks do what they can do now."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_facts_reach_the_parts_and_the_page_is_told_that_it_is_attached() -> None:
    async with house() as made:
        made.begin()
        await made.until(("attached", False))
        made.sideband.tell(Committed("item_1"))
        await made.until(Committed("item_1"))

        assert made.published == [("sideband", {"state": "attached"})]
        assert made.attendants.attached == 1


async def test_a_call_without_a_name_or_already_ending_is_not_attended() -> None:
    async with house() as made:
        for call in (a_call(), a_call(state=State.IN_DOUBT), replace(LIVE, state=State.ENDING)):
            made.begin(call)

        assert len(made.attendants) == 0


async def test_a_profile_without_a_sideband_has_no_attendant() -> None:
    async with house(replace(SUPPORT, sideband="off")) as made:
        made.begin()
        await gone_quiet(made)

        assert made.upstream.attempts_to_attach == 0


async def test_a_sideband_that_is_not_found_at_first_is_tried_again() -> None:
    async with house(SUPPORT, *[SidebandLost("not_found")] * 4) as made:
        made.begin()
        await made.until(("attached", False))

        assert made.upstream.attempts_to_attach == 5
        assert made.ended == []


async def test_a_sideband_that_broke_is_attached_again_and_the_parts_know() -> None:
    async with house() as made:
        made.begin()
        await made.until(("attached", False))
        made.sideband.break_off()
        await made.until("lost", ("attached", True))

        assert [kind for kind, _ in made.published] == ["sideband"] * 3
        assert made.upstream.sidebands[0].closed


async def test_a_sideband_that_breaks_again_and_again_is_attached_with_growing_pauses() -> None:
    async with house() as made:
        began = made.clock.now().boot_seconds
        made.begin()
        for number in range(1, 7):
            await until(lambda number=number: len(made.upstream.sidebands) == number)  # type: ignore[misc]
            made.sideband.break_off()
        await until(lambda: len(made.upstream.sidebands) == 7)

        assert made.clock.now().boot_seconds - began > 3  # 0.1 + 0.2 + … + 3.2 s, by chance half or more


async def test_a_browser_that_blinds_its_guard_is_hung_up() -> None:
    async with house(replace(SUPPORT, sideband="guard")) as made:
        made.begin()
        await made.until(("attached", False))
        made.sideband.break_off("too_large")
        await made.until("lost", ("attached", True))

        assert made.ended == [Reason.GUARD]


async def test_a_call_writes_no_more_entries_than_a_page_can_read() -> None:
    async with house() as made:
        made.begin()
        await made.until(("attached", False))
        for _ in range(1000):
            await made.attended[0].publish("failed", {"what": "error"})
        at_once = len(made.published)
        made.clock.advance(2)
        for _ in range(1000):
            await made.attended[0].publish("failed", {"what": "error"})

        assert (at_once, len(made.published)) == (100, 110)


@pytest.mark.parametrize(
    ("expired", "reason", "slept"),
    [(True, Reason.EXPIRED, []), (False, Reason.UPSTREAM_ENDED, [WORD_SECONDS])],
)
async def test_the_upstreams_own_end_is_the_calls_end_once_a_page_could_say_that_it_hung_up(
    reason: Reason, slept: list[float], *, expired: bool
) -> None:
    async with house() as made:
        made.begin()
        await made.until(("attached", False))
        made.sideband.tell(CallOver(expired=expired))
        await made.until(CallOver(expired=expired), "closed")

        assert (made.ended, made.slept) == ([reason], slept)
        assert made.sideband.closed


async def test_a_call_that_is_found_no_more_after_it_was_attached_is_ended() -> None:
    async with house() as made:
        made.begin()
        await made.until(("attached", False))
        made.upstream.keeps_away = [SidebandLost("not_found")] * 30
        made.sideband.break_off()
        await made.until("closed")

        assert made.ended == [Reason.UPSTREAM_ENDED]


async def test_an_adopted_call_that_is_found_no_more_is_ended_where_sidebands_are_known_to_work() -> None:
    async with house() as made:
        made.begin(replace(LIVE, key="another"))
        await made.until(("attached", False))
        made.upstream.keeps_away = [SidebandLost("not_found")] * 30
        made.attendants.see(LIVE)
        await made.until("closed")

        assert made.ended == [Reason.UPSTREAM_ENDED]


async def test_a_new_call_that_is_not_found_yet_goes_on() -> None:
    async with house(SUPPORT, *[SidebandLost("not_found")] * 12) as made:
        made.begin()
        await made.until(("attached", False))

        assert made.ended == []


async def test_a_call_that_can_do_without_goes_on_without_its_sideband() -> None:
    async with house(SUPPORT, *[SidebandLost("unreachable")] * 30) as made:
        made.begin()
        await made.until(("attached", False))

        assert made.ended == []
        assert [body for _, body in made.published] == [{"state": "refused"}, {"state": "attached"}]


@pytest.mark.parametrize("changes", [{"sideband_required": True}, {"sideband": "guard"}])
async def test_a_call_that_requires_its_sideband_is_ended_without(changes: dict[str, object]) -> None:
    profile = replace(SUPPORT, **changes)  # type: ignore[arg-type]  # two fields of two types
    async with house(profile, *[SidebandLost("unreachable")] * 12) as made:
        made.begin()
        await made.until(("attached", False))

        assert made.ended == [Reason.SIDEBAND]


async def test_a_required_sideband_that_is_refused_for_good_ends_the_call_at_once() -> None:
    profile = replace(SUPPORT, sideband_required=True)
    async with house(profile, SidebandLost("refused", final=True)) as made:
        made.begin()
        await made.until("closed")

        assert made.ended == [Reason.SIDEBAND]
        assert made.upstream.attempts_to_attach == 1


async def test_an_attendant_that_gave_up_does_not_begin_again_with_every_sign_of_life() -> None:
    async with house(SUPPORT, SidebandLost("refused", final=True)) as made:
        made.begin()
        await made.until("closed")
        made.attendants.see(LIVE)
        await gone_quiet(made)

        assert made.upstream.attempts_to_attach == 1


async def test_a_part_that_breaks_is_left_out_and_the_others_go_on() -> None:
    async with house() as made:
        made.begin()
        await made.until(("attached", False))
        made.sideband.tell(Committed("item_1"), Committed("item_2"))
        await made.until(Committed("item_1"), Committed("item_2"))

        assert made.broken.facts == 1


async def test_an_adopted_call_is_planned_anew_and_its_parts_know_that_facts_are_missing() -> None:
    async with house() as made:
        made.attendants.see(LIVE)
        await made.until(("attached", True))

        assert made.attended[0].adopted


async def test_a_call_of_a_profile_that_is_gone_is_not_attended() -> None:
    async with house(known=False) as made:
        made.attendants.see(LIVE)
        await gone_quiet(made)

        assert made.upstream.attempts_to_attach == 0


async def test_a_call_of_another_process_now_is_let_go_of_at_once_and_can_come_back() -> None:
    async with house() as made:
        made.begin()
        await made.until(("attached", False))
        first = made.sideband
        made.attendants.let_go(LIVE.key, ended=False)
        made.attendants.see(LIVE)
        await made.until(("attached", True))

        assert first.closed
        assert made.sideband is not first


async def test_the_last_words_of_a_call_that_ended_are_still_read() -> None:
    async with house() as made:
        made.begin()
        await made.until(("attached", False))
        made.attendants.let_go(LIVE.key, ended=True)
        made.sideband.tell(Speech("assistant", began=False), CallOver(expired=False))
        await made.until(Speech("assistant", began=False), CallOver(expired=False), "closed")

        assert made.sideband.closed


async def test_parts_know_when_a_call_was_not_heard_to_its_end() -> None:
    async with house() as made:
        made.begin()
        await made.until(("attached", False))
        made.attendants.let_go(LIVE.key, ended=False)
        await made.until("lost", "closed")

        assert made.sideband.closed


async def test_closing_lets_go_of_every_sideband_and_ends_no_call() -> None:
    async with house() as made:
        made.begin()
        await made.until(("attached", False))
        await made.attendants.close()

        assert made.sideband.closed
        assert made.part.told[-1] == "closed"
        assert made.ended == []
