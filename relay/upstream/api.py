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

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Fact 1.1. No api-version: the GA surface answers 401 to one.
_PATH = "/openai/v1/realtime/"


class Refused(Exception):  # noqa: N818 - it carries an answer, and is always caught
    """The upstream answered with a status that is not a success."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"status {refusal.status}")
        self.refusal = refusal


class RealtimeApi:
    """The API of one resource, through one client.

    Args:
        base_url: The origin, without a path.
        client: Never follows redirects, never decodes (`relay.upstream.http_client`).
        now: Unix time in seconds, to read a ``Retry-After`` that is a date.
    """

    def __init__(
        self, base_url: str, client: httpx.AsyncClient, *, now: Callable[[], float] = time.time
    ) -> None:
        self._root = base_url.rstrip("/") + _PATH
        self._client = client
        self._now = now

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
        request = self._client.build_request(
            "POST",
            self.url(path),
            headers=headers,
            content=content,
            timeout=httpx.Timeout(None, connect=connect, pool=connect),
        )
        async with asyncio.timeout_at(deadline):
            response = await self._client.send(request, stream=True)
        if response.is_success:
            return response
        raise Refused(await self._read_refusal(response, deadline))

    async def close(self) -> None:
        """Close the client."""
        await self._client.aclose()

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
