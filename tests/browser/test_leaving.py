"""Every way a browser can leave: the call is hung up, and in how many seconds. The ledger is the judge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import _FLAGS
from tests.browser.ledger import only_call
from tests.browser.presences import OFFLINE, PRESENCE_SECONDS, SLACK_SECONDS, HardyRelay, Stopwatch
from tests.browser.voice_page import VoicePage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser.chromium import Browsers
    from tests.browser.conftest import Visit
    from tests.doubles.process import SimulatorProcess

TOLD_SECONDS = 1.5
"""From the page's last request to the upstream's ledger."""

SILENT_SECONDS = 2 * PRESENCE_SECONDS + SLACK_SECONDS
"""What a stream that dies unseen can last, and what the relay then waits for the next one."""


@pytest.fixture(scope="module", name="hardy")
def _hardy(simulator: SimulatorProcess) -> Iterator[HardyRelay]:
    """A relay that hears of a missing page after two seconds."""
    with HardyRelay(simulator) as relay:
        yield relay
        assert "Traceback" not in relay.output, relay.output


@pytest.fixture(name="page")
def _page(visit: Visit, hardy: HardyRelay) -> VoicePage:
    """A page with a call that has outlived its first streams."""
    page = visit(at=hardy.url)
    page.start()
    return page


def test_stop_hangs_up_at_once(page: VoicePage, hardy: HardyRelay, simulator: SimulatorProcess) -> None:
    watch = Stopwatch("stop")
    page.stop()

    assert watch.wait_for_hang_up(simulator, TOLD_SECONDS) < TOLD_SECONDS
    assert hardy.standing(page)["reason"] == "caller"


def test_closing_the_tab_hangs_up_at_once(
    page: VoicePage, hardy: HardyRelay, simulator: SimulatorProcess
) -> None:
    watch = Stopwatch("close the tab")
    page.tab.close()

    assert watch.wait_for_hang_up(simulator, TOLD_SECONDS) < TOLD_SECONDS
    assert hardy.standing(page)["reason"] == "caller"


def test_a_reload_hangs_up_at_once_because_its_peer_connection_is_gone(
    page: VoicePage, hardy: HardyRelay, simulator: SimulatorProcess
) -> None:
    watch = Stopwatch("reload")
    page.tab.reload(wait_until="commit")

    assert watch.wait_for_hang_up(simulator, TOLD_SECONDS) < TOLD_SECONDS
    assert hardy.standing(page)["reason"] == "caller"
    page.wait_for_state("idle")


def _crash(page: VoicePage) -> None:
    """Crash the tab; by way of the browser, which does not wait for an answer that cannot come."""
    own = page.context.new_cdp_session(page.tab)
    target = own.send("Target.getTargetInfo")["targetInfo"]["targetId"]
    browser = page.context.browser
    assert browser is not None
    session = browser.new_browser_cdp_session()
    attached = session.send("Target.attachToTarget", {"targetId": target, "flatten": False})
    message = json.dumps({"id": 1, "method": "Page.crash"})
    session.send("Target.sendMessageToTarget", {"sessionId": attached["sessionId"], "message": message})


def test_a_tab_that_crashes_is_missed(
    page: VoicePage, hardy: HardyRelay, simulator: SimulatorProcess
) -> None:
    watch = Stopwatch("crash the tab")
    _crash(page)

    took = watch.wait_for_hang_up(simulator, PRESENCE_SECONDS + SLACK_SECONDS)
    assert took > PRESENCE_SECONDS / 2
    assert hardy.standing(page)["reason"] == "presence"


def test_a_page_that_goes_offline_for_good_is_missed_and_says_why_its_call_ended(
    page: VoicePage, hardy: HardyRelay, simulator: SimulatorProcess
) -> None:
    page.expected = OFFLINE
    watch = Stopwatch("offline for good")
    page.context.set_offline(True)

    watch.wait_for_hang_up(simulator, SILENT_SECONDS)
    assert hardy.standing(page)["reason"] == "presence"
    page.wait_for_state("ended", 3)
    assert page.reason == "The relay could not be reached, and the call was ended."


@pytest.fixture(name="remembering")
def _remembering(browsers: Browsers) -> Iterator[Browser]:
    """A browser that keeps pages alive behind the back button, as browsers do and Playwright's do not."""
    browser = browsers._playwright.chromium.launch(
        executable_path=browsers._program,
        args=[*_FLAGS, *browsers._hearing("silence")],
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield browser
    browser.close()


def test_a_page_that_comes_back_from_the_history_shows_a_call_that_is_over(
    remembering: Browser, hardy: HardyRelay, simulator: SimulatorProcess
) -> None:
    simulator.reset()
    page = VoicePage(remembering.new_context(), hardy.url)
    page.open()
    page.start()
    watch = Stopwatch("go elsewhere")
    page.tab.goto(f"{hardy.url}/healthz")
    watch.wait_for_hang_up(simulator, TOLD_SECONDS)

    page.tab.go_back(wait_until="commit")  # nothing is loaded

    page.wait_for_state("ended")
    assert page.reason == "You left the page."
    assert page.tab.locator("#start").get_attribute("data-action") == "start"
    simulator.reset()
    page.start()
    assert only_call(simulator)["hang_ups"] == 0
