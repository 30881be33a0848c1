"""What a call has used and cost so far, and what is done about it when that reaches a limit.

Pure: sums come in, words come out. An amount is never guessed: what was used while nobody listened, and
what has no price, makes the account incomplete, and it says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from relay.core.facts import TOKEN_KINDS, Tokens
from relay.core.price import amount_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relay.core.facts import Used

WARNED_AT: Final = 0.8
"""Share of a budget at which the page is warned."""

GRACE_SECONDS: Final = 10
"""How long a call goes on after its budget is spent, so that the last sentence can end."""


@dataclass(frozen=True, slots=True)
class Account:
    """What was used in all.

    Args:
        tokens: By kind.
        seconds: Of sound that is billed by its length.
        responses: How many responses and transcriptions were booked.
        cost: In picos, of what has a price.
        priced: Whether all of it has a price.
        gaps: How often something may have been missed.
    """

    tokens: Tokens = field(default_factory=Tokens)
    seconds: float = 0.0
    responses: int = 0
    cost: int = 0
    priced: bool = True
    gaps: int = 0

    @property
    def complete(self) -> bool:
        """Whether nothing can have been missed."""
        return self.gaps == 0


@dataclass(frozen=True, slots=True)
class Spent:
    """What a booking brought the sums to, in picos.

    Args:
        account: Of the call.
        caller_today: Of the call's caller, on this UTC day.
        all_today: Of all callers.
    """

    account: Account
    caller_today: int
    all_today: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be spent, in picos; ``None`` for no bound."""

    per_call: int | None = None
    caller_per_day: int | None = None
    all_per_day: int | None = None


class Verdict(Enum):
    """What a sum means for the call."""

    FINE = "fine"
    NEAR = "near"  # the page is told
    SPENT = "spent"  # the call is over in a moment


def add_tokens(one: Tokens, other: Tokens) -> Tokens:
    """Add tokens kind by kind."""
    return Tokens(*(getattr(one, kind) + getattr(other, kind) for kind in TOKEN_KINDS))


def add(account: Account, used: Used, cost: int | None) -> Account:
    """Add what was used to an account."""
    return Account(
        add_tokens(account.tokens, used.tokens),
        account.seconds + used.seconds,
        account.responses + 1,
        account.cost + (cost or 0),
        account.priced and cost is not None,
        account.gaps,
    )


def judge(spent: Spent, budget: Budget) -> Verdict:
    """Compare sums with what may be spent."""
    sums = (
        (spent.account.cost, budget.per_call),
        (spent.caller_today, budget.caller_per_day),
        (spent.all_today, budget.all_per_day),
    )
    bounds = [(spent_sum, most) for spent_sum, most in sums if most is not None]
    if any(spent_sum >= most for spent_sum, most in bounds):
        return Verdict.SPENT
    if any(spent_sum >= most * WARNED_AT for spent_sum, most in bounds):
        return Verdict.NEAR
    return Verdict.FINE


def told(account: Account, currency: str, *, shows_cost: bool) -> Mapping[str, str | float | bool | None]:
    """Write an account for the page: totals so far, and what they cost where the profile shows that."""
    return {
        "input_tokens": account.tokens.input,
        "output_tokens": account.tokens.output,
        "seconds": round(account.seconds, 3),
        "cost": amount_from(account.cost) if account.priced and shows_cost else None,
        "currency": currency,
        "complete": account.complete,
    }
