"""How a call's time becomes that of the days it touches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.booking import DAY_MILLISECONDS, booked, change_of_booking, day_of, spread, until_midnight
from relay.core.call import Event, Reason, State
from relay.core.moment import Moment
from relay.core.record import advance
from tests.doubles.call import BEGINNING, a_call

MIDNIGHT = 1_700_006_400.0  # 2023-11-15 00:00 UTC
BEFORE_MIDNIGHT = Moment("boot-1", 1_000.0, MIDNIGHT - 60)
DAY = day_of(BEFORE_MIDNIGHT)


def later(seconds: float, since: Moment = BEGINNING) -> Moment:
    return Moment(since.boot_id, since.boot_seconds + seconds, since.wall_seconds + seconds)


def test_a_call_books_all_it_may_last_until_it_is_over() -> None:
    call = a_call(max_seconds=600.0)

    assert change_of_booking(None, call) == {day_of(BEGINNING): 600_000}
    for state in (State.UNWANTED, State.NAMED, State.LIVE, State.ENDING, State.IN_DOUBT):
        assert change_of_booking(call, replace(call, state=state)) == {}


def test_a_call_that_is_over_gives_back_what_it_did_not_last() -> None:
    live = a_call(state=State.LIVE, upstream_id="rtc_1")
    ending = advance(live, Event.REASON, later(40), reason=Reason.CALLER).call
    ended = advance(ending, Event.HUNG_UP, later(42.5)).call

    assert change_of_booking(ending, ended) == {day_of(BEGINNING): 42_500 - 600_000}


@pytest.mark.parametrize("state", [State.INTENT, State.UNWANTED, State.IN_DOUBT])
def test_quota_03_a_call_that_never_was_gives_back_everything(state: State) -> None:
    call = a_call(state=state)
    refused = advance(call, Event.REFUSED, later(30)).call

    assert booked(refused) == 0
    assert change_of_booking(call, refused) == {day_of(BEGINNING): -600_000}


def test_a_doubt_that_was_never_resolved_is_paid_for() -> None:
    doubt = a_call(state=State.IN_DOUBT)
    expired = advance(doubt, Event.CAP_PASSED, later(600)).call

    assert booked(doubt) == booked(expired) == 600_000


def test_a_call_that_turns_up_after_all_is_booked_again_and_ends_as_it_lasted() -> None:
    expired = advance(a_call(state=State.IN_DOUBT), Event.CAP_PASSED, later(700)).call
    found = advance(expired, Event.NAMED, later(800), upstream_id="rtc_1").call
    ended = advance(found, Event.HUNG_UP, later(810)).call

    assert [booked(call) for call in (expired, found, ended)] == [700_000, 600_000, 810_000]


def test_quota_14_a_call_over_midnight_books_on_both_days() -> None:
    call = a_call(created=BEFORE_MIDNIGHT, state=State.LIVE, upstream_id="rtc_1")
    short = advance(call, Event.GONE, later(50, BEFORE_MIDNIGHT)).call
    long = advance(call, Event.GONE, later(100, BEFORE_MIDNIGHT)).call

    assert change_of_booking(None, call) == {DAY: 60_000, DAY + 1: 540_000}
    assert change_of_booking(call, short) == {DAY: -10_000, DAY + 1: -540_000}
    assert change_of_booking(call, long) == {DAY + 1: 40_000 - 540_000}


@given(wall=st.floats(0, 4e9), milliseconds=st.integers(0, 3 * DAY_MILLISECONDS))
def test_what_is_spread_over_days_is_all_of_it_and_no_day_has_more_than_it_can(
    wall: float, milliseconds: int
) -> None:
    begin = Moment("boot-1", 0.0, wall)
    days = spread(begin, milliseconds)

    assert sum(days.values()) == milliseconds
    assert all(0 < part <= DAY_MILLISECONDS for part in days.values())
    assert list(days) == list(range(day_of(begin), day_of(begin) + len(days)))
    assert days.get(day_of(begin), 0) <= until_midnight(begin)
