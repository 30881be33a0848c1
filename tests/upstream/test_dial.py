"""Opening a connection to a name that has several addresses."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from relay.upstream import dial as dial_module
from relay.upstream.connection import Connection
from relay.upstream.dial import _race, dial
from relay.upstream.http_client import trusted_context
from tests.upstream.wire import Visit, Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio


@pytest.fixture(name="wire")
async def _wire() -> AsyncIterator[Wire]:
    async with Wire(Visit.answer) as wire:
        yield wire


def refusing() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


async def test_the_next_address_is_tried_when_one_refuses(wire: Wire) -> None:
    addresses = [("127.0.0.1", refusing()), ("127.0.0.1", wire.port)]
    connection = await _race(addresses, Connection, "localhost", None)

    assert connection.is_usable
    connection.close()


async def test_an_address_that_says_nothing_keeps_nobody_waiting_for_long(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial_module, "_NEXT_SECONDS", 0.05)
    with socket.socket() as full:  # its queue is full: the kernel answers no further connection
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        crowd = [socket.socket() for _ in range(4)]
        for each in crowd:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        addresses = [("127.0.0.1", port), ("127.0.0.1", wire.port)]
        began = asyncio.get_running_loop().time()
        connection = await _race(addresses, Connection, "localhost", None)
        for each in crowd:
            each.close()

    assert asyncio.get_running_loop().time() - began < 1
    connection.close()


async def test_up_02_when_no_address_answers_the_last_fault_is_told() -> None:
    with pytest.raises(ConnectionRefusedError):
        await _race([("127.0.0.1", refusing()), ("127.0.0.1", refusing())], Connection, "localhost", None)


async def test_up_01_a_name_that_is_none_is_an_error_of_connecting() -> None:
    with pytest.raises(httpx.ConnectError):
        await dial("no-such-host.invalid", 443, Connection, context=None, seconds=5)


async def test_up_03_the_time_is_for_everything_the_handshake_included(wire: Wire) -> None:
    with pytest.raises(httpx.ConnectTimeout):
        await dial("127.0.0.1", wire.port, Connection, context=trusted_context(), seconds=0.1)
