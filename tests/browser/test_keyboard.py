"""The whole of a call without a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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


_OPEN_ALL = "() => document.querySelectorAll('details').forEach((each) => { each.open = true; })"
_REACHABLE = """() => [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((each) => each.checkVisibility() && !each.disabled && !each.closest("#log"))
  .map((each) => { each.dataset.reachable ??= String(Math.random()); return each.dataset.reachable; })"""


@pytest.mark.parametrize("under_way", [False, True])
def test_everything_that_can_be_pressed_is_reached_by_tab_and_shows_it(under_way: bool, visit: Visit) -> None:
    page = visit()
    if under_way:
        page.start()
        page.type("Goodbye")
        page.wait_for_line("assistant", "Goodbye.")
    page.tab.evaluate(_OPEN_ALL)
    page.tab.locator("#start").focus()
    missing = set(page.tab.evaluate(_REACHABLE))
    assert len(missing) > 15

    for _ in range(len(missing) + 60):
        reached = page.tab.evaluate("document.activeElement.dataset.reachable")
        if reached in missing:
            missing.discard(reached)
            assert page.tab.evaluate(_RING) == "solid 3px", page.tab.evaluate(
                "document.activeElement.outerHTML"
            )
        page.tab.keyboard.press("Tab")
    left = [page.tab.locator(f'[data-reachable="{each}"]').evaluate("(e) => e.outerHTML") for each in missing]
    assert left == []


def test_lines_are_announced_when_they_are_finished_not_with_every_fragment(visit: Visit) -> None:
    page = visit()
    page.tab.evaluate(
        """() => { window.announced = [];
          const place = document.getElementById("announcer");
          new MutationObserver(() => window.announced.push(place.textContent))
            .observe(place, { childList: true, characterData: true, subtree: true }); }"""
    )
    page.start()
    page.type("Hello")
    page.wait_for_line("assistant", ".")

    said = page.tab.evaluate("window.announced")
    assert said == ["You: Hello", f"Assistant: {page.lines('assistant')[0].text}"]
    assert page.events().count("response.output_audio_transcript.delta") > 3
