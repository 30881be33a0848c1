"""When something is due for a call: its limit, its presence, its next hang-up, the end of its doubt.

Everything is told in seconds from `now` (zero or less: due; infinity: never), because moments of two
different boots cannot be added to. The caller of these functions sleeps `next_due` at most and then asks
`due_event`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from relay.core.call import GOING_ON, NAMELESS, Event, Reason, State
from relay.core.moment import elapsed

if TYPE_CHECKING:
    from relay.core.moment import Moment
    from relay.core.record import Call

WARNING_SECONDS = 60.0
"""How long before its limit a call is warned; a call of less than two minutes at half of its time."""

PLACING_SECONDS = 65.0
"""After this long without a name a call is in doubt: five seconds more than the exchange gives itself."""

CAP_GRACE_SECONDS = 60.0
"""How much longer than the upstream's own limit an unconfirmed hang-up is tried."""

HANG_UP_BASE_SECONDS = 0.2
HANG_UP_CAP_SECONDS = 5.0

UNKILLED_ATTEMPTS = 3
"""From so many failed hang-ups on (a second when they fail at once) a call is shown as unkilled."""

HEARTBEAT_SECONDS = 1.0
"""How often a worker renews its lease."""

LEASE_SECONDS = 3.0
"""How long a worker may be silent before its calls are adopted; with one heartbeat more: within 5 s."""


def seconds_used(call: Call, now: Moment) -> float:
    """How long the call has lasted, or did last; never more than the upstream allows."""
    return min(elapsed(call.created, call.ended or now), call.cap_seconds)


def seconds_left(call: Call, now: Moment) -> float:
    """Seconds until the call reaches its limit; zero when it has ended."""
    return max(0.0, call.max_seconds - elapsed(call.created, now)) if call.open else 0.0


def limit_in(call: Call, now: Moment) -> float:
    """Seconds until the call must end for its length; infinity when it is ending anyway."""
    return call.max_seconds - elapsed(call.created, now) if call.state in GOING_ON else math.inf


def warning_in(call: Call, now: Moment) -> float:
    """Seconds until its end is to be announced; infinity when that is done or nobody would hear it."""
    if call.warned or call.state is not State.LIVE:
        return math.inf
    return limit_in(call, now) - min(WARNING_SECONDS, call.max_seconds / 2)


def presence_in(call: Call, now: Moment) -> float:
    """Seconds until the call has been silent for too long; infinity when no sign of life was promised."""
    if call.state is not State.LIVE or call.presence_seconds is None or call.seen is None:
        return math.inf
    return call.presence_seconds - elapsed(call.seen, now)


def judged_alone(call: Call, lost: Moment) -> Call:
    """The call as its worker may judge it by its own copy, having lost the store at that moment.

    Until then the page may have shown itself to another worker, and only the store would know: it counts as
    seen at the loss, if not later. For judging alone; as nobody saw the page then, it is never written down.
    """
    if call.seen is None or elapsed(call.seen, lost) <= 0:
        return call
    return replace(call, seen=lost)


def hang_up_backoff(attempts: int) -> float:
    """Seconds to wait after so many failed hang-ups: 0, 0.2, 0.4 … 5; there is no last one."""
    if attempts == 0:
        return 0.0
    return min(HANG_UP_CAP_SECONDS, HANG_UP_BASE_SECONDS * 2.0 ** min(attempts - 1, 10))


def hang_up_in(call: Call, now: Moment) -> float:
    """Seconds until the next hang-up is to be tried; infinity when none is called for."""
    if call.state is not State.ENDING:
        return math.inf
    return hang_up_backoff(call.attempts) - (elapsed(call.tried, now) if call.tried else 0.0)


def cap_in(call: Call, now: Moment) -> float:
    """Seconds until the call is given up: a doubt that has lasted, or a hang-up that never succeeded.

    A call in doubt counts for its maximum duration; one whose answer was handed over without a name can go
    on, unstoppable, for as long as the upstream allows. A hang-up is tried once even after that time.
    """
    age = elapsed(call.created, now)
    if call.state is State.IN_DOUBT:
        return (call.cap_seconds if call.answered else call.max_seconds) - age
    if call.state is State.ENDING and call.attempts > 0:
        return call.cap_seconds + CAP_GRACE_SECONDS - age
    return math.inf


def placing_in(call: Call, now: Moment) -> float:
    """Seconds until a call without a name counts as lost."""
    return PLACING_SECONDS - elapsed(call.created, now) if call.state in NAMELESS else math.inf


def next_due(call: Call, now: Moment) -> float:
    """Seconds until anything at all is to be done for the call."""
    return min(
        limit_in(call, now),
        warning_in(call, now),
        presence_in(call, now),
        hang_up_in(call, now),
        cap_in(call, now),
        placing_in(call, now),
    )


def due_reason(call: Call, now: Moment) -> Reason | None:
    """Tell why the call's clocks want it to end now, if they do."""
    if limit_in(call, now) <= 0:
        return Reason.MAX_DURATION
    return Reason.PRESENCE if presence_in(call, now) <= 0 else None


def due_event(call: Call, now: Moment) -> Event | None:
    """Tell what the passing of time alone has done to the call; with ``REASON`` ask `due_reason` for it.

    A hang-up that is due is no event: see `hang_up_in`. Nor is a warning: see `warning_in`.
    """
    if cap_in(call, now) <= 0:
        return Event.CAP_PASSED
    if placing_in(call, now) <= 0:
        return Event.LOST
    return None if due_reason(call, now) is None else Event.REASON
