"""A relay behind a proxy, and what its log says of requests and callers."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.browser.waiting import eventually
from tests.doubles.relay import OFFER
from tests.proxies.servers import NAME

if TYPE_CHECKING:
    import httpx

    from tests.doubles.process import RelayProcess, SimulatorProcess
    from tests.proxies.servers import Proxy


@dataclass(frozen=True)
class House:
    """The two, for a test that has settings of its own."""

    relay: RelayProcess
    proxy: Proxy


def settings_behind_a_proxy(simulator: SimulatorProcess) -> dict[str, str]:
    """What deploy/README.md says that the relay needs, and no bound that tests would meet by accident."""
    return {
        **simulator.relay_environment(),
        "RELAY_ALLOWED_HOSTS": NAME,
        "RELAY_TRUSTED_PROXIES": "127.0.0.1",
        "RELAY_CALLS_TOTAL": "0",
    }


def connect(client: httpx.Client, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
    """Post an offer as the page does."""
    parts = {name: (None, value) for name, value in {"sdp": OFFER, **fields}.items()}
    return client.post("/connect", files=parts, headers={"Origin": f"https://{NAME}", **(headers or {})})


def lines_of(relay: RelayProcess, logger: str) -> list[dict[str, Any]]:
    """Give the lines of one logger, after everything that was asked before has been written down."""
    mark = f"/marks/{time.monotonic_ns()}"
    relay.client.get(mark, headers={"Host": NAME})
    eventually(lambda: mark in relay.output)
    lines = [json.loads(line) for line in relay.lines if line.startswith("{")]
    return [line for line in lines if line.get("logger") == logger and "/marks/" not in line.get("path", "")]


def callers_of(relay: RelayProcess, calls: int) -> list[str]:
    """Give the caller of each call that is over, oldest first, once there are so many."""
    eventually(lambda: len(lines_of(relay, "relay.audit")) >= calls, otherwise="not all calls are over")
    return [line["caller"] for line in sorted(lines_of(relay, "relay.audit"), key=lambda line: line["began"])]
