"""The transport under every request to an upstream: httpx's seam, with connections of our own beneath.

Beside httpx's own (which a proxy needs, `relay.upstream.http_client`) it costs a sixth of the CPU, stays
linear in the number of connections, and knows for certain whether a byte of a request was sent: an error of
connecting says that none was, every other leaves it open. It never sends a request twice.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import httpx

from relay.upstream.connection import Connection
from relay.upstream.dial import dial

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

KEEP_ALIVE_SECONDS: Final = 30.0
"""How long a connection may be idle and still be used: far below the 4 minutes after which Azure's load
balancers forget one without a word, so that a request seldom meets the end of its connection."""

MOST_IDLE: Final = 1000
"""Connections that may wait for a request; a crowd that comes in waves finds its connections again."""

_SURE_SECONDS = 1.0  # idle for longer, and the socket is asked whether the other side has closed it
_LOOK_SECONDS = 5.0

_Origin = tuple[str, str, int]


class WireTransport(httpx.AsyncBaseTransport):
    """HTTP/1.1 over asyncio; honours a request's ``connect`` timeout, the total is its sender's matter.

    Args:
        context: Whom it trusts.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._idle: dict[_Origin, list[Connection]] = {}
        self._warming: asyncio.Task[None] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request once and give the head of its answer.

        Raises:
            httpx.ConnectError, httpx.ConnectTimeout: Nothing was sent.
            httpx.LocalProtocolError: Nothing was sent, because it cannot be.
            httpx.ReadError, httpx.RemoteProtocolError: It may have been read; no answer came.
        """
        whole = _written(request, await request.aread())
        origin = _origin(request.url)
        connection = self._take(origin) or await self._dial(origin, request.extensions["timeout"]["connect"])
        try:
            await connection.send(whole)
        except BaseException:
            connection.close()
            raise
        stream = WireBody(connection, self._idle.setdefault(origin, []))
        return httpx.Response(connection.status, headers=connection.headers, stream=stream)

    def keep_warm(self, url: httpx.URL) -> None:
        """Have an idle connection at hand from now on; nothing is sent on it until there is a request."""
        self._warming = asyncio.create_task(self._keep_warm(_origin(url)), name="connection: keep warm")

    async def aclose(self) -> None:
        """Close what is idle."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait({self._warming})
        for connections in self._idle.values():
            while connections:
                connections.pop().close()
        await asyncio.sleep(0)  # for the event loop to close them

    @property
    def idle(self) -> int:
        """How many connections are idle."""
        return sum(len(connections) for connections in self._idle.values())

    def _take(self, origin: _Origin) -> Connection | None:
        """Give the connection that was used last, if one is good."""
        connections = self._idle.get(origin, [])
        now = asyncio.get_running_loop().time()
        while connections:
            connection = connections.pop()
            idle_seconds = now - connection.idle_since
            fresh = connection.is_usable and idle_seconds < KEEP_ALIVE_SECONDS
            if fresh and (idle_seconds < _SURE_SECONDS or connection.is_quiet):
                return connection
            connection.close()
        return None

    async def _dial(self, origin: _Origin, seconds: float | None) -> Connection:
        scheme, host, port = origin
        context = self._context if scheme == "https" else None
        return await dial(host, port, Connection, context=context, seconds=seconds)

    async def _keep_warm(self, origin: _Origin) -> None:
        """Replace the idle connection before it is too old; a failure is tried again, requests tell it."""
        connections = self._idle.setdefault(origin, [])
        while True:
            oldest = asyncio.get_running_loop().time() - KEEP_ALIVE_SECONDS + 2 * _LOOK_SECONDS
            for connection in [
                each for each in connections if not each.is_usable or each.idle_since < oldest
            ]:
                connections.remove(connection)
                connection.close()
            if not connections:
                try:
                    connection = await self._dial(origin, _LOOK_SECONDS)
                except httpx.TransportError:
                    pass
                else:
                    connections.insert(0, connection)
            await asyncio.sleep(_LOOK_SECONDS)


class WireBody(httpx.AsyncByteStream):
    """The body of an answer; what was not read to its end closes the connection."""

    def __init__(self, connection: Connection, idle: list[Connection]) -> None:
        self._connection: Connection | None = connection
        self._idle = idle

    @property
    def is_whole(self) -> bool:
        """Whether all of it has come."""
        return self._connection is not None and self._connection.is_whole

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give it as it comes."""
        if self._connection is not None:
            async for chunk in self._connection.body():
                yield chunk

    async def aclose(self) -> None:
        """Keep the connection for the next request, or close it."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.may_be_kept and len(self._idle) < MOST_IDLE:
            connection.rest()
            self._idle.append(connection)
        else:
            connection.close()


def _origin(url: httpx.URL) -> _Origin:
    return url.scheme, url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)


def _written(request: httpx.Request, body: bytes) -> bytes:
    """Write a request out; whoever made it has framed it (``Host``, ``Content-Length``)."""
    lines = [b"%s %s HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    lines += [b"%s: %s" % pair for pair in request.headers.raw]
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1 or b"\0" in head:
        raise httpx.LocalProtocolError("a header holds what no header may hold")
    return b"%s\r\n\r\n%s" % (head, body)
