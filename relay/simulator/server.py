"""Runs the simulator: listens, says where, and ends when it is told to or its parent is gone.

Decides how the process starts and stops. It owns the signals itself, because uvicorn would end a Ctrl-C
with a traceback.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from relay.simulator.app import create_app
from relay.simulator.broken import TRANSPORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from relay.simulator.settings import Settings

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _HttpProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, with the connection in the scope: faults break it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: dict[str, Any] = {TRANSPORT: {"transport": self.transport}}
        self.scope["extensions"] = extensions


class _WebSocketProtocol(WebSocketsSansIOProtocol):
    """The same for a WebSocket's handshake."""

    async def run_asgi(self) -> None:
        self.scope.setdefault("extensions", {})[TRANSPORT] = {"transport": self.transport}
        await super().run_asgi()


class SimulatorServer(uvicorn.Server):
    """A server that leaves the signals alone and ends calls before it closes connections."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)
        config = uvicorn.Config(
            self.app,
            http=_HttpProtocol,
            ws=_WebSocketProtocol,
            loop="asyncio" if settings.media else "auto",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=0,
            timeout_keep_alive=75,
            ws_max_size=1 << 20,
        )
        super().__init__(config)
        self.on_started: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self.on_started()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `serve`."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End every call first, so that browsers and sidebands are told; slow faults are cut short."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.4):
                await self.app.state.exchange.end_all("simulator_stopped")
        await super().shutdown(sockets)


def listening_socket(host: str, port: int) -> socket.socket:
    """Bind the address; 0 takes any free port.

    Raises:
        OSError: It cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048, reuse_port=False)


def serve(settings: Settings) -> int:
    """Run until told to stop.

    Returns:
        The exit status: 0 after an orderly end, 1 when the address cannot be had.
    """
    try:
        listening = listening_socket(settings.host, settings.port)
    except OSError as problem:
        told = problem.strerror or str(problem)
        sys.stderr.write(
            f"The simulator cannot listen on {settings.host}:{settings.port} ({told}).\n"
            "Another one may be running; choose another port with --port or SIMULATOR_PORT.\n"
        )
        return 1
    server = SimulatorServer(settings)
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(_run(server, listening, settings))
    return 0


async def _run(server: SimulatorServer, listening: socket.socket, settings: Settings) -> None:
    loop = asyncio.get_running_loop()

    def stop(*_: object) -> None:
        server.should_exit = True

    for number in _SIGNALS:
        ignored = settings.parent_pipe and number == signal.SIGINT
        signal.signal(number, signal.SIG_IGN if ignored else stop)
    loop.set_exception_handler(_forgive_late_ice)
    port = listening.getsockname()[1]
    if settings.parent_pipe:
        threading.Thread(target=_wait_for_parent, args=(loop, stop), daemon=True).start()
    server.on_started = lambda: _tell(port, settings)
    await server.serve([listening])


def _forgive_late_ice(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Drop one error: aiortc's own task meets its closed ICE transport when a call ends while connecting."""
    error = context.get("exception")
    if type(error).__name__ == "InvalidStateError" and "RTCIceTransport is closed" in str(error):
        return
    loop.default_exception_handler(context)


def _tell(port: int, settings: Settings) -> None:
    if settings.parent_pipe:
        sys.stdout.write(json.dumps({"event": "listening", "port": port}) + "\n")
    else:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        base = f"http://{host}:{port}"
        sys.stdout.write(
            f"The simulator plays the Azure OpenAI Realtime API on {base}\n"
            f"Point the relay at it:  AZURE_OPENAI_BASE_URL={base} AZURE_OPENAI_API_KEY=any\n"
            f"Its calls: {base}/simulator/calls   faults to order: {base}/simulator/faults\n"
            f"{'' if settings.media else 'Without media: answers are text only. '}Ctrl-C ends it.\n"
        )
    with contextlib.suppress(BrokenPipeError):  # the parent is gone; the other pipe says so too
        sys.stdout.flush()


def _wait_for_parent(loop: asyncio.AbstractEventLoop, stop: Any) -> None:
    """Read stdin past every lock until it ends; then the parent is gone."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):  # the loop is closed: it is over already
        loop.call_soon_threadsafe(stop)
