"""A relay and its upstream as processes of their own; the upstream answers without media."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.doubles.process import RelayProcess, SimulatorProcess

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", name="busy_simulator")
def _busy_simulator() -> Iterator[SimulatorProcess]:
    """An upstream without media, so that it takes any number of calls."""
    with SimulatorProcess("--no-media") as process:
        yield process
        assert "Traceback" not in process.output, process.output


@pytest.fixture(scope="module", name="started_relay")
def _started_relay(busy_simulator: SimulatorProcess) -> Iterator[RelayProcess]:
    settings = {"RELAY_EXCHANGE_SECONDS": "3", "RELAY_CALLS_TOTAL": "0"}
    with RelayProcess({**busy_simulator.relay_environment(), **settings}) as process:
        yield process
        assert "Traceback" not in process.output, process.output


@pytest.fixture(name="simulator")
def _simulator(busy_simulator: SimulatorProcess) -> SimulatorProcess:
    """The upstream, with an empty ledger and no faults."""
    busy_simulator.reset()
    return busy_simulator


@pytest.fixture(name="relay")
def _relay(started_relay: RelayProcess, simulator: SimulatorProcess) -> RelayProcess:
    return started_relay
