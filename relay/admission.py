"""What keeps a call out, as a problem: which limit, whose turn it is, and when to ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.core.limits import Limit
from relay.errors import (
    BudgetExhausted,
    MinutesSpent,
    MoneySpent,
    Paused,
    TicketUsed,
    TooManyCalls,
    TooManyCallsOfCaller,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relay.core.limits import Admission
    from relay.errors import Problem

_REFUSALS: Mapping[Limit, tuple[type[Problem], str]] = {
    Limit.PAUSED: (Paused, "The operator has stopped new calls."),
    Limit.CALLS_OF_CALLER: (
        TooManyCallsOfCaller,
        "As many of your calls as RELAY_CALLS_PER_CALLER allows are open: end one first.",
    ),
    Limit.CALLS_OF_PROFILE: (
        TooManyCallsOfCaller,
        "As many of your calls with this profile as it allows are open: end one first.",
    ),
    Limit.MINUTES_OF_CALLER: (
        MinutesSpent,
        "Your time for today (UTC) is spent, or reserved for calls of yours that are open.",
    ),
    Limit.MONEY_OF_CALLER: (MoneySpent, "Your calls have cost as much today (UTC) as they may."),
    Limit.MONEY: (BudgetExhausted, "Everybody's money for today (UTC) is spent."),
    Limit.CALLS: (TooManyCalls, "As many calls as RELAY_CALLS_TOTAL allows are open."),
    Limit.MINUTES: (
        BudgetExhausted,
        "Everybody's time for today (UTC) is spent, or reserved for calls that are open.",
    ),
}


def raise_if_refused(admission: Admission) -> None:
    """Raise the problem of an admission that is none.

    Raises:
        TicketUsed, Paused, TooManyCallsOfCaller, MinutesSpent, TooManyCalls, BudgetExhausted: By its limit.
    """
    if admission.limit is Limit.TICKET_USED:
        raise TicketUsed
    if admission.limit is not None:
        kind, detail = _REFUSALS[admission.limit]
        raise kind(detail, retry_after=admission.retry_after)
