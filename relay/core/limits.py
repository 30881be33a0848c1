"""How many calls may be open, and how long all of them may last in a day: what is let in, for how long.

Pure: it is told what is open and what is booked, and decides. How often a caller may ask is the business of
`relay.core.rate`; how a call's time becomes a day's, of `relay.core.booking`. No request is looked at here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

LEAST_SECONDS = 10.0
"""A call that could last less than this is refused rather than cut, unless the operator wants it shorter."""

ASK_AGAIN_SECONDS = 60
"""After which it makes sense to ask again where nobody knows: a pause may end, a call may give time back."""

_DAY_MINUTES = 1440
_PRESENCE_SECONDS = 15  # a page that was closed without a word loses its call after about this long


class Limit(StrEnum):
    """What may keep a call out."""

    TICKET_USED = "ticket_used"  # its ticket opened another call before
    PAUSED = "paused"  # an operator stopped new calls
    CALLS_OF_CALLER = "calls_of_caller"  # this caller has as many open as it may
    CALLS_OF_PROFILE = "calls_of_profile"  # the same, with this profile
    MINUTES_OF_CALLER = "minutes_of_caller"  # this caller has no time left today
    MONEY_OF_CALLER = "money_of_caller"  # this caller has spent what it may today
    CALLS = "calls"  # as many are open in all as may be
    MINUTES = "minutes"  # there is no time left today for anybody
    MONEY = "money"  # everybody together has spent what may be spent today


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """What may be open at once, calls in doubt included, and last in a UTC day; 0 for no bound.

    Args:
        total: Open calls of all callers.
        per_caller: Open calls of one caller.
        per_caller_of_profile: Those of one caller with the profile of the call that is asked for.
        day_seconds_total: What the calls of all callers may last in a day.
        day_seconds_per_caller: What one caller's may.
        day_picos_total: What the calls of all callers may cost in a day, as `relay.core.price` counts money.
        day_picos_per_caller: What one caller's may.
    """

    total: int
    per_caller: int
    per_caller_of_profile: int = 0
    day_seconds_total: int = 0
    day_seconds_per_caller: int = 0
    day_picos_total: int = 0
    day_picos_per_caller: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What is open and booked before a call is let in.

    Args:
        paused: Whether an operator stopped new calls.
        total: Open calls.
        of_caller: Open calls of this caller.
        of_profile: Those of them with the same profile.
        booked_total: Milliseconds booked today and tomorrow (UTC).
        booked_of_caller: The same of this caller.
        picos_total: What all calls have cost today.
        picos_of_caller: The same of this caller.
    """

    paused: bool
    total: int
    of_caller: int
    of_profile: int = 0
    booked_total: tuple[int, int] = (0, 0)
    booked_of_caller: tuple[int, int] = (0, 0)
    picos_total: int = 0
    picos_of_caller: int = 0


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a call is let in.

    Args:
        limit: What keeps it out; ``None`` when it is let in.
        max_seconds: How long it may last: what was asked for, or what is left of the day's time.
        retry_after: Seconds after which asking again makes sense, when it is kept out.
    """

    limit: Limit | None
    max_seconds: float = 0.0
    retry_after: int = 0


def admit(ceiling: Ceiling, usage: Usage, *, max_seconds: float, until_midnight: int) -> Admission:
    """Let a call in, perhaps for less time than it asks for, or say what keeps it out.

    The caller's own limits come first: waiting for others would not help it.

    Args:
        ceiling: The operator's.
        usage: As it is in the same transaction.
        max_seconds: How long the call is to last at most.
        until_midnight: Milliseconds left of the UTC day.
    """
    if usage.paused:
        return Admission(Limit.PAUSED, retry_after=ASK_AGAIN_SECONDS)
    if ceiling.per_caller and usage.of_caller >= ceiling.per_caller:
        return Admission(Limit.CALLS_OF_CALLER, retry_after=_PRESENCE_SECONDS)
    if ceiling.per_caller_of_profile and usage.of_profile >= ceiling.per_caller_of_profile:
        return Admission(Limit.CALLS_OF_PROFILE, retry_after=_PRESENCE_SECONDS)
    if ceiling.day_picos_per_caller and usage.picos_of_caller >= ceiling.day_picos_per_caller:
        return Admission(Limit.MONEY_OF_CALLER, retry_after=_seconds_until(until_midnight))
    if ceiling.day_picos_total and usage.picos_total >= ceiling.day_picos_total:
        return Admission(Limit.MONEY, retry_after=_seconds_until(until_midnight))
    wanted = round(max_seconds * 1000)
    least = min(wanted, round(LEAST_SECONDS * 1000))
    granted = wanted
    for limit, day_seconds, booked, still_open in (
        (Limit.MINUTES_OF_CALLER, ceiling.day_seconds_per_caller, usage.booked_of_caller, usage.of_caller),
        (Limit.MINUTES, ceiling.day_seconds_total, usage.booked_total, usage.total),
    ):
        if limit is Limit.MINUTES and ceiling.total and usage.total >= ceiling.total:
            return Admission(Limit.CALLS, retry_after=_PRESENCE_SECONDS * 2)
        if day_seconds:
            granted = min(granted, _left(day_seconds * 1000, booked, until_midnight))
        if granted < least:
            return Admission(limit, retry_after=_until_time_is_left(until_midnight, still_open))
    return Admission(None, max_seconds if granted == wanted else granted / 1000)


def most_minutes_per_day(ceiling: Ceiling) -> tuple[float, float]:
    """The most minutes that one caller's calls, and everybody's, can last on a UTC day; infinity: no bound.

    Calls that the relay cannot end (RELAY_ALLOW_UNKILLABLE) and hang-ups that the upstream does not obey are
    beyond it; client secrets handed to browsers (RELAY_EPHEMERAL_KEYS) are too.
    """
    everybody = min(
        ceiling.day_seconds_total / 60 if ceiling.day_seconds_total else math.inf,
        ceiling.total * _DAY_MINUTES if ceiling.total else math.inf,
    )
    one = min(
        ceiling.day_seconds_per_caller / 60 if ceiling.day_seconds_per_caller else math.inf,
        ceiling.per_caller * _DAY_MINUTES if ceiling.per_caller else math.inf,
        everybody,
    )
    return one, everybody


def _left(most: int, booked: tuple[int, int], until_midnight: int) -> int:
    """Milliseconds that a call beginning now can last: of today, and on into tomorrow if today has room."""
    today, tomorrow = (most - of_day for of_day in booked)
    return max(0, today if today < until_midnight else until_midnight + max(0, tomorrow))


def _seconds_until(milliseconds: int) -> int:
    return -(-milliseconds // 1000)


def _until_time_is_left(until_midnight: int, still_open: int) -> int:
    seconds = _seconds_until(until_midnight)
    return min(seconds, ASK_AGAIN_SECONDS) if still_open else seconds
