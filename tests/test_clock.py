"""The machine's clocks."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from relay.clock import SystemClock
from relay.core.moment import elapsed

if TYPE_CHECKING:
    import pytest


def test_the_boot_clock_never_goes_back() -> None:
    clock = SystemClock()
    before, after = clock.now(), clock.now()

    assert 0 <= elapsed(before, after) < 1
    assert before.boot_id == after.boot_id


def test_two_processes_of_one_boot_measure_on_the_same_clock() -> None:
    script = "from relay.clock import SystemClock; m = SystemClock().now(); print(m.boot_id, m.boot_seconds)"
    before = SystemClock().now()
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    boot_id, boot_seconds = said.split()

    assert boot_id == before.boot_id
    assert before.boot_seconds < float(boot_seconds) < before.boot_seconds + 60


def test_a_machine_without_a_boot_id_gets_one_of_its_own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay.clock._LINUX_BOOT_ID", _Unreadable())
    monkeypatch.setattr("sys.platform", "linux")

    assert SystemClock().now().boot_id.startswith("process-")
    assert SystemClock().now().boot_id != SystemClock().now().boot_id


class _Unreadable:
    def read_text(self, encoding: str) -> str:
        raise FileNotFoundError(encoding)
