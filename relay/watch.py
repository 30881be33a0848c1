"""The look that a worker takes every quarter of a second: all that time, and other workers, bring about.

It renews the lease, adopts the calls of the dead, follows what others have written of this worker's calls,
and does what is due. Nothing waits for it on the path of an offer.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from relay.audit import log_adoption
from relay.core.call import Event, State
from relay.core.clocks import (
    HEARTBEAT_SECONDS,
    LEASE_SECONDS,
    due_event,
    due_reason,
    hang_up_in,
    limit_in,
    presence_in,
    warning_in,
)
from relay.errors import StoreUnavailable
from relay.processes import is_dead
from relay.telemetry import fault_of, log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from relay.clock import Clock
    from relay.core.moment import Moment
    from relay.core.record import Advanced, Call
    from relay.hang_ups import HangUps
    from relay.ledger import Ledger
    from relay.listeners import Listeners
    from relay.store.protocol import Entry, Store

_log = logging.getLogger("relay.calls")

LOOK_SECONDS = 0.25
PURGE_SECONDS = 60.0
PROBE_SECONDS = 1.0  # a store that is away is asked so often; each try may hold the process for 250 ms


class Watch:
    """Looks after the calls of one worker.

    Args:
        owner: This worker.
        store: Holds the truth.
        ledger: What this worker knows.
        hang_ups: Begun here when they are due.
        listeners: Woken by what is published.
        follow: Does what a step of a call's life asks for.
        clock: Tells the time.
        sleep: Waits between two looks.
        retention_days: How long an ended call stays readable.
        transcript_days: How long what was said in it is kept.
    """

    def __init__(
        self,
        *,
        owner: str,
        store: Store,
        ledger: Ledger,
        hang_ups: HangUps,
        listeners: Listeners,
        follow: Callable[[Advanced], None],
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        retention_days: float,
        transcript_days: float,
    ) -> None:
        self._owner = owner
        self._store = store
        self._ledger = ledger
        self._hang_ups = hang_ups
        self._listeners = listeners
        self._follow = follow
        self._clock = clock
        self._sleep = sleep
        self._retention_days = retention_days
        self._transcript_days = transcript_days
        self._cursor = 0
        self._renewed = self._purged = self._probed = float("-inf")
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Look once, and from then on again and again.

        Raises:
            StoreUnavailable: The store cannot be used.
        """
        self._cursor = await self._store.last_entry_id()
        await self.look()
        self._task = asyncio.create_task(self._keep_looking(), name="watch")

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Do everything that is due now; a fault in one part does not keep the others from being done."""
        now = self._clock.now().boot_seconds
        if self._ledger.store_is_away and now - self._probed < PROBE_SECONDS:
            await self._attend_all()
            return
        self._probed = now
        if await self._ledger.catch_up():
            if now - self._renewed >= HEARTBEAT_SECONDS:
                await self._guarded(self._renew())
            await self._guarded(self._read_journal())
            if now - self._purged >= PURGE_SECONDS:
                self._purged = now
                await self._guarded(self._purge())
        await self._attend_all()
        if not self._ledger.store_is_away:
            self._ledger.is_followed()

    async def take_over(self) -> None:
        """Adopt what workers have left that are gone; those whose process is dead leave now.

        Raises:
            StoreUnavailable: The store does not answer.
        """
        for worker, pid in await self._store.at_work(self._clock.now()):
            if is_dead(worker, pid):
                await self._store.leave(worker, died=True)
        while adopted := await self._store.adopt(self._owner, self._clock.now()):
            for advanced in adopted:
                log_adoption(advanced.call)
                self._ledger.take(advanced.call)
                self._follow(advanced)
            await asyncio.sleep(0)  # thousands come in portions; requests go on between them

    async def _attend_all(self) -> None:
        for call in self._ledger.due():
            self._ledger.look_again(call, LOOK_SECONDS)  # first, so that no fault costs a call its clocks
            await self._guarded(self._attend(call), call=call.tag)

    async def _guarded(self, part: Awaitable[None], **fields: str) -> None:
        try:
            await part
        except StoreUnavailable as fault:
            self._ledger.missed(fault)
        except Exception as error:  # noqa: BLE001 - the clocks of all calls hang on this task
            log(_log, logging.ERROR, "looking after calls failed unexpectedly", **fields, **fault_of(error))

    async def _purge(self) -> None:
        await self._store.purge(
            self._clock.now(), retention_days=self._retention_days, transcript_days=self._transcript_days
        )

    async def _keep_looking(self) -> None:
        while True:
            await self._sleep(LOOK_SECONDS)
            await self._guarded(self.look())

    async def _renew(self) -> None:
        """Renew the lease, and adopt what others have left."""
        now = self._clock.now()
        stood_still = now.boot_seconds - self._renewed > LEASE_SECONDS
        unbroken = await self._store.renew(self._owner, now)
        self._renewed = now.boot_seconds
        if not unbroken:
            self._ledger.take_all(await self._store.owned(self._owner))
        if stood_still:
            for call in self._ledger:
                await self._excuse(call, now)
        await self.take_over()

    async def _excuse(self, call: Call, now: Moment) -> None:
        """Excuse a page's silence: while this process stood still, or had no store, nobody may have heard it.

        A page that only the loss of the store has kept until now, as it may have been elsewhere, gets no
        more than without its return: one presence from the loss, and then the store judges.
        """
        alone = self._ledger.judged_alone(call)
        if presence_in(call, now) <= 0 < presence_in(alone, now):
            self._ledger.look_again(call, min(presence_in(alone, now), limit_in(call, now)))
        elif (known := await self._store.touch(call.key, now)) is not None:
            self._ledger.take(known)

    async def _read_journal(self) -> None:
        """Follow what any worker has written of this one's calls, and wake who listens."""
        for entry in await self._store.entries_since(self._cursor):
            self._listeners.wake(entry.key)
            await self._follow_entry(entry)
            self._cursor = entry.id  # only now: what could not be followed is read again

    async def _follow_entry(self, entry: Entry) -> None:
        state = entry.body.get("state")
        known = self._ledger.get(entry.key)
        # A call this worker has let go of as expired may get its name after all.
        news = state == State.ENDING if known is None else state not in (None, known.state)
        call = await self._store.get(entry.key) if news else None
        if call is not None:
            self._ledger.take(call)
            if call.state is State.ENDING and call.owner == self._owner:
                self._hang_ups.start(call.key)

    async def _attend(self, call: Call) -> None:
        """Do what is due for one call."""
        now = self._clock.now()
        if hang_up_in(call, now) <= 0:
            self._hang_ups.start(call.key)
        if self._ledger.store_is_away:
            await self._expire_alone(call)
            return
        try:
            if warning_in(call, now) <= 0:
                await self._store.warn(call.key, now)
                self._ledger.warned(call)
                self._listeners.wake(call.key)
            if due_event(call, now) is not None:
                await self._expire(call)
        except StoreUnavailable as fault:
            self._ledger.missed(fault)
            await self._expire_alone(call)

    async def _expire(self, call: Call) -> None:
        """Have the store judge: somebody may have shown a sign of life to another worker."""
        advanced = await self._store.expire(call.key, self._owner, self._clock.now())
        if advanced is not None:
            self._ledger.take(advanced.call)
            self._follow(advanced)
        elif (current := await self._store.get(call.key)) is not None:
            self._ledger.take(current)

    async def _expire_alone(self, call: Call) -> None:
        """Judge by this worker's own copy while the store is away, presence from when it was lost.

        A call is not given up alone: the store would go on holding it as this worker's, and its place with
        it, while nobody looked after it any more. It is kept until the store can judge.
        """
        now = self._clock.now()
        call = self._ledger.judged_alone(call)
        event = due_event(call, now)
        if event is not None and event is not Event.CAP_PASSED:
            reason = due_reason(call, now) if event is Event.REASON else None
            news = event is Event.REASON
            advanced = await self._ledger.record(call.key, event, reason=reason, remembered=news)
            if advanced is not None:
                self._follow(advanced)
