"""Ctrl-C, SIGTERM and SIGKILL: the relay and its simulator end at once, cleanly, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.browser.waiting import eventually
from tests.core.recorded_offers import OFFERS
from tests.doubles.process import RelayProcess, SimulatorProcess
from tests.whole.processes import children_of, is_running

if TYPE_CHECKING:
    from collections.abc import Callable

_OFFER = OFFERS["chromium-audio-data"]


def _simulator_of(relay: RelayProcess) -> int:
    (child,) = children_of(relay.process.pid)
    return child


def _ctrl_c(relay: RelayProcess, child: int) -> None:
    """As a terminal does it: every process of the foreground gets the signal."""
    os.kill(child, signal.SIGINT)
    relay.process.send_signal(signal.SIGINT)


@pytest.mark.parametrize(
    "means", [_ctrl_c, lambda relay, _: relay.process.terminate()], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_signal_ends_relay_and_simulator_at_once_and_cleanly(
    means: Callable[[RelayProcess, int], None],
) -> None:
    with RelayProcess() as relay:
        child = _simulator_of(relay)
        began = time.monotonic()
        means(relay, child)
        code = relay.process.wait(10)
        took = time.monotonic() - began
        relay.stop()

        assert code == 0, relay.output
        assert took < 2.0
        assert "Traceback" not in relay.output
        assert "KeyboardInterrupt" not in relay.output
        eventually(lambda: not is_running(child), 2, otherwise="the simulator did not end")


def test_ctrl_c_hangs_up_the_calls_that_live() -> None:
    with SimulatorProcess("--no-media") as simulator, RelayProcess(simulator.relay_environment()) as relay:
        assert [relay.connect(_OFFER).status_code for _ in range(2)] == [201, 201]

        assert relay.stop(signal.SIGINT) == 0
        ledger = simulator.ledger()
        assert (ledger["created"], ledger["hung_up"], ledger["live"]) == (2, 2, 0)


def test_a_killed_relay_takes_its_simulator_with_it() -> None:
    with RelayProcess() as relay:
        child = _simulator_of(relay)

        relay.process.kill()
        relay.process.wait(5)

        eventually(lambda: not is_running(child), 2, otherwise="the simulator lives on")


def test_a_second_ctrl_c_does_not_wait_for_anybody() -> None:
    with SimulatorProcess("--no-media") as simulator:
        simulator.fault(step="calls", kind="delay", delay_ms=60_000)
        with RelayProcess(simulator.relay_environment()) as relay:
            relay.client.timeout = 0.5
            with pytest.raises(Exception, match="timed out"):
                relay.connect(_OFFER)
            relay.process.send_signal(signal.SIGINT)
            relay.wait_for("stopping")
            assert relay.process.poll() is None
            began = time.monotonic()
            relay.process.send_signal(signal.SIGINT)

            assert relay.process.wait(5) == 0
            assert time.monotonic() - began < 2.0
            assert "Traceback" not in relay.output


def test_when_the_simulator_dies_the_relay_says_so_and_ends() -> None:
    with RelayProcess() as relay:
        os.kill(_simulator_of(relay), signal.SIGKILL)

        assert relay.process.wait(10) == 1
        relay.stop()
        assert "the simulator has ended" in relay.output
        assert "Traceback" not in relay.output
