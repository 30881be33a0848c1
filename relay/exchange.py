"""The story of one call, top to bottom: check → plan → reserve → place → record → answer; and its end.

Placing is never cancelled once it was sent. When the browser leaves, or its patience is over, the task
runs on; the call is hung up as soon as its id is known (reliability §0.1: cancelling orphans nearly every
call of a browser that gives up). Until the paid request is sent, leaving costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from relay.attending import Planned
from relay.core.call import Reason
from relay.core.caller import check_allowed, chosen_profile
from relay.core.offer import parse_offer
from relay.core.profile import build_session_config
from relay.errors import (
    Busy,
    Draining,
    MalformedRequest,
    MissingField,
    NotFound,
    Problem,
    ProfileRefused,
    UpstreamTimeout,
)
from relay.placement import Placement
from relay.profiles import DEFAULT
from relay.stopwatch import Stopwatch
from relay.telemetry import fault_of, log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from relay.core.caller import Caller
    from relay.core.offer import OfferBounds
    from relay.core.profile import Profile, SessionConfig
    from relay.core.request import ConnectRequest
    from relay.core.upstream import ClientSecret, Plan, Upstream
    from relay.profiles import Profiles
    from relay.supervisor import Supervisor

_log = logging.getLogger("relay.exchange")

BROWSER_SECRET_SECONDS = 60  # a client secret in a browser's hands lives no longer than it needs to


class BrowserLeft(Exception):  # noqa: N818 - an answer, not a fault
    """The browser closed its connection before the answer; there is nobody to answer."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A placed call, as the browser gets it.

    Args:
        call_id: Ours; whoever knows it may end the call. Kept nowhere.
        tag: The call's name in logs.
        answer: The SDP answer as the upstream wrote it.
        timings: Milliseconds per step.
    """

    call_id: str = field(repr=False)
    tag: str
    answer: str = field(repr=False)
    timings: Mapping[str, float]


class Exchange:
    """Places calls.

    Args:
        upstream: Where calls are placed.
        supervisor: Keeps them from then on.
        profiles: Those that hold now.
        bounds: Of an offer.
        patience_seconds: What a browser waits for at most.
        most_in_flight: Exchanges at once, and client secrets being minted; one more is refused at once.
        allow_unkillable: Hand out a call that the upstream did not name, and that nobody can end.
        tell_caller: Whether the upstream is told the hash of who asks.
    """

    def __init__(
        self,
        *,
        upstream: Upstream,
        supervisor: Supervisor,
        profiles: Profiles,
        bounds: OfferBounds,
        patience_seconds: float,
        most_in_flight: int,
        allow_unkillable: bool,
        tell_caller: bool = False,
    ) -> None:
        self._upstream = upstream
        self._supervisor = supervisor
        self._profiles = profiles
        self._bounds = bounds
        self._patience_seconds = patience_seconds
        self._most_in_flight = most_in_flight
        self._placement = Placement(upstream, supervisor, allow_unkillable=allow_unkillable)
        self._tell_caller = tell_caller
        self._placing: set[asyncio.Task[str]] = set()
        self._others = 0
        self._hurry: asyncio.Future[None] | None = None  # of the event loop that the first call comes by
        self.draining = False

    async def connect(
        self, caller: Caller, request: ConnectRequest, *, left: Callable[[], Awaitable[None]]
    ) -> Connected:
        """Place a call for a browser.

        Args:
            caller: Who asks.
            request: What it asks for.
            left: Returns when the browser has closed its connection.

        Raises:
            Problem: Whatever kept the call from being placed.
            BrowserLeft: Nobody waits any more.
        """
        if not request.sdp or request.sdp.isspace():
            raise MissingField("The field `sdp` holds the offer and is required.")
        _check_presence(request)
        offer = parse_offer(request.sdp, self._bounds)
        profile, config = self._session_config(caller, request)
        plan = self._plan(caller, config)
        self._admit()
        stopwatch = Stopwatch(time.perf_counter)
        with self._in_flight(), stopwatch.step("store"):
            call_id, call = await self._supervisor.intend(
                caller, Planned(profile, plan), presence=request.presence == "events"
            )
        if self.draining:  # nobody would wait for it any more
            await self._supervisor.refused(call.key)
            raise _stopping()
        place = self._placement.place(call.key, offer.text, plan, stopwatch)
        placing = asyncio.create_task(place, name="place")
        self._placing.add(placing)
        placing.add_done_callback(self._placed)
        leaving: asyncio.Future[None] = asyncio.ensure_future(left())
        if self._hurry is None:
            self._hurry = asyncio.get_running_loop().create_future()
        hurry = self._hurry
        forsaken: Reason | None = Reason.LEFT
        try:
            waited: set[asyncio.Future[Any]] = {placing, leaving, hurry}
            await asyncio.wait(waited, timeout=self._patience_seconds, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done():
                raise BrowserLeft
            if hurry.done() and not placing.done():
                forsaken = Reason.SHUTDOWN
                raise Draining("Ask again: another process will answer.", retry_after=1)
            if not placing.done():
                forsaken = Reason.NO_ANSWER
                raise UpstreamTimeout("The exchange took longer than RELAY_EXCHANGE_SECONDS allows.")
            forsaken = None
            return Connected(call_id, call.tag, placing.result(), stopwatch.milliseconds)
        finally:
            leaving.cancel()
            if forsaken is not None:
                await self._supervisor.end(call.key, forsaken)

    async def prepare(self, caller: Caller, request: ConnectRequest) -> None:
        """Do for a call what can be done before its offer is there; places nothing and spends no ticket.

        Raises:
            Problem: Whatever kept it from being prepared.
        """
        if not self._upstream.traits.prepares:
            raise NotFound("Nothing can be prepared here; RELAY_KEEP_SECRETS=on switches it on.")
        _check_presence(request)
        _, config = self._session_config(caller, request)
        self._admit()
        await self._supervisor.check_not_paused()
        deadline = asyncio.get_running_loop().time() + self._patience_seconds
        with self._in_flight():
            await self._upstream.prepare(self._plan(caller, config), deadline=deadline)

    async def mint(self, caller: Caller, request: ConnectRequest) -> tuple[ClientSecret, SessionConfig]:
        """Mint a client secret for a browser that exchanges the offer itself; spends the caller's ticket.

        What it begins with it cannot be held to a length, so a caller with a bound of its own gets none.

        Raises:
            Problem: Whatever kept it from being minted.
        """
        if self._upstream.traits.exchange_url is None:
            raise NotFound("This upstream has no client secrets.")
        profile, config = self._session_config(caller, request)
        if profile.needs_relay:
            raise ProfileRefused("Calls of this profile are placed by the relay alone: use POST /connect.")
        if caller.max_seconds is not None:
            raise ProfileRefused("The sign-in bounds the length of its call: use POST /connect.")
        plan = self._plan(caller, config)
        self._admit()
        with self._in_flight():
            await self._supervisor.spend_ticket(caller)
            deadline = asyncio.get_running_loop().time() + self._patience_seconds
            secret = await self._upstream.mint(plan, life_seconds=BROWSER_SECRET_SECONDS, deadline=deadline)
        return secret, config

    async def drain(self, seconds: float) -> None:
        """Take no new calls, and wait for those being placed, so long at most."""
        self.draining = True
        if self._placing:
            log(_log, logging.INFO, "waiting for exchanges", count=len(self._placing))
            await asyncio.wait(set(self._placing), timeout=seconds)

    async def give_up(self) -> None:
        """Let go of calls whose request was not sent: the process is about to end, and nobody waits."""
        await self._placement.give_up()

    def hurry(self) -> None:
        """Answer every browser that still waits: the process is about to end."""
        if self._hurry is not None and not self._hurry.done():
            self._hurry.set_result(None)

    def _session_config(self, caller: Caller, request: ConnectRequest) -> tuple[Profile, SessionConfig]:
        profile = self._profiles.get(chosen_profile(caller, request.profile) or DEFAULT)
        if profile is None:
            raise NotFound("There is no profile of this name.")
        check_allowed(caller, profile.allow)
        return profile, build_session_config(
            profile, voice=request.voice, instructions=request.instructions, claims=caller.claims
        )

    def _plan(self, caller: Caller, config: SessionConfig) -> Plan:
        plan = self._upstream.plan(config)
        return replace(plan, caller=caller.id) if self._tell_caller else plan

    def _admit(self) -> None:
        if self.draining:
            raise _stopping()
        if len(self._placing) + self._others >= self._most_in_flight:
            raise Busy("As many exchanges as RELAY_IN_FLIGHT allows are under way.", retry_after=1)

    @contextmanager
    def _in_flight(self) -> Iterator[None]:
        """Count what is under way beside the calls that are being placed."""
        self._others += 1
        try:
            yield
        finally:
            self._others -= 1

    def _placed(self, placing: asyncio.Task[str]) -> None:
        """Supervise the task: an error that nobody waits for any more is still told."""
        self._placing.discard(placing)
        if placing.cancelled():
            return
        error = placing.exception()
        if error is not None and not isinstance(error, Problem):
            log(_log, logging.ERROR, "placing a call failed unexpectedly", **fault_of(error))


def _check_presence(request: ConnectRequest) -> None:
    if request.presence not in (None, "", "events"):
        raise MalformedRequest("The field `presence` can only be `events`.")


def _stopping() -> Draining:
    return Draining("Ask again: another process will answer.", retry_after=5)
