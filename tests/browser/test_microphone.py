"""Every way to have no microphone has its own words, before any offer is sent; typing still works."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.voice_page import VoicePage
    from tests.doubles.process import RelayProcess

# Where the machine has a microphone after all, ask for one that it does not have.
_ASK_FOR_NONE = """() => {
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = () => ask({ audio: { deviceId: { exact: "none" } } });
}"""


def _failed_before_any_offer(page: VoicePage, code: str) -> str:
    page.tab.locator("#start").click()
    said = page.wait_for_problem(code)
    assert page.state == "failed"
    assert page.asked("POST", "/") == []
    return said


def test_a_refused_microphone_says_how_to_allow_it(visit: Visit) -> None:
    said = _failed_before_any_offer(visit(microphone="refused"), "microphone_refused")

    assert "The microphone was refused" in said
    assert "Allow the microphone for this page" in said


def test_the_status_says_it_in_short_and_the_box_does_not_say_it_again(visit: Visit) -> None:
    page = visit(microphone="refused")
    _failed_before_any_offer(page, "microphone_refused")

    assert page.reason == "The microphone was refused"
    assert page.reason not in page.problem.inner_text()


def test_without_a_microphone_one_can_go_on_by_typing(visit: Visit) -> None:
    page = visit(microphone="missing")
    page.tab.evaluate(_ASK_FOR_NONE)
    assert "No microphone was found" in _failed_before_any_offer(page, "microphone_missing")

    page.tab.locator("#type-instead").click()
    page.wait_for_state("listening")
    page.type("Goodbye")

    page.wait_for_sound()
    page.wait_for_line("assistant", "Goodbye. It was nice")
    assert page.problem.is_hidden()
    assert page.tab.locator("#caller-label").inner_text() == "You, typing"


def test_a_page_that_is_not_secure_says_so(visit: Visit, relay: RelayProcess) -> None:
    page = visit(at=f"http://relay.test:{urlsplit(relay.url).port}")
    page.expected = ["Cross-Origin-Opener-Policy header has been ignored"]
    assert page.tab.evaluate("isSecureContext") is False

    said = _failed_before_any_offer(page, "insecure_page")

    assert "The microphone needs a secure page" in said
    assert "Open the page by https" in said
    page.tab.locator("#type-instead").click()
    page.wait_for_state("listening")
