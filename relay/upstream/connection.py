"""One HTTP/1.1 connection to an upstream: a request goes out, its answer comes in, and what is known is said.

Framing is read by llhttp (`httptools`). Nothing is decoded, redirected or sent a second time. Until `send` is
called nothing of a request has left the process; from then on the upstream may have seen it.
"""

from __future__ import annotations

import asyncio
import select
from typing import TYPE_CHECKING, cast

import httptools
import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HEAD_BYTES = 32 * 1024
"""Of an answer's status line and headers (reliability 2.3)."""

_BUFFER_BYTES = 128 * 1024
_NO_BODY = (204, 304)


class Connection(asyncio.Protocol):
    """A connection and the answer that is coming in on it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._parser: httptools.HttpResponseParser | None = None
        self._news: asyncio.Future[None] | None = None
        self._lost: Exception | None = None
        self._head_bytes = 0
        self._paused = False
        self._framed = self._keeps = False
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.chunks: list[bytes] = []
        self.has_head = self.is_whole = False
        self.idle_since = self._loop.time()

    # --- what the event loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Read on; whatever comes while nothing was asked for makes the connection useless."""
        if self._parser is None:
            self._end(httpx.RemoteProtocolError("an answer to no request"))
            return
        if not self.has_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._end(httpx.RemoteProtocolError("the answer is not HTTP"))
        except httptools.HttpParserUpgrade:
            self._end(httpx.RemoteProtocolError("the answer changes the protocol"))
        else:
            if not self.has_head and self._head_bytes > HEAD_BYTES:
                self._end(httpx.RemoteProtocolError("the head of the answer is too large"))
        if self.chunks and not self.is_whole and sum(map(len, self.chunks)) > _BUFFER_BYTES:
            self._paused = True
            self._transport.pause_reading()
        self._tell()

    def eof_received(self) -> None:
        """Take the end of the stream for the end of a body that has no other end (RFC 9112 section 6.3)."""
        if self._parser is not None and self.has_head and not self._framed:
            self.is_whole = True
        self._end(httpx.RemoteProtocolError("the connection was closed before the answer was whole"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self._end(httpx.ReadError("the connection broke") if exc else httpx.RemoteProtocolError("closed"))

    # --- what the parser tells

    def on_message_begin(self) -> None:
        """Refuse a second answer that came along with the first; the first stays as it is.

        Raises:
            httpx.RemoteProtocolError: Stops the parser.
        """
        if self.is_whole:
            raise httpx.RemoteProtocolError("an answer to no request")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Note the status; an interim answer (1xx) is forgotten."""
        assert self._parser is not None  # noqa: S101 - it is what calls
        status = self._parser.get_status_code()
        if status < 200:
            self.headers = []
            return
        self.status = status
        self.has_head = True
        self._keeps = self._parser.should_keep_alive()  # llhttp knows no more once the answer is whole
        names = {name for name, _ in self.headers}
        self._framed = status in _NO_BODY or not names.isdisjoint((b"content-length", b"transfer-encoding"))

    def on_body(self, body: bytes) -> None:
        """Collect."""
        self.chunks.append(body)

    def on_message_complete(self) -> None:
        """Note that all of it is there."""
        if self.has_head:
            self.is_whole = True

    # --- what its user does

    @property
    def is_usable(self) -> bool:
        """Whether another request may be sent: nothing is under way, and nobody has closed it."""
        return self._lost is None and not self._transport.is_closing()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has come in that the event loop has not told yet, such as the other side's end."""
        sock = self._transport.get_extra_info("socket")
        poll = select.poll()
        poll.register(sock.fileno(), select.POLLIN)
        return not poll.poll(0)

    @property
    def may_be_kept(self) -> bool:
        """Whether the answer has come to its end in a way that leaves the connection good for another."""
        return self._keeps and self.is_whole and self._framed and self.is_usable

    async def send(self, request: bytes) -> None:
        """Send a request and wait for the head of its answer.

        Raises:
            httpx.ConnectError: The connection had ended before anything was sent.
            httpx.ReadError, httpx.RemoteProtocolError: No head came; the upstream may have read the request.
        """
        if not self.is_usable:
            raise httpx.ConnectError("closed before anything was sent")
        self._parser = httptools.HttpResponseParser(self)
        self._head_bytes = self.status = 0
        self.headers, self.chunks = [], []
        self.has_head = self.is_whole = self._framed = False
        self._transport.write(request)
        while not self.has_head:
            await self._wait()

    async def body(self) -> AsyncIterator[bytes]:
        """Give the body as it comes.

        Raises:
            httpx.ReadError, httpx.RemoteProtocolError: It broke off.
        """
        while True:
            chunks, self.chunks = self.chunks, []
            if self._paused:
                self._paused = False
                self._transport.resume_reading()
            for chunk in chunks:
                yield chunk
            if self.is_whole and not self.chunks:
                return
            if not self.chunks:
                await self._wait()

    def rest(self) -> None:
        """Wait for the next request; an answer that comes without one ends the connection."""
        self._parser = None
        self.idle_since = self._loop.time()

    def close(self) -> None:
        """Close at once."""
        self._transport.abort()

    # --- inside

    async def _wait(self) -> None:
        if self._lost is not None:
            raise self._lost
        self._news = self._loop.create_future()
        try:
            await self._news
        finally:
            self._news = None

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _end(self, error: Exception) -> None:
        """Note why there will be no more; what has come before is still given."""
        if self._lost is None:
            self._lost = error
            self._transport.close()
        self._tell()
