"""How many failed sign-ins still count against an address, and when one more may be tried.

Pure. What counts leaks away evenly: with twenty a minute an address may fail twenty times at once, and from
then on once every three seconds. So nobody who shares an address with a guesser waits for a window to end.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from relay.core.rate import Rate


class Failures(NamedTuple):
    """So many failed sign-ins counted at that time, in seconds that only grow."""

    counted: float
    at: float


NO_FAILURES = Failures(0.0, 0.0)


def still_counted(failures: Failures, rate: Rate, now: float) -> float:
    """How many of them count now."""
    return max(0.0, failures.counted - (now - failures.at) * rate.most / rate.seconds)


def wait_seconds(failures: Failures, rate: Rate, now: float) -> int:
    """Whole seconds until one more may be tried; 0 for now."""
    beyond = still_counted(failures, rate, now) + 1 - rate.most
    # A millionth is what floating point may have lost.
    return 0 if beyond <= 1e-6 else math.ceil(beyond * rate.seconds / rate.most)


def change(failures: Failures, rate: Rate, now: float, by: int) -> Failures:
    """Count one more (1), or take one back that was no failure (-1)."""
    return Failures(max(0.0, still_counted(failures, rate, now) + by), now)
