"""When something is due for a call."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core import clocks
from relay.core.call import CLOSED, Event, Reason, State
from tests.doubles.call import BEGINNING, a_call
from tests.doubles.clock import StoppedClock

if TYPE_CHECKING:
    from relay.core.moment import Moment


def _after(seconds: float) -> Moment:
    return StoppedClock().advance(seconds)


def test_load_07_a_call_is_due_at_its_maximum_duration() -> None:
    call = a_call(state=State.LIVE, presence_seconds=None)

    assert clocks.due_reason(call, _after(599.9)) is None
    assert clocks.due_reason(call, _after(600)) is Reason.MAX_DURATION
    assert clocks.due_event(call, _after(600)) is Event.REASON


def test_load_08_a_jump_of_the_wall_clock_moves_no_deadline() -> None:
    clock = StoppedClock()
    call = a_call(state=State.LIVE, seen=clock.now())
    before = clocks.next_due(call, clock.now())

    assert clocks.next_due(call, clock.jump_wall(3600)) == before
    assert clocks.next_due(call, clock.jump_wall(-7200)) == before


def test_the_warning_comes_a_minute_before_the_end_once() -> None:
    assert clocks.warning_in(a_call(state=State.LIVE), BEGINNING) == 540
    assert clocks.warning_in(a_call(state=State.LIVE, warned=True), BEGINNING) == math.inf
    assert clocks.warning_in(a_call(state=State.NAMED), BEGINNING) == math.inf


def test_a_short_call_is_warned_at_half_of_its_time() -> None:
    assert clocks.warning_in(a_call(state=State.LIVE, max_seconds=10.0), BEGINNING) == 5


def test_presence_lapses_after_its_seconds_and_a_sign_of_life_renews_it() -> None:
    call = a_call(state=State.LIVE, seen=BEGINNING)

    assert clocks.due_reason(call, _after(14.9)) is None
    assert clocks.due_reason(call, _after(15)) is Reason.PRESENCE
    assert clocks.presence_in(a_call(state=State.LIVE, seen=_after(10)), _after(15)) == 10


def test_presence_is_not_asked_of_those_who_did_not_promise_it() -> None:
    assert (
        clocks.presence_in(a_call(state=State.LIVE, presence_seconds=None, seen=BEGINNING), _after(99)) > 1e9
    )


def test_presence_does_not_run_before_the_answer() -> None:
    assert clocks.presence_in(a_call(state=State.NAMED), _after(99)) == math.inf


def test_a_page_may_have_been_seen_elsewhere_until_the_store_was_lost() -> None:
    call = a_call(state=State.LIVE, seen=BEGINNING)
    alone = clocks.judged_alone(call, _after(14))

    assert clocks.due_reason(alone, _after(28.9)) is None
    assert clocks.due_reason(alone, _after(29)) is Reason.PRESENCE


def test_a_page_seen_after_the_store_was_lost_is_judged_by_that() -> None:
    call = a_call(state=State.LIVE, seen=_after(20))

    assert clocks.judged_alone(call, _after(14)) == call


def test_the_loss_of_the_store_asks_no_presence_of_those_who_did_not_promise_it() -> None:
    call = a_call(state=State.LIVE, seen=BEGINNING, presence_seconds=None)

    assert clocks.presence_in(clocks.judged_alone(call, _after(14)), _after(99)) == math.inf


def test_the_loss_of_the_store_is_no_sign_of_life_before_the_answer() -> None:
    call = a_call(state=State.NAMED)

    assert clocks.judged_alone(call, _after(14)) == call


def test_the_loss_of_the_store_moves_no_limit() -> None:
    call = a_call(state=State.LIVE, seen=BEGINNING)

    assert clocks.due_reason(clocks.judged_alone(call, _after(599)), _after(600)) is Reason.MAX_DURATION


def test_up_31_the_backoff_doubles_up_to_five_seconds_and_never_ends() -> None:
    assert [clocks.hang_up_backoff(n) for n in range(8)] == [0, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]
    assert clocks.hang_up_backoff(10_000) == 5


def test_a_hang_up_is_due_at_once_and_then_after_its_backoff() -> None:
    assert clocks.hang_up_in(a_call(state=State.ENDING), BEGINNING) == 0
    assert clocks.hang_up_in(a_call(state=State.ENDING, attempts=3, tried=BEGINNING), BEGINNING) == 0.8
    assert clocks.hang_up_in(a_call(state=State.LIVE), BEGINNING) == math.inf


def test_up_31_a_hang_up_is_given_up_when_the_upstreams_own_limit_has_passed() -> None:
    call = a_call(state=State.ENDING, attempts=9, tried=BEGINNING)

    assert clocks.due_event(call, _after(3659)) is None
    assert clocks.due_event(call, _after(3660)) is Event.CAP_PASSED


def test_a_hang_up_is_tried_once_however_late_it_is() -> None:
    call = a_call(state=State.ENDING)

    assert clocks.due_event(call, _after(9999)) is None
    assert clocks.hang_up_in(call, _after(9999)) <= 0


def test_up_07_a_call_in_doubt_counts_for_its_maximum_duration() -> None:
    call = a_call(state=State.IN_DOUBT, reason=Reason.CRASH)

    assert clocks.due_event(call, _after(599)) is None
    assert clocks.due_event(call, _after(600)) is Event.CAP_PASSED


def test_up_22_a_call_without_a_name_that_was_handed_out_counts_until_the_upstream_ends_it() -> None:
    assert clocks.cap_in(a_call(state=State.IN_DOUBT, answered=BEGINNING), BEGINNING) == 3600


def test_a_placing_that_says_nothing_is_lost() -> None:
    assert clocks.due_event(a_call(state=State.UNWANTED), _after(64)) is None
    assert clocks.due_event(a_call(state=State.UNWANTED), _after(65)) is Event.LOST


def test_after_a_reboot_with_a_wall_clock_gone_back_a_call_is_over() -> None:
    clock = StoppedClock()
    call = a_call(state=State.LIVE)
    clock.reboot(down_seconds=0)
    now = clock.jump_wall(-9)

    assert clocks.due_reason(call, now) is Reason.MAX_DURATION
    assert clocks.seconds_used(call, now) == 3600
    assert clocks.seconds_left(call, now) == 0


def test_an_ended_call_lasted_until_its_end_and_has_nothing_due() -> None:
    call = a_call(state=State.ENDED, ended=_after(42))

    assert clocks.seconds_used(call, _after(500)) == 42
    assert clocks.seconds_left(call, _after(500)) == 0
    assert clocks.next_due(call, _after(500)) == math.inf


@given(
    state=st.sampled_from(sorted(set(State) - CLOSED)),
    age=st.floats(0, 10_000),
    attempts=st.integers(0, 9),
    presence=st.sampled_from([None, 15.0]),
    warned=st.booleans(),
)
def test_when_something_is_due_it_can_be_told_what(
    *, state: State, age: float, attempts: int, presence: float | None, warned: bool
) -> None:
    now = _after(age)
    call = a_call(
        state=state,
        attempts=attempts,
        tried=BEGINNING,
        presence_seconds=presence,
        seen=BEGINNING,
        warned=warned,
    )
    told = (
        clocks.due_event(call, now) is not None
        or clocks.hang_up_in(call, now) <= 0
        or clocks.warning_in(call, now) <= 0
    )

    assert (clocks.next_due(call, now) <= 0) == told


@pytest.mark.parametrize("state", sorted(set(State) - CLOSED))
def test_every_open_call_has_something_coming(state: State) -> None:
    assert clocks.next_due(a_call(state=state, presence_seconds=None, warned=True), BEGINNING) < 3661
