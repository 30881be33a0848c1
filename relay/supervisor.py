"""The live calls of this process: their clocks, their presence, their end, and what a crash left behind.

One look every quarter of a second does everything that time does: it renews the lease, adopts the calls of
the dead, follows what other workers have written, and ends what is due. Nothing waits for it on the path of
an offer.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relay.core.call import Action, Event, Reason, State
from relay.core.clocks import (
    HEARTBEAT_SECONDS,
    due_event,
    due_reason,
    hang_up_in,
    seconds_used,
    warning_in,
)
from relay.core.record import Call, call_key
from relay.errors import NotFound, Paused, StoreUnavailable, TooManyCalls
from relay.hang_ups import HangUps
from relay.ledger import Ledger
from relay.store.protocol import Admission
from relay.telemetry import fault_of, log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from relay.clock import Clock
    from relay.core.record import Advanced
    from relay.core.upstream import CallRef, Upstream
    from relay.store.protocol import Ceiling, Counts, Entry, Store

_log = logging.getLogger("relay.calls")
_audit = logging.getLogger("relay.audit")

TICK_SECONDS = 0.25
PURGE_SECONDS = 60.0


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


class Supervisor:
    """Keeps calls.

    Args:
        store: Where they are written down.
        upstream: Where they are hung up.
        clock: Tells the time.
        terms: The operator's.
        sleep: Waits between two looks.
    """

    def __init__(
        self,
        *,
        store: Store,
        upstream: Upstream,
        clock: Clock,
        terms: Terms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.owner = secrets.token_hex(6)
        self.terms = terms
        self.draining = False
        self._store = store
        self._upstream = upstream
        self._clock = clock
        self._sleep = sleep
        self._ledger = Ledger(store, clock, self.owner)
        self._listening: dict[str, set[asyncio.Event]] = {}
        self._cursor = 0
        self._renewed = self._purged = float("-inf")
        self._looking: asyncio.Task[None] | None = None
        self._hang_ups = HangUps(
            store=store,
            upstream=upstream,
            clock=clock,
            owner=self.owner,
            record=self._record,
            own_copy=self._ledger.get,
            sleep=sleep,
        )

    # --- what the exchange tells

    async def intend(self, *, caller: str, profile: str, deployment: str, presence: bool) -> tuple[str, Call]:
        """Write a call down before anything is sent for it.

        Args:
            caller: Hash of who asks.
            profile: Its name.
            deployment: The one that is to run it.
            presence: Whether the browser promises to keep its event stream open.

        Returns:
            The call's id, 192 random bits, which is kept nowhere; and the call.

        Raises:
            Paused: An operator stopped new calls.
            TooManyCalls: As many as allowed are open.
            StoreUnavailable: It cannot be written down, so nothing may be sent.
        """
        call_id = secrets.token_urlsafe(24)
        call = Call(
            key=call_key(call_id),
            caller=caller,
            profile=profile,
            deployment=deployment,
            owner=self.owner,
            created=self._clock.now(),
            max_seconds=self.terms.max_seconds,
            cap_seconds=self._upstream.traits.max_call_seconds,
            presence_seconds=self.terms.presence_seconds if presence else None,
        )
        admission = await self._store.write_intent(call, self.terms.ceiling)
        if admission is Admission.PAUSED:
            raise Paused("The operator has stopped new calls.", retry_after=60)
        if admission is not Admission.ADMITTED:
            raise TooManyCalls("As many calls as RELAY_CALLS_TOTAL allows are open.", retry_after=30)
        self._ledger.take(call)
        return call_id, call

    async def named(self, key: str, ref: CallRef | None) -> None:
        """The upstream has named the call, or made one without a name.

        Raises:
            StoreUnavailable: The name is known to this process alone.
        """
        if ref is None:
            await self._record(key, Event.UNNAMED)
        else:
            await self._record(key, Event.NAMED, upstream_id=ref.id, strictly=True)

    def wanted(self, key: str) -> bool:
        """Whether nothing speaks against sending the request that costs money."""
        call = self._ledger.get(key)
        return call is not None and call.wanted

    async def answered(self, key: str) -> bool:
        """The answer is about to be handed over.

        Returns:
            Whether it may be: nothing has ended the call meanwhile.

        Raises:
            StoreUnavailable: It cannot be written down.
        """
        call = self._ledger.get(key)
        if call is not None and call.ref is None:  # accepted without a name: nobody can end it
            return call.wanted
        advanced = await self._record(key, Event.ANSWERED, strictly=True)
        return advanced is not None and advanced.call.wanted

    async def refused(self, key: str) -> None:
        """Certainly no call has come into being."""
        await self._record(key, Event.REFUSED)

    async def lost(self, key: str) -> None:
        """The exchange was sent, and nothing more will be learnt of it."""
        await self._record(key, Event.LOST)

    # --- what callers and operators ask

    async def call(self, call_id: str) -> Call:
        """Read a call by the id its browser holds.

        Raises:
            NotFound: There is none.
            StoreUnavailable: It cannot be read.
        """
        key = call_key(call_id)
        try:
            call = await self._store.get(key)
        except StoreUnavailable:
            call = self._ledger.get(key)
            if call is None:
                raise
        if call is None:
            raise NotFound("There is no call of this id.")
        return call

    async def end(self, key: str, reason: Reason) -> None:
        """Hang a call up; the first reason counts, a second time is harmless."""
        await self._record(key, Event.REASON, reason=reason)

    async def seen(self, key: str) -> None:
        """Note a sign of life."""
        try:
            call = await self._store.touch(key, self._clock.now())
        except StoreUnavailable:
            return
        if call is not None:
            self._ledger.take(call)

    async def entries(self, key: str, *, after_seq: int) -> list[Entry]:
        """Read what was published of a call.

        Raises:
            StoreUnavailable: It cannot be read.
        """
        return await self._store.entries(key, after_seq=after_seq)

    async def news(self, key: str, seconds: float) -> bool:
        """Wait until something may have been published of a call, so long at most.

        Returns:
            Whether something may have been.
        """
        heard = asyncio.Event()
        self._listening.setdefault(key, set()).add(heard)
        try:
            async with asyncio.timeout(seconds):
                await heard.wait()
        except TimeoutError:
            return False
        else:
            return True
        finally:
            listening = self._listening[key]
            listening.discard(heard)
            if not listening:
                del self._listening[key]

    async def counts(self) -> Counts:
        """Count the open calls of all workers.

        Raises:
            StoreUnavailable: They cannot be counted.
        """
        await self._store.check()
        return await self._store.counts()

    async def pause(self, paused: bool) -> None:  # noqa: FBT001 - it is the value, not a switch
        """Stop or resume letting calls in, in every worker that shares the store."""
        try:
            await self._store.set_paused(paused=paused)
        except StoreUnavailable as fault:
            log(_log, logging.ERROR, "cannot pause: the store does not answer", why=fault.detail)

    # --- life

    async def start(self) -> None:
        """Begin to look after calls; adopts at once what a dead process has left.

        Raises:
            StoreUnavailable: The store cannot be used.
        """
        self._cursor = await self._store.last_entry_id()
        await self._look()
        self._looking = asyncio.create_task(self._keep_looking(), name="supervise")

    async def hang_up_all(self, reason: Reason, seconds: float) -> None:
        """End every call of this worker's and wait for the hang-ups, so long at most."""
        for call in self._ledger:
            await self.end(call.key, reason)
        await self.settle(seconds)

    async def settle(self, seconds: float) -> None:
        """Wait for hang-ups under way, so long at most."""
        await self._hang_ups.settle(seconds)

    def end_streams(self) -> None:
        """Let every event stream come to its end; pages open theirs again elsewhere."""
        self.draining = True
        for key in list(self._listening):
            self._wake(key)

    async def others(self) -> int:
        """Count the other workers that could adopt this one's calls."""
        try:
            return await self._store.others(self.owner, self._clock.now())
        except StoreUnavailable:
            return 0

    def __len__(self) -> int:
        """How many open calls this worker owns."""
        return len(self._ledger)

    async def close(self) -> None:
        """Stop looking; what is still open is left for others to adopt."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._hang_ups.close()
        try:
            await self._store.leave(self.owner)
        except StoreUnavailable:
            log(_log, logging.WARNING, "the store does not answer; calls are adopted when the lease lapses")
        await self._store.close()

    # --- inside

    async def _record(
        self,
        key: str,
        event: Event,
        *,
        reason: Reason | None = None,
        upstream_id: str | None = None,
        strictly: bool = False,
    ) -> Advanced | None:
        advanced = await self._ledger.record(
            key, event, reason=reason, upstream_id=upstream_id, strictly=strictly
        )
        if advanced is not None:
            self._follow(advanced)
        return advanced

    def _follow(self, advanced: Advanced) -> None:
        """Do what a step of a call's life asks for."""
        call = advanced.call
        if advanced.first:
            log(_log, logging.INFO, "a call ends", call=call.tag, reason=call.reason)
        for action in advanced.actions:
            if action is Action.HANG_UP and call.owner == self.owner:
                self._hang_ups.start(call.key)
            elif action is Action.COUNT_IN_DOUBT:
                log(
                    _log,
                    logging.ERROR,
                    "a call is in doubt: it may be live, and nobody can end it",
                    call=call.tag,
                )
            elif action is Action.COUNT_UNKILLED:
                log(_log, logging.ERROR, "a call was never confirmed to be over", call=call.tag)
            elif action is Action.PUBLISH_ENDED:
                self._write_audit(call)
        self._wake(call.key)

    def _write_audit(self, call: Call) -> None:
        """Write the one line that each call leaves in the log."""
        log(
            _audit,
            logging.INFO,
            "call",
            call=call.tag,
            began=round(call.created.wall_seconds, 3),
            caller=call.caller,
            profile=call.profile,
            deployment=call.deployment,
            state=call.state,
            seconds=round(seconds_used(call, self._clock.now()), 1),
            reason=call.reason,
            hang_ups=call.attempts,
        )

    def _wake(self, key: str) -> None:
        for heard in self._listening.get(key, ()):
            heard.set()

    async def _keep_looking(self) -> None:
        while True:
            await self._sleep(TICK_SECONDS)
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - the clocks of all calls hang on this task
                log(_log, logging.ERROR, "looking after calls failed unexpectedly", **fault_of(error))

    async def _look(self) -> None:
        now = self._clock.now().boot_seconds
        try:
            if await self._ledger.catch_up():
                if now - self._renewed >= HEARTBEAT_SECONDS:
                    await self._renew()
                    self._renewed = now
                await self._read_journal()
                if now - self._purged >= PURGE_SECONDS:
                    await self._store.purge(self._clock.now(), retention_days=self.terms.retention_days)
                    self._purged = now
        except StoreUnavailable:
            pass  # said once by the ledger when something had to be written
        for call in self._ledger.due():
            await self._attend(call)

    async def _renew(self) -> None:
        """Renew the lease, and adopt what others have left."""
        if not await self._store.renew(self.owner, self._clock.now()):
            self._ledger.take_all(await self._store.owned(self.owner))
        adopted = await self._store.adopt(self.owner, self._clock.now())
        for advanced in adopted:
            call = advanced.call
            log(
                _log,
                logging.WARNING,
                "adopted a call of a process that is gone",
                call=call.tag,
                state=call.state,
            )
            self._ledger.take(call)
            self._follow(advanced)

    async def _read_journal(self) -> None:
        """Follow what any worker has written of this one's calls, and wake who listens."""
        for entry in await self._store.entries_since(self._cursor):
            self._cursor = entry.id
            self._wake(entry.key)
            known = self._ledger.get(entry.key)
            if known is None or entry.body.get("state") in (None, known.state):
                continue
            call = await self._store.get(entry.key)
            if call is not None:
                self._ledger.take(call)
                if call.state is State.ENDING:
                    self._hang_ups.start(call.key)

    async def _attend(self, call: Call) -> None:
        """Do what is due for one call."""
        now = self._clock.now()
        if hang_up_in(call, now) <= 0:
            self._hang_ups.start(call.key)
        try:
            if warning_in(call, now) <= 0:
                await self._store.warn(call.key, now)
                self._ledger.warned(call)
                self._wake(call.key)
            if due_event(call, now) is not None:
                advanced = await self._store.expire(call.key, self.owner, now)
                if advanced is not None:
                    self._ledger.take(advanced.call)
                    self._follow(advanced)
                elif (current := await self._store.get(call.key)) is not None:
                    self._ledger.take(current)  # somebody has shown a sign of life elsewhere
        except StoreUnavailable:
            event = due_event(call, now)
            if event is not None:
                await self._record(
                    call.key, event, reason=due_reason(call, now) if event is Event.REASON else None
                )
        self._ledger.look_again(call, TICK_SECONDS)
