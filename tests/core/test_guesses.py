"""How many failed sign-ins still count: twenty a minute, leaking away evenly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.guesses import NO_FAILURES, Failures, change, still_counted, wait_seconds
from relay.core.rate import Rate

TWENTY_A_MINUTE = Rate(20, 60)


def _failing(times: int, now: float = 1_000.0) -> Failures:
    failures = NO_FAILURES
    for _ in range(times):
        failures = change(failures, TWENTY_A_MINUTE, now, 1)
    return failures


def test_auth_19_twenty_may_fail_at_once_and_the_next_waits() -> None:
    assert wait_seconds(_failing(19), TWENTY_A_MINUTE, 1_000.0) == 0
    assert wait_seconds(_failing(20), TWENTY_A_MINUTE, 1_000.0) == 3


@pytest.mark.parametrize(("later", "wait"), [(0.0, 3), (0.5, 3), (1.5, 2), (2.9, 1), (3.0, 0), (600.0, 0)])
def test_auth_19_one_more_may_be_tried_every_three_seconds(later: float, wait: int) -> None:
    assert wait_seconds(_failing(20), TWENTY_A_MINUTE, 1_000.0 + later) == wait


def test_auth_19_what_was_no_failure_is_taken_back() -> None:
    failures = change(_failing(20), TWENTY_A_MINUTE, 1_000.0, -1)

    assert wait_seconds(failures, TWENTY_A_MINUTE, 1_000.0) == 0


def test_nothing_is_counted_below_nothing() -> None:
    failures = change(NO_FAILURES, TWENTY_A_MINUTE, 1_000.0, -1)

    assert still_counted(failures, TWENTY_A_MINUTE, 1_000.0) == 0
    assert still_counted(_failing(3), TWENTY_A_MINUTE, 10_000.0) == 0


@given(
    most=st.integers(1, 500),
    seconds=st.sampled_from([1, 60, 3600]),
    pauses=st.lists(st.floats(0, 100), max_size=80),
)
def test_auth_19_never_more_than_the_bound_and_what_has_leaked_since_may_fail(
    most: int, seconds: int, pauses: list[float]
) -> None:
    rate, failures, now, failed = Rate(most, seconds), NO_FAILURES, 0.0, 0
    for pause in pauses:
        now += pause
        if wait_seconds(failures, rate, now) == 0:
            failures, failed = change(failures, rate, now, 1), failed + 1
        assert failed <= most + now * most / seconds + 1e-3


@given(counted=st.floats(0, 100), most=st.integers(1, 100))
def test_who_waits_as_long_as_it_is_told_may_try(counted: float, most: int) -> None:
    rate, failures = Rate(most, 60), Failures(counted, 50.0)

    wait = wait_seconds(failures, rate, 50.0)

    assert wait_seconds(failures, rate, 50.0 + wait) == 0
