"""Choosing microphone and speaker, and being heard only while a key is held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.browser.waiting import eventually

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.voice_page import VoicePage

_SENT: Final = "window.observed.peers.at(-1).getSenders()[0].track"
_HEARD: Final = f"{_SENT}.enabled"
_DEVICE: Final = f"{_SENT}.getSettings().deviceId"
_SINK: Final = "document.getElementById('assistant-audio').sinkId"


def _choices(page: VoicePage, picker: str) -> list[str]:
    """The ids that can be chosen."""
    return list(page.tab.locator(f"#{picker} option").evaluate_all("(all) => all.map(({ value }) => value)"))


def test_another_microphone_is_used_at_once_in_a_call_and_mute_is_kept(visit: Visit) -> None:
    page = visit()
    page.start()
    page.tab.locator("#mute").click()
    page.tab.locator("#devices-panel > summary").click()
    used = page.tab.evaluate(_DEVICE)
    other = next(each for each in _choices(page, "microphone") if each not in ("", "none", used))

    page.tab.locator("#microphone").select_option(other)

    eventually(lambda: page.tab.evaluate(_DEVICE) == other, otherwise="the other microphone is not used")
    assert page.tab.evaluate(_HEARD) is False
    assert page.tab.locator("#mute").get_attribute("aria-pressed") == "true"
    page.stop()
    page.start()
    assert page.tab.evaluate(_DEVICE) == other
    assert page.tab.locator("#devices-summary").inner_text() != ""


def test_another_speaker_is_used_at_once(visit: Visit) -> None:
    page = visit()
    page.start()
    page.tab.locator("#devices-panel > summary").click()
    other = next(each for each in _choices(page, "speaker") if each)

    page.tab.locator("#speaker").select_option(other)

    eventually(lambda: page.tab.evaluate(_SINK) == other, otherwise="the other speaker is not used")


def test_without_a_microphone_by_choice_one_types(visit: Visit) -> None:
    page = visit()
    page.tab.locator("#devices-panel > summary").click()
    page.tab.locator("#microphone").select_option("none")
    page.start()

    assert page.tab.locator("#caller-label").inner_text() == "You, typing"
    page.type("Goodbye")
    page.wait_for_line("assistant", "Goodbye.")


def test_with_push_to_talk_one_is_heard_only_while_space_is_held(visit: Visit) -> None:
    page = visit()
    page.tab.locator("#devices-panel > summary").click()
    page.tab.locator("#push-to-talk").check()
    page.start()
    label = page.tab.locator("#caller-label")
    assert page.tab.evaluate(_HEARD) is False
    assert label.inner_text() == "You, Space is up"

    page.tab.keyboard.down("Space")
    assert page.tab.evaluate(_HEARD) is True
    assert label.inner_text() == "You"
    assert page.tab.locator("#talk").get_attribute("aria-pressed") == "true"
    page.tab.keyboard.up("Space")
    assert page.tab.evaluate(_HEARD) is False
    assert page.state == "listening"

    page.tab.locator("#message").focus()
    page.tab.keyboard.type("a b")
    assert page.tab.locator("#message").input_value() == "a b"
    assert page.tab.evaluate(_HEARD) is False


def test_start_pressed_by_space_does_not_make_the_next_space_end_a_call_with_push_to_talk(
    visit: Visit,
) -> None:
    page = visit()
    page.tab.locator("#devices-panel > summary").click()
    page.tab.locator("#push-to-talk").check()
    page.tab.locator("#start").focus()
    page.tab.keyboard.press("Space")
    page.wait_for_state("listening")

    page.tab.keyboard.down("Space")

    assert page.tab.evaluate(_HEARD) is True
    page.tab.keyboard.up("Space")
    assert page.state == "listening"


def test_the_button_is_held_by_the_pointer_and_leaving_the_window_lets_go(visit: Visit) -> None:
    page = visit()
    page.start()
    page.tab.locator("#devices-panel > summary").click()
    page.tab.locator("#push-to-talk").check()
    page.tab.locator("#talk").hover()

    page.tab.mouse.down()
    assert page.tab.evaluate(_HEARD) is True
    page.tab.mouse.up()
    assert page.tab.evaluate(_HEARD) is False

    page.tab.mouse.down()
    page.tab.evaluate("window.dispatchEvent(new Event('blur'))")
    assert page.tab.evaluate(_HEARD) is False


def test_a_microphone_that_is_silent_is_told_beside_its_meter(visit: Visit) -> None:
    page = visit(microphone="silence")
    page.start()

    hint = page.tab.locator("#stage-hint")
    hint.wait_for(timeout=12_000)
    assert "microphone" in hint.inner_text()
    assert page.tab.locator("#meter-caller").get_attribute("data-silent") == "true"
    page.stop()
    assert page.tab.locator("#meter-caller").get_attribute("data-silent") == "false"
