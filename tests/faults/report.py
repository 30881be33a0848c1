"""Verdicts as tables, and the page that keeps the last of each: RESULTS.md beside this file."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.verdict import Verdict, quantiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.kill import Outcome

RESULTS = Path(__file__).parent / "RESULTS.md"
_HEAD = "# What the storms have come to\n\nWritten by `make storm`; nothing here is typed by hand.\n"
LEGEND = (
    "Orphans: live ten seconds with a reason to end and a relay that is up. Wronged: hung up although the "
    "visitor was there. Doubles: two calls for one offer. Twice: asked to end again after it had ended.\n"
)
_PACKAGES = ("starlette", "uvicorn", "httptools", "uvloop", "httpx")


def storm_table(verdicts: Sequence[tuple[object, Verdict]]) -> str:
    """The figures of some storms, their sum, and the time from cause to hang-up."""
    total = _sum(verdicts)
    lines = [
        "| seed | connects | left | calls | answers | hung up | **orphans** | wronged | doubles | twice |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, one in (*verdicts, *([("**all**", total)] if len(verdicts) > 1 else [])):
        lines.append(
            f"| {name} | {one.connects} | {one.left} | {one.created} | {one.delivered} | {one.hung_up} "
            f"| **{len(one.orphans)}** | {len(one.wrongly_ended)} | {one.doubles} | {one.asked_twice} |"
        )
    return "\n".join([*lines, "", LEGEND, seconds_table(total)])


def seconds_table(verdict: Verdict) -> str:
    """The time from cause to hang-up."""
    lines = ["| cause | calls | p50 s | p99 s | max s |", "|---|---|---|---|---|"]
    for cause, seconds in sorted(verdict.seconds.items()):
        p50, p99, worst = quantiles(seconds)
        lines.append(f"| {cause} | {len(seconds)} | {p50:.2f} | {p99:.2f} | {worst:.2f} |")
    return "\n".join(lines) + "\n"


def naive_table(verdicts: Sequence[tuple[object, Verdict]]) -> str:
    """What the naive design left behind."""
    total = _sum(verdicts)
    by_seed = "/".join(str(len(one.orphans)) for _, one in verdicts)
    return (
        f"The naive design beside it, same visitors: {total.connects} connects, {total.created} calls, "
        f"{total.delivered} answers, 0 hung up, **{len(total.orphans)} orphans** ({by_seed}).\n"
    )


def add_to_results(section: str, text: str) -> None:
    """Put a section into RESULTS.md, in place of the one that was there."""
    page = RESULTS.read_text() if RESULTS.exists() else _HEAD
    page = re.sub(rf"(?s)\n## {section}\n.*?(?=\n## |\Z)", "", page)
    RESULTS.write_text(f"{page.rstrip()}\n\n## {section}\n\n{_circumstances()}\n\n{text.rstrip()}\n")


def _circumstances() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {_commit()}, {os.cpu_count()} cores {_processor()}, "
        f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {packages}."
    )


def _commit() -> str:
    git = ["git", "-C", str(RESULTS.parent)]
    name = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=False)
    return (name.stdout.strip() or "unknown") + (" and uncommitted changes" if changed.stdout.strip() else "")


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _sum(verdicts: Sequence[tuple[object, Verdict]]) -> Verdict:
    total = Verdict()
    for _, verdict in verdicts:
        total.add(verdict)
    return total


def kill_table(outcomes: Sequence[Outcome]) -> str:
    """What became of relays that were killed."""
    lines = [
        "| killed | kills | connects | calls | ended | **orphans** | wronged | doubles | twice | nameless |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        lane, one = outcome.lane, outcome.verdict
        lines.append(
            f"| {lane.name}, calls of {lane.max_seconds} s | {lane.kills} | {one.connects} | {one.created} "
            f"| {one.hung_up} | **{len(one.orphans)}** | {len(one.wrongly_ended)} | {one.doubles} "
            f"| {one.asked_twice} | {one.nameless}, {outcome.in_doubt} in doubt |"
        )
    total = _sum([(outcome.lane, outcome.verdict) for outcome in outcomes])
    words = (
        "Nameless: calls whose name died with the relay; the relay counts as many, or more, in doubt. "
        "From cause, and a relay being up, to hang-up:\n"
    )
    return "\n".join([*lines, "", words, seconds_table(total)])
