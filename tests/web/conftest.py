"""What the web edge is tested with: a guarded server on a real socket, relays without any, an issuer."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import trustme
import uvloop

from relay.core.limits import Ceiling
from relay.web.guarded import guarded_protocol
from tests.doubles.guarded import BOUNDS
from tests.doubles.issuer import Issuer, public_jwk
from tests.doubles.probe import Probe
from tests.doubles.raw_http import Served
from tests.doubles.relay import TERMS, RelayDouble
from tests.doubles.sign_in import RSA
from tests.secrecy import check_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


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
def _limited(relays: Callable[..., RelayDouble]) -> Callable[..., RelayDouble]:
    """Builds relays with limits."""

    def build(**changes: Any) -> RelayDouble:
        ceiling = Ceiling(**{"total": 50, "per_caller": 0, **changes.pop("ceiling", {})})
        return relays(terms=replace(TERMS, ceiling=ceiling), **changes)

    return build


@pytest.fixture(name="relays")
def _relays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RelayDouble]]:
    """Builds relays and closes their stores, which then must hold nothing secret."""
    built: list[tuple[RelayDouble, Path]] = []

    def build(**changes: Any) -> RelayDouble:
        folder = tmp_path_factory.mktemp("state")
        built.append((RelayDouble(folder, **changes), folder))
        return built[-1][0]

    yield build
    for relay, folder in built:
        asyncio.run(relay.store.close())
        check_folder(folder)


@pytest.fixture(scope="session", name="authority")
def _authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session", name="ca_file")
def _ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(name="issuer")
def _issuer(authority: trustme.CA) -> Iterator[Issuer]:
    with Issuer(authority) as issuer:
        issuer.keys = [public_jwk(RSA, "rsa-1")]
        yield issuer
