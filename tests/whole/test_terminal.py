"""SIGHUP at a terminal: a relay that is sent it reloads, and one whose terminal was closed stops."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

from tests.doubles.process import DEFAULTS, ROOT, SimulatorProcess

if TYPE_CHECKING:
    from pathlib import Path


def read_until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(f"no {words!r} before the end")


def test_a_closed_terminal_stops_the_relay_and_a_sent_signal_reloads_it(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "relay", "serve", "--port", "0"],
        cwd=tmp_path,
        env={
            **DEFAULTS,
            **simulator.relay_environment(),
            "PYTHONPATH": str(ROOT),
            "PATH": os.environ["PATH"],
        },
        stdin=inside,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(inside, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads of ours yet
    )
    os.close(inside)
    with process:
        read_until(process, "stop      Ctrl-C")
        process.send_signal(signal.SIGHUP)
        read_until(process, "profiles were reloaded")
        assert process.poll() is None
        os.close(terminal)
        read_until(process, "stopping")

        assert process.wait(20) == 0
