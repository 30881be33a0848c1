"""Runs the application under uvicorn, and owns the signals.

The first SIGINT or SIGTERM drains: no new calls, exchanges under way finish, live calls are hung up, then
the listener closes. The second is immediate. uvicorn alone would refuse connections at once, wait for a
slow client for ever, and end with the signal instead of exit code 0 (reliability §0.10).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn

from relay.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator

    from starlette.types import ASGIApp

_log = logging.getLogger("relay.server")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


class AddressInUse(Exception):  # noqa: N818 - told to a person
    """The address cannot be listened on; the text says why."""


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket before anything else is started.

    Raises:
        AddressInUse: Another program has it, or it is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except (OSError, OverflowError) as error:
        sock.close()
        raise AddressInUse(
            f"Cannot listen on {host} port {port}: {getattr(error, 'strerror', None) or error}. "
            "Another program may be using the port; choose one with RELAY_PORT."
        ) from None
    sock.set_inheritable(True)
    return sock


def has_terminal() -> bool:
    """Whether somebody sits in front of it; a terminal that was closed is none any more."""
    try:
        return sys.stdin is not None and os.isatty(sys.stdin.fileno())
    except (OSError, ValueError):  # closed, or not a file
        return False


class _Uvicorn(uvicorn.Server):
    """uvicorn without signal handlers of its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Server:
    """One process that serves.

    Args:
        app: The application.
        sock: Where it listens.
        http: The protocol of a connection, with its bounds (`relay.web.guarded`).
        shutdown_seconds: From the first signal to the end, at most.
        drain: Ends calls and exchanges; awaited before the listener closes.
        pause: Stops (SIGUSR1) and resumes (SIGUSR2) letting calls in.
        reload: Reads the profiles again (SIGHUP).
    """

    def __init__(
        self,
        app: ASGIApp,
        sock: socket.socket,
        *,
        http: type[asyncio.Protocol],
        shutdown_seconds: float,
        drain: Callable[[], Awaitable[None]],
        pause: Callable[[bool], Coroutine[object, object, None]],
        reload: Callable[[], Coroutine[object, object, None]],
    ) -> None:
        self._sock = sock
        self._drain = drain
        self._pause = pause
        self._shutdown_seconds = shutdown_seconds
        self._stopping: asyncio.Task[None] | None = None
        self._reload = reload
        self._tasks: set[asyncio.Task[None]] = set()
        self._terminal_at_start = has_terminal()
        self._uvicorn = _Uvicorn(
            uvicorn.Config(
                app,
                loop="none",
                http=http,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # `relay.web.peer` does it, and remembers who is at the other end
                timeout_graceful_shutdown=max(1, int(shutdown_seconds / 5)),
            )
        )

    def own_signals(self) -> None:
        """Take the signals over, as early as there is an event loop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up_signal)
        loop.add_signal_handler(signal.SIGUSR1, self._begin_pause, True)  # noqa: FBT003 - a callback's argument
        loop.add_signal_handler(signal.SIGUSR2, self._begin_pause, False)  # noqa: FBT003 - the same

    async def run(self) -> None:
        """Serve until told to stop."""
        loop = asyncio.get_running_loop()
        try:
            await self._uvicorn.serve(sockets=[self._sock])
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    def stop_when_closed(self, pipe: int) -> None:
        """Stop when the other end of a pipe is closed: a worker does not outlive its parent."""
        loop = asyncio.get_running_loop()

        def readable() -> None:
            if not os.read(pipe, 1024):
                loop.remove_reader(pipe)
                self.stop()

        loop.add_reader(pipe, readable)

    def stop(self) -> None:
        """Drain, then stop; called again, stop at once."""
        if self._stopping is None:
            log(_log, logging.INFO, "stopping; once more stops at once")
            self._stopping = asyncio.create_task(self._stop(), name="stop")
        else:
            self._uvicorn.force_exit = True
            self._uvicorn.should_exit = True

    def _hang_up_signal(self) -> None:
        """Stop in order when the terminal has gone; else SIGHUP asks for a reload."""
        if self._terminal_at_start and not has_terminal():
            self.stop()
        else:
            self.begin_reload()

    def begin_reload(self) -> None:
        """Read the profiles again."""
        self._begin(self._reload(), "reload")

    def _begin_pause(self, paused: bool) -> None:  # noqa: FBT001 - a signal's callback
        log(_log, logging.WARNING, "new calls are paused" if paused else "new calls are let in")
        self._begin(self._pause(paused), "pause")

    def _begin(self, work: Coroutine[object, object, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stop(self) -> None:
        try:
            await asyncio.wait_for(self._drain(), self._shutdown_seconds * 4 / 5)
        except TimeoutError:
            log(_log, logging.WARNING, "not everything ended in time")
        finally:
            self._uvicorn.should_exit = True
