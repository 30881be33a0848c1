"""The voice page and the module in Firefox: a full turn, typed text, a hang-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.ledger import wait_for_hang_up
from tests.browser.waiting import eventually
from tests.doubles.process import RelayProcess, SimulatorProcess
from tests.firefox.bidi import Firefox

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRANSCRIBING = {"AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT": "gpt-4o-transcribe"}
_SPEECH_MS = 1500


@pytest.fixture(scope="module", name="firefox")
def _firefox() -> Iterator[Firefox]:
    with Firefox() as firefox:
        yield firefox


@pytest.fixture(scope="module", name="simulator")
def _simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as process:
        yield process


@pytest.fixture(name="relay")
def _relay(simulator: SimulatorProcess) -> Iterator[RelayProcess]:
    simulator.reset()
    with RelayProcess({**simulator.relay_environment(), **_TRANSCRIBING}) as process:
        yield process


def _wait_for_state(firefox: Firefox, state: str, seconds: float = 20.0) -> None:
    eventually(
        lambda: firefox.read("document.body.dataset.state") == state, seconds, otherwise=f"never {state}"
    )


def _lines(firefox: Firefox, role: str) -> list[str]:
    selector = f"#transcript > li[data-role={role}] .said"
    lines: list[Any] = firefox.read(f"[...document.querySelectorAll({selector!r})].map((p) => p.textContent)")
    return [str(line) for line in lines]


def _wait_for_line(firefox: Firefox, role: str, part: str) -> None:
    eventually(
        lambda: any(part in line for line in _lines(firefox, role)),
        20,
        otherwise=f"no {part!r} by the {role}",
    )


def test_a_spoken_turn_typed_text_and_a_hang_up(
    firefox: Firefox, relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    firefox.open(relay.url)
    eventually(lambda: firefox.read("document.querySelector('#about').textContent"))
    firefox.click("#start")
    _wait_for_state(firefox, "listening")

    # The microphone is a tone without end: it is speech until it is muted.
    firefox.read(f"new Promise((resolve) => setTimeout(resolve, {_SPEECH_MS}))")
    firefox.click("#mute")
    _wait_for_line(firefox, "user", "seconds of speech")
    _wait_for_line(firefox, "assistant", "You spoke for")
    _wait_for_state(firefox, "speaking")
    assert not firefox.read("document.querySelector('#assistant-audio').paused")
    assert not firefox.read("document.querySelector('#tap-for-sound').checkVisibility()")

    firefox.click("#message")
    firefox.type("Goodbye\n")
    _wait_for_line(firefox, "user", "Goodbye")
    _wait_for_line(firefox, "assistant", "Goodbye. It was nice")

    firefox.click("#start")
    _wait_for_state(firefox, "ended")
    call = wait_for_hang_up(simulator)
    assert call["state"] == "ended"


def test_the_ten_lines_talk_too(firefox: Firefox, relay: RelayProcess, simulator: SimulatorProcess) -> None:
    firefox.open(f"{relay.url}/embed.html")
    firefox.click("#talk")
    state = "document.querySelector('#state').textContent"
    eventually(lambda: "listening" in firefox.read(state), 20, otherwise="it never listened")
    firefox.click("#talk")

    assert firefox.read(state) == "ended you"
    wait_for_hang_up(simulator)
