"""Typed messages, presets that let the assistant begin, and the mute button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.ledger import only_call

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.doubles.process import SimulatorProcess

_BEGAN = "input_audio_buffer.speech_started"
_TRACK = "window.observed.peers.at(-1).getSenders()[0].track.enabled"


def test_a_typed_message_is_answered_aloud(visit: Visit) -> None:
    page = visit()
    page.start()
    page.type("What is on your mind")

    page.wait_for_sound()
    page.wait_for_line("user", "^What is on your mind$")
    page.wait_for_line("assistant", "You typed a message.")
    assert page.events("out")[:2] == ["conversation.item.create", "response.create"]
    assert "error" not in page.events()


def test_markup_in_a_message_stays_text(visit: Visit) -> None:
    page = visit()
    page.start()
    page.type("<img src=x onerror=alert(1)> & <b>bold</b>")

    assert page.wait_for_line("user", "<img src=x").text == "<img src=x onerror=alert(1)> & <b>bold</b>"
    assert page.tab.locator("#transcript img, #transcript b").count() == 0


def test_the_interviewer_speaks_first_by_the_instructions_of_the_preset(visit: Visit) -> None:
    page = visit()
    page.tab.locator("#preset").select_option("interview")
    assert "interviewer" in page.tab.locator("#instructions").input_value()

    page.start()

    page.wait_for_line("assistant", "Welcome to the practice interview.", final=False)


def test_the_chosen_voice_reaches_the_upstream(visit: Visit, simulator: SimulatorProcess) -> None:
    page = visit()
    page.tab.locator("#voice").select_option("verse")
    page.start()

    assert only_call(simulator)["voice"] == "verse"


def test_a_muted_microphone_sends_nothing_until_it_is_opened_again(visit: Visit) -> None:
    page = visit(microphone="chatter")
    page.start()
    page.tab.locator("#mute").click()
    assert page.tab.locator("#mute").get_attribute("aria-pressed") == "true"
    assert page.tab.evaluate(_TRACK) is False
    page.tab.wait_for_timeout(500)
    before = page.events().count(_BEGAN)

    page.tab.wait_for_timeout(3500)
    assert page.events().count(_BEGAN) == before

    page.tab.keyboard.press("m")
    assert page.tab.locator("#mute").get_attribute("aria-pressed") == "false"
    assert page.tab.evaluate(_TRACK) is True
    page.wait_for_event(_BEGAN, count=before + 1, seconds=6)


def test_a_muted_call_leaves_nothing_muted_behind(visit: Visit) -> None:
    page = visit()
    page.start()
    page.tab.locator("#mute").click()
    label = page.tab.locator("#caller-label")
    assert label.inner_text() == "You, muted"
    page.stop()

    assert page.tab.locator("#mute").get_attribute("aria-pressed") == "false"
    assert label.inner_text() == "You"


def test_the_clock_of_a_call_that_never_began_is_not_that_of_the_call_before(visit: Visit) -> None:
    page = visit()
    page.start()
    page.tab.locator("#clock", has_text="0:01").wait_for()
    page.stop()
    clock = page.tab.locator("#clock")
    assert clock.inner_text() == "It lasted 0:01"

    page.tab.evaluate("() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => {}); }")
    page.start(until="asking")
    page.stop()

    assert clock.is_hidden()
