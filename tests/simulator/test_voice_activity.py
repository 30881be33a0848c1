"""When somebody is held to speak."""

from __future__ import annotations

from typing import Any

import pytest

from relay.simulator.voice_activity import SpeechStarted, SpeechStopped, VoiceActivity

SERVER: dict[str, Any] = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,
}


def heard(
    levels: list[tuple[float, float]], detection: dict[str, Any] | None = SERVER
) -> list[SpeechStarted | SpeechStopped]:
    """Feed (seconds, dBFS) one after the other; give what was noticed."""
    activity, at_ms, noticed = VoiceActivity(), 0.0, []
    for seconds, level_db in levels:
        for _ in range(round(seconds / 0.02)):
            change = activity.feed(at_ms, level_db, detection)
            at_ms += 20
            if change is not None:
                noticed.append(change)
    return noticed


def test_speech_begins_with_its_padding_and_ends_after_the_silence() -> None:
    assert heard([(1, -90), (1.2, -20), (1, -90)]) == [SpeechStarted(700), SpeechStopped(2400, 1200)]


def test_padding_never_reaches_before_the_stream() -> None:
    assert heard([(0.1, -90), (1, -20)]) == [SpeechStarted(0)]


def test_a_click_is_no_speech() -> None:
    assert heard([(1, -90), (0.04, -10), (1, -90)]) == []


def test_a_pause_shorter_than_the_silence_does_not_end_a_turn() -> None:
    assert len(heard([(0.5, -20), (0.16, -90), (0.5, -20), (0.5, -90)])) == 2


def test_a_longer_silence_can_be_asked_for() -> None:
    patient = {**SERVER, "silence_duration_ms": 800}

    assert len(heard([(0.5, -20), (0.6, -90), (0.5, -20)], patient)) == 1


@pytest.mark.parametrize(("eagerness", "turns"), [("high", 2), ("auto", 1), ("low", 1)])
def test_semantic_detection_waits_longer(eagerness: str, turns: int) -> None:
    semantic = {"type": "semantic_vad", "eagerness": eagerness}
    noticed = heard([(0.5, -20), (0.6, -90), (0.5, -20)], semantic)

    assert sum(isinstance(one, SpeechStarted) for one in noticed) == turns


def test_a_higher_threshold_needs_a_louder_voice() -> None:
    assert heard([(1, -40)], {**SERVER, "threshold": 0.9}) == []
    assert heard([(1, -40)], {**SERVER, "threshold": 0.5}) != []


def test_a_steady_fan_is_noise_after_five_seconds() -> None:
    noticed = heard([(20, -40)])

    assert [type(one) for one in noticed] == [SpeechStarted, SpeechStopped]


def test_a_voice_is_heard_over_a_fan() -> None:
    noticed = heard([(10, -40), (1, -15), (1, -40)])

    assert [type(one) for one in noticed[2:]] == [SpeechStarted, SpeechStopped]


def test_without_detection_only_the_measure_is_taken() -> None:
    activity = VoiceActivity()
    for frame in range(100):
        assert activity.feed(frame * 20.0, -20 if frame < 50 else -90, None) is None

    assert (activity.spoken_ms, activity.buffered_ms) == (1000, 2000)
