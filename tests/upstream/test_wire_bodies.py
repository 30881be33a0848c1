"""Bodies on real sockets: cut off, dripping, endless, encoded."""

from __future__ import annotations

import asyncio
import gc
import gzip
import resource
from typing import TYPE_CHECKING

import pytest

from relay.core.upstream import CallRef
from relay.errors import UpstreamBadAnswer, UpstreamError, UpstreamTimeout
from tests.upstream.parts import ANSWER, CALL_ID, LOCATION, build_upstream, connect, place
from tests.upstream.wire import Visit, Wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("each_transport")]


def at_calls(fault: Callable[[Visit], Awaitable[None]]) -> Callable[[Visit], Awaitable[None]]:
    """A healthy mint, and a fault at the exchange."""

    async def script(visit: Visit) -> None:
        await (visit.answer() if visit.heard.path.endswith("client_secrets") else fault(visit))

    return script


async def test_up_27_a_dripping_answer_ends_at_the_deadline_and_the_call_keeps_its_name() -> None:
    async def drip_the_body(visit: Visit) -> None:
        await visit.respond(201, b"v=0\r\n", {"Location": LOCATION}, length=5000)
        while True:
            await visit.send(b"a")
            await asyncio.sleep(0.05)

    async with Wire(at_calls(drip_the_body)) as wire:
        upstream = build_upstream(wire.url)
        placed = await place(upstream, seconds=0.4)

        with pytest.raises(UpstreamTimeout) as raised:
            await placed.answer()

        assert placed.ref == CallRef("gpt-realtime", CALL_ID)
        assert not raised.value.in_doubt
        await upstream.close()


async def test_up_09_an_answer_cut_off_in_the_middle_leaves_the_call_known() -> None:
    async def cut_off(visit: Visit) -> None:
        await visit.respond(201, b"v=0\r\n", {"Location": LOCATION}, length=5000)
        visit.reset()

    async with Wire(at_calls(cut_off)) as wire:
        upstream = build_upstream(wire.url)
        placed = await place(upstream)

        with pytest.raises(UpstreamBadAnswer):
            await placed.answer()

        assert placed.ref is not None
        await upstream.close()


async def test_the_name_of_a_call_is_known_before_its_answer_is_written() -> None:
    named = asyncio.Event()

    async def name_first(visit: Visit) -> None:
        await visit.respond(201, b"", {"Location": LOCATION}, length=len(ANSWER))
        await named.wait()
        await visit.send(ANSWER.encode())

    async with Wire(at_calls(name_first)) as wire:
        upstream = build_upstream(wire.url)
        placed = await place(upstream)
        named.set()

        assert await placed.answer() == ANSWER
        assert placed.timings["exchange"] > 0
        await upstream.close()


async def test_up_25_a_gzip_bomb_is_not_unfolded() -> None:
    bomb = gzip.compress(b"v=0\r\n" + b"a" * 60_000_000)

    async def explode(visit: Visit) -> None:
        await visit.respond(201, bomb, {"Location": LOCATION, "Content-Encoding": "gzip"})

    async with Wire(at_calls(explode)) as wire:
        upstream = build_upstream(wire.url)
        await connect_and_expect_a_bad_answer(upstream_url=wire.url)
        gc.collect()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        with pytest.raises(UpstreamBadAnswer):
            await connect(upstream)

        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1024
        await upstream.close()


async def connect_and_expect_a_bad_answer(upstream_url: str) -> None:
    """Reach the peak that one such exchange needs anyway, before it is measured."""
    upstream = build_upstream(upstream_url)
    with pytest.raises(UpstreamBadAnswer):
        await connect(upstream)
    await upstream.close()


async def test_up_21_an_endless_answer_is_cut_at_its_bound() -> None:
    sent = 0

    async def pour(visit: Visit) -> None:
        nonlocal sent
        await visit.send(
            b"HTTP/1.1 201 Created\r\nLocation: "
            + LOCATION.encode()
            + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        while sent < 100_000_000:
            await visit.send(b"1000\r\n" + b"a" * 4096 + b"\r\n")
            sent += 4096

    async with Wire(at_calls(pour)) as wire:
        upstream = build_upstream(wire.url)

        with pytest.raises(UpstreamBadAnswer):
            await connect(upstream)

        assert sent < 50_000_000
        await upstream.close()


async def test_the_status_of_a_refusal_counts_though_its_body_never_ends() -> None:
    async def refuse_slowly(visit: Visit) -> None:
        await visit.respond(500, b"{", length=5000)
        await asyncio.sleep(60)

    async with Wire(at_calls(refuse_slowly)) as wire:
        upstream = build_upstream(wire.url)
        began = asyncio.get_running_loop().time()

        with pytest.raises(UpstreamError) as raised:
            await place(upstream)

        assert raised.value.upstream is not None
        assert raised.value.upstream.status == 500
        assert asyncio.get_running_loop().time() - began < 2
        await upstream.close()
