"""What is the own transport's alone: warm connections, framing, what is refused before a byte is sent."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
import uvloop

from relay.upstream import transport as transport_module
from relay.upstream.http_client import trusted_context
from relay.upstream.transport import WireTransport
from tests.upstream.wire import Visit, Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, object]]:
    """The relay runs on uvloop where there is one; both read and close a little differently."""
    return "asyncio", {"loop_factory": uvloop.new_event_loop if request.param == "uvloop" else None}


@asynccontextmanager
async def wired(
    script: Callable[[Visit], Awaitable[None]] = Visit.answer,
) -> AsyncIterator[tuple[Wire, WireTransport]]:
    """A server that does as its script says, and a transport."""
    async with Wire(script) as wire:
        transport = WireTransport(trusted_context())
        yield wire, transport
        await transport.aclose()


async def ask(transport: WireTransport, url: str, *headers: tuple[bytes, bytes]) -> tuple[int, bytes]:
    """Send one request to ``/calls`` and read its answer."""
    request = httpx.Request(
        "POST",
        f"{url}/calls",
        headers=[(b"Host", b"test"), (b"Content-Length", b"5"), *headers],
        stream=httpx.ByteStream(b"offer"),
        extensions={"timeout": {"connect": 2.0}},
    )
    response = await transport.handle_async_request(request)
    assert isinstance(response.stream, httpx.AsyncByteStream)
    try:
        return response.status_code, b"".join([chunk async for chunk in response.stream])
    finally:
        await response.aclose()


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.005)


async def test_what_is_sent_is_what_was_asked_for() -> None:
    async with wired() as (wire, transport):
        status, body = await ask(transport, wire.url, (b"X-Word", b"value"))

        assert (status, body[:3]) == (201, b"v=0")
        assert (wire.heard[0].line, wire.heard[0].body) == ("POST /calls HTTP/1.1", b"offer")
        assert wire.heard[0].headers["x-word"] == "value"


@pytest.mark.parametrize("value", [b"a\r\nX-Other: b", b"a\nb", b"a\rb", b"a\0b"])
async def test_a_header_that_would_become_two_is_not_sent(value: bytes) -> None:
    async with wired() as (wire, transport):
        with pytest.raises(httpx.LocalProtocolError):
            await ask(transport, wire.url, (b"X-Word", value))

        assert wire.connections == 0


async def test_one_connection_serves_request_after_request() -> None:
    async with wired() as (wire, transport):
        for _ in range(20):
            await ask(transport, wire.url)

        assert wire.connections == 1


async def test_a_connection_that_its_server_wants_closed_is_not_kept() -> None:
    async def script(visit: Visit) -> None:
        await visit.respond(200, b"x", {"Connection": "close"})

    async with wired(script) as (wire, transport):
        await ask(transport, wire.url)

        assert transport.idle == 0


async def test_an_interim_answer_is_not_taken_for_the_answer() -> None:
    async def script(visit: Visit) -> None:
        await visit.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        await visit.respond(201, b"v=0", {"Location": "/here"})

    async with wired(script) as (wire, transport):
        assert await ask(transport, wire.url) == (201, b"v=0")


async def test_a_body_without_a_length_ends_with_its_connection() -> None:
    async def script(visit: Visit) -> None:
        await visit.send(b"HTTP/1.1 200 OK\r\n\r\nv=0")
        await asyncio.sleep(0.01)
        await visit.send(b"more")
        visit.hang_up()

    async with wired(script) as (wire, transport):
        assert await ask(transport, wire.url) == (200, b"v=0more")
        assert transport.idle == 0


async def test_a_chunked_body_is_put_together() -> None:
    async def script(visit: Visit) -> None:
        await visit.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nv=0\r\n")
        await asyncio.sleep(0.01)
        await visit.send(b"4\r\nmore\r\n0\r\n\r\n")

    async with wired(script) as (wire, transport):
        assert await ask(transport, wire.url) == (200, b"v=0more")
        assert transport.idle == 1


async def test_a_head_without_an_end_is_cut_off() -> None:
    async def script(visit: Visit) -> None:
        await visit.send(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000)

    async with wired(script) as (wire, transport):
        with pytest.raises(httpx.RemoteProtocolError):
            await ask(transport, wire.url)


async def test_a_body_that_nobody_reads_is_not_gathered_without_end() -> None:
    sent = 0

    async def script(visit: Visit) -> None:
        nonlocal sent
        await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(1000):
            await visit.send(b"x" * 100_000)
            sent += 1

    async with wired(script) as (wire, transport):
        request = httpx.Request(
            "POST", f"{wire.url}/calls", extensions={"timeout": {"connect": 2.0}}, content=b""
        )
        response = await transport.handle_async_request(request)
        await asyncio.sleep(0.3)

        assert sent < 500
        await response.aclose()


async def test_an_answer_that_nobody_asked_for_ends_the_connection() -> None:
    async def script(visit: Visit) -> None:
        await visit.respond(200, b"x")
        await visit.send(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    async with wired(script) as (wire, transport):
        for _ in range(3):
            assert (await ask(transport, wire.url))[0] == 200
            await asyncio.sleep(0.02)

        assert wire.connections == 3


async def test_up_10_an_idle_connection_is_not_used_when_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    async with wired() as (wire, transport):
        await ask(transport, wire.url)
        monkeypatch.setattr(transport_module, "KEEP_ALIVE_SECONDS", 0.0)
        await ask(transport, wire.url)

        assert wire.connections == 2


async def test_up_10_the_socket_is_asked_before_a_connection_that_was_idle_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport_module, "_SURE_SECONDS", 0.0)
    async with wired() as (wire, transport):
        await ask(transport, wire.url)
        assert (await ask(transport, wire.url))[0] == 201
        wire.close_idle()
        await asyncio.sleep(0.05)
        assert (await ask(transport, wire.url))[0] == 201

        assert wire.connections == 2


async def test_more_connections_than_may_be_idle_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MOST_IDLE", 3)
    async with wired() as (wire, transport):
        await asyncio.gather(*(ask(transport, wire.url) for _ in range(10)))

        assert transport.idle == 3


async def test_a_warm_connection_is_there_before_the_first_request_and_nothing_was_sent_on_it() -> None:
    async with wired() as (wire, transport):
        transport.keep_warm(httpx.URL(wire.url))
        await eventually(lambda: transport.idle == 1)
        assert wire.heard == []
        await ask(transport, wire.url)

        assert wire.connections == 1


async def test_a_warm_connection_that_was_closed_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "_LOOK_SECONDS", 0.02)
    async with wired() as (wire, transport):
        transport.keep_warm(httpx.URL(wire.url))
        await eventually(lambda: wire.connections == 1)
        wire.close_idle()

        await eventually(lambda: wire.connections == 2)


async def test_an_upstream_that_is_away_is_no_fault_of_keeping_warm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "_LOOK_SECONDS", 0.02)
    async with wired() as (wire, transport):
        transport.keep_warm(httpx.URL("http://127.0.0.1:9"))
        await asyncio.sleep(0.05)

        assert transport.idle == 0
        assert (await ask(transport, wire.url))[0] == 201


async def test_closing_closes_what_is_idle() -> None:
    async with wired() as (wire, transport):
        await ask(transport, wire.url)
        await transport.aclose()

        assert transport.idle == 0
