"""What the operator lets a call do, as the settings say it, and what is said when that is no call at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relay.core.caller import longest_call
from relay.core.record import Call
from relay.errors import Paused, TicketUsed, TooManyCalls
from relay.store.protocol import Admission

if TYPE_CHECKING:
    from relay.core.caller import Caller
    from relay.core.moment import Moment
    from relay.store.protocol import Ceiling


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the operator lets a call do.

    Args:
        max_seconds: Its length at most.
        presence_seconds: How long a browser that promised its presence may be silent.
        ceiling: How many at once.
        retention_days: How long an ended call stays readable.
    """

    max_seconds: float
    presence_seconds: float
    ceiling: Ceiling
    retention_days: float

    def intent(
        self,
        caller: Caller,
        profile: str,
        deployment: str,
        *,
        key: str,
        presence: bool,
        owner: str,
        created: Moment,
        cap_seconds: float,
    ) -> Call:
        """Write down what a caller wants, cut to what it may have.

        `presence` says whether the browser promises to keep its event stream open; the others are as in
        `relay.core.record.Call`.
        """
        return Call(
            key=key,
            caller=caller.id,
            profile=profile,
            deployment=deployment,
            owner=owner,
            created=created,
            max_seconds=longest_call(caller, self.max_seconds),
            cap_seconds=cap_seconds,
            presence_seconds=self.presence_seconds if presence else None,
            holder=caller.holder,
            ticket=caller.ticket.key if caller.ticket else None,
        )


def check_admitted(admission: Admission) -> None:
    """Say why a call was not let in.

    Raises:
        Paused: An operator stopped new calls.
        TooManyCalls: As many as allowed are open.
        TicketUsed: The caller's ticket was spent before.
    """
    if admission is Admission.PAUSED:
        raise Paused("The operator has stopped new calls.", retry_after=60)
    if admission is Admission.TICKET_USED:
        raise TicketUsed
    if admission is not Admission.ADMITTED:
        raise TooManyCalls("As many calls as RELAY_CALLS_TOTAL allows are open.", retry_after=30)
