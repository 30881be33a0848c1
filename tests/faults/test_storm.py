"""A slice of the storm: half of the browsers leave in the middle, and no call outlives its reason.

The whole is `make storm`; its figures are in RESULTS.md.
"""

from __future__ import annotations

import pytest

from tests.faults.storm import run_naive, run_storm


@pytest.mark.parametrize("workers", [1, 2])
def test_load_02_of_a_storm_no_call_is_orphaned_wrongly_ended_or_doubled(workers: int) -> None:
    verdict = run_storm(7, 60, per_second=30, workers=workers)

    assert verdict.created > 40
    assert verdict.hung_up == verdict.created
    assert (verdict.orphans, verdict.wrongly_ended) == ([], [])
    assert (verdict.doubles, verdict.asked_twice) == (0, 0)


def test_load_02_the_naive_design_orphans_the_calls_of_those_who_leave() -> None:
    verdict = run_naive(7, 60, per_second=30)

    assert verdict.created > 40
    assert len(verdict.orphans) > 10
