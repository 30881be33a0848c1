"""The attendant of one call: keeps its sideband attached, and hands every fact to the call's parts.

Attaching is tried again with growing pauses while the call lives. The upstream's own end of the call is the
call's end; everything else that happens to the sideband leaves the call alone, unless its profile requires
one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from typing import TYPE_CHECKING, Final

from relay.attending import Attended
from relay.core.call import Reason
from relay.core.facts import CallOver
from relay.core.upstream import SidebandLost
from relay.desk import CallDesk
from relay.telemetry import fault_of, log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from relay.attending import Body, Part, PartFactory, Planned
    from relay.clock import Clock
    from relay.core.facts import Fact
    from relay.core.record import Call
    from relay.core.upstream import Sideband, Upstream

_log = logging.getLogger("relay.sideband")

TRY_SECONDS: Final = 5.0
"""What one attempt to attach may take."""

PATIENCE_SECONDS: Final = 10.0
"""How long a call may be without its sideband before that is told, and before a required one ends it."""

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 15.0
STEADY_SECONDS: Final = 10.0
"""A sideband that broke sooner than this is attached again with growing pauses too."""

WORD_SECONDS: Final = 1.0
"""How long a page that hangs up, and whose sideband is closed for it, has to say that it was the page."""

GONE_SECONDS: Final = 5.0
"""A call that was there, and that the upstream does not know for so long, is over."""


class Gate:
    """What attendants share: how many attach at once, and whether attaching works at all.

    Args:
        at_once: So many.
    """

    def __init__(self, at_once: int) -> None:
        self.places = asyncio.Semaphore(at_once)
        self.works = False


class Attendant:
    """Attends one call, until the call is over or given up.

    Args:
        call: With the upstream's name.
        planned: What it was placed with.
        adopted: Whether another process placed it.
        upstream: Where its sideband is.
        parts: Make those that are told of it.
        publish: Append an entry to its event stream.
        end: Hang it up.
        clock: Tells the time.
        gate: Shared by all attendants.
        sleep: Waits between two attempts.
        draw: A number from 0 to 1, for jitter.
    """

    def __init__(
        self,
        *,
        call: Call,
        planned: Planned,
        adopted: bool,
        upstream: Upstream,
        parts: Sequence[PartFactory],
        publish: Callable[[str, Body], Awaitable[None]],
        end: Callable[[Reason], Awaitable[None]],
        clock: Clock,
        gate: Gate,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._call = call
        self._profile = planned.profile
        self._upstream = upstream
        self._publish = publish
        self._end = end
        self._clock = clock
        self._gate = gate
        self._sleep = sleep
        self._draw = draw
        self._desk = CallDesk()
        self._adopted = adopted
        self._was_attached = False
        self._listening = False
        self._pause = 0.0
        attended = Attended(
            call=call,
            profile=planned.profile,
            plan=planned.plan,
            adopted=adopted,
            desk=self._desk,
            publish=publish,
            end=end,
            clock=clock,
        )
        self._parts = [part for make in parts if (part := make(attended)) is not None]

    @property
    def attached(self) -> bool:
        """Whether the sideband is attached now."""
        return self._desk.attached

    async def run(self) -> None:
        """Attend the call until it is over, or nothing can be done for it; then let its parts end."""
        try:
            while (sideband := await self._attach()) is not None:
                if await self._follow(sideband):
                    return
        finally:
            if self._listening:  # stopped in the middle: what was still under way is not known
                await self._tell(lambda part: part.lost())
            await self._close_parts()

    async def _follow(self, sideband: Sideband) -> bool:
        """Hand facts on until the sideband ends; whether that was the end of the call."""
        again = self._adopted or self._was_attached
        self._was_attached = self._listening = True
        since = self._clock.now().boot_seconds
        self._desk.attach(sideband)
        try:
            await self._publish("sideband", {"state": "attached"})
            await self._tell(lambda part: part.attached(again=again))
            async for fact in sideband:
                await self._hand_on(fact)
                if isinstance(fact, CallOver):
                    self._listening = False
                    if not fact.expired:
                        await self._sleep(WORD_SECONDS)
                    await self._end(Reason.EXPIRED if fact.expired else Reason.UPSTREAM_ENDED)
                    return True  # a hang-up makes sure of it: nobody has promised what a close means
        except SidebandLost as lost:
            log(_log, logging.INFO, "a sideband broke", call=self._call.tag, why=lost.code)
            if lost.code == "too_large" and self._profile.sideband == "guard":
                await self._end(Reason.GUARD)  # no honest page makes such events; it blinds its guard
        finally:
            self._desk.detach()
            await sideband.close()
        if self._clock.now().boot_seconds - since >= STEADY_SECONDS:
            self._pause = 0.0
        else:
            self._wait_longer()
        self._listening = False
        await self._publish("sideband", {"state": "lost"})
        await self._tell(lambda part: part.lost())
        return False

    async def _hand_on(self, fact: Fact) -> None:
        known = self._desk.read(fact)
        if known is not None:
            await self._tell(lambda part: part.take(known))
        with contextlib.suppress(SidebandLost):  # reading it will say so
            await self._desk.settle()

    async def _tell(self, word: Callable[[Part], Coroutine[None, None, None]]) -> None:
        """Give every part a word; one that breaks is told nothing more."""
        for part in list(self._parts):
            try:
                await word(part)
            except SidebandLost:
                continue  # reading it will say so
            except Exception as error:  # noqa: BLE001 - supervision: one part must not end the others
                self._parts.remove(part)
                name = type(part).__name__
                log(
                    _log,
                    logging.ERROR,
                    "a part of a call broke",
                    call=self._call.tag,
                    part=name,
                    **fault_of(error),
                )
                await self._close(part)

    async def _attach(self) -> Sideband | None:
        """Attach, trying again and again; ``None`` when that is given up."""
        began = self._clock.now().boot_seconds
        told = False
        missing_since: float | None = None
        while True:
            if self._pause:
                await self._sleep(self._pause * (0.5 + self._draw()))
            try:
                async with self._gate.places:
                    sideband = await self._try()
            except SidebandLost as lost:
                now = self._clock.now().boot_seconds
                waited = now - began
                missing_since = (missing_since or now) if lost.code == "not_found" else None
                if missing_since is not None and now - missing_since >= GONE_SECONDS and self._was_there:
                    await self._end(Reason.UPSTREAM_ENDED)  # the hang-up finds out whether it is true
                    return None
                if not told and (lost.final or waited >= PATIENCE_SECONDS):
                    told = True
                    await self._give_up(lost)
                if lost.final:
                    return None
            else:
                self._gate.works = True
                return sideband
            self._wait_longer()

    def _wait_longer(self) -> None:
        self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)

    @property
    def _was_there(self) -> bool:
        """Whether the upstream must know the call, unless it is over; a new one it may not know yet."""
        return self._was_attached or (self._adopted and self._gate.works)

    async def _try(self) -> Sideband:
        ref = self._call.ref
        assert ref is not None  # noqa: S101 - only named calls are attended
        deadline = asyncio.get_running_loop().time() + TRY_SECONDS
        return await self._upstream.attach(ref, deadline=deadline)

    async def _give_up(self, lost: SidebandLost) -> None:
        """Say that the call has no sideband; end it when its profile requires one."""
        required = self._profile.sideband_required or self._profile.sideband == "guard"
        log(
            _log,
            logging.WARNING,
            "a call is without its sideband",
            call=self._call.tag,
            why=lost.code,
            required=required,
        )
        await self._publish("sideband", {"state": "refused"})
        if required:
            await self._end(Reason.SIDEBAND)

    async def _close_parts(self) -> None:
        for part in self._parts:
            await self._close(part)

    async def _close(self, part: Part) -> None:
        try:
            await part.close()
        except Exception as error:  # noqa: BLE001 - supervision: the others are still to be closed
            log(
                _log,
                logging.ERROR,
                "a part of a call broke at its end",
                call=self._call.tag,
                **fault_of(error),
            )
