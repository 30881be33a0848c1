"""An upstream, a relay, and nginx or Caddy before it; a house of its own where settings differ."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.doubles.process import RelayProcess, SimulatorProcess
from tests.proxies.house import House, settings_behind_a_proxy
from tests.proxies.servers import Caddy, Nginx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.proxies.servers import Proxy

SERVERS = (Nginx, Caddy)


@pytest.fixture(scope="session", name="authority")
def _authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session", name="shared_simulator")
def _shared_simulator() -> Iterator[SimulatorProcess]:
    """An upstream without media, so that it takes any number of calls."""
    with SimulatorProcess("--no-media") as process:
        yield process
        assert "Traceback" not in process.output, process.output


@pytest.fixture(name="simulator")
def _simulator(shared_simulator: SimulatorProcess) -> SimulatorProcess:
    """The upstream, with an empty ledger and no faults."""
    shared_simulator.reset()
    return shared_simulator


@pytest.fixture(scope="module", name="shared_relay")
def _shared_relay(shared_simulator: SimulatorProcess) -> Iterator[RelayProcess]:
    with RelayProcess(settings_behind_a_proxy(shared_simulator)) as relay:
        yield relay
        assert "Traceback" not in relay.output, relay.output


@pytest.fixture(name="relay")
def _relay(shared_relay: RelayProcess, simulator: SimulatorProcess) -> RelayProcess:
    """A relay that believes the proxy; `simulator` is its upstream."""
    del simulator
    return shared_relay


@pytest.fixture(scope="module", params=SERVERS, ids=lambda server: server.kind, name="proxy")
def _proxy(
    request: pytest.FixtureRequest, authority: trustme.CA, shared_relay: RelayProcess
) -> Iterator[Proxy]:
    """Each of the two servers before `relay`."""
    with request.param(authority, shared_relay.port) as proxy:
        yield proxy


@pytest.fixture(name="nginx")
def _nginx(authority: trustme.CA, relay: RelayProcess) -> Iterator[Proxy]:
    """One of its own, that has counted nothing yet: Caddy as Debian has it counts nothing at all."""
    with Nginx(authority, relay.port) as nginx:
        yield nginx


@pytest.fixture(params=SERVERS, ids=lambda server: server.kind, name="house")
def _house(
    request: pytest.FixtureRequest, authority: trustme.CA, simulator: SimulatorProcess
) -> Iterator[Callable[..., House]]:
    """Build a relay of its own behind each of the two servers: `house(uncommented, **settings)`."""
    with ExitStack() as stack:

        def build(uncommented: dict[str, dict[str, str]] | None = None, **settings: str) -> House:
            relay = stack.enter_context(RelayProcess({**settings_behind_a_proxy(simulator), **settings}))
            lines = (uncommented or {}).get(request.param.kind)
            return House(relay, stack.enter_context(request.param(authority, relay.port, lines)))

        yield build


@pytest.fixture(params=SERVERS, ids=lambda server: server.kind, name="proxies_of")
def _proxies_of(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[Callable[[int], Proxy]]:
    """Put each of the two servers before a port at which there may be no relay."""
    with ExitStack() as stack:
        yield lambda port: stack.enter_context(request.param(authority, port))
