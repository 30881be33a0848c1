"""Real processes for tests of the whole: the relay, with its simulator, on free ports of this machine."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import httpx

from tests.secrecy import API_KEY, INSTRUCTIONS, check_answer, check_folder, check_output

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 40.0

DEFAULTS = {
    "RELAY_LOG": "json",
    "RELAY_LOG_LEVEL": "debug",
    "RELAY_STATE_DIR": "state",
    "RELAY_RATE": "off",  # all tests of a process are one caller, and they call often
    "RELAY_CALLS_PER_CALLER": "0",
    "RELAY_MINUTES_PER_DAY": "0",
}
"""Settings of a relay under test, unless the test says otherwise."""


class Program:
    """A program of ours, everything it says, and how it ended."""

    def __init__(self, *words: str, environment: Mapping[str, str] | None = None) -> None:
        self.words = " ".join(words)
        self.folder = Path(tempfile.mkdtemp(prefix="relay-test-"))
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("RELAY_", "AZURE_", "SIMULATOR_"))
        }
        self.process = subprocess.Popen(
            [sys.executable, *words],
            cwd=self.folder,
            env={**clean, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._unread: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        if self.process.stdout is None:
            return
        for line in self.process.stdout:
            self.lines.append(line)
            self._unread.put(line)
        self._unread.put("")

    def wait_for(self, pattern: str, seconds: float = START_SECONDS) -> re.Match[str]:
        """Read on until a line fits; fails with everything that was said."""
        until = time.monotonic() + seconds
        while True:
            try:
                line = self._unread.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                line = ""
            if found := re.search(pattern, line):
                return found
            if not line:
                raise AssertionError(f"no {pattern!r} in:\n{self.output}")

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 30.0) -> int:
        """Send a signal and wait for the end."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(seconds)
        self._reader.join(5)
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join(5)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.check_secrecy()

    def check_secrecy(self) -> None:
        """SEC-01: nothing secret was said, or is in the state folder."""
        check_output(f"the output of {self.words}", self.output)
        check_folder(self.folder / "state")


class RelayProcess(Program):
    """``python -m relay serve``; on a free port and with the simulator, unless told otherwise."""

    def __init__(
        self, environment: Mapping[str, str] | None = None, *, workers: int = 1, port: int = 0
    ) -> None:
        super().__init__(
            *("-m", "relay", "serve", "--port", str(port), "--workers", str(workers)),
            environment={**DEFAULTS, **(environment or {})},
        )
        self.port = int(self.wait_for(r"page +http://[^:]+:(\d+)/")[1])
        self.url = f"http://localhost:{self.port}"
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=30)
        self.client.event_hooks = {"response": [check_answer]}
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self.client.get("/healthz")
            except httpx.TransportError:
                assert time.monotonic() < until, self.output
                time.sleep(0.02)
            else:
                break

    def connect(self, offer: str, **fields: str) -> httpx.Response:
        """Post an offer as a form, with instructions that must stay between caller and upstream."""
        given = {"sdp": offer, "instructions": INSTRUCTIONS, **fields}
        parts = {name: (None, value) for name, value in given.items()}
        return self.client.post("/connect", files=parts)

    def __exit__(self, *exit_: object) -> None:
        self.client.close()
        super().__exit__(*exit_)


class SimulatorProcess(Program):
    """``python -m relay simulate`` on a free port, with its ledger and its faults."""

    def __init__(self, *words: str, environment: Mapping[str, str] | None = None) -> None:
        super().__init__("-m", "relay", "simulate", "--port", "0", *words, environment=environment)
        self.port = int(self.wait_for(r"http://127\.0\.0\.1:(\d+)")[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=30)

    def relay_environment(self) -> dict[str, str]:
        """Settings of a relay that takes this simulator for Azure."""
        return {"AZURE_OPENAI_BASE_URL": self.url, "AZURE_OPENAI_API_KEY": API_KEY}

    def ledger(self) -> dict[str, object]:
        """What the simulator knows of its calls."""
        return dict(self.client.get("/simulator/calls").json())

    def fault(self, **fault: object) -> None:
        """Provoke a fault; see `relay/simulator/faults.py` for the switches."""
        response = self.client.post("/simulator/faults", json=fault)
        assert response.is_success, response.text

    def reset(self) -> None:
        """Forget faults and calls."""
        self.client.delete("/simulator/faults")
        self.client.delete("/simulator/calls")

    def __exit__(self, *exit_: object) -> None:
        self.client.close()
        super().__exit__(*exit_)
