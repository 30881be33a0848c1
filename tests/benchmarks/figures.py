"""The figures: each takes turns between what it compares, so that what else the machine does meets all."""

from __future__ import annotations

import asyncio
import itertools
import statistics
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.benchmarks.litellm import LiteLlmLoad, litellm, program
from tests.benchmarks.load import Load, Requests
from tests.benchmarks.machine import cpu_seconds, memory_megabytes
from tests.benchmarks.peers import (
    OTHER_CORES,
    SERVER_CORES,
    Peer,
    Upstream,
    bare,
    express,
    has_nginx,
    nginx,
    relay,
    worker,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EVERY_CORE = SERVER_CORES | OTHER_CORES
RELAY_WARM, RELAY_COLD = "relay, warm", "relay, cold"
RELAY_ATTENDED = "relay, warm, each call with its sideband"
NO_STORE = "relay, warm, with a store that writes nothing"
WORKER = "Worker on workerd"


@dataclass
class Measured:
    """One contestant of a figure.

    Args:
        name: In the table.
        peer: Its processes.
        load: What it is asked.
        portions: What each turn gave.
        share: Of the connects of a turn, for one that would take too long over all of them.
    """

    name: str
    peer: Peer
    load: Load
    portions: list[float] = field(default_factory=list)
    share: float = 1.0

    @property
    def median(self) -> float:
        """Of the portions."""
        return statistics.median(self.portions)


def contestant(name: str, peer: Peer, *, cold: bool = False) -> Measured:
    """Enter a peer for a figure, with instructions that are always the same, or never (cold)."""
    return Measured(name, peer, Load(peer.port, Requests(cold=cold)))


async def take_turns(
    contestants: Sequence[Measured], rounds: int, count: int, *, connections: int = 8
) -> None:
    """Measure CPU milliseconds per connect, a portion each and again, in changing order."""
    for one in contestants:
        assert_clean(await one.load.closed(int(max(count, 300) * one.share), connections), one.name)
    for number in range(rounds):
        for one in contestants if number % 2 else reversed(contestants):
            before, portion = cpu_seconds(one.peer.pid), int(count * one.share)
            assert_clean(await one.load.closed(portion, connections), one.name)
            one.portions.append((cpu_seconds(one.peer.pid) - before) * 1000 / portion)
    for one in contestants:
        one.load.close()


def assert_clean(outcome: object, name: str) -> None:
    """A figure with errors in it is none."""
    errors = getattr(outcome, "errors", [])
    assert not errors, f"{name}: {len(errors)} errors, such as {errors[0]}"


async def ceiling(upstream: Upstream) -> float:
    """How many requests a second the upstream and the load generator do with nothing between them."""
    load = Load(upstream.port, Requests("/openai/v1/realtime/calls", raw=b"ek_standing"))
    assert_clean(await load.closed(1000, 16), "upstream")
    outcome = await load.closed(20_000, 16)
    load.close()
    assert_clean(outcome, "upstream")
    return 20_000 / outcome.seconds


async def cpu(upstream: Upstream, rounds: int, count: int) -> list[Measured]:
    """CPU per connect of every peer, and of parts of the relay."""
    upstream.delay()
    peers: list[Callable[[], Peer]] = [lambda: worker(upstream), lambda: express(upstream)]
    peers += [lambda: bare(upstream), lambda: bare(upstream, commits=3)]
    if has_nginx():
        peers.append(lambda: nginx(upstream))
    with (
        relay(upstream) as warm,
        relay(upstream) as cold,
        relay(upstream, module="tests.benchmarks.null_store") as no_store,
        relay(upstream, settings={"RELAY_SIDEBAND": "observe"}) as attended,
    ):
        others = [start() for start in peers]
        try:
            contestants = [
                contestant(RELAY_WARM, warm),
                contestant(RELAY_COLD, cold, cold=True),
                contestant(NO_STORE, no_store),
                replace(contestant(RELAY_ATTENDED, attended), share=0.2),
                *(contestant(peer.name, peer) for peer in others),
            ]
            if program():
                others.append(peer := litellm(upstream))
                contestants.append(Measured(peer.name, peer, LiteLlmLoad(peer.port), share=0.1))
            await take_turns(contestants, rounds, count)
        finally:
            for peer in others:
                peer.__exit__()
    return contestants


async def click(upstream: Upstream, rounds: int, count: int) -> list[Measured]:
    """Milliseconds from the request to the answer over TLS, with an upstream that takes 150 and 350."""
    with (
        relay(upstream, tls=True) as warm,
        relay(upstream, tls=True) as cold,
        worker(upstream, tls=True) as two,
    ):
        contestants = [
            contestant(RELAY_WARM, warm),
            contestant(RELAY_COLD, cold, cold=True),
            contestant(WORKER, two),
        ]
        for one in contestants:
            await one.load.closed(20, 4)
        upstream.delay(mint=150, calls=350)
        for number in range(rounds):
            for one in contestants if number % 2 else reversed(contestants):
                # Spread over a trip: people do not click in step, and would wait for each other if they did.
                outcome = await one.load.crowd(count, 4, 0.35)
                assert_clean(outcome, one.name)
                one.portions += outcome.milliseconds
        for one in contestants:
            one.load.close()
    upstream.delay()
    return contestants


async def added(upstream: Upstream, rounds: int, seconds: float) -> list[Measured]:
    """Milliseconds that are added at 100 connects a second, open loop, to an upstream that takes none."""
    upstream.delay()
    with relay(upstream) as one, worker(upstream) as two:
        direct = Load(upstream.port, Requests("/openai/v1/realtime/calls", raw=b"ek_standing"))
        contestants = [
            contestant(RELAY_WARM, one),
            contestant(WORKER, two),
            Measured("upstream alone", one, direct),
        ]
        for each in contestants:
            assert_clean(await each.load.closed(300, 8), each.name)
        for number in range(rounds):
            for each in contestants if number % 2 else reversed(contestants):
                outcome = await each.load.open(100, seconds)
                assert_clean(outcome, each.name)
                each.portions += outcome.milliseconds
        for each in contestants:
            each.load.close()
    return contestants


@dataclass
class Crowd:
    """What a thousand at once did to a peer.

    Args:
        name: In the table.
        trips_ms: What the upstream alone takes.
        errors: Of the thousand that were kept under way.
        burst_errors: Of a thousand that came at the same moment.
        p50: Milliseconds, of those that were kept under way.
        p99: The same.
        peak_megabytes: The most memory it ever had.
    """

    name: str
    trips_ms: float
    errors: int
    burst_errors: int
    p50: float
    p99: float
    peak_megabytes: float


async def crowd(upstream: Upstream, count: int = 1000) -> list[Crowd]:
    """A thousand offers under way all the time, 300 ms for each trip; and before, a thousand at once."""
    found = []
    for name, start, cold in (
        (RELAY_WARM, relay, False),
        (RELAY_COLD, relay, True),
        (WORKER, worker, False),
    ):
        with start(upstream) as one:
            load = Load(one.port, Requests(cold=cold))
            assert_clean(await load.closed(100, 8), one.name)
            upstream.delay(mint=300, calls=300)
            burst = await load.burst(count)
            trips_ms = 300.0 if name == RELAY_WARM else 600.0
            outcome = await load.crowd(3 * count, count, trips_ms / 1000)
            found.append(
                Crowd(
                    name,
                    trips_ms,
                    len(outcome.errors),
                    len(burst.errors),
                    outcome.percentile(0.5),
                    outcome.percentile(0.99),
                    memory_megabytes(one.pid, "VmHWM"),
                )
            )
            load.close()
        upstream.delay()
    return found


ONE, TWO, APART = "one worker", "two workers", "two relays that share nothing"


@dataclass
class Scaling:
    """What one worker does, what two do, and two relays: connects a second, CPU seconds a second."""

    rates: dict[str, float]
    cpu: dict[str, float]

    def factor(self, name: str) -> float:
        """How many times as many connects as one worker they do with two cores of their own.

        On a machine where the load generator and the upstream need a core too, two workers never have two;
        so what they do for each second of CPU that they get is compared, and doubled.
        """
        return 2 * (self.rates[name] / self.cpu[name]) / (self.rates[ONE] / self.cpu[ONE])


async def workers(upstream: Upstream, rounds: int, count: int) -> Scaling:
    """What a second worker brings, and what the machine would let it bring at most."""
    with (
        relay(upstream, cores=EVERY_CORE) as one,
        relay(upstream, workers=2, cores=EVERY_CORE) as two,
        relay(upstream, cores=EVERY_CORE) as left,
        relay(upstream, cores=EVERY_CORE) as right,
    ):
        groups = {
            ONE: [contestant(ONE, one)],
            TWO: [contestant(TWO, two)],
            APART: [contestant(APART, left), contestant(APART, right)],
        }
        rates: dict[str, list[float]] = {name: [] for name in groups}
        cpu: dict[str, list[float]] = {name: [] for name in groups}
        for group in groups.values():
            await _share(group, 600)
        for _ in range(rounds):
            for name, group in groups.items():
                before = sum(cpu_seconds(each.peer.pid) for each in group)
                seconds = await _share(group, count)
                rates[name].append((count + 32) / seconds)
                cpu[name].append((sum(cpu_seconds(each.peer.pid) for each in group) - before) / seconds)
        for each in itertools.chain(*groups.values()):
            each.load.close()
    median = statistics.median
    return Scaling(
        {name: median(each) for name, each in rates.items()},
        {name: median(each) for name, each in cpu.items()},
    )


async def _share(group: Sequence[Measured], count: int) -> float:
    """Put a load on a group, its members alike; tell how many seconds it took."""
    # Spread, or whichever worker wakes first accepts every connection.
    loads = (each.load.crowd(count // len(group), 32 // len(group), 0.3) for each in group)
    outcomes = await asyncio.gather(*loads)
    for outcome in outcomes:
        assert_clean(outcome, group[0].name)
    return max(outcome.seconds for outcome in outcomes)


async def growth(upstream: Upstream, rounds: int, count: int, calls: int = 10_000) -> list[Measured]:
    """CPU per connect beside ten thousand live calls, and beside none."""
    with relay(upstream) as empty, relay(upstream) as full:
        crowded = contestant(f"{calls} live calls", full)
        for _ in range(calls // 1000):
            assert_clean(await crowded.load.closed(1000, 8), crowded.name)
        contestants = [contestant("no live calls", empty), crowded]
        await take_turns(contestants, rounds, count)
    return contestants


@dataclass
class Idle:
    """A relay that does nothing."""

    megabytes: float
    start_seconds: float


async def idle(upstream: Upstream, rounds: int) -> Idle:
    """Memory after start, and seconds until it answers."""
    started, memory = [], []
    for _ in range(rounds):
        with relay(upstream, cores=EVERY_CORE) as one:
            started.append(one.start_seconds)
            await asyncio.sleep(0.5)
            memory.append(memory_megabytes(one.pid))
    return Idle(statistics.median(memory), statistics.median(started))


def percentile(milliseconds: Sequence[float], share: float) -> float:
    """The value that so large a share stays below."""
    ordered = sorted(milliseconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
