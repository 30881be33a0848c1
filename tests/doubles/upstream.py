"""A hand-written upstream: it does what a test tells it, and keeps a ledger of what it was asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relay.core.upstream import CallRef, ClientSecret, HungUp, NotWanted, Plan, Traits
from tests.doubles.sideband import SidebandDouble
from tests.secrecy import CLIENT_SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relay.core.profile import SessionConfig
    from relay.core.upstream import SidebandLost
    from relay.errors import UpstreamProblem

ANSWER = (
    "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=setup:active\r\na=mid:0\r\n"
    "a=ice-ufrag:abcd1234\r\na=ice-pwd:" + "p" * 32 + "\r\na=rtcp-mux\r\na=sendrecv\r\n"
)


@dataclass
class PlacedDouble:
    """A call the double has named."""

    ref: CallRef | None
    upstream: UpstreamDouble
    timings: Mapping[str, float] = field(
        default_factory=lambda: {"credential": 0.1, "secret": 40.0, "exchange": 120.5}
    )

    @property
    def at_hand(self) -> bool:
        return self.upstream.at_hand

    async def answer(self) -> str:
        await self.upstream.answering.wait()
        if self.upstream.bad_answer is not None:
            raise self.upstream.bad_answer
        return self.upstream.answer

    async def close(self) -> None:
        self.upstream.closed += 1


class UpstreamDouble:
    """Implements `relay.core.upstream.Upstream`; its switches are its public attributes."""

    name = "double"
    traits = Traits(
        api="realtime",
        max_call_seconds=3600,
        exchange_url="https://upstream.example/calls",
        prepares=True,
    )

    def __init__(self) -> None:
        self.minting = asyncio.Event()  # cleared: the mint takes until it is set
        self.placing = asyncio.Event()  # cleared: the paid request takes until it is set
        self.answering = asyncio.Event()
        for gate in (self.minting, self.placing, self.answering):
            gate.set()
        self.refuses: UpstreamProblem | None = None
        self.bad_answer: UpstreamProblem | None = None
        self.unnamed = False
        self.at_hand = False  # whether the answer comes along with the name
        self.answer = ANSWER
        self.hang_ups_until_done = 0
        self.can_be_ready = True
        self.offers: list[str] = []
        self.plans: list[Plan] = []
        self.prepared: list[Plan] = []
        self.live: set[str] = set()
        self.hung_up: list[str] = []
        self.paid_requests = 0
        self.closed = 0
        self.sidebands: list[SidebandDouble] = []  # every one that was attached, the newest last
        self.keeps_away: list[SidebandLost] = []  # what the next attempts to attach come to
        self.attempts_to_attach = 0

    def plan(self, config: SessionConfig) -> Plan:
        return Plan(config.deployment, {"voice": config.voice, "instructions": config.instructions})

    async def mint(self, plan: Plan, *, life_seconds: int, deadline: float) -> ClientSecret:
        await self.minting.wait()
        if self.refuses is not None:
            raise self.refuses
        return ClientSecret(CLIENT_SECRET, 1_800_000_000)

    async def prepare(self, plan: Plan, *, deadline: float) -> None:
        self.prepared.append(plan)
        await self.minting.wait()
        if self.refuses is not None:
            raise self.refuses

    async def place(
        self, offer: str, plan: Plan, *, deadline: float, wanted: Callable[[], bool]
    ) -> PlacedDouble:
        self.plans.append(plan)
        await self.minting.wait()
        if not wanted():
            raise NotWanted
        self.paid_requests += 1
        self.offers.append(offer)
        await self.placing.wait()
        if self.refuses is not None:
            raise self.refuses
        if self.unnamed:
            return PlacedDouble(None, self)
        ref = CallRef(plan.deployment, f"rtc_{len(self.offers)}")
        self.live.add(ref.id)
        return PlacedDouble(ref, self)

    async def hang_up(self, ref: CallRef, *, deadline: float) -> HungUp:
        self.hung_up.append(ref.id)
        if self.hang_ups_until_done > 0:
            self.hang_ups_until_done -= 1
            return HungUp.UNSURE
        if ref.id not in self.live:
            return HungUp.GONE
        self.live.discard(ref.id)
        return HungUp.ENDED

    async def attach(self, ref: CallRef, *, deadline: float) -> SidebandDouble:
        self.attempts_to_attach += 1
        if self.keeps_away:
            raise self.keeps_away.pop(0)
        self.sidebands.append(SidebandDouble())
        return self.sidebands[-1]

    async def ready(self) -> bool:
        return self.can_be_ready

    async def close(self) -> None:
        self.closed += 1
