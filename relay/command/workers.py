"""``serve --workers N``: the parent owns the socket, the simulator and the signals; workers answer.

A worker that dies is replaced; its calls are adopted by another within seconds. The workers end with the
parent, whatever kills it: each watches a pipe that closes with it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import signal
import sys
from typing import TYPE_CHECKING

from relay.server import has_terminal
from relay.telemetry import log

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from relay.simulator_process import SimulatorAddress

_log = logging.getLogger("relay.server")

EXIT_SETTINGS = 2
"""Exit code of a process whose settings cannot be used."""

WORKER_VARIABLE = "SDP_RELAY_WORKER"
_PAUSE_SECONDS = 1.0  # before a worker is replaced
_UNSETTLED_SECONDS = 10.0  # before one is tried again whose settings are broken
_YOUNG_SECONDS = 2.0  # a process younger than this may be ended by a signal that is for its program
_QUICK_SECONDS = 5.0  # a worker that lived shorter than this did not really start
_QUICK_DEATHS = 5


class Workers:
    """The workers of one parent.

    Args:
        sock: Shared by all.
        count: How many.
        simulator: Where the simulator is, if there is one.
        environment: Of the workers.
    """

    def __init__(
        self,
        sock: socket.socket,
        count: int,
        simulator: SimulatorAddress | None,
        environment: Mapping[str, str],
    ) -> None:
        self._sock = sock
        self._count = count
        facts = {
            "fd": sock.fileno(),
            "group": secrets.token_hex(4),
            "simulator": None if simulator is None else [simulator.base_url, simulator.api_key],
        }
        self._environment = {**environment, WORKER_VARIABLE: json.dumps(facts)}
        self._processes: set[asyncio.subprocess.Process] = set()
        self._began: dict[asyncio.subprocess.Process, float] = {}
        self._stop = asyncio.Event()
        self._terminal_at_start = has_terminal()
        self.failed = False

    async def run(self) -> None:
        """Keep the workers until told to stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            loop.add_signal_handler(number, self._forward, number)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up_signal)
        await asyncio.gather(*(self._keep() for _ in range(self._count)))

    def stop(self) -> None:
        """Have every worker drain; called again, stop at once."""
        if not self._stop.is_set():
            log(_log, logging.INFO, "stopping the workers; once more stops at once")
        self._stop.set()
        self._forward(signal.SIGTERM)

    def _hang_up_signal(self) -> None:
        """Stop when the terminal has gone; else have every worker reload."""
        if self._terminal_at_start and not has_terminal():
            self.stop()
        else:
            for process, began in self._began.items():
                self._reload(process, began)

    def _reload(self, process: asyncio.subprocess.Process, began: float) -> None:
        """Have a worker reload, not before it can know what the signal means."""
        loop = asyncio.get_running_loop()
        if loop.time() - began < _YOUNG_SECONDS:
            loop.call_at(began + _YOUNG_SECONDS, self._reload, process, began)
        elif process.returncode is None:
            process.send_signal(signal.SIGHUP)

    def _forward(self, number: int) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.send_signal(number)

    async def _keep(self) -> None:
        """Keep one place filled."""
        quick_deaths = 0
        loop = asyncio.get_running_loop()
        while not self._stop.is_set():
            began = loop.time()
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "relay", "worker"),
                stdin=asyncio.subprocess.PIPE,
                env=self._environment,
                pass_fds=[self._sock.fileno()],
                start_new_session=True,  # Ctrl-C is for the parent, which passes it on once
            )
            self._processes.add(process)
            self._began[process] = loop.time()
            if self._stop.is_set():
                process.terminate()
            code = await process.wait()
            self._processes.discard(process)
            self._began.pop(process)
            if self._stop.is_set():
                return
            # A relay.toml that was broken meanwhile stops new workers, not those that are at work.
            unsettled = code == EXIT_SETTINGS and len(self._processes) > 0
            quick = loop.time() - began < _QUICK_SECONDS and not unsettled
            quick_deaths = quick_deaths + 1 if quick else 0
            log(_log, logging.ERROR, "a worker has ended and is replaced", exit_code=code)
            if quick_deaths == _QUICK_DEATHS:
                log(_log, logging.ERROR, "workers do not stay up; giving up")
                self.failed = True
                self.stop()
                return
            await asyncio.sleep(_UNSETTLED_SECONDS if unsettled else _PAUSE_SECONDS)


def read_worker_facts() -> tuple[int, str, tuple[str, str] | None]:
    """Read what the parent tells: the socket's number, the group, the simulator's address and key."""
    facts = json.loads(os.environ.pop(WORKER_VARIABLE))
    simulator = facts["simulator"]
    return facts["fd"], facts["group"], None if simulator is None else (simulator[0], simulator[1])
