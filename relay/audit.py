"""What the log says of calls: each step that matters, and one line for each call that is over."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from relay.core.call import Action
from relay.core.clocks import seconds_used
from relay.telemetry import log

if TYPE_CHECKING:
    from relay.core.moment import Moment
    from relay.core.record import Advanced, Call

_calls = logging.getLogger("relay.calls")
_audit = logging.getLogger("relay.audit")


def log_step(advanced: Advanced, now: Moment) -> None:
    """Say what happened to a call, where an operator should know."""
    tag = advanced.call.tag
    if advanced.first:
        log(_calls, logging.INFO, "a call ends", call=tag, reason=advanced.call.reason)
    if Action.COUNT_IN_DOUBT in advanced.actions:
        log(_calls, logging.ERROR, "a call is in doubt: it may be live, and nobody can end it", call=tag)
    if Action.COUNT_UNKILLED in advanced.actions:
        log(_calls, logging.ERROR, "a call was never confirmed to be over", call=tag)
    if Action.PUBLISH_ENDED in advanced.actions:
        _write_audit(advanced.call, now)


def log_adoption(call: Call) -> None:
    """Say that a call was taken over from a process that is gone."""
    log(_calls, logging.WARNING, "adopted a call of a process that is gone", call=call.tag, state=call.state)


def _write_audit(call: Call, now: Moment) -> None:
    log(
        _audit,
        logging.INFO,
        "call",
        call=call.tag,
        began=round(call.created.wall_seconds, 3),
        caller=call.caller,
        profile=call.profile,
        deployment=call.deployment,
        state=call.state,
        seconds=round(seconds_used(call, now), 1),
        reason=call.reason,
        hang_ups=call.attempts,
    )
