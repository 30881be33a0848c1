"""Streams of one call: a fifth ends the first, and leaves the others alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.doubles.process import RelayProcess, SimulatorProcess
from tests.doubles.raw_http import RawClient
from tests.doubles.relay import OFFER

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAMS = 60


@pytest.fixture(scope="module", name="relay")
def _relay() -> Iterator[RelayProcess]:
    with SimulatorProcess("--no-media") as simulator:
        settings = {
            **simulator.relay_environment(),
            "RELAY_CONNECTIONS": "30",
            "RELAY_PRESENCE_SECONDS": "60",
        }
        with RelayProcess(settings) as relay:
            yield relay


def test_http_22_one_caller_cannot_take_every_connection_with_streams_of_its_call(
    relay: RelayProcess,
) -> None:
    place = relay.connect(OFFER).headers["location"]
    request = f"GET {place}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    streams = [RawClient(relay.port).send(request) for _ in range(STREAMS)]

    until = time.monotonic() + 10
    while sum(stream.is_open() and not _is_over(stream) for stream in streams) > 4:
        assert time.monotonic() < until, "more than four streams stay open"
        time.sleep(0.05)

    with RawClient(relay.port) as client:
        assert client.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").answer().status == 200
    assert not any(_is_over(stream) for stream in streams[-4:])
    for stream in streams:
        stream.close()


def _is_over(stream: RawClient) -> bool:
    """Whether its last chunk has come, or it was refused."""
    stream.socket.setblocking(False)
    try:
        stream._unread += stream.socket.recv(65536)
    except (BlockingIOError, ConnectionError):
        pass
    finally:
        stream.socket.settimeout(5)
    return stream._unread.endswith(b"\r\n0\r\n\r\n") or b" 503 " in stream._unread[:40]
