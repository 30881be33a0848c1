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
    """Wait until the one call was hung up by the relay and is over."""

    def hung_up() -> dict[str, Any] | None:
        call = only_call(simulator)
        return call if call["hang_ups"] and call["state"] == "ended" else None

    call = eventually(hung_up, seconds, otherwise="the call was not hung up")
    assert call is not None
    return call
