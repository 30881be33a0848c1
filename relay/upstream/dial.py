"""Opening a connection: every address of a name gets its chance, and what failed has sent nothing.

Addresses are tried one after the other, the next as soon as one has failed or has taken a quarter of a
second (RFC 8305 section 5), so that a broken IPv6 route costs no caller its call.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, TypeVar

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

_Protocol = TypeVar("_Protocol", bound=asyncio.Protocol)

_NEXT_SECONDS = 0.25
_SCATTERED = (socket.AF_INET6, socket.AF_INET)


async def dial(
    host: str,
    port: int,
    make: Callable[[], _Protocol],
    *,
    context: ssl.SSLContext | None,
    seconds: float | None,
) -> _Protocol:
    """Open a connection, with TLS if there is a context.

    Args:
        host: A name or an address.
        port: Of TCP.
        make: Makes the protocol of the connection; called for every attempt.
        context: Whom to trust; ``None`` for plain TCP.
        seconds: For everything: name, TCP, TLS; ``None`` for as long as it takes.

    Raises:
        httpx.ConnectTimeout: It took longer.
        httpx.ConnectError: No address could be connected to, or TLS could not be agreed on.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _race(await _addresses(host, port), make, host, context)
    except TimeoutError as error:
        raise httpx.ConnectTimeout("no connection in time") from error
    except (OSError, ssl.SSLError) as error:
        raise httpx.ConnectError(type(error).__name__) from error


async def _addresses(host: str, port: int) -> list[tuple[str, int]]:
    """Look a name up; the two families take turns, so that neither can keep the other waiting for long."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    families: dict[int, list[tuple[str, int]]] = {}
    for family, _, _, _, address in found:
        families.setdefault(family, []).append((str(address[0]), int(address[1])))
    longest = max(len(each) for each in families.values())
    return [each[place] for place in range(longest) for each in families.values() if place < len(each)]


async def _race(
    addresses: list[tuple[str, int]],
    make: Callable[[], _Protocol],
    host: str,
    context: ssl.SSLContext | None,
) -> _Protocol:
    """Try addresses until one is connected to; whatever else was begun is closed again."""
    loop = asyncio.get_running_loop()
    name = host if context is not None else None
    begun: set[asyncio.Task[tuple[asyncio.Transport, _Protocol]]] = set()
    running = begun
    failed: BaseException | None = None
    won: asyncio.Task[tuple[asyncio.Transport, _Protocol]] | None = None
    waiting = list(addresses)
    try:
        while waiting or running:
            if waiting:
                address, at = waiting.pop(0)
                attempt = loop.create_connection(make, address, at, ssl=context, server_hostname=name)
                begun = {*begun, (task := loop.create_task(attempt))}
                running = {*running, task}
            done, running = await asyncio.wait(
                running, timeout=_NEXT_SECONDS if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                failed = task.exception()
                if failed is None:
                    won = task
                    return task.result()[1]
    finally:
        for task in begun - {won}:
            task.cancel()
            task.add_done_callback(_let_go)  # called soon, if it is done already
    raise failed or OSError("no address")


def _let_go(task: asyncio.Task[tuple[asyncio.Transport, _Protocol]]) -> None:
    """Close what was connected to after all."""
    if not task.cancelled() and task.exception() is None:
        task.result()[0].close()
