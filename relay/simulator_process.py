"""The simulator as a child of ``serve``: started, watched, and ended with its parent.

The child listens on a free port of the loopback address and ends when the pipe from its parent closes,
so a parent that is killed leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

START_SECONDS = 30.0
STOP_SECONDS = 3.0


class SimulatorFailed(Exception):  # noqa: N818 - told to a person, not caught by kind
    """The simulator did not start; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class SimulatorAddress:
    """Where the simulator listens, and the key it wants to see.

    Args:
        base_url: Its origin.
        api_key: Made for this run.
    """

    base_url: str
    api_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SimulatorProcess:
    """A running simulator.

    Args:
        address: Where it is.
        ended: Done when the process has ended, with its exit code.
    """

    address: SimulatorAddress
    ended: asyncio.Task[int]


@asynccontextmanager
async def run_simulator(deployments: Iterable[str]) -> AsyncIterator[SimulatorProcess]:
    """Start the simulator and end it on the way out.

    Args:
        deployments: Deployment names it is to know, beside its own.

    Raises:
        SimulatorFailed: It did not start.
    """
    api_key = secrets.token_hex(16)
    known = [*deployments, "gpt-realtime", "gpt-realtime-mini"]
    environment = {
        **os.environ,
        "SIMULATOR_API_KEY": api_key,
        "SIMULATOR_DEPLOYMENTS": ",".join(dict.fromkeys(known)),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "relay.simulator", "--host", "127.0.0.1", "--port", "0", "--parent-pipe"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=environment,
        start_new_session=True,  # Ctrl-C is for the parent; the pipe tells the child
    )
    ended = asyncio.create_task(process.wait(), name="simulator")
    try:
        port = await _listening_port(process)
        yield SimulatorProcess(SimulatorAddress(f"http://127.0.0.1:{port}", api_key), ended)
    finally:
        await _stop(process, ended)


async def _listening_port(process: asyncio.subprocess.Process) -> int:
    if process.stdout is None:
        raise SimulatorFailed("The simulator has no output to read its port from.")
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
    except TimeoutError:
        raise SimulatorFailed(f"The simulator did not start within {START_SECONDS:.0f} s.") from None
    try:
        return int(json.loads(line)["port"])
    except (ValueError, KeyError, TypeError):
        raise SimulatorFailed(
            "The simulator did not start; what it said stands above. Set AZURE_OPENAI_BASE_URL to use Azure."
        ) from None


async def _stop(process: asyncio.subprocess.Process, ended: asyncio.Task[int]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(asyncio.shield(ended), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await ended
