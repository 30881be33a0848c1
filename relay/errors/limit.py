"""What is asked for beyond a limit: 429 where it is the caller's own, 503 where it is everybody's."""

from __future__ import annotations

from relay.errors.base import BadRequest, RelayProblem


class RateLimited(BadRequest):
    """The caller asked too often, or its address failed to sign in too often."""

    slug, status, title = "rate-limited", 429, "Too many attempts in a short time"


class TooManyCallsOfCaller(BadRequest):
    """The caller has as many calls open as it may."""

    slug, status, title = "too-many-calls-of-caller", 429, "As many of your calls as allowed are open"


class MinutesSpent(BadRequest):
    """The caller's time for today is spent, or reserved for calls of its own."""

    slug, status, title = "minutes-spent", 429, "Your minutes for today are spent"


class MoneySpent(BadRequest):
    """The caller's calls have cost today what they may."""

    slug, status, title = "money-spent", 429, "Your money for today is spent"


class BudgetExhausted(RelayProblem):
    """The time or the money of all callers for today is spent, or reserved for open calls."""

    slug, status, title = "budget-exhausted", 503, "The relay's budget for today is spent"
