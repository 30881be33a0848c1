"""Speaking over the assistant, or stopping it by hand: it falls silent and the transcript says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.waiting import eventually

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.voice_page import VoicePage


def _wait_for_silence(page: VoicePage) -> None:
    """Played sound is over soon after the upstream stops sending: what was on its way still arrives."""
    eventually(lambda: page.energy_during(200) < 1e-5, 3, otherwise="the assistant is still heard")


def _cut_line(page: VoicePage) -> str:
    return page.lines("assistant")[0].standing


def test_speaking_over_the_assistant_stops_it(visit: Visit) -> None:
    page = visit(microphone="chatter")
    page.tab.locator("#start").click()
    page.tab.keyboard.press("m")
    page.wait_for_state("listening")
    page.hear_story()

    page.tab.locator("#mute").click()

    page.wait_for_event("output_audio_buffer.cleared")
    page.wait_for_event("conversation.item.truncated")
    eventually(lambda: _cut_line(page) == "interrupted")
    assert page.lines("assistant")[0].note.startswith("Interrupted after ")
    page.wait_for_event("input_audio_buffer.speech_stopped")
    page.tab.locator("#mute").click()
    page.wait_for_line("assistant", "You interrupted me. Please go on.")


@pytest.mark.parametrize("means", ["the button", "Escape"])
def test_the_assistant_is_interrupted_by(means: str, visit: Visit) -> None:
    page = visit()
    page.start()
    page.hear_story()
    assert page.energy_during(500) > 1e-4

    if means == "Escape":
        page.tab.keyboard.press("Escape")
    else:
        page.tab.locator("#interrupt").click()

    page.wait_for_event("output_audio_buffer.cleared")
    page.wait_for_state("listening")
    assert page.events("out")[-2:] == ["response.cancel", "output_audio_buffer.clear"]
    assert _cut_line(page) == "interrupted"
    _wait_for_silence(page)


def test_a_typed_message_interrupts_too(visit: Visit) -> None:
    page = visit()
    page.start()
    page.hear_story()

    page.type("Goodbye")

    page.wait_for_event("output_audio_buffer.cleared")
    page.wait_for_line("assistant", "Goodbye. It was nice to hear your voice.")
    assert _cut_line(page) == "interrupted"
