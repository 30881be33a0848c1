"""The transports that could stand under httpx's seam: CPU per request, many at once, TLS.

``python tests/benchmarks/transports.py`` compares those that are installed. httpx-aiohttp and pyreqwest are
no part of the relay; they are tried from an environment of their own. The requests are exchanges, made
as `relay.upstream.api` makes them, and each transport runs in this process, in turns.
"""

from __future__ import annotations

import asyncio
import importlib
import itertools
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from relay.upstream.http_client import trusted_context
from relay.upstream.transport import WireTransport
from tests.benchmarks.load import offer
from tests.benchmarks.peers import Upstream

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

_ROUNDS, _PORTION = 7, 600
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=2000)
_numbers = itertools.count(10**12)


class _WholeClient(httpx.AsyncBaseTransport):
    """httpx's client as it is used everywhere: what leaving it out saves."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._client = httpx.AsyncClient(verify=context, trust_env=False, limits=_LIMITS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        built = self._client.build_request(
            request.method, str(request.url), headers=request.headers, content=await request.aread()
        )
        return await self._client.send(built, stream=True)

    async def aclose(self) -> None:
        await self._client.aclose()


def contestants(context: ssl.SSLContext) -> dict[str, Callable[[], httpx.AsyncBaseTransport]]:
    """Those that can be had here."""
    found: dict[str, Callable[[], httpx.AsyncBaseTransport]] = {
        "httpx, whole client": lambda: _WholeClient(context),
        "httpx's transport": lambda: httpx.AsyncHTTPTransport(
            verify=context, trust_env=False, limits=_LIMITS
        ),
        "own (WireTransport)": lambda: WireTransport(context),
    }
    for name, module, attribute, options in (
        ("httpx-aiohttp", "httpx_aiohttp", "AiohttpTransport", {"verify": context, "limits": _LIMITS}),
        ("pyreqwest's", "pyreqwest.compatibility.httpx", "HttpxTransport", {}),
    ):
        try:
            kind = getattr(importlib.import_module(module), attribute)
        except ImportError:
            continue
        found[name] = lambda kind=kind, options=options: kind(**options)  # type: ignore[misc]
    return found


async def exchange(transport: httpx.AsyncBaseTransport, url: httpx.URL) -> None:
    """Send one offer and make sure of its answer."""
    marker = next(_numbers)
    body = offer(marker)
    request = httpx.Request(
        "POST",
        url,
        headers=[
            (b"Host", url.netloc),
            (b"Authorization", b"Bearer ek_standing"),
            (b"Content-Type", b"application/sdp"),
            (b"Content-Length", b"%d" % len(body)),
        ],
        stream=httpx.ByteStream(body),
        extensions={"timeout": {"connect": 3.0, "pool": 30.0, "read": None, "write": None}},
    )
    response = await transport.handle_async_request(request)
    assert isinstance(response.stream, httpx.AsyncByteStream)
    answer = b"".join([chunk async for chunk in response.stream])
    await response.aclose()
    assert response.status_code == 201, response.status_code
    assert b"o=- %d " % marker in answer


async def portion(transport: httpx.AsyncBaseTransport, url: httpx.URL, count: int, at_once: int) -> float:
    """Milliseconds of CPU for each request, all threads of this process."""
    left = iter(range(count))

    async def go_on() -> None:
        for _ in left:
            await exchange(transport, url)

    before = resource.getrusage(resource.RUSAGE_SELF)
    await asyncio.gather(*(go_on() for _ in range(at_once)))
    after = resource.getrusage(resource.RUSAGE_SELF)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000 / count


async def compare() -> None:
    """Measure and print."""
    with Upstream() as upstream:
        context = trusted_context(upstream.ca_file)
        plain = httpx.URL(f"{upstream.url}/openai/v1/realtime/calls")
        tls = httpx.URL(f"{upstream.tls_url}/openai/v1/realtime/calls")
        print("| transport | plain, 8 at once | TLS, 8 at once | 1,000 in flight, 300 ms | errors |")
        print("|---|--:|--:|--:|--:|")
        figures: dict[str, list[list[float]]] = {}
        built = {name: make() for name, make in contestants(context).items()}
        for name, transport in built.items():
            figures[name] = [[], []]
            await portion(transport, plain, 300, 8)
        for _ in range(_ROUNDS):
            for name, transport in built.items():
                for place, url in enumerate((plain, tls)):
                    try:
                        figures[name][place].append(await portion(transport, url, _PORTION, 8))
                    except httpx.HTTPError:
                        continue
        upstream.delay(calls=300)
        for name, make in contestants(context).items():
            transport, errors, began = make(), 0, time.perf_counter()
            try:
                crowd = f"{await portion(transport, plain, 3000, 1000):.2f}"
            except (httpx.HTTPError, TimeoutError) as error:
                crowd, errors = type(error).__name__, 1
            seconds = time.perf_counter() - began
            alone, secure = (f"{statistics.median(each):.3f}" if each else "-" for each in figures[name])
            print(f"| {name} | {alone} | {secure} | {crowd} ({seconds:.1f} s) | {errors} |", flush=True)
            await transport.aclose()
        for transport in built.values():
            await transport.aclose()


if __name__ == "__main__":
    uvloop.run(compare())
