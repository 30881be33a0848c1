"""A storm of connects, half of which leave in the middle, against a real relay; beside it the naive design.

``make storm``, or ``python -m tests.faults.storm [--seeds 7,11,23,42] [--connects 600]``. The judge is the
ledger of a pretend upstream (`tests.faults.fake_upstream`) whose calls take 50 to 600 ms to come into being
and go on when their client vanishes. Ends with 1 when a call was orphaned, wrongly ended or doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.house import NaiveRelay, Relay, Upstream
from tests.faults.report import add_to_results, naive_table, storm_table
from tests.faults.verdict import GRACE_SECONDS, Verdict, judge
from tests.faults.visitor import Deed, Storm, Visit, plan_visits

SEEDS = (7, 11, 23, 42)
CONNECTS = 600
PER_SECOND = 50.0
PRESENCE_SECONDS = 3.0
KEEP_SECONDS = 3.0  # how long those who stay to the end are left alone when all others have gone


def run_storm(seed: int, connects: int, *, per_second: float = PER_SECOND, workers: int = 1) -> Verdict:
    """One storm against a relay of its own; judged when every call is over, or ten seconds too late."""
    with (
        tempfile.TemporaryDirectory(prefix="storm-") as folder,
        Upstream(seed) as upstream,
        Relay(upstream, Path(folder), workers=workers) as relay,
    ):
        up = time.monotonic()
        visits = plan_visits(seed, connects, per_second=per_second)
        asyncio.run(let_them_come(Storm(relay.port, visits), KEEP_SECONDS))
        until = time.monotonic() + PRESENCE_SECONDS + GRACE_SECONDS + 1
        while time.monotonic() < until and upstream.live():
            time.sleep(0.2)
        calls, rows, seen = upstream.calls(), relay.rows(), time.monotonic()
    return judge(visits, calls, rows, [(up, seen)], presence_seconds=PRESENCE_SECONDS)


def run_naive(seed: int, connects: int, *, per_second: float = PER_SECOND) -> Verdict:
    """The same visitors at the naive relay, which ends nothing: a call that nobody took up is an orphan."""
    with Upstream(seed) as upstream, NaiveRelay(upstream) as relay:
        visits = plan_visits(seed, connects, per_second=per_second)
        asyncio.run(let_them_come(Storm(relay.port, visits, presence=False), 0))
        time.sleep(1.5)
        calls = upstream.calls()
    served = {visit.marker for visit in visits if visit.status == 201 and visit.deed is not Deed.AFTER_ANSWER}
    return Verdict(
        connects=connects,
        left=sum(visit.marker not in served for visit in visits),
        created=len(calls),
        delivered=sum(visit.status == 201 for visit in visits),
        orphans=[str(call["marker"]) for call in calls if call["marker"] not in served],
        doubles=len(calls) - len({call["marker"] for call in calls}),
    )


async def let_them_come(storm: Storm, keep_seconds: float) -> None:
    """Run a storm; those who stay to the end hang up some time after the last of the others has come."""
    running = asyncio.create_task(storm.run())
    last = max((visit.arrives for visit in storm.visits), default=0.0)
    await asyncio.wait({running}, timeout=last + keep_seconds + _patience(storm.visits))
    storm.over.set()
    await asyncio.wait_for(running, 60)


def _patience(visits: list[Visit]) -> float:
    return max((visit.patience for visit in visits), default=0.0)


def main() -> int:
    """Run all seeds and say what came of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--connects", type=int, default=CONNECTS)
    options = parser.parse_args()
    seeds = [int(seed) for seed in options.seeds.split(",")]
    ours: list[tuple[int, Verdict]] = []
    naive: list[tuple[int, Verdict]] = []
    for seed in seeds:
        naive.append((seed, run_naive(seed, options.connects)))
        ours.append((seed, run_storm(seed, options.connects)))
        print(storm_table(ours[-1:]), flush=True)
    tables = f"{storm_table(ours)}\n{naive_table(naive)}"
    print(tables)
    add_to_results("storm", tables)
    wrong = [words for _, verdict in ours for words in (*verdict.orphans, *verdict.wrongly_ended)]
    for words in wrong:
        print(words, file=sys.stderr)
    return 1 if wrong or any(verdict.doubles for _, verdict in ours) else 0


if __name__ == "__main__":
    sys.exit(main())
