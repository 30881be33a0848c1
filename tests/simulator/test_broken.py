"""Faults on a real connection: cut off, slow, or never answered (UP-08, UP-10, UP-27)."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.simulator.conftest import Running

    Runner = Callable[..., AbstractAsyncContextManager[Running]]

pytestmark = pytest.mark.anyio

SESSION = {"type": "realtime", "model": "gpt-realtime"}


async def raw_exchange(simulator: Running, secret: str, *, send_body: bool = True) -> tuple[bytes, bool]:
    """Post an offer over a bare socket; give what came back and whether the end was a reset."""
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
    body = simulator.offer.encode()
    head = (
        f"POST /openai/v1/realtime/calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + (body if send_body else b""))
    got, reset = b"", False
    try:
        while piece := await reader.read(1000):
            got += piece
    except ConnectionResetError:
        reset = True
    finally:
        writer.close()
    return got, reset


@pytest.mark.parametrize(
    ("when", "made", "starts_with"),
    [
        ("after_body", 0, b""),
        ("after_work", 1, b""),
        ("mid_head", 1, b"HTTP/1.1 201 Created\r\n"),
        ("after_head", 1, b"HTTP/1.1 201 Created\r\n"),
        ("mid_body", 1, b"HTTP/1.1 201 Created\r\n"),
    ],
)
async def test_up_08_a_connection_is_reset_at_the_moment_asked_for(
    running: Runner, when: str, made: int, starts_with: bytes
) -> None:
    async with running(media=False) as simulator:
        secret = await simulator.mint()
        await simulator.fault(step="calls", kind="reset", when=when)
        got, reset = await raw_exchange(simulator, secret)
        ledger = await simulator.ledger()

    assert reset
    assert got.startswith(starts_with)
    assert (b"\r\n\r\n" in got) is (when in ("after_head", "mid_body"))
    assert (b"v=0" in got) is (when == "mid_body")
    assert ledger["created"] == made


async def test_up_08_a_connection_is_reset_before_the_body_is_read(running: Runner) -> None:
    async with running(media=False) as simulator:
        await simulator.fault(step="calls", kind="reset", when="before_body")
        got, reset = await raw_exchange(simulator, "ek_1", send_body=False)

    assert (got, reset) == (b"", True)


@pytest.mark.parametrize("step", ["mint", "hangup"])
async def test_a_client_sees_a_reset_as_an_error_and_the_next_request_works(
    running: Runner, step: str
) -> None:
    async with running(media=False) as simulator:
        await simulator.fault(step=step, kind="reset")
        path = "client_secrets" if step == "mint" else "calls/rtc_1/hangup"
        with pytest.raises(httpx.TransportError):
            await simulator.http.post(f"/openai/v1/realtime/{path}", json={"session": SESSION})
        answer = await simulator.http.post(f"/openai/v1/realtime/{path}", json={"session": SESSION})

    assert answer.status_code == (200 if step == "mint" else 404)


@pytest.mark.parametrize("when", ["body", "head"])
async def test_up_27_an_answer_drips_byte_by_byte_and_is_whole_in_the_end(running: Runner, when: str) -> None:
    async with running(media=False) as simulator:
        secret = await simulator.mint()
        await simulator.fault(step="calls", kind="drip", interval_ms=0, when=when)
        got, reset = await raw_exchange(simulator, secret)
        head, _, body = got.partition(b"\r\n\r\n")

    assert not reset
    assert f"content-length: {len(body)}".encode() in head
    assert body.startswith(b"v=0")


async def test_up_27_a_drip_is_slow(running: Runner) -> None:
    async with running(media=False) as simulator:
        secret = await simulator.mint()
        await simulator.fault(step="calls", kind="drip", interval_ms=500)
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.8):
                await raw_exchange(simulator, secret)
        waited = time.monotonic() - started

    assert waited < 1.2


async def test_a_slow_fault_does_not_hold_up_the_end(running: Runner) -> None:
    async with running(media=False) as simulator:
        await simulator.fault(step="mint", delay_ms=60_000)
        request = asyncio.create_task(simulator.mint())
        await asyncio.sleep(0.05)
        started = time.monotonic()
    waited = time.monotonic() - started
    request.cancel()
    await asyncio.wait([request])

    assert waited < 1
