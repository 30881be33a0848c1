"""What the operator lets a call do, as the settings say it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from relay.core.caller import longest_call
from relay.core.record import Call

if TYPE_CHECKING:
    from relay.attending import Planned
    from relay.core.caller import Caller
    from relay.core.limits import Ceiling
    from relay.core.moment import Moment
    from relay.core.profile import ProfileLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the operator lets a call do.

    Args:
        max_seconds: Its length at most.
        presence_seconds: How long a browser that promised its presence may be silent.
        ceiling: How many at once, and how long in a day.
        retention_days: How long an ended call stays readable.
        transcript_days: How long what was said in it is kept, where it is.
    """

    max_seconds: float
    presence_seconds: float
    ceiling: Ceiling
    retention_days: float
    transcript_days: float = 30

    def ceiling_of(self, limits: ProfileLimits) -> Ceiling:
        """What may be open at once for a call of a profile with these limits."""
        return replace(self.ceiling, per_caller_of_profile=limits.calls_per_caller or 0)

    def intent(
        self,
        caller: Caller,
        planned: Planned,
        *,
        key: str,
        presence: bool,
        owner: str,
        created: Moment,
        cap_seconds: float,
    ) -> Call:
        """Write down what a caller wants, cut to what it and the profile may have.

        `presence` says whether the browser promises to keep its event stream open; the others are as in
        `relay.core.record.Call`.
        """
        profile = planned.profile
        most = min(self.max_seconds, profile.limits.max_call_seconds or math.inf)
        return Call(
            key=key,
            caller=caller.id,
            profile=profile.name,
            deployment=planned.plan.deployment,
            owner=owner,
            created=created,
            max_seconds=longest_call(caller, most),
            cap_seconds=cap_seconds,
            presence_seconds=self.presence_seconds if presence else None,
            holder=caller.holder,
            ticket=caller.ticket.key if caller.ticket else None,
        )
