"""The processes of a storm: the fake upstream, the naive relay, and a relay that can be killed."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.core.recorded_offers import OFFERS
from tests.doubles.process import Program, SimulatorProcess
from tests.secrecy import API_KEY, INSTRUCTIONS, check_answer, check_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UP_SECONDS = 30.0
_OFFER = OFFERS["chromium-audio-data"]
_SESSION_ID = "o=- 3182989524990777845 "


def offer_of(marker: int) -> str:
    """An offer by which the ledger tells its client."""
    assert _SESSION_ID in _OFFER
    return _OFFER.replace(_SESSION_ID, f"o=- {marker} ")


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def eventually(holds: Callable[[], object], seconds: float, otherwise: str) -> float:
    """Wait until it is so; tell how long that took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, otherwise
        time.sleep(0.02)
    return time.monotonic() - began


class Upstream(Program):
    """The fake upstream as a process."""

    def __init__(self, seed: int = 7) -> None:
        super().__init__("-m", "tests.faults.fake_upstream", "--seed", str(seed))
        port = self.wait_for(r"listening on (\d+)")[1]
        self.url = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=30)

    def ledger(self) -> dict[str, Any]:
        """Everything that happened."""
        return dict(self.client.get("/ledger").json())

    def calls(self) -> list[dict[str, Any]]:
        """Every call that came into being."""
        return list(self.ledger()["calls"])

    def live(self) -> list[dict[str, Any]]:
        """Every call that costs money now."""
        return [call for call in self.calls() if call["hung_up"] is None]

    def set(self, **knobs: object) -> None:
        """Turn knobs; see `tests.faults.fake_upstream.Knobs`."""
        assert self.client.post("/knobs", json=knobs).is_success

    def quick(self) -> None:
        """Answer without delay."""
        self.set(mint=(0, 0), place=(0, 0), hang_up=(0, 0))

    def forget(self) -> None:
        """Begin a new ledger."""
        self.client.delete("/ledger")

    def __exit__(self, *exit_: object) -> None:
        self.client.close()
        super().__exit__(*exit_)


class NaiveRelay(Program):
    """The naive relay as a process."""

    def __init__(self, upstream: Upstream) -> None:
        super().__init__("-m", "tests.faults.naive_relay", upstream.url)
        self.port = int(self.wait_for(r"listening on (\d+)")[1])


class Relay(Program):
    """``python -m relay serve`` on a given port and state folder.

    Args:
        upstream: Where its calls are placed.
        folder: Its state folder.
        settings: Beside those of a storm (no bound on calls, many exchanges at once, short presence).
        port: Where it listens; any free one if 0.
        workers: How many processes answer.
        wait: Whether to wait until it answers.
    """

    def __init__(
        self,
        upstream: Upstream | SimulatorProcess,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        *,
        port: int = 0,
        workers: int = 1,
        wait: bool = True,
    ) -> None:
        self.port = port or free_port()
        self.state = folder
        environment: Mapping[str, str] = {
            "AZURE_OPENAI_BASE_URL": upstream.url,
            "AZURE_OPENAI_API_KEY": API_KEY,
            "RELAY_STATE_DIR": str(folder),
            "RELAY_PORT": str(self.port),
            "RELAY_LOG": "json",
            "RELAY_LOG_LEVEL": "debug",
            "RELAY_CALLS_TOTAL": "0",
            "RELAY_CALLS_PER_CALLER": "0",
            "RELAY_MINUTES_PER_DAY": "0",
            "RELAY_RATE": "off",
            "RELAY_IN_FLIGHT": "2000",
            "RELAY_PRESENCE_SECONDS": "3",
            **(settings or {}),
        }
        self.environment = environment
        super().__init__("-m", "relay", "serve", "--workers", str(workers), environment=environment)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=30)
        self.client.event_hooks = {"response": [check_answer]}
        if wait:
            self.wait_until_up()

    def wait_until_up(self) -> None:
        """Wait for the first answer."""
        eventually(self.is_up, UP_SECONDS, "the relay does not answer")

    def is_up(self) -> bool:
        """Whether it answers."""
        assert self.process.poll() is None, f"the relay has ended:\n{self.output}"
        try:
            return self.client.get("/healthz").is_success
        except httpx.TransportError:
            return False

    def connect(self, marker: int, **fields: str) -> httpx.Response:
        """Post an offer, with instructions that must stay between caller and upstream."""
        given = {"sdp": offer_of(marker), "instructions": INSTRUCTIONS, **fields}
        return self.client.post("/connect", json=given)

    def place(self, marker: int, **fields: str) -> str:
        """Place a call that must succeed; its URL."""
        response = self.connect(marker, **fields)
        assert response.status_code == 201, response.text
        return response.headers["location"]

    def ready(self) -> dict[str, Any]:
        """What /readyz tells."""
        return dict(self.client.get("/readyz").json())

    def kill(self) -> None:
        """``kill -9``."""
        self.process.kill()
        self.process.wait(10)

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        return children_of(self.process.pid)

    def rows(self) -> list[dict[str, Any]]:
        """What its store holds."""
        return rows_of(self.state)

    def __exit__(self, *exit_: object) -> None:
        children = self.workers() if self.process.poll() is None else []
        self.process.kill()
        for child in children:
            kill_process(child)
        self.client.close()
        super().__exit__(*exit_)

    def check_secrecy(self) -> None:
        """The state folder stands elsewhere."""
        super().check_secrecy()
        check_folder(self.state)


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """Read the calls of a state folder."""
    (path,) = folder.glob("calls-*.sqlite3")
    with closing(sqlite3.connect(path, timeout=5)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute("SELECT * FROM calls")]


def children_of(pid: int) -> list[int]:
    """Processes begun by another one."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def is_running(pid: int) -> bool:
    """Whether a process lives, and is not merely waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def kill_process(pid: int) -> None:
    """``kill -9``, if it is still there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
