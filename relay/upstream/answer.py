"""Reading a body that somebody else chose the size of: counted, in the clear, never decoded on the way."""

from __future__ import annotations

import asyncio

import httpx

from relay.errors import UpstreamBadAnswer

BODY_BYTES = 64 * 1024
# An error's body is a courtesy: its status alone decides, so a slow one is not waited for.
_ERROR_BODY_SECONDS = 1.0


async def read_body(response: httpx.Response, *, limit: int = BODY_BYTES) -> bytes:
    """Read a streamed body to its end.

    Raises:
        UpstreamBadAnswer: Encoded in any way, or more than `limit` bytes.
        httpx.HTTPError: The connection failed on the way.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise UpstreamBadAnswer("The upstream's answer is encoded, which was not asked for.")
    body = bytearray()
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise UpstreamBadAnswer("The upstream's answer cannot be read.")
    async for chunk in response.stream:
        body += chunk
        if len(body) > limit:
            raise UpstreamBadAnswer("The upstream's answer is too large.")
    return bytes(body)


async def read_error_body(response: httpx.Response, *, deadline: float) -> bytes:
    """Read the body of a refusal; empty when it cannot be had soon, whole and in the clear."""
    soon = asyncio.get_running_loop().time() + _ERROR_BODY_SECONDS
    try:
        async with asyncio.timeout_at(min(deadline, soon)):
            return await read_body(response)
    except (UpstreamBadAnswer, httpx.HTTPError, TimeoutError):
        return b""
