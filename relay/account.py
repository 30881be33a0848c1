"""A call's account: what it uses is booked in the store, told to the page, and held against its budget.

Nothing is guessed. What may have been used while no sideband was attached is marked as a gap. While the
store is away bookings wait in memory, in order.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from relay.attending import QuietPart
from relay.core.account import GRACE_SECONDS, Budget, Verdict, judge, told
from relay.core.call import Reason
from relay.core.facts import ItemAdded, Used
from relay.core.moment import elapsed
from relay.core.price import cost_of, picos_from
from relay.errors import StoreUnavailable
from relay.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from relay.attending import Attended
    from relay.core.account import Spent
    from relay.core.facts import Fact
    from relay.core.price import Price
    from relay.store.protocol import Store

_log = logging.getLogger("relay.calls")

MOST_WAITING: Final = 1_000
"""Bookings that wait for the store; what is more makes a gap."""

EARLY_SECONDS: Final = 1.0
"""A sideband attached so soon has missed nothing: no response is asked for, made and over by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """The operator's prices and budgets.

    Args:
        prices: By deployment.
        currency: That they are in, such as ``USD``.
        per_call: What a call may cost where its profile says nothing, in picos; ``None`` for no bound.
        caller_per_day: What a caller may spend in a day.
        all_per_day: What all of them may.
    """

    prices: Mapping[str, Price] = field(default_factory=dict)
    currency: str = "USD"
    per_call: int | None = None
    caller_per_day: int | None = None
    all_per_day: int | None = None


class CallAccount(QuietPart):
    """The part that counts (`relay.attending.Part`).

    Args:
        attended: The call.
        store: Keeps what is booked.
        money: Prices and budgets.
        sleep: Waits out the grace of a spent budget.
    """

    def __init__(
        self,
        attended: Attended,
        *,
        store: Store,
        money: Money,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._attended = attended
        self._store = store
        self._money = money
        self._sleep = sleep
        self._budget = _budget_of(attended, money)
        self._waiting: deque[tuple[str, Used, int | None]] = deque()
        self._began = attended.clock.now()
        self._attached_at: float | None = None
        self._told = Verdict.FINE
        self._gaps = 0
        self._is_away = False
        self._heard_the_first_item = False
        self._ending: asyncio.Task[None] | None = None

    async def attached(self, *, again: bool) -> None:
        """Note what may have been missed, and hold what was booked before against the budget."""
        first = self._attached_at is None and not again
        self._is_away = False
        self._attached_at = elapsed(self._began, self._attended.clock.now())
        if not first:
            self._heard_the_first_item = True
            self._gaps += 1
        await self._book()
        if not first:
            await self._judge_what_was_booked()

    async def lost(self) -> None:
        """From now on something may be missed; attaching again, or the end, marks the gap."""
        self._is_away = True

    async def take(self, fact: Fact) -> None:
        """Book what was used."""
        if isinstance(fact, ItemAdded) and not self._heard_the_first_item:
            self._heard_the_first_item = True
            self._gaps += bool(fact.after)  # somebody said something before we listened
        if not isinstance(fact, Used):
            return
        deployment = self._deployment_of(fact)
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self._gaps += 1
        self._waiting.append((deployment, fact, cost_of(fact, self._money.prices.get(deployment))))
        await self._book()

    async def close(self) -> None:
        """Book what still waits; a call that was never listened to, or whose sideband was away, has a gap."""
        if self._ending is not None:
            self._ending.cancel()
        late = self._attached_at is None or self._attached_at > EARLY_SECONDS
        if self._is_away or (late and not self._heard_the_first_item):
            self._gaps += 1
        await self._book()
        if self._waiting or self._gaps:
            log(_log, logging.ERROR, "usage could not be booked", call=self._attended.call.tag)

    def _deployment_of(self, used: Used) -> str:
        transcription = self._attended.profile.transcription
        if used.source == "transcription" and transcription is not None:
            return str(transcription.get("model", ""))
        return self._attended.call.deployment

    async def _book(self) -> None:
        """Book in order whatever waits; stops at a store that is away, and goes on the next time."""
        call, spent = self._attended.call, None
        try:
            while self._gaps:
                await self._store.add_gap(call.key)
                self._gaps -= 1
            while self._waiting:
                deployment, used, cost = self._waiting[0]
                booked = await self._store.book(call, deployment, used, cost, self._attended.clock.now())
                self._waiting.popleft()
                spent = booked or spent
        except StoreUnavailable:
            return
        if spent is not None:
            shows_cost = self._attended.profile.shows_cost
            totals = told(spent.account, self._money.currency, shows_cost=shows_cost)
            await self._attended.publish("usage", totals)
            await self._act(spent)

    async def _judge_what_was_booked(self) -> None:
        try:
            spent = await self._store.spent(self._attended.call, self._attended.clock.now())
        except StoreUnavailable:
            return
        await self._act(spent)

    async def _act(self, spent: Spent) -> None:
        verdict = judge(spent, self._budget)
        if verdict is Verdict.FINE or verdict is self._told or self._ending is not None:
            return
        self._told = verdict
        left = GRACE_SECONDS if verdict is Verdict.SPENT else None
        await self._attended.publish("warning", {"seconds_left": left, "cause": "money"})
        if verdict is Verdict.SPENT:
            self._ending = asyncio.create_task(self._end(), name="budget")

    async def _end(self) -> None:
        await self._sleep(GRACE_SECONDS)
        await self._attended.end(Reason.BUDGET)


def _budget_of(attended: Attended, money: Money) -> Budget:
    own = attended.profile.limits.money_per_call
    return Budget(
        per_call=money.per_call if own is None else picos_from(own),
        caller_per_day=money.caller_per_day,
        all_per_day=money.all_per_day,
    )
