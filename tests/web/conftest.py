"""A guarded server on a real socket, once per kind of event loop; a test's own probe stands behind it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest
import uvloop

from relay.web.guarded import guarded_protocol
from tests.doubles.guarded import BOUNDS
from tests.doubles.probe import Probe
from tests.doubles.raw_http import Served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def probe() -> Probe:
    return Probe()


@pytest.fixture(
    scope="module", params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"]
)
def server(request: pytest.FixtureRequest) -> Iterator[Served]:
    new_loop: Callable[[], asyncio.AbstractEventLoop] = request.param
    with Served(Probe().asgi, guarded_protocol(BOUNDS), new_loop) as server:
        yield server


@pytest.fixture
def served(server: Served, probe: Probe, caplog: pytest.LogCaptureFixture) -> Iterator[Served]:
    """A server of which nothing is left and whose log stays free of faults, whatever it is sent."""
    caplog.set_level(logging.INFO, logger="relay.access")
    server.app = probe.asgi
    yield server
    probe.release.set()
    server.settle()
    assert [record for record in caplog.records if record.exc_info or record.levelno > logging.INFO] == []
