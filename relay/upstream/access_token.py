"""An access token and the times that matter about it. Pure: `now` comes in as an argument.

Whoever issues a token also says how long it lives, and may say so wrongly or not at all (TOK-08). What is
decided here holds for every such answer: a token just fetched is used, and is not fetched again at once.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

# Refreshed this long before its end: an upstream that is slow or an issuer that is down costs nobody a wait.
_AHEAD_SECONDS = 300.0
# However short its life is said to be, it is used for this long, so that no clock and no answer can make
# the relay ask without a pause.
LEAST_LIFE_SECONDS = 30.0
_JITTER_SECONDS = 60.0
_JITTER_SHARE = 0.1
# What is assumed when the issuer does not say: an hour is usual (fact 7.3), and a refresh costs nothing.
_UNTOLD_LIFE_SECONDS = 600.0
_VALUE = re.compile(r"[\x21-\x7e]{1,16384}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """An access token of Entra ID; the value is kept out of ``repr``.

    Args:
        value: What stands behind ``Bearer``.
        usable_until: Unix time in seconds.
        due_at: Unix time in seconds from which it should be replaced, while it still serves.
    """

    value: str = field(repr=False)
    usable_until: float
    due_at: float

    def is_usable(self, now: float) -> bool:
        """Whether it may still be shown."""
        return now < self.usable_until

    def is_due(self, now: float) -> bool:
        """Whether a fresh one should be fetched."""
        return now >= self.due_at


def read_access_token(
    value: object, *, expires_on: object, refresh_on: object, now: float, jitter: float
) -> AccessToken | None:
    """Read what an issuer gave; ``None`` when the value cannot stand in a header.

    Args:
        value: The token.
        expires_on: Unix time in seconds; anything else is taken as not told.
        refresh_on: Unix time in seconds from which the issuer wants it replaced; usually absent.
        now: Unix time in seconds.
        jitter: 0 to 1; moves the refresh forward, so that processes do not ask in step (TOK-09).
    """
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        return None
    earliest = now + LEAST_LIFE_SECONDS
    told = _seconds(expires_on)
    expires = now + _UNTOLD_LIFE_SECONDS if told is None else told
    wanted = _seconds(refresh_on)
    due = (
        min(wanted, expires - _AHEAD_SECONDS)
        if wanted is not None and wanted > now
        else expires - _AHEAD_SECONDS
    )
    due -= jitter * min(_JITTER_SECONDS, _JITTER_SHARE * max(0.0, due - now))
    return AccessToken(value=value, usable_until=max(expires, earliest), due_at=max(due, earliest))


def _seconds(told: object) -> float | None:
    """Read a Unix time that may come as a number or as text; 0 and garbage are no time."""
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        seconds = float(told)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None
