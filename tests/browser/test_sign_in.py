"""Signing in on the page: a field, a link, and the words when it does not work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.ledger import only_call, wait_for_hang_up
from tests.doubles.process import RelayProcess

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.doubles.process import SimulatorProcess

TOKEN = "a-token-of-the-browser-tests-01"


def test_a_page_with_a_token_field_makes_a_call_and_hangs_it_up(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    settings = {"RELAY_AUTH": "token", "RELAY_AUTH_TOKEN": TOKEN, "RELAY_PRESENCE_SECONDS": "3"}
    with RelayProcess({**simulator.relay_environment(), **settings}) as relay:
        page = visit(at=relay.url)
        page.expected = [r"status of 401"]
        page.start(until="failed")
        assert page.tab.locator("#problem").get_attribute("data-code") == "auth_required"
        assert "sign-in field" in page.tab.locator("#problem").inner_text()

        page.tab.locator("#access").fill(TOKEN)
        page.start()
        page.tab.wait_for_timeout(4000)  # longer than the relay lets a page be silent
        assert page.state == "listening"
        page.stop()

        assert wait_for_hang_up(simulator)["hang_ups"]
        assert page.tab.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
        assert not any(TOKEN in request for request in page.requests)


def test_a_page_that_is_closed_hangs_up_with_its_token(visit: Visit, simulator: SimulatorProcess) -> None:
    settings = {"RELAY_AUTH": "token", "RELAY_AUTH_TOKEN": TOKEN, "RELAY_PRESENCE_SECONDS": "60"}
    with RelayProcess({**simulator.relay_environment(), **settings}) as relay:
        page = visit(at=relay.url)
        page.tab.locator("#access").fill(TOKEN)
        page.start()
        page.tab.goto("about:blank")

        wait_for_hang_up(simulator)
        relay.wait_for('"reason": "caller"')
    assert only_call(simulator)["ended_at"]


def test_a_page_behind_a_proxy_has_a_link_and_no_field(visit: Visit, simulator: SimulatorProcess) -> None:
    settings = {
        "RELAY_AUTH": "proxy",
        "RELAY_PROXY_USER_HEADER": "X-Forwarded-User",
        "RELAY_TRUSTED_PROXIES": "10.0.0.5",
        "RELAY_SIGN_IN_URL": "/oauth2/start",
    }
    with RelayProcess({**simulator.relay_environment(), **settings}) as relay:
        page = visit(at=relay.url)
        page.expected = [r"status of 401"]

        assert page.tab.locator("#sign-in-link").get_attribute("href") == "/oauth2/start"
        assert not page.tab.locator("#access").is_visible()
        page.start(until="failed")
        assert page.tab.locator("#problem").get_attribute("data-code") == "auth_required"
