"""The event log: it follows the newest line, unless the reader went back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.waiting import eventually

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.voice_page import VoicePage

_BELOW = "(log) => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight)"
_TOP = "(log) => log.scrollTop"


def _below(page: VoicePage) -> int:
    """How many pixels of the log are below what is seen of it."""
    return int(page.tab.locator("#log").evaluate(_BELOW))


def _grow(page: VoicePage) -> None:
    """Have the assistant say something, which takes a dozen events and many fragments."""
    spoken = page.events().count("response.done")
    page.type("Goodbye")
    page.wait_for_event("response.done", count=spoken + 1)


def test_the_log_follows_the_newest_line_unless_the_reader_went_back(visit: Visit) -> None:
    page = visit()
    page.start()
    _grow(page)
    page.tab.locator("#log-panel > summary").click()
    page.tab.locator("#log-deltas").check()
    log = page.tab.locator("#log")
    assert log.evaluate("(log) => log.scrollHeight > 1.5 * log.clientHeight")
    eventually(lambda: _below(page) <= 1, 2, otherwise="the log did not open at its end")

    _grow(page)
    assert _below(page) <= 1

    log.evaluate("(log) => { log.scrollTop = 40; }")
    _grow(page)
    assert log.evaluate(_TOP) == 40

    log.evaluate("(log) => { log.scrollTop = log.scrollHeight; }")
    _grow(page)
    assert _below(page) <= 1


def test_an_event_that_is_being_read_stays_in_sight(visit: Visit) -> None:
    page = visit()
    page.start()
    page.tab.locator("#log-panel > summary").click()
    page.tab.locator('#log > li[data-type="session.created"] summary').click()
    before = page.tab.locator("#log").evaluate(_TOP)

    _grow(page)

    assert page.tab.locator("#log").evaluate(_TOP) == before
