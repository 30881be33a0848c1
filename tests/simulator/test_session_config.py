"""Which session objects are taken and how they come back (facts 2.2 to 2.4)."""

from __future__ import annotations

from typing import Any

import pytest

from relay.simulator.fields import FieldRefused
from relay.simulator.session_config import VOICES, full_session, read_session, updated_session

BASE: dict[str, Any] = {"type": "realtime", "model": "gpt-realtime"}


def test_the_echo_has_every_default_in_the_recorded_shape() -> None:
    assert full_session(read_session(BASE | {"instructions": "Be kind."}), session_id="sess_1") == {
        "type": "realtime",
        "object": "realtime.session",
        "id": "sess_1",
        "model": "gpt-realtime",
        "output_modalities": ["audio"],
        "instructions": "Be kind.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "include": None,
        "expires_at": 0,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 200,
                    "idle_timeout_ms": None,
                    "create_response": True,
                    "interrupt_response": True,
                },
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy", "speed": 1.0},
        },
    }


def test_transcription_is_echoed_with_nulls() -> None:
    given = read_session(BASE | {"audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}})
    echoed = full_session(given, session_id="s")["audio"]["input"]["transcription"]

    assert echoed == {"model": "gpt-4o-transcribe", "language": None, "prompt": None}


@pytest.mark.parametrize("voice", VOICES)
def test_the_ten_voices_are_taken(voice: str) -> None:
    given = read_session(BASE | {"audio": {"output": {"voice": voice}}})

    assert full_session(given, session_id="s")["audio"]["output"]["voice"] == voice


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"temperature": 0.8}, "unknown_parameter", "session.temperature"),
        ({"voice": "alloy"}, "unknown_parameter", "session.voice"),
        ({"audio": {"output": {"voice": "nova"}}}, "invalid_value", "session.audio.output.voice"),
        ({"audio": {"output": {"speed": 2}}}, "invalid_value", "session.audio.output.speed"),
        ({"instructions": 5}, "invalid_type", "session.instructions"),
        ({"output_modalities": ["audio", "text"]}, "invalid_value", "session.output_modalities"),
        ({"max_output_tokens": 5000}, "invalid_value", "session.max_output_tokens"),
        ({"tools": [{"type": "function"}]}, "missing_required_parameter", "session.tools[0].name"),
        (
            {"tools": [{"type": "function", "name": "f", "strict": True}]},
            "unknown_parameter",
            "session.tools[0].strict",
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "none"}}}},
            "invalid_value",
            "session.audio.input.turn_detection.type",
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 2}}}},
            "invalid_value",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            {"audio": {"input": {"transcription": {}}}},
            "missing_required_parameter",
            "session.audio.input.transcription.model",
        ),
        ({"audio": {"input": {"transcription": 1}}}, "invalid_type", "session.audio.input.transcription"),
    ],
)
def test_a_field_that_does_not_fit_is_named(given: dict[str, Any], code: str, param: str) -> None:
    with pytest.raises(FieldRefused) as refused:
        read_session(BASE | given)

    assert (refused.value.code, refused.value.param) == (code, param)


def test_a_transcription_session_has_no_voice_and_no_model() -> None:
    given = read_session({"type": "transcription", "audio": {"input": {"turn_detection": None}}})
    session = full_session(given, session_id="s")

    assert session["object"] == "realtime.transcription_session"
    assert "output" not in session["audio"]
    assert session["audio"]["input"]["turn_detection"] is None


def test_an_update_changes_only_the_keys_it_has() -> None:
    before = full_session(read_session(BASE | {"instructions": "One."}), session_id="s")
    update = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}
    after = updated_session(before, update, voice_fixed=True)

    assert after["instructions"] == "One."
    assert after["audio"]["input"]["turn_detection"] is None
    assert before["audio"]["input"]["turn_detection"] is not None
    assert after["audio"]["output"] == before["audio"]["output"]


def test_the_model_of_a_session_stays() -> None:
    before = full_session(read_session(BASE), session_id="s")

    with pytest.raises(FieldRefused, match="model"):
        updated_session(before, {"type": "realtime", "model": "other"}, voice_fixed=False)
