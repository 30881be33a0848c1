"""A guarded server on a real socket, once per kind of event loop; and relays with limits, without sockets."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from relay.core.limits import Ceiling
from relay.web.guarded import guarded_protocol
from tests.doubles.guarded import BOUNDS
from tests.doubles.probe import Probe
from tests.doubles.raw_http import Served
from tests.doubles.relay import TERMS, RelayDouble

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


@pytest.fixture(name="limited")
def _limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RelayDouble]]:
    """Builds relays and closes their stores."""
    built: list[RelayDouble] = []

    def build(**changes: Any) -> RelayDouble:
        ceiling = Ceiling(**{"total": 50, "per_caller": 0, **changes.pop("ceiling", {})})
        built.append(
            RelayDouble(tmp_path_factory.mktemp("state"), terms=replace(TERMS, ceiling=ceiling), **changes)
        )
        return built[-1]

    yield build
    for relay in built:
        asyncio.run(relay.store.close())
