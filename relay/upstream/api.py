"""One request to the Realtime API over HTTP: sent, bounded in time, read as far as its head.

Decides nothing about trying again: it says what came back, and `relay.upstream.failure` what it proves.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import httpx

from relay.core.refusal import Refusal, error_code, request_id, retry_after_seconds
from relay.upstream.answer import read_error_body
from relay.upstream.http_client import CONNECT_SECONDS
from relay.upstream.transport import WireTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relay.upstream.http_client import Way

# Fact 1.1. No api-version: the GA surface answers 401 to one.
_PATH = "/openai/v1/realtime/"
_PATHS = ("client_secrets", "calls")


class Refused(Exception):  # noqa: N818 - it carries an answer, and is always caught
    """The upstream answered with a status that is not a success."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"status {refusal.status}")
        self.refusal = refusal


class RealtimeApi:
    """The API of one resource, through one transport.

    httpx's client is left out: what it adds to a request (redirects, cookies, authentication of its own,
    decoding) is what is not wanted here, and costs more than sending it.

    Args:
        base_url: The origin, without a path.
        way: What sends requests (`relay.upstream.http_client`).
        now: Unix time in seconds, to read a ``Retry-After`` that is a date.
    """

    def __init__(self, base_url: str, way: Way, *, now: Callable[[], float] = time.time) -> None:
        self._root = base_url.rstrip("/") + _PATH
        self._transport = way.transport
        self._now = now
        self._urls = {path: httpx.URL(self._root + path) for path in ("", *_PATHS)}
        host = self._urls[""].netloc
        self._headers = [(b"Host", host), *way.headers]

    def url(self, path: str) -> str:
        """Where `path` below ``/openai/v1/realtime/`` is."""
        return self._root + path

    async def post(
        self, path: str, *, headers: Mapping[str, str], content: bytes | None = None, deadline: float
    ) -> httpx.Response:
        """Send one request and wait for the head of its answer.

        Args:
            path: Below ``/openai/v1/realtime/``.
            headers: Beside those of the client.
            content: The body, sent as it is.
            deadline: On the event loop's clock; covers everything up to the head.

        Returns:
            A successful answer whose body is still to be read; the caller closes it.

        Raises:
            Refused: Any other status; the connection has been let go.
            httpx.HTTPError: No status came back.
            TimeoutError: The deadline passed; something may have been sent.
        """
        remaining = deadline - asyncio.get_running_loop().time()
        if remaining <= 0:
            raise httpx.ConnectTimeout("no time was left to connect")
        # Two connect phases, TCP and TLS: both fit, so a deadline that strikes is never one of connecting.
        connect = min(CONNECT_SECONDS, remaining / 2)
        body = content or b""
        given = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
        request = httpx.Request(
            "POST",
            self._urls.get(path) or httpx.URL(self._root + path),
            headers=[*self._headers, *given, (b"Content-Length", b"%d" % len(body))],
            stream=httpx.ByteStream(body),
            extensions={"timeout": {"connect": connect, "pool": connect, "read": None, "write": None}},
        )
        async with asyncio.timeout_at(deadline):
            response = await self._transport.handle_async_request(request)
        if 200 <= response.status_code < 300:
            return response
        raise Refused(await self._read_refusal(response, deadline))

    def keep_warm(self) -> None:
        """Have an idle connection at hand from now on, where the transport can; needs an event loop."""
        if isinstance(self._transport, WireTransport):
            self._transport.keep_warm(self._urls[""])

    async def close(self) -> None:
        """Close the transport."""
        await self._transport.aclose()

    async def _read_refusal(self, response: httpx.Response, deadline: float) -> Refusal:
        try:
            body = await read_error_body(response, deadline=deadline)
        finally:
            await response.aclose()
        return Refusal(
            status=response.status_code,
            code=error_code(body),
            request_id=request_id(response.headers),
            retry_after=retry_after_seconds(response.headers, self._now()),
        )
