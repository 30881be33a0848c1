"""Who is let in, for how long, and what keeps others out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.limits import LEAST_SECONDS, Admission, Ceiling, Limit, Usage, admit, most_minutes_per_day

NOON = 12 * 3_600_000


def ask(
    ceiling: Ceiling,
    *,
    total: int = 0,
    of_caller: int = 0,
    paused: bool = False,
    booked_total: tuple[int, int] = (0, 0),
    booked_of_caller: tuple[int, int] = (0, 0),
    picos_total: int = 0,
    picos_of_caller: int = 0,
    max_seconds: float = 600.0,
    until_midnight: int = NOON,
) -> Admission:
    usage = Usage(
        paused=paused,
        total=total,
        of_caller=of_caller,
        booked_total=booked_total,
        booked_of_caller=booked_of_caller,
        picos_total=picos_total,
        picos_of_caller=picos_of_caller,
    )
    return admit(ceiling, usage, max_seconds=max_seconds, until_midnight=until_midnight)


def test_without_bounds_everything_is_let_in_as_it_asks() -> None:
    unbounded = Ceiling(total=0, per_caller=0)

    assert ask(unbounded, total=10**6, of_caller=10**6) == Admission(None, 600.0)


def test_quota_15_a_pause_keeps_everybody_out() -> None:
    refused = ask(Ceiling(total=0, per_caller=0), paused=True)

    assert (refused.limit, refused.retry_after) == (Limit.PAUSED, 60)


@pytest.mark.parametrize(
    ("total", "of_caller", "limit"),
    [
        (49, 1, None),
        (50, 1, Limit.CALLS),
        (49, 2, Limit.CALLS_OF_CALLER),
        (50, 2, Limit.CALLS_OF_CALLER),  # its own limit first: waiting for others would not help it
        (51, 3, Limit.CALLS_OF_CALLER),
    ],
)
def test_calls_at_once_are_bounded_for_each_and_in_all(
    total: int, of_caller: int, limit: Limit | None
) -> None:
    admission = ask(Ceiling(total=50, per_caller=2), total=total, of_caller=of_caller)

    assert admission.limit is limit
    assert (admission.retry_after > 0) == (limit is not None)


HOUR = Ceiling(total=0, per_caller=0, day_seconds_per_caller=3600)
EVERYBODYS_HOUR = Ceiling(total=0, per_caller=0, day_seconds_total=3600)


@pytest.mark.parametrize(
    ("booked", "granted"),
    [(0, 600.0), (3000_000, 600.0), (3000_001, 599.999), (3590_000, 10.0)],
)
def test_quota_12_a_call_is_cut_to_what_is_left(booked: int, granted: float) -> None:
    assert ask(HOUR, booked_of_caller=(booked, 0)) == Admission(None, granted)
    assert ask(EVERYBODYS_HOUR, booked_total=(booked, 0)) == Admission(None, granted)


@pytest.mark.parametrize("booked", [3590_001, 3600_000, 4000_000])
def test_quota_12_what_is_too_little_for_a_call_is_refused(booked: int) -> None:
    assert ask(HOUR, booked_of_caller=(booked, 0)).limit is Limit.MINUTES_OF_CALLER
    assert ask(EVERYBODYS_HOUR, booked_total=(booked, 0)).limit is Limit.MINUTES


def test_calls_that_the_operator_wants_very_short_are_not_too_short() -> None:
    assert ask(HOUR, max_seconds=2.0, booked_of_caller=(3597_000, 0)) == Admission(None, 2.0)
    assert ask(HOUR, max_seconds=2.0, booked_of_caller=(3598_001, 0)).limit is Limit.MINUTES_OF_CALLER


def test_the_smaller_of_two_rests_counts() -> None:
    both = Ceiling(total=0, per_caller=0, day_seconds_per_caller=3600, day_seconds_total=7200)
    admission = ask(both, booked_of_caller=(3500_000, 0), booked_total=(7150_000, 0))

    assert admission == Admission(None, 50.0)


def test_who_may_ask_again_when() -> None:
    alone = ask(HOUR, booked_of_caller=(3600_000, 0), until_midnight=5_000_500)
    with_another_open = ask(HOUR, booked_of_caller=(3600_000, 0), of_caller=1)
    just_before_midnight = ask(HOUR, booked_of_caller=(3600_000, 0), of_caller=1, until_midnight=7_001)

    assert alone.retry_after == 5_001  # a new day
    assert with_another_open.retry_after == 60  # it may give some back
    assert just_before_midnight.retry_after == 8


@pytest.mark.parametrize(
    ("today", "tomorrow", "granted"),
    [
        (0, 0, 600.0),
        (3570_000, 0, 600.0),  # the rest of today lasts until midnight, and tomorrow has room
        (3570_001, 0, 29.999),  # it does not last until midnight
        (0, 3590_000, 40.0),  # thirty seconds of today and ten of tomorrow
        (0, 4000_000, 30.0),
    ],
)
def test_quota_14_over_midnight_both_days_must_have_room(today: int, tomorrow: int, granted: float) -> None:
    admission = ask(HOUR, booked_of_caller=(today, tomorrow), until_midnight=30_000)

    assert admission == Admission(None, granted)


@given(
    day_seconds=st.integers(1, 5_000),
    today=st.integers(0, 6_000_000),
    tomorrow=st.integers(0, 6_000_000),
    until_midnight=st.integers(1, 86_400_000),
    max_seconds=st.integers(1, 3_600),
)
def test_what_is_granted_never_exceeds_what_is_left_of_a_day(
    day_seconds: int, today: int, tomorrow: int, until_midnight: int, max_seconds: int
) -> None:
    ceiling = Ceiling(total=0, per_caller=0, day_seconds_per_caller=day_seconds)
    admission = ask(
        ceiling,
        booked_of_caller=(today, tomorrow),
        max_seconds=float(max_seconds),
        until_midnight=until_midnight,
    )
    granted = round(admission.max_seconds * 1000)

    if admission.limit is None:
        assert min(max_seconds, LEAST_SECONDS) * 1000 <= granted <= max_seconds * 1000
        assert today + min(granted, until_midnight) <= day_seconds * 1000
        assert granted <= until_midnight or tomorrow + granted - until_midnight <= day_seconds * 1000


@pytest.mark.parametrize(
    ("ceiling", "one", "everybody"),
    [
        (Ceiling(total=0, per_caller=0), math.inf, math.inf),
        (Ceiling(total=50, per_caller=2), 2_880, 72_000),
        (Ceiling(total=1, per_caller=2), 1_440, 1_440),
        (Ceiling(total=50, per_caller=2, day_seconds_per_caller=3600), 60, 72_000),
        (Ceiling(total=50, per_caller=2, day_seconds_per_caller=3600, day_seconds_total=1800), 30, 30),
        (Ceiling(total=0, per_caller=0, day_seconds_total=1800), 30, 30),
    ],
)
def test_the_most_that_a_day_can_cost(ceiling: Ceiling, one: float, everybody: float) -> None:
    assert most_minutes_per_day(ceiling) == (one, everybody)


def test_a_profile_bounds_the_calls_of_one_caller_beside_the_operators_bound() -> None:
    ceiling = Ceiling(total=0, per_caller=3, per_caller_of_profile=1)

    def asked(of_caller: int, of_profile: int) -> Limit | None:
        usage = Usage(paused=False, total=5, of_caller=of_caller, of_profile=of_profile)
        return admit(ceiling, usage, max_seconds=600.0, until_midnight=NOON).limit

    assert asked(2, 0) is None
    assert asked(2, 1) is Limit.CALLS_OF_PROFILE
    assert asked(3, 0) is Limit.CALLS_OF_CALLER


@pytest.mark.parametrize(
    ("picos_of_caller", "picos_total", "limit"),
    [
        (99, 999, None),
        (100, 999, Limit.MONEY_OF_CALLER),  # the last of it is spent
        (101, 999, Limit.MONEY_OF_CALLER),
        (99, 1000, Limit.MONEY),
        (99, 1001, Limit.MONEY),
        (100, 1000, Limit.MONEY_OF_CALLER),  # its own limit first: waiting for others would not help it
    ],
)
def test_money_of_a_day_is_bounded_for_each_and_in_all(
    picos_of_caller: int, picos_total: int, limit: Limit | None
) -> None:
    ceiling = Ceiling(total=0, per_caller=0, day_picos_per_caller=100, day_picos_total=1000)
    admission = ask(ceiling, picos_of_caller=picos_of_caller, picos_total=picos_total)

    assert admission.limit is limit


def test_money_comes_back_with_a_new_day_whoever_else_ends_a_call() -> None:
    of_caller, of_all = (
        Ceiling(total=0, per_caller=0, day_picos_per_caller=100),
        Ceiling(total=0, per_caller=0, day_picos_total=100),
    )
    refused = [
        ask(of_caller, picos_of_caller=100, of_caller=1, until_midnight=5_000_500),
        ask(of_all, picos_total=100, total=1, until_midnight=5_000_500),
    ]

    assert [admission.retry_after for admission in refused] == [5_001, 5_001]


def test_money_without_a_bound_keeps_nobody_out() -> None:
    unbounded = Ceiling(total=0, per_caller=0)

    assert ask(unbounded, picos_of_caller=10**18, picos_total=10**18).limit is None
