"""How much of a day a call has booked: what it may last while it is open, what it lasted once it is over.

Days are UTC days. A call that lasts over midnight books on both, so that what was booked on a day is never
less than what was spent on it. Milliseconds throughout, as whole numbers that can be added up for ever.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from relay.core.call import State
from relay.core.clocks import seconds_used

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relay.core.moment import Moment
    from relay.core.record import Call

DAY_MILLISECONDS = 86_400_000


def day_of(moment: Moment) -> int:
    """The UTC day, counted from 1970-01-01."""
    return math.floor(moment.wall_seconds * 1000) // DAY_MILLISECONDS


def until_midnight(moment: Moment) -> int:
    """Milliseconds until the next UTC day."""
    return DAY_MILLISECONDS - math.floor(moment.wall_seconds * 1000) % DAY_MILLISECONDS


def booked(call: Call) -> int:
    """Milliseconds that a call has booked.

    All it may last while it is open, in doubt or not; nothing when no call came into being; else what it
    lasted. A doubt that was never resolved is taken to have lasted as long as it could.
    """
    if call.open:
        return round(call.max_seconds * 1000)
    if call.state is State.ENDED and call.upstream_id is None:
        return 0
    return round(seconds_used(call, call.ended or call.created) * 1000)


def spread(begin: Moment, milliseconds: int) -> dict[int, int]:
    """Spread a time that begins at a moment over the days it touches."""
    day, room = day_of(begin), until_midnight(begin)
    days = {}
    while milliseconds > 0:
        days[day] = min(milliseconds, room)
        milliseconds -= days[day]
        day, room = day + 1, DAY_MILLISECONDS
    return days


def change_of_booking(before: Call | None, after: Call) -> Mapping[int, int]:
    """What a step of a call's life books, or gives back, by day; days on which nothing changes are left out.

    Args:
        before: The call before; ``None`` when it begins.
        after: The same call after.
    """
    new, old = booked(after), 0 if before is None else booked(before)
    if new == old:
        return {}
    booking, given_back = spread(after.created, new), spread(after.created, old)
    changes = {day: booking.get(day, 0) - given_back.get(day, 0) for day in {**given_back, **booking}}
    return {day: change for day, change in changes.items() if change}
