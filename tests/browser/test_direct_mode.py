"""`?direct=1`: the page exchanges the offer with the upstream itself, where the operator allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.doubles.process import RelayProcess

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.doubles.process import SimulatorProcess


def test_the_offer_goes_straight_to_the_upstream(visit: Visit, simulator: SimulatorProcess) -> None:
    with RelayProcess({**simulator.relay_environment(), "RELAY_EPHEMERAL_KEYS": "on"}) as relay:
        page = visit(at=relay.url, path="/?direct=1")
        page.other_hosts = {urlsplit(simulator.url).netloc}
        page.start()
        page.type("Goodbye")

        page.wait_for_line("assistant", "Goodbye. It was nice")
        assert page.asked("POST", "/connect") == []
        assert page.asked("POST", "/api/session") == [f"POST {relay.url}/api/session"]
        assert page.asked("POST", "/openai") == [f"POST {simulator.url}/openai/v1/realtime/calls"]


def test_where_it_is_off_the_page_says_so_and_calls_as_usual(visit: Visit) -> None:
    page = visit(path="/?direct=1")
    assert "Direct mode is off on this relay" in page.notice

    page.start()

    assert len(page.asked("POST", "/connect")) == 1
    assert page.asked("POST", "/api/session") == []
