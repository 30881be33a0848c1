"""``kill -9`` of a relay at random moments of a storm, and restart on the same state folder and port.

Part of ``make storm``, or ``python -m tests.faults.kill [--kills 50]``. Several relays are stormed side by
side; each is killed again and again, at moments drawn by its seed, and comes back at once. Some have one
process, some two workers of which one is killed or the parent. What must hold: no call lives for ten seconds
with a reason to end and a relay that is up; a call whose name died with a relay is counted in doubt; nobody
who stayed loses the call. Ends with 1 when that does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from tests.faults.house import Relay, Upstream, free_port, is_running, kill_process
from tests.faults.report import add_to_results, kill_table
from tests.faults.verdict import GRACE_SECONDS, Verdict, judge
from tests.faults.visitor import Storm, plan_visits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.verdict import Life

KILLS = 50
PER_SECOND = 8.0
PRESENCE_SECONDS = 3.0
QUICK_SECONDS = (0.3, 9.0)  # between two kills, so that some come before anything was adopted
SLOW_SECONDS = (11.0, 14.0)  # long enough for every reason to have had its ten seconds
SLOW_SHARE = 0.25
SLICE_SECONDS = (0.5, 2.5)
START_SECONDS = 30.0
DRAIN_SECONDS = 30.0  # for workers whose parent was killed


@dataclass(frozen=True)
class Lane:
    """One relay to be stormed and killed.

    Args:
        name: What is killed.
        seed: Of everything random.
        kills: How often.
        workers: Of the relay.
        max_seconds: RELAY_MAX_CALL_SECONDS; small, so that the time of some calls is over while nobody is up.
        quick: Whether every life is a short one.
    """

    name: str
    seed: int
    kills: int
    workers: int = 1
    max_seconds: int = 600
    quick: bool = False

    def moments(self, chance: random.Random) -> list[float]:
        """Draw how long each life is to last."""
        slow = [not self.quick and chance.random() < SLOW_SHARE for _ in range(self.kills)]
        longest = SLICE_SECONDS if self.quick else QUICK_SECONDS
        return [chance.uniform(*(SLOW_SECONDS if one else longest)) for one in slow]


@dataclass
class Outcome:
    """What became of a lane.

    Args:
        in_doubt: How many calls the relay counts, or counted, as in doubt.
        miscounted: By how many /readyz is wrong about them.
        forgotten: Calls that the upstream has named, that no row knows and no doubt covers.
    """

    lane: Lane
    verdict: Verdict = field(default_factory=Verdict)
    in_doubt: int = 0
    miscounted: int = 0
    forgotten: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing was left behind."""
        verdict = self.verdict
        return not (
            verdict.orphans or verdict.wrongly_ended or verdict.doubles or self.forgotten or self.miscounted
        )


def lanes(kills: int) -> list[Lane]:
    """Share the kills out."""
    share = kills // 5
    return [
        Lane("the process", 7, kills - 4 * share),
        Lane("the process", 11, share, max_seconds=6),
        Lane("the process", 23, share),
        Lane("one of 2 workers", 42, share, workers=2),
        Lane("the parent of 2 workers", 5, share, workers=2),
    ]


async def run_lane(lane: Lane) -> Outcome:
    """Storm one relay and kill it; judged when it is quiet, or ten seconds too late."""
    with tempfile.TemporaryDirectory(prefix="kill-") as folder, Upstream(lane.seed) as upstream:
        killing = _Killing(lane, upstream, Path(folder))
        chance = random.Random(lane.seed)
        moments = lane.moments(chance)
        expected = sum(moments) + 3.0 * lane.kills
        try:
            await killing.start()
            visits = plan_visits(lane.seed, int(expected * PER_SECOND), per_second=PER_SECOND)
            storm = Storm(killing.port, visits)
            running = asyncio.create_task(storm.run())
            while not any(visit.answered for visit in visits) and not running.done():
                await asyncio.sleep(0.05)
            for up_seconds in moments:
                await asyncio.sleep(up_seconds)
                await killing.kill(chance)
            await asyncio.sleep(PRESENCE_SECONDS)
            storm.over.set()
            await asyncio.wait_for(running, expected + 60)
            return await _settled(lane, killing, upstream, storm)
        finally:
            await killing.close()


async def _settled(lane: Lane, killing: _Killing, upstream: Upstream, storm: Storm) -> Outcome:
    until = time.monotonic() + PRESENCE_SECONDS + GRACE_SECONDS + 5
    while True:
        calls, rows = upstream.calls(), killing.relay.rows()
        named = {row["upstream_id"] for row in rows}
        if time.monotonic() > until or not any(c["hung_up"] is None and c["id"] in named for c in calls):
            break
        await asyncio.sleep(0.25)
    shown = int(killing.relay.ready()["calls"]["in_doubt"])
    lives = [*killing.lives, (killing.up_since, time.monotonic())]
    verdict = judge(
        storm.visits,
        calls,
        rows,
        lives,
        kills=killing.kills,
        presence_seconds=PRESENCE_SECONDS,
        max_seconds=lane.max_seconds,
    )
    states = [row["state"] for row in rows]
    doubtful = states.count("in_doubt") + states.count("expired")
    unknown = sum(call["id"] not in named for call in calls)
    return Outcome(
        lane,
        verdict,
        in_doubt=doubtful,
        miscounted=abs(shown - states.count("in_doubt")) if lane.max_seconds > 60 else 0,
        forgotten=max(0, unknown - doubtful),
    )


class _Killing:
    """A relay that comes back."""

    def __init__(self, lane: Lane, upstream: Upstream, folder: Path) -> None:
        self.port = free_port()
        self.lives: list[Life] = []
        self.kills: list[float] = []
        self.up_since = 0.0
        self._lane = lane
        self._upstream = upstream
        self._folder = folder
        self.relay: Relay

    async def start(self) -> None:
        """Begin a life, on the port of the last one."""
        until = time.monotonic() + DRAIN_SECONDS
        while True:
            self.relay = Relay(
                self._upstream,
                self._folder,
                port=self.port,
                workers=self._lane.workers,
                wait=False,
                settings={
                    "RELAY_PRESENCE_SECONDS": str(int(PRESENCE_SECONDS)),
                    "RELAY_MAX_CALL_SECONDS": str(self._lane.max_seconds),
                    "RELAY_ON_STOP": "keep",
                },
            )
            if await self._answers():
                self.up_since = time.monotonic()
                return
            assert "Cannot listen" in self.relay.output, self.relay.output
            assert time.monotonic() < until, "the port is held"
            self.relay.__exit__()

    async def kill(self, chance: random.Random) -> None:
        """Kill what the lane says, at once and without a word, and have it come back."""
        died = time.monotonic()
        self.kills.append(died)
        self.lives.append((self.up_since, died))
        workers = self.relay.workers()
        if self._lane.name == "one of 2 workers":  # the other one goes on, and everybody's time begins anew
            self.up_since = died
            kill_process(chance.choice(workers))
            return
        self.relay.kill()
        if self._lane.workers > 1:
            await _gone(workers)
        self.relay.__exit__()
        await self.start()

    async def close(self) -> None:
        """End it for good."""
        workers = self.relay.workers() if self.relay.process.poll() is None else []
        self.relay.__exit__()
        for pid in workers:
            kill_process(pid)

    async def _answers(self) -> bool:
        until = time.monotonic() + START_SECONDS
        async with httpx.AsyncClient(trust_env=False) as client:
            while time.monotonic() < until and self.relay.process.poll() is None:
                with suppress(httpx.TransportError):
                    if (await client.get(f"http://127.0.0.1:{self.port}/healthz")).is_success:
                        return self.relay.process.poll() is None
                await asyncio.sleep(0.02)
        self.relay.process.poll()
        return False


async def _gone(workers: Sequence[int]) -> None:
    """Wait for workers that have lost their parent: they are to end by themselves."""
    until = time.monotonic() + DRAIN_SECONDS
    while any(is_running(pid) for pid in workers):
        assert time.monotonic() < until, "workers outlive their parent"
        await asyncio.sleep(0.05)


async def run_lanes(some: Sequence[Lane]) -> list[Outcome]:
    """Storm several relays side by side."""
    return list(await asyncio.gather(*(run_lane(lane) for lane in some)))


def main() -> int:
    """Run all lanes and say what came of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=KILLS)
    options = parser.parse_args()
    outcomes = asyncio.run(run_lanes(lanes(options.kills)))
    table = kill_table(outcomes)
    print(table)
    add_to_results("kill -9", table)
    for outcome in outcomes:
        for words in (*outcome.verdict.orphans, *outcome.verdict.wrongly_ended):
            print(outcome.lane.name, words, file=sys.stderr)
    return 0 if all(outcome.holds for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
