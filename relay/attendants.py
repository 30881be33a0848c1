"""The attendants of this process: one task for each of its calls whose profile has a sideband.

The ledger tells of every change of a call; what follows for its attendant is decided here: it begins when the
upstream has named the call, and stops when the call is over or another process's.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relay.attendant import Attendant, Gate
from relay.core.call import State
from relay.errors import StoreUnavailable
from relay.telemetry import fault_of, log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from relay.attending import Body, PartFactory, Planned
    from relay.clock import Clock
    from relay.core.call import Reason
    from relay.core.record import Call
    from relay.core.upstream import Upstream

_log = logging.getLogger("relay.sideband")

GRACE_SECONDS: Final = 5.0
"""How long the sideband of a call that has ended is still read: its last words are under way."""

AT_ONCE: Final = 32
"""Sidebands that are being attached at once; after an outage thousands want to be."""


ENTRIES_AT_ONCE: Final = 100
ENTRIES_PER_SECOND: Final = 5.0
"""What one call may write on its event stream: a browser can provoke thousands of errors a second."""


class Thrift:
    """Bounds how many entries one call writes.

    Args:
        clock: Tells the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left = float(ENTRIES_AT_ONCE)
        self._at = clock.now().boot_seconds

    def allows(self) -> bool:
        """Whether one more may be written now; counts it."""
        now = self._clock.now().boot_seconds
        self._left = min(ENTRIES_AT_ONCE, self._left + (now - self._at) * ENTRIES_PER_SECOND)
        self._at = now
        allowed = self._left >= 1
        self._left -= allowed
        return allowed


@dataclass(frozen=True, slots=True)
class Consequences:
    """What attendants bring about, by the call's key.

    Args:
        publish: Append an entry to its event stream; raises `StoreUnavailable`.
        end: Hang it up.
    """

    publish: Callable[[str, str, Body], Awaitable[None]]
    end: Callable[[str, Reason], Awaitable[None]]


class Attendants:
    """Keeps an attendant for each call that wants one.

    Args:
        upstream: Where the sidebands are.
        replan: What a call of this profile would be placed with now, for calls that another process placed;
            ``None`` when there is no such profile any more.
        parts: Make those that are told of a call, in this order.
        clock: Tells the time.
        sleep: Waits between two attempts to attach.
    """

    def __init__(
        self,
        *,
        upstream: Upstream,
        replan: Callable[[str], Planned | None],
        parts: Sequence[PartFactory],
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._upstream = upstream
        self._replan = replan
        self._parts = parts
        self._clock = clock
        self._sleep = sleep
        self._gate = Gate(AT_ONCE)
        self._planned: dict[str, Planned] = {}
        self._running: dict[str, tuple[Attendant, asyncio.Task[None]]] = {}  # until let go of, even if done
        self._stopping: set[asyncio.Task[None]] = set()
        self._consequences: Consequences | None = None

    def __len__(self) -> int:
        return len(self._running)

    @property
    def attached(self) -> int:
        """How many sidebands are attached now."""
        return sum(attendant.attached for attendant, _ in self._running.values())

    def bring_about(self, consequences: Consequences) -> None:
        """Say what follows from what is seen; once, before any call."""
        self._consequences = consequences

    def plan(self, key: str, planned: Planned) -> None:
        """Remember what a call is placed with, until its attendant begins or it is let go of."""
        if planned.profile.sideband != "off":
            self._planned[key] = planned

    def see(self, call: Call) -> None:
        """Take note of a call of this process as it now is; begins its attendant when it is time."""
        waits = call.state in (State.NAMED, State.LIVE) and call.ref is not None
        if not waits or call.key in self._running or self._consequences is None:
            return
        known = self._planned.pop(call.key, None)
        planned = known or self._replan(call.profile)
        if planned is None or planned.profile.sideband == "off":
            return
        attendant = self._attendant(call, planned, adopted=known is None, follow=self._consequences)
        task = asyncio.create_task(attendant.run(), name="attend")
        self._running[call.key] = attendant, task
        task.add_done_callback(lambda done: self._done(call, done))

    def let_go(self, key: str, *, ended: bool) -> None:
        """Stop attending a call: soon when it has ended, at once when it is another process's."""
        self._planned.pop(key, None)
        if key not in self._running:
            return
        attendant, task = self._running.pop(key)
        if task.done():
            return
        self._stopping.add(task)
        if ended and attendant.attached:
            asyncio.get_running_loop().call_later(GRACE_SECONDS, task.cancel)
        else:
            task.cancel()

    async def close(self) -> None:
        """Stop attending; the calls go on."""
        tasks = [*(task for _, task in self._running.values()), *self._stopping]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _attendant(self, call: Call, planned: Planned, *, adopted: bool, follow: Consequences) -> Attendant:
        thrift = Thrift(self._clock)

        async def publish(kind: str, body: Body) -> None:
            if not thrift.allows():
                return
            try:
                await follow.publish(call.key, kind, body)
            except StoreUnavailable:  # told to the log by whoever asks the store next
                log(_log, logging.DEBUG, "an entry was not written", call=call.tag, kind=kind)

        return Attendant(
            call=call,
            planned=planned,
            adopted=adopted,
            upstream=self._upstream,
            parts=self._parts,
            publish=publish,
            end=lambda reason: follow.end(call.key, reason),
            clock=self._clock,
            gate=self._gate,
            sleep=self._sleep,
        )

    def _done(self, call: Call, task: asyncio.Task[None]) -> None:
        """Supervise: a call whose attendant broke goes on without; that is told."""
        self._stopping.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log(_log, logging.ERROR, "attending a call failed unexpectedly", call=call.tag, **fault_of(error))
