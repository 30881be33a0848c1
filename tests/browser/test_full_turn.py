"""A person speaks and is answered: words of the status, both transcripts, sound, and what it took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.browser.waiting import eventually
from tests.doubles.process import RelayProcess

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.voice_page import VoicePage
    from tests.doubles.process import SimulatorProcess


def _wait_for_meter(page: VoicePage, side: str) -> None:
    """Wait until the page's own meter (WebAudio) shows that this side is heard."""
    meter = page.tab.locator(f"#meter-{side}")
    eventually(
        lambda: int(meter.get_attribute("aria-valuenow") or 0) >= 25, otherwise=f"the {side} is not heard"
    )


def test_a_spoken_sentence_is_answered_aloud_and_both_sides_are_written_down(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    page = visit(microphone="speech")
    page.start()

    _wait_for_meter(page, "caller")
    page.wait_for_state("speaking")
    page.wait_for_sound()
    _wait_for_meter(page, "assistant")
    user = page.wait_for_line("user", r"\d\.\d seconds of speech")
    assistant = page.wait_for_line("assistant", "You spoke for about two seconds. I heard you well.")

    assert (user.standing, assistant.standing) == ("final", "final")
    words = ["Ready", "Asking for the microphone", "Connecting", "Listening", "Thinking", "Speaking"]
    assert page.words[: len(words)] == words
    ledger = simulator.ledger()
    assert (ledger["created"], ledger["connected"], ledger["live"]) == (1, 1, 1)


def test_the_transcript_streams_in_before_it_is_final(visit: Visit) -> None:
    page = visit()
    page.start()
    page.type("Please tell me a story.")

    def streaming() -> str:
        lines = page.lines("assistant")
        return lines[0].text if lines and not lines[0].final else ""

    first = eventually(streaming)
    longer = eventually(lambda: len(streaming()) > len(first) and streaming())
    assert isinstance(longer, str)
    assert longer.startswith(first.rstrip())


def test_the_timings_of_a_connect_are_shown(visit: Visit) -> None:
    milliseconds: list[float] = []
    page = visit()
    for _ in range(5):
        page.start()
        page.tab.locator("#timing[data-connect-ms]").wait_for(state="attached")
        marks = page.timing()
        order = ["click", "offer", "answer", "channel"]
        assert marks["click"] < marks["microphone"] < marks["channel"]
        assert [marks[mark] for mark in order] == sorted(marks[mark] for mark in order)
        assert {"relay-credential", "relay-secret", "relay-exchange"} <= marks.keys()
        milliseconds.append(marks["connected"] - marks["offer"])
        page.stop()

    figures = " ".join(f"{each:.0f}" for each in milliseconds)
    print(f"\nPOST → connected: {figures} ms; marks of the last: {marks}")
    assert 0 < min(milliseconds) < 3000


def test_a_page_that_announces_its_call_makes_it_one_upstream_request(
    visit: Visit, simulator: SimulatorProcess
) -> None:
    def asked() -> Any:
        return simulator.ledger()["requests"]

    with RelayProcess(simulator.relay_environment()) as relay:
        page = visit(at=relay.url)
        page.tab.locator("#start").hover()
        eventually(lambda: asked().get("mint"), 5, otherwise="nothing was prepared")
        page.start()

        assert len(page.asked("POST", "/prepare")) == 1
        assert (asked()["mint"], asked()["calls"]) == (1, 1)
        page.stop()
