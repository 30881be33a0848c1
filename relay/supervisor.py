"""The live calls of this process: what the exchange tells of them, what callers ask, and how they end.

The store holds the truth (`relay.store`); `relay.ledger` is this worker's copy of it, `relay.watch` does what
time brings about, and `relay.hang_ups` ends calls.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from relay.admission import raise_if_refused
from relay.attendants import Consequences
from relay.audit import log_step
from relay.core.call import Action, Event, Reason
from relay.core.record import call_key
from relay.enquiries import Enquiries
from relay.errors import StoreUnavailable, TicketUsed
from relay.hang_ups import HangUps
from relay.ledger import Ledger
from relay.listeners import Listeners
from relay.processes import is_dead, is_of_group, worker_id
from relay.telemetry import log
from relay.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from relay.attendants import Attendants
    from relay.attending import Body, Planned
    from relay.clock import Clock
    from relay.core.caller import Caller
    from relay.core.record import Advanced, Call
    from relay.core.upstream import CallRef, Upstream
    from relay.store.protocol import Store
    from relay.terms import Terms

_log = logging.getLogger("relay.calls")


class Supervisor(Enquiries):
    """Keeps calls.

    Args:
        store: Where they are written down.
        upstream: Where they are hung up.
        clock: Tells the time.
        terms: The operator's.
        attendants: Follow live calls over their sidebands; nobody does without them.
        group: Name of the workers that stop together with this one; its own unless given.
        sleep: Waits between two looks.
    """

    def __init__(
        self,
        *,
        store: Store,
        upstream: Upstream,
        clock: Clock,
        terms: Terms,
        attendants: Attendants | None = None,
        group: str = "",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._group = group or secrets.token_hex(4)
        self.owner = worker_id(self._group)
        self.draining = False
        self._upstream = upstream
        ledger, listeners = Ledger(store, clock, self.owner, attendants), Listeners()
        self._attendants = attendants
        if attendants is not None:
            attendants.bring_about(Consequences(self._publish, self.end))
        super().__init__(store=store, ledger=ledger, listeners=listeners, clock=clock, terms=terms)
        self._hang_ups = HangUps(
            store=store,
            upstream=upstream,
            clock=clock,
            owner=self.owner,
            record=self._record,
            ledger=self._ledger,
            sleep=sleep,
        )
        self._watch = Watch(
            owner=self.owner,
            store=store,
            ledger=self._ledger,
            hang_ups=self._hang_ups,
            listeners=self._listeners,
            follow=self._follow,
            clock=clock,
            sleep=sleep,
            retention_days=terms.retention_days,
            transcript_days=terms.transcript_days,
        )

    # --- what the exchange tells

    async def intend(self, caller: Caller, planned: Planned, *, presence: bool) -> tuple[str, Call]:
        """Write a call down before anything is sent for it, and spend its ticket; see `Terms.intent`.

        Returns:
            The call's id, 192 random bits, which is kept nowhere; and the call, whose maximum may be cut.

        Raises:
            Problem: A limit keeps it out, as `relay.admission` says, or it cannot be written down, so nothing
                may be sent.
        """
        call_id = secrets.token_urlsafe(24)
        call = self.terms.intent(
            caller,
            planned,
            key=call_key(call_id),
            presence=presence,
            owner=self.owner,
            created=self._clock.now(),
            cap_seconds=self._upstream.traits.max_call_seconds,
        )
        self._ledger.check_store()
        ceiling = self.terms.ceiling_of(planned.profile.limits)
        admission = await self._store.write_intent(call, ceiling, caller.ticket)
        raise_if_refused(admission)
        if admission.max_seconds != call.max_seconds:
            call = replace(call, max_seconds=admission.max_seconds)
        if self._attendants is not None:
            self._attendants.plan(call.key, planned)
        self._ledger.take(call)
        return call_id, call

    async def spend_ticket(self, caller: Caller) -> None:
        """Spend a caller's ticket, if it has one, for something that is no call of ours; once only.

        Raises:
            Paused, TicketUsed, StoreUnavailable: Nothing may be begun with it.
        """
        await self.check_not_paused()
        if caller.ticket is not None and not await self._store.spend_ticket(caller.ticket):
            raise TicketUsed

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

    async def handed_over(self, key: str, ref: CallRef) -> bool:
        """Record `named` and `answered` in one step: the answer came along with the name.

        Returns:
            Whether it may be handed over.

        Raises:
            StoreUnavailable: It cannot be written down.
        """
        steps = await self._ledger.hand_over(key, ref.id)
        for advanced in steps:
            self._follow(advanced)
        return bool(steps) and steps[-1].call.wanted

    async def refused(self, key: str) -> None:
        """Certainly no call has come into being."""
        await self._record(key, Event.REFUSED)

    async def lost(self, key: str) -> None:
        """The exchange was sent, and nothing more will be learnt of it."""
        await self._record(key, Event.LOST)

    # --- what ends a call

    async def end(self, key: str, reason: Reason) -> None:
        """Hang a call up; the first reason counts, a second time is harmless."""
        await self._record(key, Event.REASON, reason=reason)

    # --- life

    async def start(self) -> None:
        """Begin to look after calls; adopts at once what a dead process has left.

        Raises:
            StoreUnavailable: The store cannot be used.
        """
        await self._watch.start()

    async def look(self) -> None:
        """Do everything that is due now; done again and again by itself after `start`."""
        await self._watch.look()

    async def end_all(self, reason: Reason) -> None:
        """Begin to end every call of this worker's, those being placed included."""
        for call in self._ledger:
            await self.end(call.key, reason)

    async def settle(self, seconds: float) -> None:
        """Wait for hang-ups under way, so long at most."""
        await self._hang_ups.settle(seconds)

    def end_streams(self) -> None:
        """Let every event stream come to its end; pages open theirs again elsewhere."""
        self.draining = True
        self._listeners.wake_all()

    async def is_last(self) -> bool:
        """Say that this worker stops, and tell whether nobody is left who could take its calls over.

        Those of its own group stop with it, those that are stopping take nothing, and a lease whose process
        is gone is worth nothing.
        """
        try:
            await self._store.stop(self.owner)
            peers = await self._store.at_work(self._clock.now())
        except StoreUnavailable:
            return True
        return not any(
            worker != self.owner and not is_of_group(worker, self._group) and not is_dead(worker, pid)
            for worker, pid in peers
        )

    async def take_over(self) -> None:
        """Adopt at once what workers have left that are gone; while the store is away nobody can."""
        try:
            await self._watch.take_over()
        except StoreUnavailable as fault:
            self._ledger.missed(fault)

    @property
    def open_calls(self) -> int:
        """How many open calls this worker owns."""
        return len(self._ledger)

    async def close(self) -> None:
        """Stop looking; what is still open is left for others to adopt."""
        await self._watch.close()
        if self._attendants is not None:
            await self._attendants.close()
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

    async def _publish(self, key: str, kind: str, body: Body) -> None:
        """Append an entry to a call's event stream."""
        await self._ledger.publish(key, kind, body)
        self._listeners.wake(key)

    def _follow(self, advanced: Advanced) -> None:
        """Do what a step of a call's life asks for."""
        log_step(advanced, self._clock.now())
        call = advanced.call
        if Action.HANG_UP in advanced.actions and call.owner == self.owner:
            self._hang_ups.start(call.key)
        self._listeners.wake(call.key)
