"""HTTP as bytes on a socket: a client that sends what no library would, and a server to send it to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import uvicorn

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

PATIENCE_SECONDS = 5.0


@dataclass(frozen=True)
class Answer:
    """One response; header names in lower case, a repeated one kept once."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


class RawClient:
    """One connection.

    Args:
        port: Where to.
        host: An address of this machine.
        receive_buffer: Of the socket, in bytes.
        tls: For a connection through TLS.
        name: Of the server in TLS.
        source: The address to come from.
    """

    def __init__(
        self,
        port: int,
        host: str = "127.0.0.1",
        *,
        receive_buffer: int | None = None,
        tls: ssl.SSLContext | None = None,
        name: str | None = None,
        source: str | None = None,
    ) -> None:
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE_SECONDS)
        if source is not None:
            self.socket.bind((source, 0))
        try:
            self.socket.connect((host, port))
            if tls is not None:
                self.socket = tls.wrap_socket(self.socket, server_hostname=name)
        except OSError:
            self.socket.close()
            raise
        self._unread = b""

    def send(self, data: bytes) -> Self:
        """Send all of it; a server that has closed is no error here."""
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)
        return self

    def trickle(self, data: bytes, pause_seconds: float) -> float:
        """Send byte by byte until the server closes or answers; tells after how many seconds."""
        began = time.monotonic()
        self.socket.settimeout(pause_seconds)
        try:
            for place in range(len(data)):
                self.socket.sendall(data[place : place + 1])
                with contextlib.suppress(TimeoutError):
                    self._unread += self.socket.recv(65536)
                    break
        except ConnectionError:
            pass
        self.socket.settimeout(PATIENCE_SECONDS)
        return time.monotonic() - began

    def answer(self, *, bodiless: bool = False) -> Answer:
        """Read one response.

        Raises:
            ConnectionError: The server closed without one.
        """
        while b"\r\n\r\n" not in self._unread:
            self._more()
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split(" ")[1])
        if bodiless or status in (100, 204, 304):
            return Answer(status, headers, b"")
        body = (
            self._chunked() if "transfer-encoding" in headers else self._take(int(headers["content-length"]))
        )
        return Answer(status, headers, body)

    def rest(self) -> bytes:
        """Read until the server closes; how it closes does not matter."""
        with contextlib.suppress(ConnectionError):
            while True:
                self._more()
        rest, self._unread = self._unread, b""
        return rest

    def seconds_until_closed(self) -> float:
        """Wait for the server to close without a word."""
        began = time.monotonic()
        assert self.rest() == b""
        return time.monotonic() - began

    def is_open(self) -> bool:
        """Whether the server has not closed so far."""
        self.socket.setblocking(False)
        try:
            return self.socket.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        finally:
            self.socket.settimeout(PATIENCE_SECONDS)

    def _chunked(self) -> bytes:
        body = b""
        while size := int(self._line(), 16):
            body += self._take(size)
            self._line()
        self._line()
        return body

    def _line(self) -> bytes:
        while b"\r\n" not in self._unread:
            self._more()
        line, _, self._unread = self._unread.partition(b"\r\n")
        return line

    def _take(self, size: int) -> bytes:
        while len(self._unread) < size:
            self._more()
        taken, self._unread = self._unread[:size], self._unread[size:]
        return taken

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed")
        self._unread += data

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Served:
    """An application under uvicorn, in a thread with a loop of its own.

    Args:
        app: What to serve; may be changed between requests.
        http: The protocol.
        new_loop: Makes the loop.
    """

    def __init__(
        self,
        app: ASGIApp,
        http: type[asyncio.Protocol],
        new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
    ) -> None:
        self.app = app
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=2048)
        # As on a slow network; on loopback the kernel takes megabytes before it says that some were read.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        self.port: int = self._socket.getsockname()[1]
        self.server = uvicorn.Server(
            uvicorn.Config(
                self._call,
                http=http,
                interface="asgi3",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=3,
            )
        )
        self._new_loop = new_loop
        self._clients: list[RawClient] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._new_loop) as runner:
            runner.run(self.server.serve(sockets=[self._socket]))

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    def settle(self) -> None:
        """Hang up every client; waits until nothing is left of them."""
        while self._clients:
            self._clients.pop().close()
        self.wait_for(lambda: self.connections == 0 and self.tasks == 0)

    def client(self, *, receive_buffer: int | None = None) -> RawClient:
        """Connect; closed with the server at the latest."""
        client = RawClient(self.port, receive_buffer=receive_buffer)
        self._clients.append(client)
        return client

    def ask(self, request: bytes) -> Answer:
        """Send one request on a connection of its own."""
        return self.client().send(request).answer()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something has come true."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < until
            time.sleep(0.005)

    @property
    def connections(self) -> int:
        """Open ones, as uvicorn counts them."""
        return len(self.server.server_state.connections)

    @property
    def tasks(self) -> int:
        """Requests under way."""
        return len(self.server.server_state.tasks)

    def __enter__(self) -> Self:
        self._thread.start()
        self.wait_for(lambda: self.server.started)
        return self

    def __exit__(self, *_: object) -> None:
        self.settle()
        self.server.should_exit = True
        self._thread.join(PATIENCE_SECONDS)
        self._socket.close()
        assert not self._thread.is_alive()
