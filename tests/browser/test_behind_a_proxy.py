"""The page and a call behind nginx and Caddy, as people have it: https, a name, and the committed samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme

from tests.browser.waiting import eventually
from tests.doubles.process import RelayProcess
from tests.proxies.house import settings_behind_a_proxy
from tests.proxies.servers import NAME, Caddy, Nginx

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.doubles.process import SimulatorProcess
    from tests.proxies.servers import Proxy


@pytest.mark.parametrize("server", [Nginx, Caddy], ids=lambda server: server.kind)
def test_a_whole_call_through_a_proxy_and_its_end_with_the_tab(
    server: type[Proxy], visit: Visit, simulator: SimulatorProcess
) -> None:
    presence = {"RELAY_PRESENCE_SECONDS": "4"}
    with (
        RelayProcess({**settings_behind_a_proxy(simulator), **presence}) as relay,
        server(trustme.CA(), relay.port) as proxy,
    ):
        page = visit(microphone="speech", at=f"https://{NAME}:{proxy.port}", ignore_https_errors=True)
        page.start()
        page.wait_for_line("assistant", "You spoke for about two seconds. I heard you well.")
        assert simulator.ledger()["live"] == 1

        page.tab.close()
        eventually(lambda: simulator.ledger()["live"] == 0, 10, otherwise="the call outlived its tab")
