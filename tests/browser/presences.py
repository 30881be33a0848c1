"""What the tests of presence and leaving share: a relay that can die and return, and how long things took."""

from __future__ import annotations

import json
import re
import tempfile
import time
from typing import TYPE_CHECKING, Any, Self

from tests.browser.ledger import wait_for_hang_up
from tests.doubles.process import DEFAULTS, Program, RelayProcess

if TYPE_CHECKING:
    from tests.browser.voice_page import VoicePage
    from tests.doubles.process import SimulatorProcess

PRESENCE_SECONDS = 2
SLACK_SECONDS = 1.5
"""What reaches the ledger later than the clocks say: the relay's quarter of a second, and a busy machine."""

OFFLINE = [r"ERR_INTERNET_DISCONNECTED", r"ERR_NETWORK_IO_SUSPENDED"]
BROKEN_OFF = [
    r"ERR_INCOMPLETE_CHUNKED_ENCODING",
    r"ERR_CONTENT_LENGTH_MISMATCH",
    r"ERR_CONNECTION_REFUSED",
    r"ERR_CONNECTION_RESET",
]


class HardyRelay:
    """A relay whose calls live on when it is killed: same port and same store for the next process.

    Args:
        simulator: Its upstream.
        settings: Beside those it needs.
    """

    def __init__(self, simulator: SimulatorProcess, **settings: str) -> None:
        self._state = tempfile.mkdtemp(prefix="relay-state-")
        self._environment = {
            **simulator.relay_environment(),
            "RELAY_STATE_DIR": self._state,
            "RELAY_PRESENCE_SECONDS": str(PRESENCE_SECONDS),
            **settings,
        }
        self._first = RelayProcess(self._environment)
        self._programs: list[Program] = [self._first]
        self.url = self._first.url

    def kill(self) -> None:
        """End it as a lack of memory would (SIGKILL)."""
        self._programs[-1].process.kill()
        self._programs[-1].process.wait()

    def stop(self) -> None:
        """Tell it to stop (SIGTERM), and do not wait."""
        self._programs[-1].process.terminate()

    def restart(self) -> None:
        """Start the next process, which finds the store of the last one."""
        words = ("-m", "relay", "serve", "--port", str(self._first.port))
        program = Program(*words, environment={**DEFAULTS, **self._environment})
        self._programs.append(program)
        program.wait_for(r"page +http://")

    def command(self, *words: str) -> str:
        """Run ``python -m relay`` beside it, and give back what it says."""
        with Program("-m", "relay", *words, environment=self._environment) as program:
            program.process.wait(20)
            program._reader.join(5)
            return program.output

    def calls(self) -> list[dict[str, Any]]:
        """Give the rows of ``calls --json``, the newest first."""
        rows = json.loads(self.command("calls", "--json"))
        assert isinstance(rows, list)
        return rows

    def standing(self, page: VoicePage) -> dict[str, Any]:
        """Ask for the page's last call, as the page could."""
        return dict(self._first.client.get(f"/calls/{last_call_id(page)}").json())

    @property
    def output(self) -> str:
        return "".join(program.output for program in self._programs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exit_: object) -> None:
        for program in self._programs:
            program.__exit__(*exit_)


def last_call_id(page: VoicePage) -> str:
    """Give the id by which the page knows its last call."""
    ids = [match[1] for asked in page.requests if (match := re.search(r"/calls/([\w-]+)", asked))]
    return ids[-1]


def streams(page: VoicePage) -> int:
    """Count how often the page has opened an event stream."""
    return len([asked for asked in page.requests if asked.endswith("/events")])


class Stopwatch:
    """Measures from a cause to the upstream's ledger; says so, for the report (pytest -s)."""

    def __init__(self, cause: str) -> None:
        self._cause = cause
        self._began = time.monotonic()

    def wait_for_hang_up(self, simulator: SimulatorProcess, seconds: float) -> float:
        """Wait until the call was hung up; so long at most."""
        wait_for_hang_up(simulator, seconds)
        return self.say("hung up upstream")

    def say(self, what: str) -> float:
        """Print and give back the seconds so far."""
        took = time.monotonic() - self._began
        print(f"\n{self._cause}: {what} after {took:.2f} s")
        return took
