"""Time between two moments, within a boot and across one."""

from __future__ import annotations

import math

from relay.core.moment import elapsed
from tests.doubles.clock import StoppedClock


def test_time_passes_on_the_boot_clock() -> None:
    clock = StoppedClock()
    begun = clock.now()

    assert elapsed(begun, clock.advance(12.5)) == 12.5


def test_load_08_a_wall_clock_that_jumps_an_hour_changes_nothing() -> None:
    clock = StoppedClock()
    begun = clock.now()
    clock.advance(5)

    assert elapsed(begun, clock.jump_wall(3600)) == 5
    assert elapsed(begun, clock.jump_wall(-7200)) == 5


def test_after_a_reboot_the_wall_clock_serves() -> None:
    clock = StoppedClock()
    begun = clock.now()
    clock.advance(5)

    assert elapsed(begun, clock.reboot(down_seconds=90)) == 95


def test_a_wall_clock_that_went_back_across_a_reboot_makes_everything_overdue() -> None:
    clock = StoppedClock()
    begun = clock.now()
    clock.reboot(down_seconds=0)

    assert elapsed(begun, clock.jump_wall(-1)) == math.inf
