"""``make bench``: every figure, one after the other; the table goes to RESULTS.md beside this file.

``--quick`` measures less, ``--only cpu,click`` some of them; neither writes the table. ``--prefer`` asks the
kernel to prefer the benchmark's processes to others of the machine, which needs root; the table says so.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.benchmarks import figures
from tests.benchmarks.machine import prefer
from tests.benchmarks.peers import OTHER_CORES, Upstream
from tests.benchmarks.report import Report

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
_PREFERRED = -10
FIGURES = ("cpu", "click", "added", "crowd", "workers", "growth", "idle")


async def measure(names: list[str], *, quick: bool) -> Report:
    """Measure and report."""
    report, rounds = Report(), 5 if quick else 11
    with Upstream() as upstream:
        report.ceiling = await figures.ceiling(upstream)
        for name in names:
            report.note()
            print(f"{name} ...", flush=True)
            if name == "cpu":
                report.cpu(await figures.cpu(upstream, rounds, 500))
            elif name == "click":
                report.click(await figures.click(upstream, 2 if quick else 5, 24))
            elif name == "added":
                report.added(await figures.added(upstream, 3 if quick else 7, 4))
            elif name == "crowd":
                report.crowd(await figures.crowd(upstream))
            elif name == "workers":
                report.workers(await figures.workers(upstream, rounds, 1500))
            elif name == "growth":
                report.growth(await figures.growth(upstream, rounds, 400))
            elif name == "idle":
                report.idle(await figures.idle(upstream, 3 if quick else 7))
        report.note()
    return report


def main() -> int:
    """Read the command line, measure, print, write."""
    parser = argparse.ArgumentParser(description="Measure the relay beside its peers.")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--prefer", action="store_true")
    parser.add_argument("--only", default=",".join(FIGURES))
    options = parser.parse_args()
    names = [name for name in FIGURES if name in options.only.split(",")]
    os.sched_setaffinity(0, OTHER_CORES)
    if options.prefer:
        os.nice(_PREFERRED)
        prefer(os.getpid(), _PREFERRED)
    text = uvloop.run(measure(names, quick=options.quick)).text(preferred=options.prefer)
    print(text)
    if not options.quick and names == list(FIGURES):
        RESULTS.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
