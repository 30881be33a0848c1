"""What the store costs on the path of an offer: ``POST /connect`` with it and with one that writes nothing.

Both relays run at once, as processes of their own, and are asked in turn, a portion each: whatever else the
machine does meets both. The upstream answers at once. Each call is hung up, outside of what is measured.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from tests.doubles.process import Program
from tests.faults.house import Relay, Upstream, eventually, free_port, offer_of

ROUNDS = 40
PORTION = 25
WARM_UP = 50


@dataclass
class Measured:
    """One relay and what was measured of it."""

    name: str
    port: int
    pid: int
    client: httpx.Client
    milliseconds: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0


def main(rounds: int = ROUNDS) -> int:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, Upstream() as upstream:
        upstream.quick()
        with Relay(upstream, Path(folder)) as relay:
            environment = {**relay.environment, "RELAY_PORT": str(free_port())}
            with Program("-m", "tests.benchmarks.null_store", environment=environment) as null:
                null_port = int(environment["RELAY_PORT"])
                both = [
                    _measured("SQLite", relay.port, relay.process.pid),
                    _measured("none", null_port, null.process.pid),
                ]
                for one in both:
                    eventually(partial(_answers, one), 30, "a relay does not answer")
                    _portion(one, WARM_UP, 0)
                    one.milliseconds.clear()
                    one.cpu_seconds = -_cpu_seconds(one.pid)
                for number in range(rounds):
                    for one in both if number % 2 else reversed(both):
                        _portion(one, PORTION, number)
                for one in both:
                    one.cpu_seconds += _cpu_seconds(one.pid)
                    one.client.close()
    print(table(both))
    return 0


def table(both: list[Measured]) -> str:
    """The figures, and how they differ."""
    lines = [
        "| store | connects | p50 ms | p99 ms | CPU ms per connect and hang-up |",
        "|---|--:|--:|--:|--:|",
    ]
    for one in both:
        p50, p99 = _p50_p99(one)
        cpu = one.cpu_seconds * 1000 / len(one.milliseconds)
        lines.append(f"| {one.name} | {len(one.milliseconds)} | {p50:.2f} | {p99:.2f} | {cpu:.2f} |")
    (p50, p99), (bare50, bare99) = map(_p50_p99, both)
    return "\n".join(
        [*lines, "", f"The store costs {p50 - bare50:+.2f} ms at p50 and {p99 - bare99:+.2f} ms at p99."]
    )


def _measured(name: str, port: int, pid: int) -> Measured:
    return Measured(name, port, pid, httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False))


def _answers(one: Measured) -> bool:
    try:
        return one.client.get("/healthz").is_success
    except httpx.TransportError:
        return False


def _portion(one: Measured, count: int, number: int) -> None:
    places = []
    for marker in range(count):
        offer = {"sdp": offer_of(1 + number * count + marker)}
        began = time.perf_counter()
        response = one.client.post("/connect", json=offer)
        one.milliseconds.append((time.perf_counter() - began) * 1000)
        assert response.status_code == 201, response.text
        places.append(response.headers["location"])
    for place in places:
        assert one.client.delete(place).status_code == 204


def _p50_p99(one: Measured) -> tuple[float, float]:
    ordered = sorted(one.milliseconds)
    return statistics.median(ordered), ordered[int(len(ordered) * 0.99)]


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    sys.exit(main())
