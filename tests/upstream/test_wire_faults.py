"""Faults of real sockets: what httpx makes of them decides whether money may have been spent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from relay.core.upstream import CallRef, HungUp
from relay.errors import UpstreamError, UpstreamTimeout, UpstreamUnreachable
from relay.upstream.transport import WireTransport
from tests.upstream.parts import ANSWER, CALL_ID, build_upstream, connect, in_seconds, place
from tests.upstream.wire import Visit, Wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("each_transport")]


def at_calls(fault: Callable[[Visit], Awaitable[None]]) -> Callable[[Visit], Awaitable[None]]:
    """A healthy mint, and a fault at the exchange."""

    async def script(visit: Visit) -> None:
        await (visit.answer() if visit.heard.path.endswith("client_secrets") else fault(visit))

    return script


async def reset(visit: Visit) -> None:
    visit.reset()


async def hang_up(visit: Visit) -> None:
    visit.hang_up()


async def half_a_status(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 20")
    visit.hang_up()


async def not_http(visit: Visit) -> None:
    await visit.send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    visit.hang_up()


async def silence(visit: Visit) -> None:
    await asyncio.sleep(60)


async def drip_the_head(visit: Visit) -> None:
    for byte in b"HTTP/1.1 201 Created\r\n" + b"X-Padding: a\r\n" * 1000:
        await visit.send(bytes([byte]))
        await asyncio.sleep(0.05)


async def test_both_requests_go_over_one_connection() -> None:
    async with Wire(Visit.answer) as wire:
        upstream = build_upstream(wire.url)

        assert [await connect(upstream), await connect(upstream)] == [ANSWER, ANSWER]

        assert wire.connections == 1
        await upstream.close()


@pytest.mark.parametrize("fault", [reset, hang_up, half_a_status, not_http], ids=lambda fault: fault.__name__)
async def test_up_08_10_a_connection_lost_before_the_status_leaves_a_call_in_doubt(
    fault: Callable[[Visit], Awaitable[None]],
) -> None:
    async with Wire(at_calls(fault)) as wire:
        upstream = build_upstream(wire.url)

        with pytest.raises(UpstreamError) as raised:
            await place(upstream)

        assert raised.value.in_doubt
        assert len(wire.sent_to("/calls")) == 1
        await upstream.close()


async def test_up_08_a_mint_whose_connection_is_lost_is_sent_again() -> None:
    async def script(visit: Visit) -> None:
        await (visit.answer() if len(wire.heard) > 1 else reset(visit))

    async with Wire(script) as wire:
        upstream = build_upstream(wire.url)

        assert await connect(upstream) == ANSWER

        assert len(wire.sent_to("/client_secrets")) == 2
        await upstream.close()


@pytest.mark.parametrize("fault", [silence, drip_the_head], ids=lambda fault: fault.__name__)
async def test_up_07_27_an_exchange_that_says_nothing_in_time_is_in_doubt_and_sent_once(
    fault: Callable[[Visit], Awaitable[None]],
) -> None:
    async with Wire(at_calls(fault)) as wire:
        upstream = build_upstream(wire.url)
        began = asyncio.get_running_loop().time()

        with pytest.raises(UpstreamTimeout) as raised:
            await place(upstream, seconds=0.4)

        assert raised.value.in_doubt
        assert asyncio.get_running_loop().time() - began < 1
        assert len(wire.sent_to("/calls")) == 1
        await upstream.close()


async def test_up_10_a_connection_that_the_upstream_closed_while_idle_is_not_used() -> None:
    async with Wire(Visit.answer) as wire:
        upstream = build_upstream(wire.url)
        await connect(upstream)
        wire.close_idle()
        await asyncio.sleep(0.05)

        assert await connect(upstream) == ANSWER

        assert wire.connections == 2
        assert len(wire.sent_to("/calls")) == 2
        await upstream.close()


async def test_up_02_a_refused_connection_is_unreachable() -> None:
    async with Wire(Visit.answer) as wire:
        url = wire.url
    upstream = build_upstream(url)

    with pytest.raises(UpstreamUnreachable) as raised:
        await place(upstream)

    assert not raised.value.in_doubt
    await upstream.close()


async def test_up_01_a_name_that_does_not_resolve_is_unreachable() -> None:
    upstream = build_upstream("https://no-such-host.invalid")

    with pytest.raises(UpstreamUnreachable) as raised:
        await place(upstream)

    assert not raised.value.in_doubt
    await upstream.close()


async def test_up_03_a_deadline_that_strikes_while_connecting_is_not_in_doubt() -> None:
    async with Wire(Visit.answer) as wire:
        # A TLS handshake with a server that waits for a request in plain text goes on for ever.
        upstream = build_upstream(wire.url.replace("http://", "https://"))

        with pytest.raises(UpstreamTimeout) as raised:
            await place(upstream, seconds=0.6)

        assert not raised.value.in_doubt
        assert wire.heard == []
        await upstream.close()


async def test_a_cancelled_placing_lets_its_connection_go() -> None:
    sent = asyncio.Event()

    async def note_and_say_nothing(visit: Visit) -> None:
        sent.set()
        await silence(visit)

    async with Wire(at_calls(note_and_say_nothing)) as wire:
        upstream = build_upstream(wire.url)
        placing = asyncio.create_task(place(upstream))
        await sent.wait()

        placing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await placing

        assert pool_size(upstream) == 0
        await upstream.close()


@pytest.mark.parametrize("fault", [reset, hang_up], ids=lambda fault: fault.__name__)
async def test_a_failed_exchange_leaves_no_connection_behind(
    fault: Callable[[Visit], Awaitable[None]],
) -> None:
    async with Wire(at_calls(fault)) as wire:
        upstream = build_upstream(wire.url)
        for _ in range(5):
            with pytest.raises(UpstreamError):
                await place(upstream)

        assert pool_size(upstream) == 0
        await upstream.close()


async def test_load_10_hang_ups_have_a_pool_of_their_own() -> None:
    async def script(visit: Visit) -> None:
        await (visit.respond(200) if visit.heard.path.endswith("/hangup") else silence(visit))

    async with Wire(script) as wire:
        upstream = build_upstream(wire.url)
        placing = [asyncio.create_task(place(upstream)) for _ in range(50)]
        await asyncio.sleep(0.1)
        began = asyncio.get_running_loop().time()

        assert await upstream.hang_up(CallRef("d", CALL_ID), deadline=in_seconds(5)) is HungUp.ENDED

        assert asyncio.get_running_loop().time() - began < 0.5
        for task in placing:
            task.cancel()
        await asyncio.gather(*placing, return_exceptions=True)
        await upstream.close()


def pool_size(upstream: object) -> int:
    """Connections that are still held for exchanges."""
    transport = upstream._exchange_api._transport  # type: ignore[attr-defined]
    if isinstance(transport, WireTransport):
        return transport.idle
    return len(transport._pool.connections)


async def test_up_31_a_hang_up_that_is_not_answered_is_unsure_at_its_deadline() -> None:
    async with Wire(silence) as wire:
        upstream = build_upstream(wire.url)

        assert await upstream.hang_up(CallRef("d", CALL_ID), deadline=in_seconds(0.2)) is HungUp.UNSURE

        await upstream.close()
