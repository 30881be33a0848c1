"""Makes the parts of a call's attendant that count, listen and write down, as the settings say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from relay.account import CallAccount, Money
from relay.core.price import picos_from
from relay.idle import IdleClock
from relay.transcript import TranscriptKeeper

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relay.attending import Attended, Part, PartFactory
    from relay.core.price import Price
    from relay.settings import Settings
    from relay.store.protocol import Store


def counting_parts(
    settings: Settings, store: Store, prices: Callable[[], Mapping[str, Price]]
) -> list[PartFactory]:
    """Make the factories of account, transcript and idle clock, in this order.

    Args:
        settings: Of the start.
        store: Where it is written down.
        prices: Those that hold now; a reload changes them for calls that begin after it.
    """
    money = money_of(settings)

    def account(attended: Attended) -> Part:
        return CallAccount(attended, store=store, money=replace(money, prices=prices()))

    def transcript(attended: Attended) -> Part | None:
        return TranscriptKeeper(attended, store=store) if attended.profile.transcripts == "keep" else None

    def idle(attended: Attended) -> Part | None:
        own = attended.profile.limits.idle_seconds
        idle_seconds = settings.relay_idle_seconds if own is None else own
        return IdleClock(attended, idle_seconds=idle_seconds) if idle_seconds else None

    return [account, transcript, idle]


def money_of(settings: Settings) -> Money:
    """Gather prices and budgets; a budget of 0 is none."""
    return Money(
        prices=settings.prices,
        currency=settings.relay_currency,
        per_call=picos_from(settings.relay_money_per_call) or None,
        caller_per_day=picos_from(settings.relay_money_per_day) or None,
        all_per_day=picos_from(settings.relay_money_per_day_total) or None,
    )
