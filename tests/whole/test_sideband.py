"""Sidebands of real processes: attached late, cut, refused, expired, adopted; and turns that fail."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.doubles.process import RelayProcess, SimulatorProcess
from tests.faults.house import eventually, offer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TYPED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
TURN = [
    {"type": "conversation.item.create", "item": TYPED},
    {"type": "response.create", "response": {"output_modalities": ["text"]}},
]
PROFILES = """
[profiles.needy]
title = "Needs its sideband"
sideband_required = true
"""


@pytest.fixture(scope="module", name="relay")
def _relay(
    busy_simulator: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RelayProcess]:
    config = tmp_path_factory.mktemp("config") / "relay.toml"
    config.write_text(PROFILES)
    environment = {
        **busy_simulator.relay_environment(),
        "RELAY_CONFIG": str(config),
        "RELAY_CALLS_TOTAL": "0",
    }
    with RelayProcess(environment) as process:
        yield process
        assert "Traceback" not in process.output, process.output


class Called:
    """One call, from both ends."""

    def __init__(self, relay: RelayProcess, simulator: SimulatorProcess, **fields: str) -> None:
        self.relay = relay
        self._simulator = simulator
        placed = relay.client.post("/connect", json={"sdp": offer_of(time.monotonic_ns()), **fields})
        assert placed.status_code == 201, placed.text
        self.location = placed.headers["location"]
        ledger: Any = simulator.ledger()
        self.upstream_id: str = ledger["calls"][0]["id"]

    def browser(self, *events: dict[str, Any]) -> None:
        """Send client events as the browser would."""
        sent = self._simulator.client.post(f"/simulator/calls/{self.upstream_id}", json=list(events))
        assert sent.is_success, sent.text

    def leave(self) -> None:
        """Let the browser leave."""
        assert self._simulator.client.delete(f"/simulator/calls/{self.upstream_id}").is_success

    def stands(self) -> dict[str, Any]:
        """What the relay says of it."""
        return dict(self.relay.client.get(self.location).json())

    def until(self, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Wait until the relay says so of it."""
        eventually(lambda: holds(self.stands()), 15, f"it stands otherwise: {self.stands()}")
        return self.stands()

    def sidebands(self) -> int:
        """How often one was attached, by anybody."""
        ledger: Any = self._simulator.ledger()
        return int(next(call["sidebands"] for call in ledger["calls"] if call["id"] == self.upstream_id))

    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        """What its event stream holds; only for a call that is over."""
        text = self.relay.client.get(f"{self.location}/events").text
        blocks = [
            dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            for block in text.split("\n\n")
        ]
        return [(block["event"], json.loads(block["data"])) for block in blocks if "data" in block]


def kinds(called: Called, kind: str, field: str) -> list[object]:
    return [body[field] for one, body in called.entries() if one == kind]


def test_a_sideband_that_is_not_found_at_first_is_attached_later(
    relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    simulator.fault(step="sideband", kind="refuse", status=404, times=3)
    called = Called(relay, simulator)
    eventually(lambda: called.sidebands() == 1, 10, "it was not attached")

    assert called.stands()["state"] == "live"


def test_the_answer_does_not_wait_for_a_slow_sideband(
    relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    simulator.fault(step="sideband", kind="delay", delay_ms=3000)
    began = time.monotonic()
    Called(relay, simulator)

    assert time.monotonic() - began < 2


def test_a_call_that_requires_its_sideband_is_hung_up_without(
    relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    simulator.fault(step="sideband", kind="refuse", status=403, times=1)
    called = Called(relay, simulator, profile="needy")
    found = called.until(lambda call: call["state"] == "ended")

    assert found["reason"] == "sideband"
    assert kinds(called, "sideband", "state") == ["refused"]


def test_a_sideband_that_is_cut_is_attached_again_and_a_gap_is_told(
    relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    simulator.fault(step="sideband", kind="cut", delay_ms=300)
    called = Called(relay, simulator)
    eventually(lambda: called.sidebands() == 2, 10, "it was not attached again")
    called.browser(*TURN)
    found = called.until(lambda call: call["usage"]["output_tokens"] > 0)
    called.leave()
    called.until(lambda call: call["state"] == "ended")

    assert found["state"] == "live"
    assert kinds(called, "sideband", "state") == ["attached", "lost", "attached"]


@pytest.mark.parametrize("kind", ["garbage", "huge", "slow"])
def test_a_sideband_that_misbehaves_costs_no_call(
    relay: RelayProcess, simulator: SimulatorProcess, kind: str
) -> None:
    simulator.fault(step="sideband", kind=kind, interval_ms=5)
    called = Called(relay, simulator)
    eventually(lambda: called.sidebands() >= 1, 10, "it was not attached")
    time.sleep(0.3)
    called.browser(*TURN)

    assert called.until(lambda call: call["usage"]["output_tokens"] > 0)["state"] == "live"


def test_a_browser_that_leaves_ends_its_call_and_the_relay_makes_sure_of_it(
    relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    called = Called(relay, simulator)
    eventually(lambda: called.sidebands() == 1, 10, "it was not attached")
    called.leave()
    found = called.until(lambda call: call["state"] == "ended")
    ledger: Any = simulator.ledger()

    assert found["reason"] == "upstream_ended"
    assert ledger["requests"]["hangup"] >= 1


def test_the_upstreams_own_longest_session_is_a_normal_end(
    relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    called = Called(relay, simulator)
    eventually(lambda: called.sidebands() == 1, 10, "it was not attached")
    simulator.fault(step="session", kind="expire")
    found = called.until(lambda call: call["state"] == "ended")

    assert found["reason"] == "expired"


def test_a_response_that_failed_is_asked_for_once_more(
    relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    called = Called(relay, simulator)
    eventually(lambda: called.sidebands() == 1, 10, "it was not attached")
    simulator.fault(
        step="response", kind="fail", code="server_error", message="The model is overloaded: word"
    )
    called.browser(*TURN)
    called.until(lambda call: call["usage"]["output_tokens"] > 0)
    called.leave()
    called.until(lambda call: call["state"] == "ended")

    failed = [body for kind, body in called.entries() if kind == "failed"]
    assert [(body["what"], body["code"], body["again"]) for body in failed] == [
        ("response", "server_error", True)
    ]
    assert "overloaded" not in relay.output


def test_a_relay_that_stops_and_keeps_its_calls_leaves_them_to_the_next(
    busy_simulator: SimulatorProcess, simulator: SimulatorProcess
) -> None:
    settings = {**busy_simulator.relay_environment(), "RELAY_ON_STOP": "keep"}
    with RelayProcess(settings) as first:
        called = Called(first, simulator)
        eventually(lambda: called.sidebands() == 1, 10, "it was not attached")
        assert first.stop() == 0
        state = str(first.folder / "state")
        with RelayProcess({**settings, "RELAY_STATE_DIR": state}) as second:
            called.relay = second
            eventually(lambda: called.sidebands() == 2, 10, "it was not adopted")
            called.browser(*TURN)
            found = called.until(lambda call: call["usage"]["output_tokens"] > 0)

    ledger: Any = simulator.ledger()
    assert found["state"] == "live"
    assert found["usage"]["complete"] is False
    assert ledger["requests"]["hangup"] == 0


def test_a_relay_that_stops_as_the_last_ends_its_calls(
    busy_simulator: SimulatorProcess, simulator: SimulatorProcess
) -> None:
    with RelayProcess(busy_simulator.relay_environment()) as only:
        called = Called(only, simulator)
        eventually(lambda: called.sidebands() == 1, 10, "it was not attached")
        assert only.stop() == 0
        assert "Traceback" not in only.output

    ledger: Any = simulator.ledger()
    assert ledger["calls"][0]["end_reason"] == "hung_up"
