"""Limits of a real relay: over sockets, over a kill, and as it says them at start."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from tests.doubles.process import RelayProcess
from tests.doubles.relay import OFFER

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.doubles.process import SimulatorProcess


def _answers(relay: RelayProcess, forwarded: list[str]) -> list[int]:
    """Ask with these forwarding headers; the offers are empty, so nothing is placed."""
    return [
        relay.client.post("/connect", json={"voice": "ash"}, headers={"X-Forwarded-For": value}).status_code
        for value in forwarded
    ]


def test_quota_05_no_header_makes_another_caller_of_a_direct_client(simulator: SimulatorProcess) -> None:
    settings = {"RELAY_RATE": "6/minute", "RELAY_MINUTES_PER_DAY": "90"}
    with RelayProcess({**simulator.relay_environment(), **settings}) as relay:
        answers = _answers(relay, [f"1.2.3.{n}" for n in range(7)])

        assert answers == [400] * 6 + [429]
        assert (
            "spending  a caller at most 90 minutes a day, all callers together at most 72,000" in relay.output
        )


def test_quota_06_behind_a_listed_proxy_its_last_hop_is_the_caller(simulator: SimulatorProcess) -> None:
    settings = {"RELAY_RATE": "2/minute", "RELAY_TRUSTED_PROXIES": "127.0.0.1"}
    with RelayProcess({**simulator.relay_environment(), **settings}) as relay:
        assert _answers(relay, [f"1.2.3.{n}, 192.0.2.7" for n in range(3)]) == [400, 400, 429]
        assert _answers(relay, ["1.2.3.4, 192.0.2.8"]) == [400]


def test_quota_04_places_held_by_a_killed_relay_come_back(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    settings = {
        **simulator.relay_environment(),
        "RELAY_STATE_DIR": str(tmp_path),
        "RELAY_CALLS_PER_CALLER": "2",
        "RELAY_PRESENCE_SECONDS": "1",
        "RELAY_MAX_CALL_SECONDS": "60",
    }
    with RelayProcess(settings) as relay:
        held = [relay.connect(OFFER, presence="events").status_code for _ in range(3)]
        assert held == [201, 201, 429]
        relay.stop(signal.SIGKILL)
    with RelayProcess(settings) as relay:
        until = time.monotonic() + 15
        while (answer := _connect(relay)).status_code == 429 and time.monotonic() < until:
            time.sleep(0.2)

        assert answer.status_code == 201
        relay.client.delete(answer.headers["location"])


def _connect(relay: RelayProcess) -> httpx.Response:
    return relay.connect(OFFER, presence="events")
