"""What ``webrtcfilter=on`` lets through to the browser (fact 1.3); nothing is decided about the other way."""

from __future__ import annotations

PASSED = frozenset(
    {
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "output_audio_buffer.started",
        "output_audio_buffer.stopped",
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.added",
        "conversation.item.created",
        "response.output_text.delta",
        "response.output_text.done",
        "response.output_audio_transcript.delta",
        "response.output_audio_transcript.done",
    }
)
"""The eleven types of server events that Microsoft documents."""


def reaches_browser(event_type: str, *, filtered: bool) -> bool:
    """Tell whether a server event is sent over the data channel."""
    return not filtered or event_type in PASSED


def is_filtered(query_value: str | None) -> bool:
    """Tell whether the filter is on; only exactly ``on`` turns it on (our reading, fact 1.3)."""
    return query_value == "on"
