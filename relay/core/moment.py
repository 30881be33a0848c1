"""Points in time that outlive a process, and the time between two of them.

Within one boot of the machine only the boot clock counts, so a jump of the wall clock changes nothing. After
a reboot the boot clock starts anew, and the wall clock is all there is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading of both clocks.

    Args:
        boot_id: Which boot of the machine `boot_seconds` counts from.
        boot_seconds: Seconds since that boot, the machine's sleep included.
        wall_seconds: Unix time in seconds; for people, and for what lies before a reboot.
    """

    boot_id: str
    boot_seconds: float
    wall_seconds: float


def elapsed(since: Moment, now: Moment) -> float:
    """Seconds from `since` to `now`.

    After a reboot a wall clock that reads earlier than before measures nothing: the answer is infinity, so
    that whatever waits for this time to pass is over rather than everlasting.
    """
    if since.boot_id == now.boot_id:
        return now.boot_seconds - since.boot_seconds
    seconds = now.wall_seconds - since.wall_seconds
    return seconds if seconds >= 0 else math.inf
