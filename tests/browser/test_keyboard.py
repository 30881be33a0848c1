"""The whole of a call without a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.voice_page import VoicePage

_FOCUSED = "document.activeElement.id"
_RING = """() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return `${outlineStyle} ${outlineWidth}`;
}"""


def _tab_to(page: VoicePage, element: str, key: str = "Tab") -> None:
    """Press Tab until the element has the focus, and see that one can see where that is."""
    passed = []
    for _ in range(25):
        page.tab.keyboard.press(key)
        passed.append(page.tab.evaluate(_FOCUSED))
        if passed[-1] == element:
            assert page.tab.evaluate(_RING) == "solid 3px"
            return
    raise AssertionError(f"#{element} cannot be reached by {key}; passed {passed}")


def test_a_call_from_start_to_stop_by_keyboard_alone(visit: Visit) -> None:
    page = visit()
    press = page.tab.keyboard.press

    _tab_to(page, "start")
    press("Enter")
    page.wait_for_state("listening")
    press("m")
    assert page.tab.locator("#mute").get_attribute("aria-pressed") == "true"
    press("m")
    assert page.tab.locator("#mute").get_attribute("aria-pressed") == "false"

    _tab_to(page, "message")
    page.tab.keyboard.type("Tell me a story, mm.")
    press("Enter")
    page.wait_for_line("user", "^Tell me a story, mm.$")
    assert page.tab.locator("#mute").get_attribute("aria-pressed") == "false"
    page.wait_for_event("output_audio_buffer.started")
    press("Escape")
    page.wait_for_event("output_audio_buffer.cleared")

    _tab_to(page, "start", "Shift+Tab")
    press("Space")
    page.wait_for_state("ended")
    assert page.tab.evaluate(_FOCUSED) == "start"


def test_the_letter_can_be_switched_off_and_stays_off(visit: Visit) -> None:
    page = visit()
    tick, mute = page.tab.locator("#key-m"), page.tab.locator("#mute")
    page.tab.locator("#keyboard-panel > summary").click()
    assert mute.get_attribute("aria-keyshortcuts") == "M"
    tick.uncheck()
    assert mute.get_attribute("aria-keyshortcuts") is None
    assert page.tab.locator("#mute-key").is_hidden()
    page.open()
    assert tick.is_checked() is False

    page.start()
    page.tab.keyboard.press("m")
    assert mute.get_attribute("aria-pressed") == "false"

    page.tab.locator("#keyboard-panel > summary").click()
    tick.check()
    page.tab.keyboard.press("m")
    assert mute.get_attribute("aria-pressed") == "true"


def test_settings_and_log_can_be_reached(visit: Visit) -> None:
    page = visit()

    for element in ("start", "transcript-scroll", "preset", "voice", "instructions", "speak-first"):
        _tab_to(page, element)
