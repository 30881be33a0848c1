"""Writes what was measured: tables with targets, the machine, the commit, the date."""

from __future__ import annotations

import datetime as dt
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.benchmarks import litellm
from tests.benchmarks.figures import RELAY_COLD, RELAY_WARM, TWO, WORKER, percentile
from tests.benchmarks.machine import describe, load_average, output_of
from tests.benchmarks.peers import versions

if TYPE_CHECKING:
    from tests.benchmarks.figures import Crowd, Idle, Measured, Scaling

Rows = list[tuple[str, str, str, bool]]


@dataclass
class Report:
    """Everything that one run has found; `text` writes it down."""

    targets: Rows = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    ceiling: float = 0.0
    loads: list[float] = field(default_factory=list)

    def note(self) -> None:
        """Remember how busy the machine was."""
        self.loads.append(load_average())

    def add(self, figure: str, target: str, reached: str, *, met: bool) -> None:
        """Add a figure with its target."""
        self.targets.append((figure, target, reached, met))
        print(f"  {'ok  ' if met else 'MISS'} {figure}: {reached} (target {target})", flush=True)

    def cpu(self, measured: list[Measured]) -> None:
        """CPU per connect."""
        named = {one.name: one for one in measured}
        worker = named[WORKER]
        lines = ["| CPU per connect | ms, median | lowest | to the Worker |", "|---|--:|--:|--:|"]
        lines += [
            f"| {one.name} | {one.median:.3f} | {min(one.portions):.3f} | {_ratio(one, worker):.2f} |"
            for one in measured
        ]
        self.tables.append("\n".join(lines))
        for name, most in ((RELAY_WARM, 1.0), (RELAY_COLD, 1.5)):
            ratio = _ratio(named[name], worker)
            self.add(
                f"CPU per connect, {name}", f"≤ {most} x the Worker", f"{ratio:.2f} x", met=ratio <= most
            )

    def click(self, measured: list[Measured]) -> None:
        """Request to answer over TLS."""
        most = {RELAY_WARM: 352.0, RELAY_COLD: 505.0}
        lines = ["| mint 150 ms, calls 350 ms, TLS | p50 ms | p99 ms |", "|---|--:|--:|"]
        for one in measured:
            p50 = percentile(one.portions, 0.5)
            lines.append(f"| {one.name} | {p50:.1f} | {percentile(one.portions, 0.99):.1f} |")
            if one.name in most:
                self.add(
                    f"click → answer, {one.name}", f"≤ {most[one.name]:.0f} ms", f"{p50:.1f} ms",
                    met=p50 <= most[one.name],
                )  # fmt: skip
        self.tables.append("\n".join(lines))

    def added(self, measured: list[Measured]) -> None:
        """Latency at 100 connects a second."""
        named = {one.name: one for one in measured}
        bare = named["upstream alone"].portions
        lines = ["| 100 connects/s, open loop | p50 ms | p99 ms |", "|---|--:|--:|"]
        lines += [
            f"| {one.name} | {percentile(one.portions, 0.5):.2f} | {percentile(one.portions, 0.99):.2f} |"
            for one in measured
        ]
        self.tables.append("\n".join(lines))
        relay = named[RELAY_WARM].portions
        p50, p99 = (percentile(relay, share) - percentile(bare, share) for share in (0.5, 0.99))
        self.add(
            "added at 100/s, p50 / p99",
            "≤ 2 / ≤ 8 ms",
            f"{p50:.1f} / {p99:.1f} ms",
            met=p50 <= 2 and p99 <= 8,
        )

    def crowd(self, crowds: list[Crowd]) -> None:
        """A thousand at once."""
        lines = [
            "| 1,000 under way, 300 ms a trip | errors | in a burst of 1,000 | p50 ms | p99 ms | peak MB |",
            "|---|--:|--:|--:|--:|--:|",
        ]
        for one in crowds:
            lines.append(
                f"| {one.name} | {one.errors} | {one.burst_errors} | {one.p50:.0f} | {one.p99:.0f} | "
                f"{one.peak_megabytes:.0f} |"
            )
            if one.name == WORKER:
                continue
            errors = one.errors + one.burst_errors
            met = errors == 0 and one.p99 <= 1.3 * one.trips_ms and one.peak_megabytes <= 130
            self.add(
                f"1,000 in flight, {one.name}",
                f"0 errors, p99 ≤ {1.3 * one.trips_ms:.0f} ms, ≤ 130 MB",
                f"{errors} errors, {one.p99:.0f} ms, {one.peak_megabytes:.0f} MB",
                met=met,
            )
        self.tables.append("\n".join(lines))

    def workers(self, scaling: Scaling) -> None:
        """A second worker."""
        lines = [
            "| on two cores that they share with the load | connects/s | CPU seconds a second | to one |",
            "|---|--:|--:|--:|",
        ]
        lines += [
            f"| {name} | {rate:.0f} | {scaling.cpu[name]:.2f} | {scaling.factor(name):.2f} |"
            for name, rate in scaling.rates.items()
        ]
        self.tables.append("\n".join(lines))
        factor = scaling.factor(TWO)
        self.add("two workers, per CPU second they get", "≥ 1.8 x one", f"{factor:.2f} x", met=factor >= 1.8)

    def growth(self, measured: list[Measured]) -> None:
        """Ten thousand live calls."""
        few, many = measured
        ratio = _ratio(many, few)
        lines = ["| live calls | CPU ms per connect |", "|---|--:|"]
        lines += [f"| {one.name} | {one.median:.3f} |" for one in measured]
        self.tables.append("\n".join(lines))
        self.add("10,000 live calls, CPU per connect", "≤ 1.1 x none", f"{ratio:.2f} x", met=ratio <= 1.1)

    def idle(self, found: Idle) -> None:
        """Doing nothing."""
        self.add("memory at rest", "≤ 60 MB", f"{found.megabytes:.0f} MB", met=found.megabytes <= 60)
        self.add("start-up", "< 1 s", f"{found.start_seconds:.2f} s", met=found.start_seconds < 1)

    def text(self, *, preferred: bool) -> str:
        """Write it as Markdown.

        Args:
            preferred: Whether the kernel was asked to prefer the benchmark's processes.
        """
        rank = "; its processes were preferred to others (nice -10)" if preferred else ""
        commit = output_of("git", "rev-parse", "--short=12", "HEAD")
        changed = (
            " and changes that were not committed"
            if output_of("git", "status", "--porcelain", "relay")
            else ""
        )
        when = dt.datetime.now(dt.UTC).strftime("%d %B %Y, %H:%M UTC")
        busy = f"{min(self.loads):.1f} to {max(self.loads):.1f}" if self.loads else "unknown"
        return "\n".join(
            [
                "# Results of `make bench`",
                "",
                f"Commit {commit}{changed}, {when}. Made by one run; written by tests/benchmarks/report.py.",
                "",
                *(f"- {line}" for line in describe(_versions())),
                f"- Load average while it ran: {busy}{rank}. The benchmark alone keeps it near 2; more",
                "  means that others used the machine, which latencies show much and CPU times a little.",
                f"- Upstream and load generator with nothing between them: {self.ceiling:,.0f} requests/s.",
                "",
                "| figure | target | reached | |",
                "|---|---|---|---|",
                *(f"| {name} | {target} | {reached} | {'met' if met else '**missed**'} |"
                  for name, target, reached, met in self.targets),
                "",
                "\n\n".join(self.tables),
                "",
            ]
        )  # fmt: skip


def _ratio(one: Measured, other: Measured) -> float:
    """How the two compare, turn by turn."""
    return statistics.median(a / b for a, b in zip(one.portions, other.portions, strict=True))


def _versions() -> dict[str, str]:
    return {**versions(), "LiteLLM": litellm.version() if litellm.program() else "not installed"}
