"""SIGHUP: profiles change while calls go on, in every worker; a broken file changes nothing and is told."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.doubles.process import RelayProcess, SimulatorProcess
from tests.doubles.relay import OFFER
from tests.whole.processes import children_of

if TYPE_CHECKING:
    from pathlib import Path

TUTOR = '[profiles.tutor]\ntitle = "{}"\nbrowser_instructions = 100\n'
BROKEN = '[profiles.tutor]\n\ntitel = "Typo"\nspeed = 9\n'


def _put(config: Path, text: str) -> None:
    """Put a file in the place of another, as editors do: whoever reads it meanwhile reads a whole one."""
    beside = config.with_suffix(".new")
    beside.write_text(text)
    beside.replace(config)


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Path:
    config = tmp_path / "relay.toml"
    _put(config, TUTOR.format("First"))
    return config


def relay_of(simulator: SimulatorProcess, config: Path, *, workers: int = 1) -> RelayProcess:
    environment = {"RELAY_CONFIG": str(config), "RELAY_CALLS_TOTAL": "0"}
    return RelayProcess({**simulator.relay_environment(), **environment}, workers=workers)


def titles(relay: RelayProcess) -> list[str]:
    return [profile["title"] for profile in relay.client.get("/config").json()["profiles"]]


def reloads(relay: RelayProcess) -> int:
    return relay.output.count("profiles were reloaded")


def test_a_reload_changes_profiles_and_leaves_live_calls_alone(
    simulator: SimulatorProcess, config: Path
) -> None:
    with relay_of(simulator, config) as relay:
        call = relay.connect(OFFER, profile="tutor").headers["location"]
        _put(config, TUTOR.format("Second") + "[profiles.new]\n")
        relay.process.send_signal(signal.SIGHUP)
        relay.wait_for("profiles were reloaded")

        assert titles(relay) == ["Default", "Second", "New"]
        assert relay.client.get(call).json()["state"] == "live"
        assert relay.connect(OFFER, profile="new").status_code == 201


def test_a_broken_file_keeps_the_old_profiles_and_says_where_it_is_broken(
    simulator: SimulatorProcess, config: Path
) -> None:
    with relay_of(simulator, config) as relay:
        _put(config, BROKEN)
        relay.process.send_signal(signal.SIGHUP)
        relay.wait_for("the profiles stay as they were")

        assert "profiles.tutor.titel (relay.toml line 3) is no key that is known here" in relay.output
        assert "profiles.tutor.speed (relay.toml line 4) must be a number from 0.25 to 1.5" in relay.output
        assert titles(relay) == ["Default", "First"]
        assert relay.connect(OFFER, profile="tutor").status_code == 201
        _put(config, "[[[")
        relay.process.send_signal(signal.SIGHUP)
        relay.wait_for("relay.toml is not TOML|is not TOML at line 1")
        _put(config, TUTOR.format("Mended"))
        relay.process.send_signal(signal.SIGHUP)
        relay.wait_for("profiles were reloaded")
        assert titles(relay) == ["Default", "Mended"]


def test_the_parent_of_workers_passes_a_reload_on_to_each(simulator: SimulatorProcess, config: Path) -> None:
    with relay_of(simulator, config, workers=2) as relay:
        _put(config, TUTOR.format("Second"))
        relay.process.send_signal(signal.SIGHUP)
        relay.wait_for("profiles were reloaded")
        relay.wait_for("profiles were reloaded")

        assert {tuple(titles(relay)) for _ in range(8)} == {("Default", "Second")}


def test_a_worker_that_dies_while_the_file_is_broken_does_not_take_the_others_with_it(
    simulator: SimulatorProcess, config: Path
) -> None:
    with relay_of(simulator, config, workers=2) as relay:
        _put(config, BROKEN)
        killed = children_of(relay.process.pid)[0]
        os.kill(killed, signal.SIGKILL)
        relay.wait_for("a worker has ended and is replaced")
        relay.wait_for("a worker has ended and is replaced")  # its successor, which could not start

        assert relay.process.poll() is None
        assert titles(relay) == ["Default", "First"]


def test_reloads_under_load_refuse_no_call(simulator: SimulatorProcess, config: Path) -> None:
    statuses: list[int] = []
    over = threading.Event()

    def call() -> None:
        while not over.is_set():
            statuses.append(relay.connect(OFFER, profile="tutor", instructions="Be brief.").status_code)

    with relay_of(simulator, config, workers=2) as relay:
        callers = [threading.Thread(target=call) for _ in range(3)]
        for caller in callers:
            caller.start()
        for number in range(12):
            _put(config, BROKEN if number % 3 == 2 else TUTOR.format(number))
            relay.process.send_signal(signal.SIGHUP)
            time.sleep(0.15)
        _put(config, TUTOR.format("Last"))
        relay.process.send_signal(signal.SIGHUP)
        for _ in range(200):
            if {tuple(titles(relay)) for _ in range(6)} == {("Default", "Last")}:
                break
            time.sleep(0.05)
        over.set()
        for caller in callers:
            caller.join()

        assert set(statuses) == {201}
        assert len(statuses) > 20
        assert {tuple(titles(relay)) for _ in range(8)} == {("Default", "Last")}
        assert not re.search("Traceback|unexpectedly", relay.output)
        assert relay.client.get("/readyz").json()["calls"]["live"] == len(statuses)
