"""Reading the simulator's ledger: what became of the calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.browser.waiting import eventually

if TYPE_CHECKING:
    from tests.doubles.process import SimulatorProcess


def calls(simulator: SimulatorProcess) -> list[dict[str, Any]]:
    """Give every call since the last reset, the youngest first."""
    known = simulator.ledger()["calls"]
    assert isinstance(known, list)
    return known


def only_call(simulator: SimulatorProcess) -> dict[str, Any]:
    """Give the one call there was."""
    (call,) = calls(simulator)
    return call


def wait_for_hang_up(simulator: SimulatorProcess, seconds: float = 2.0) -> dict[str, Any]:
    """Wait until there was one call, the relay has hung it up, and it is over."""

    def hung_up() -> list[dict[str, Any]]:
        return [call for call in calls(simulator) if call["hang_ups"] and call["state"] == "ended"]

    eventually(hung_up, seconds, otherwise="no call was hung up")
    return only_call(simulator)
