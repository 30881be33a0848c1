"""Hang-ups under way: one task per call, tried until the upstream says that the call is over.

Every try first asks the store for leave, so that of two workers one sends it. While the store cannot be
reached, the owner's own copy gives leave: a call that should end is hung up once too often rather than
once too seldom.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from relay.core.call import Event, State
from relay.core.clocks import UNKILLED_ATTEMPTS, hang_up_in
from relay.core.record import begin_hang_up
from relay.core.upstream import HungUp
from relay.errors import StoreUnavailable
from relay.telemetry import fault_of, log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from relay.clock import Clock
    from relay.core.moment import Moment
    from relay.core.record import Advanced, Call
    from relay.core.upstream import Upstream
    from relay.ledger import Ledger
    from relay.store.protocol import Store

_log = logging.getLogger("relay.calls")

TRY_SECONDS = 4.0
_PROBLEM = "The upstream does not confirm that the call is over; it is tried again."
_EVENTS = {HungUp.ENDED: Event.HUNG_UP, HungUp.GONE: Event.GONE, HungUp.UNSURE: Event.UNSURE}


class HangUps:
    """The hang-ups of one worker.

    Args:
        store: Gives leave.
        upstream: Does it.
        clock: For the pauses.
        owner: This worker.
        record: Records what came of a try.
        ledger: What this worker knows of its calls; counts while the store is away.
        sleep: Waits between tries.
    """

    def __init__(
        self,
        *,
        store: Store,
        upstream: Upstream,
        clock: Clock,
        owner: str,
        record: Callable[[str, Event], Awaitable[Advanced | None]],
        ledger: Ledger,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._store = store
        self._upstream = upstream
        self._clock = clock
        self._owner = owner
        self._record = record
        self._ledger = ledger
        self._sleep = sleep
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, key: str) -> None:
        """Begin to hang up a call; harmless when that has begun."""
        if key not in self._tasks:
            task = asyncio.create_task(self._run(key), name="hang up")
            self._tasks[key] = task
            task.add_done_callback(lambda done: self._done(key, done))

    async def settle(self, seconds: float) -> None:
        """Wait for what is under way, so long at most."""
        if self._tasks:
            await asyncio.wait(set(self._tasks.values()), timeout=seconds)

    async def close(self) -> None:
        """Stop trying; what is left is another worker's, or the next process's."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, key: str) -> None:
        while (call := await self._next(key)) is not None:
            if call.ref is None:
                return
            deadline = asyncio.get_running_loop().time() + TRY_SECONDS
            result = await self._upstream.hang_up(call.ref, deadline=deadline)
            if result is HungUp.UNSURE:
                await self._tell(call)
            await self._record(key, _EVENTS[result])

    async def _tell(self, call: Call) -> None:
        """Say that a hang-up failed: in the log each time, to the page when it begins to matter."""
        matters = call.attempts == UNKILLED_ATTEMPTS
        level = logging.ERROR if matters else logging.WARNING
        log(_log, level, "a hang-up failed and is tried again", call=call.tag, tries=call.attempts)
        if matters and not self._ledger.store_is_away:
            body: dict[str, str | float | bool | None] = {"code": "hang_up_failed", "title": _PROBLEM}
            try:
                await self._store.publish(call.key, "problem", body, self._clock.now())
            except StoreUnavailable as fault:
                self._ledger.missed(fault)

    async def _next(self, key: str) -> Call | None:
        """Wait for leave to try; ``None`` when there is nothing left to hang up."""
        while True:
            now = self._clock.now()
            claimed, current = await self._claim(key, now)
            if claimed is not None:
                return claimed
            if current is None or current.state is not State.ENDING or current.owner != self._owner:
                return None
            await self._sleep(max(0.01, hang_up_in(current, now)))

    async def _claim(self, key: str, now: Moment) -> tuple[Call | None, Call | None]:
        """Ask for leave to try now: the call if it was given, and the call as it stands."""
        if not self._ledger.store_is_away:
            try:
                claimed = await self._store.claim_hang_up(key, self._owner, now)
                return claimed, claimed or await self._store.get(key)
            except StoreUnavailable as fault:
                self._ledger.missed(fault)
        # The store may still be readable, and behind: what could not be written is in the copy alone.
        current = self._ledger.get(key)
        if current is None or hang_up_in(current, now) > 0:
            return None, current
        claimed = begin_hang_up(current, now)
        self._ledger.take(claimed)
        return claimed, claimed

    def _done(self, key: str, task: asyncio.Task[None]) -> None:
        """Supervise: a hang-up that broke is begun again by the supervisor's next look."""
        self._tasks.pop(key, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log(_log, logging.ERROR, "hanging up failed unexpectedly", **fault_of(error))
