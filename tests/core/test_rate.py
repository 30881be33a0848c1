"""The moving window: never more than the limit in any stretch of its length, and what a caller is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.rate import Rate, Recent, Standing, attempt, is_spent

SIX_A_MINUTE = Rate(6, 60)


def ask_at(rate: Rate, *moments: float) -> list[Standing]:
    """Ask at each of these moments, one after the other."""
    recent: Recent = ()
    standings = []
    for moment in moments:
        standing, recent = attempt(recent, rate, moment)
        standings.append(standing)
    return standings


def test_quota_01_the_seventh_attempt_in_a_minute_is_refused() -> None:
    standings = ask_at(SIX_A_MINUTE, *range(7))

    assert [standing.allowed for standing in standings] == [True] * 6 + [False]
    assert [standing.remaining for standing in standings] == [5, 4, 3, 2, 1, 0, 0]


@given(
    rate=st.builds(Rate, st.integers(1, 12), st.sampled_from([1, 60, 3600])),
    pauses=st.lists(st.floats(0, 1.1, allow_nan=False), max_size=120),
)
def test_quota_13_never_are_more_than_the_limit_let_in_within_any_window(
    rate: Rate, pauses: list[float]
) -> None:
    recent: Recent = ()
    let_in: list[float] = []
    now = 0.0
    for pause in pauses:
        now += pause * rate.seconds / rate.most
        standing, recent = attempt(recent, rate, now)
        if standing.allowed:
            let_in.append(now)
            inside = [moment for moment in let_in if now - moment < rate.seconds]
            assert len(inside) <= rate.most
            assert standing.remaining <= rate.most - len(inside)


def test_quota_13_a_burst_on_both_sides_of_a_minutes_edge_is_one_burst() -> None:
    moments = [59.0] * 6 + [60.5] * 6

    assert sum(standing.allowed for standing in ask_at(SIX_A_MINUTE, *moments)) == 6


@given(
    rate=st.builds(Rate, st.integers(1, 500), st.sampled_from([1, 60, 3600])),
    pauses=st.lists(st.floats(0, 2, allow_nan=False), min_size=1, max_size=60),
)
def test_who_waits_as_long_as_it_was_told_is_let_in(rate: Rate, pauses: list[float]) -> None:
    recent: Recent = ()
    now = 0.0
    for pause in pauses:
        now += pause
        standing, recent = attempt(recent, rate, now)
        if not standing.allowed:
            now += standing.regains_in
            standing, recent = attempt(recent, rate, now)
            assert standing.allowed


def test_a_caller_waits_at_most_a_step_longer_than_the_window() -> None:
    for rate in (Rate(1, 1), Rate(1, 60), Rate(1, 3600)):
        _, recent = attempt((), rate, 0.123)

        assert attempt(recent, rate, 0.123 + rate.seconds * (1 + 1 / 200) + 0.002)[0].allowed


def test_what_is_refused_does_not_count() -> None:
    recent = ask_many(SIX_A_MINUTE, 1_000, at=0.0)

    assert sum(count for _, count, _ in recent) == 6


def ask_many(rate: Rate, times: int, *, at: float, step: float = 0.0) -> Recent:
    recent: Recent = ()
    for number in range(times):
        _, recent = attempt(recent, rate, at + number * step)
    return recent


def test_quota_09_what_is_remembered_of_a_caller_is_bounded_however_high_the_rate() -> None:
    assert len(ask_many(Rate(99_999, 60), 50_000, at=0.0, step=0.003)) <= 242


def test_a_clock_that_reads_a_little_earlier_lets_nobody_in_twice() -> None:
    moments = [10.0, 10.0, 10.0, 9.999, 9.998, 9.9, 9.9]

    assert sum(standing.allowed for standing in ask_at(SIX_A_MINUTE, *moments)) == 6


def test_what_is_remembered_stays_in_the_order_in_which_it_leaves() -> None:
    _, recent = attempt((), SIX_A_MINUTE, 10.0)
    _, recent = attempt(recent, SIX_A_MINUTE, 9.0)

    assert recent == ((70_250, 2, 0),)
    assert not is_spent(recent, 69.5)


def test_quota_14_a_clock_that_was_set_back_locks_nobody_out() -> None:
    _, recent = attempt((), Rate(1, 60), 100_000.0)

    assert attempt(recent, Rate(1, 60), 5.0)[0].allowed


def test_a_rate_that_was_lowered_counts_what_was_let_in_before() -> None:
    recent = ask_many(SIX_A_MINUTE, 6, at=0.0, step=5.0)
    standing, _ = attempt(recent, Rate(2, 60), 30.0)

    assert not standing.allowed
    assert standing.regains_in == pytest.approx(20 + 60 - 30, abs=1)  # the fifth has to leave


def test_the_headers_are_those_of_the_draft() -> None:
    first, *_, last = ask_at(SIX_A_MINUTE, 0, 1, 2, 3, 4, 5, 10)

    assert first.headers == {
        "RateLimit-Policy": '"connects";q=6;w=60',
        "RateLimit": '"connects";r=5;t=61',
    }
    assert last.headers["RateLimit"] == '"connects";r=0;t=51'


def test_a_window_is_spent_when_its_last_attempt_has_left_it() -> None:
    _, recent = attempt((), SIX_A_MINUTE, 0.0)

    assert is_spent((), 0.0)
    assert not is_spent(recent, 60.0)
    assert is_spent(recent, 60.3)
    assert is_spent(recent, float("inf"))


def ask(*asked: tuple[float, bool], rate: Rate = SIX_A_MINUTE) -> list[bool]:
    """Ask at each of these moments, to prepare or to place a call."""
    recent: Recent = ()
    let_in = []
    for moment, prepares in asked:
        standing, recent = attempt(recent, rate, moment, prepares=prepares)
        let_in.append(standing.allowed)
    return let_in


def test_a_call_that_was_prepared_counts_once() -> None:
    prepared_and_placed = [(float(n // 2), n % 2 == 0) for n in range(12)]

    assert ask(*prepared_and_placed, (7.0, False)) == [True] * 12 + [False]


def test_preparing_counts_like_an_attempt_until_the_call_is_placed() -> None:
    prepared = [(0.0, True)] * 6

    assert ask(*prepared, (1.0, True), (2.0, False)) == [True] * 6 + [False, True]


@given(
    rate=st.builds(Rate, st.integers(1, 6), st.sampled_from([1, 60])),
    steps=st.lists(st.tuples(st.floats(0, 0.7, allow_nan=False), st.booleans()), max_size=120),
)
def test_quota_13_preparing_lets_nobody_place_more_calls_within_any_window(
    rate: Rate, steps: list[tuple[float, bool]]
) -> None:
    recent: Recent = ()
    placed: list[float] = []
    now = 0.0
    for pause, prepares in steps:
        now += pause * rate.seconds
        standing, recent = attempt(recent, rate, now, prepares=prepares)
        if standing.allowed and not prepares:
            placed.append(now)
            assert sum(now - moment < rate.seconds for moment in placed) <= rate.most


def test_what_is_refused_takes_no_prepared_place() -> None:
    _, recent = attempt((), SIX_A_MINUTE, 0.0, prepares=True)
    _, recent = attempt(recent, SIX_A_MINUTE, 1.0)
    _, recent = attempt(recent, SIX_A_MINUTE, 2.0, prepares=True)
    standing, after = attempt(recent, Rate(1, 60), 3.0)

    assert not standing.allowed
    assert after == recent
