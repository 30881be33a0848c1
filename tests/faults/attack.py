"""Attacks on a real relay, one after the other, while a good client goes on: what they cost each side.

``make attack``, or ``python -m tests.faults.attack [--seconds 10] [--rounds 3] [NAME …]``. A good client
signs in, places calls and ends them, before, during and after each round. Ends with 1 when it had to wait
more than twice as long as without the attack, or when memory, connections or calls were left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from tests.doubles.process import Program
from tests.faults.attackers import ENDLESS_FROM
from tests.faults.house import Relay, Upstream, offer_of
from tests.faults.report import add_to_results
from tests.faults.verdict import quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOKEN: Final = "token-of-the-good-client-0001"
SECONDS: Final = 10.0
ROUNDS: Final = 3
MOST_MIB: Final = 50.0
SLACK_SECONDS: Final = 0.02
"""What a busy machine may add to the slowest of a hundred requests, beyond twice its normal."""

ATTACKS: Final[Mapping[str, tuple[str, int]]] = {
    "silent": ("1,000 silent connections", 1_000),
    "heads": ("500 heads, byte by byte", 500),
    "bodies": ("500 bodies, byte by byte", 500),
    "huge_heads": ("heads of 8 MB, 20 a second", 20),
    "parts": ("forms of 10,000 parts, 20 a second", 20),
    "keys": ("200 new addresses a second", 200),
    "guesses": ("200 wrong tokens a second", 200),
    "bombs": ("20 answers without end a second", 20),
    "streams": ("200 event streams of one call", 200),
}
"""Each attack in words, and how much of it: connections held, or requests a second."""

_TICKS = os.sysconf("SC_CLK_TCK")
_KEPT = 20  # connections to the upstream that the relay keeps for a while
_QUIET = 150  # calls of the good client before the first round, and after each


@dataclass(frozen=True)
class Toll:
    """What an attack cost.

    Args:
        name: Of the attack.
        told: What the attacker did.
        normal: Seconds of each call of the good client before and after it.
        during: The same while it went on.
        relay_cpu: Seconds, without those of the good client's calls.
        attacker_cpu: Seconds, without those of starting it.
        attacker_mib: Its memory at the highest.
        peak_mib: What the relay's memory grew by at the highest.
        after_mib: And afterwards.
        descriptors: Left open, beside those of idle connections to the upstream.
        calls: Left live at the upstream.
    """

    name: str
    told: str
    normal: Sequence[float]
    during: Sequence[float]
    relay_cpu: float
    attacker_cpu: float
    attacker_mib: float
    peak_mib: float
    after_mib: float
    descriptors: int
    calls: int

    def complaints(self) -> list[str]:
        """What went wrong."""
        (_, normal, _), (_, during, _) = quantiles(self.normal), quantiles(self.during)
        wrong = {
            f"the good client waited {during:.3f} s instead of {normal:.3f}": during
            > 2 * normal + SLACK_SECONDS,
            f"memory grew by {self.peak_mib:.0f} MiB": self.peak_mib > MOST_MIB,
            f"{self.descriptors} descriptors are left": self.descriptors > 0,
            f"{self.calls} calls are left": self.calls > 0,
        }
        return [f"{self.name}: {words}" for words, holds in wrong.items() if holds]


class Target:
    """A relay under attack, and its good client."""

    def __init__(self, upstream: Upstream, folder: Path) -> None:
        self.upstream = upstream
        settings = {
            "RELAY_AUTH": "token",
            "RELAY_AUTH_TOKEN": TOKEN,
            "RELAY_RATE": "99999/minute",
            "RELAY_TRUSTED_PROXIES": "127.0.0.1",
            "RELAY_PRESENCE_SECONDS": "15",
        }
        self.relay = Relay(upstream, folder, settings)
        self._proc = Path(f"/proc/{self.relay.process.pid}")
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.relay.port}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            trust_env=False,
            timeout=30,
        )
        self._markers = iter(range(1, ENDLESS_FROM))

    def attack(self, name: str, amount: int, *, seconds: float, rounds: int, quiet: int) -> Toll:
        """Attack in rounds, with quiet calls between them, so that both are measured on the same machine."""
        self.upstream.set(endless_from=ENDLESS_FROM)
        quiet_cpu = self._cpu_seconds()
        normal, during = [self._call() for _ in range(quiet)], list[float]()
        per_call = (self._cpu_seconds() - quiet_cpu) / quiet
        told: Counter[str] = Counter()
        attacker_cpu, attacker_mib, relay_cpu = 0.0, 0.0, 0.0
        place = self._place() if name == "streams" else "-"
        descriptors, memory = self._descriptors(), self._mib("VmRSS")
        (self._proc / "clear_refs").write_text("5", encoding="ascii")
        for _ in range(rounds):
            cpu, calls = self._cpu_seconds(), len(during)
            words = (name, str(self.relay.port), str(seconds), str(amount), TOKEN, place)
            with Program("-m", "tests.faults.attackers", *words) as attacker:
                time.sleep(min(1.0, seconds / 4))  # it has to start
                while attacker.process.poll() is None:
                    during.append(self._call())
                    time.sleep(0.005)
                attacker.stop()
                cost = json.loads(attacker.output)
            told.update(cost["told"])
            attacker_cpu, attacker_mib = attacker_cpu + cost["cpu"], max(attacker_mib, cost["mib"])
            relay_cpu += self._cpu_seconds() - cpu - per_call * (len(during) - calls)
            normal += [self._call() for _ in range(quiet)]
        peak = self._mib("VmHWM") - memory
        if place != "-":
            self._end(place)
        left, live = self._left(descriptors)
        return Toll(
            name=name,
            told=", ".join(f"{count:,} {what}" for what, count in sorted(told.items())),
            normal=normal,
            during=during,
            relay_cpu=max(0.0, relay_cpu),
            attacker_cpu=attacker_cpu,
            attacker_mib=attacker_mib,
            peak_mib=peak,
            after_mib=self._mib("VmRSS") - memory,
            descriptors=left,
            calls=live,
        )

    def close(self) -> None:
        """Stop both."""
        self._client.close()
        self.relay.__exit__()

    def _left(self, before: int) -> tuple[int, int]:
        """Descriptors that stay open, and calls that stay live, however long one waits."""
        until = time.monotonic() + 20
        while time.monotonic() < until and (self._descriptors() > before + _KEPT or self.upstream.live()):
            time.sleep(0.05)
        return max(0, self._descriptors() - before - _KEPT), len(self.upstream.live())

    def _call(self) -> float:
        began = time.perf_counter()
        place = self._place()
        seconds = time.perf_counter() - began
        self._end(place)
        return seconds

    def _place(self) -> str:
        response = self._client.post("/connect", json={"sdp": offer_of(next(self._markers))})
        assert response.status_code == 201, response.text
        return response.headers["location"]

    def _end(self, place: str) -> None:
        assert self._client.delete(place).status_code == 204

    def _descriptors(self) -> int:
        return len(list((self._proc / "fd").iterdir()))

    def _mib(self, what: str) -> float:
        text = (self._proc / "status").read_text(encoding="ascii")
        return int(text.partition(f"{what}:")[2].split()[0]) / 1024

    def _cpu_seconds(self) -> float:
        fields = (self._proc / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


def table(tolls: Sequence[Toll]) -> str:
    """The figures of some attacks."""
    head = (
        "| attack | what was done | relay CPU s | attacker CPU s | relay MiB peak / after | attacker MiB "
        "| good client p50 / p99 ms, normal | during | left |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    lines = [head]
    for toll in tolls:
        normal, during = (quantiles(seconds) for seconds in (toll.normal, toll.during))
        lines.append(
            f"| {ATTACKS[toll.name][0]} | {toll.told} | {toll.relay_cpu:.2f} | {toll.attacker_cpu:.2f} "
            f"| +{toll.peak_mib:.1f} / {toll.after_mib:+.1f} | {toll.attacker_mib:.0f} "
            f"| {normal[0] * 1000:.1f} / {normal[1] * 1000:.1f} ({len(toll.normal)}) "
            f"| {during[0] * 1000:.1f} / {during[1] * 1000:.1f} ({len(toll.during)}) "
            f"| {toll.descriptors} fds, {toll.calls} calls |"
        )
    words = (
        "CPU is without the good client's calls on the one side, without the start of Python on the other. "
        "In brackets: how many calls the good client placed. Behind what was done: the answers, by status."
    )
    return "\n".join([*lines, "", words]) + "\n"


def main() -> int:
    """Run the attacks and say what they cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=list(ATTACKS))
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    tolls = []
    with tempfile.TemporaryDirectory(prefix="attack-") as folder, Upstream() as upstream:
        upstream.quick()
        target = Target(upstream, Path(folder))
        try:
            for name in options.names:
                toll = target.attack(
                    name, ATTACKS[name][1], seconds=options.seconds, rounds=options.rounds, quiet=_QUIET
                )
                tolls.append(toll)
                print(table(tolls[-1:]).splitlines()[2], flush=True)
        finally:
            target.close()
    if len(tolls) == len(ATTACKS):
        add_to_results("attacks", table(tolls))
    wrong = [words for toll in tolls for words in toll.complaints()]
    for words in wrong:
        print(words, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
