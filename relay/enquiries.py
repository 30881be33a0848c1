"""What callers and operators ask of a worker: how calls stand, what was published of them, and pausing.

Any worker answers for every call. While the store is away it answers from its own copy, where it has one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from relay.admission import raise_if_refused
from relay.core.limits import ASK_AGAIN_SECONDS, Admission, Limit
from relay.core.record import call_key
from relay.errors import NotFound, StoreUnavailable
from relay.telemetry import log

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from relay.clock import Clock
    from relay.core.account import Account
    from relay.core.record import Call
    from relay.ledger import Ledger
    from relay.listeners import Listeners, Seat
    from relay.store.protocol import Counts, Entry, KeptLine, Store
    from relay.terms import Terms

_log = logging.getLogger("relay.calls")


class Enquiries:
    """The asking half of `relay.supervisor.Supervisor`.

    Args:
        store: Holds the truth.
        ledger: What this worker knows of its own calls.
        listeners: Those who wait for news.
        clock: Tells the time.
        terms: The operator's.
    """

    def __init__(
        self, *, store: Store, ledger: Ledger, listeners: Listeners, clock: Clock, terms: Terms
    ) -> None:
        self.terms = terms
        self._store = store
        self._ledger = ledger
        self._listeners = listeners
        self._clock = clock

    async def call(self, call_id: str) -> Call:
        """Read a call by the id its browser holds.

        Raises:
            NotFound: There is none.
            StoreUnavailable: It cannot be read.
        """
        key = call_key(call_id)
        call = self._ledger.get(key) if self._ledger.store_is_away else None
        if call is None:
            try:
                call = await self._store.get(key)
            except StoreUnavailable as fault:
                self._ledger.missed(fault)
                call = self._ledger.get(key)
                if call is None:
                    raise
        if call is None:
            raise NotFound("There is no call of this id.")
        return call

    async def seen(self, key: str) -> None:
        """Note a sign of life."""
        if self._ledger.store_is_away:
            self._ledger.seen(key)
            return
        try:
            call = await self._store.touch(key, self._clock.now())
        except StoreUnavailable as fault:
            self._ledger.missed(fault)
            self._ledger.seen(key)
            return
        if call is not None:
            self._ledger.take(call)

    async def entries(self, key: str, *, after_seq: int) -> list[Entry]:
        """Read what was published of a call; nothing while the store is away, which is said later."""
        try:
            return await self._store.entries(key, after_seq=after_seq)
        except StoreUnavailable as fault:
            self._ledger.missed(fault)
            return []

    async def news(self, key: str, seconds: float) -> bool:
        """Wait until something may have been published of a call, so long at most; tell whether."""
        return await self._listeners.news(key, seconds)

    def seat(self, key: str) -> AbstractContextManager[Seat]:
        """Take a place among those who listen to a call; see `relay.listeners.Listeners`."""
        return self._listeners.seat(key)

    async def account(self, key: str) -> Account | None:
        """Add up what a call has used so far; ``None`` while the store is away."""
        if self._ledger.store_is_away:
            return None
        try:
            return await self._store.account(key)
        except StoreUnavailable as fault:
            self._ledger.missed(fault)
            return None

    async def lines(self, key: str) -> list[KeptLine]:
        """Read what was kept of what was said in a call; raises `StoreUnavailable`."""
        return await self._store.lines(key)

    def check_effective(self, key: str) -> None:
        """Make sure that somebody acts on what was just recorded of a call.

        Raises:
            StoreUnavailable: It is known in this process alone, and another one owns the call.
        """
        if self._ledger.store_is_away and self._ledger.get(key) is None:
            raise StoreUnavailable("It is noted, and done once the store answers again.", retry_after=1)

    async def counts(self) -> Counts:
        """Count the open calls of all workers.

        Raises:
            StoreUnavailable: They cannot be counted.
        """
        self._ledger.check_store()
        try:
            await self._store.check()
            return await self._store.counts()
        except StoreUnavailable as fault:
            self._ledger.missed(fault)
            raise

    def has_room(self, counts: Counts) -> bool:
        """Whether one more call would be let in; calls in doubt take room as well."""
        total = self.terms.ceiling.total
        return total == 0 or counts.open < total

    async def pause(self, paused: bool) -> None:  # noqa: FBT001 - it is the value, not a switch
        """Stop or resume letting calls in, in every worker that shares the store."""
        try:
            await self._store.set_paused(paused=paused)
        except StoreUnavailable as fault:
            log(_log, logging.ERROR, "cannot pause: the store does not answer", why=fault.detail)

    async def check_not_paused(self) -> None:
        """Refuse what leads to a call while an operator has stopped new calls.

        Raises:
            Paused, StoreUnavailable: Nothing may be begun.
        """
        if await self.paused():
            raise_if_refused(Admission(Limit.PAUSED, retry_after=ASK_AGAIN_SECONDS))

    async def paused(self) -> bool:
        """Tell whether new calls are stopped.

        Raises:
            StoreUnavailable: It cannot be told.
        """
        return await self._store.paused()
