"""How often a caller may ask: a moving window over what it was let in for, and what to tell it.

Pure, and exact on one side: never are more than `Rate.most` attempts let in within any `Rate.seconds`, not
even across an edge of anything. To stay small, the window remembers when attempts leave it in steps of 1/240
of its length and rounds them up, so a caller may have to wait that much longer (0.25 s of a minute).

An attempt that is refused here does not count; one that is let in counts whatever becomes of it. To prepare
a call and then to place it is one attempt: it counts from when it was prepared, and once the call is placed
from then, so that preparing lets nobody place more calls in a window than the rate says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_STEPS = 240
_POLICY = '"connects"'

Recent = tuple[tuple[int, int, int], ...]
"""Attempts that count, in order: when they leave the window, in milliseconds on its clock, how many, and how
many of these have only prepared a call so far."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many attempts are let in within how many seconds."""

    most: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands after it asked.

    Args:
        rate: What it is measured by.
        allowed: Whether it was let in.
        remaining: How many more attempts would be let in now.
        regains_in: Whole seconds until one more would be.
    """

    rate: Rate
    allowed: bool
    remaining: int
    regains_in: int

    @property
    def headers(self) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4."""
        return {
            "RateLimit-Policy": f"{_POLICY};q={self.rate.most};w={self.rate.seconds}",
            "RateLimit": f"{_POLICY};r={self.remaining};t={self.regains_in}",
        }


def attempt(
    recent: Iterable[tuple[int, int, int]], rate: Rate, at: float, *, prepares: bool = False
) -> tuple[Standing, Recent]:
    """Let an attempt in, or refuse it.

    Args:
        recent: What this function returned the last time.
        rate: The operator's; it may have changed since.
        at: Seconds on the window's own clock, wherever that began. A clock that went back by more than the
            window is taken for another one, and what it measured is forgotten.
        prepares: Whether a call is only prepared. One that is placed takes the place of the one that was
            prepared last, if any was.

    Returns:
        How the caller stands, and what counts from now on.
    """
    now, window = math.floor(at * 1000), rate.seconds * 1000
    known = tuple(step for step in recent if now < step[0] <= now + 2 * window)
    live = known if prepares else _without_last_prepared(known)
    used = sum(count for _, count, _ in live)
    if used >= rate.most:
        return Standing(rate, allowed=False, remaining=0, regains_in=_until_below(known, rate, now)), known
    step = max(1, window // _STEPS)
    leaves = -(-(now + 1 + window) // step) * step
    if live and live[-1][0] >= leaves:  # another worker's reading of the clock was a little later than ours
        live = (*live[:-1], (live[-1][0], live[-1][1] + 1, live[-1][2] + prepares))
    else:
        live = (*live, (leaves, 1, int(prepares)))
    remaining = rate.most - used - 1
    return Standing(
        rate, allowed=True, remaining=remaining, regains_in=_whole_seconds(live[0][0] - now)
    ), live


def is_spent(recent: Recent, at: float) -> bool:
    """Tell whether nothing of it counts any more; `at` may be infinity."""
    return not recent or recent[-1][0] <= at * 1000


def _without_last_prepared(live: Recent) -> Recent:
    for place in range(len(live) - 1, -1, -1):
        leaves, count, prepared = live[place]
        if prepared:
            rest = ((leaves, count - 1, prepared - 1),) if count > 1 else ()
            return (*live[:place], *rest, *live[place + 1 :])
    return live


def _until_below(live: Recent, rate: Rate, now: int) -> int:
    left = sum(count for _, count, _ in live)
    for leaves, count, _ in live:
        left -= count
        if left < rate.most:
            return _whole_seconds(leaves - now)
    return rate.seconds


def _whole_seconds(milliseconds: int) -> int:
    return max(1, -(-milliseconds // 1000))
