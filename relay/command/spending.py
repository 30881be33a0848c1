"""What the relay says at start of the most that a day can cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from relay.app import ceiling_of
from relay.core.limits import most_minutes_per_day

if TYPE_CHECKING:
    from relay.settings import Settings


def most_spent(settings: Settings) -> list[str]:
    """Say how many minutes one caller, and all of them, can talk in a day at most.

    Returns:
        A sentence for each, and one for each setting that takes calls out of the relay's hands.
    """
    one, everybody = most_minutes_per_day(ceiling_of(settings))
    lines = [f"a caller {_minutes(one)}, all callers together {_minutes(everybody)}", *_money(settings)]
    if settings.relay_ephemeral_keys:
        lines.append("and what pages do with client secrets (RELAY_EPHEMERAL_KEYS), which nobody can bound")
    if settings.relay_allow_unkillable:
        lines.append("and what calls without a name last beyond their time (RELAY_ALLOW_UNKILLABLE)")
    return lines


def _money(settings: Settings) -> list[str]:
    bounds = (
        ("a call", settings.relay_money_per_call, ""),
        ("a caller", settings.relay_money_per_day, " a day"),
        ("all callers together", settings.relay_money_per_day_total, " a day"),
    )
    said = [f"{who} {amount} {settings.relay_currency}{span}" for who, amount, span in bounds if amount]
    return [f"in money: {', '.join(said)}; a response that is under way may go beyond"] if said else []


def _minutes(most: float) -> str:
    return "without bound" if most == math.inf else f"at most {most:,.0f} minutes a day"
