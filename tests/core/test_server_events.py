"""Server events as captured (fact 5.3), read as facts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.facts import (
    CallOver,
    Committed,
    Effective,
    Failed,
    ItemAdded,
    Line,
    OutputItem,
    RateLimit,
    ResponseDone,
    Speech,
    Tokens,
    ToolAsked,
    Used,
)
from relay.core.server_events import read_facts

USAGE: dict[str, Any] = {
    "total_tokens": 219,
    "input_tokens": 122,
    "output_tokens": 97,
    "input_token_details": {
        "text_tokens": 96,
        "audio_tokens": 26,
        "image_tokens": 0,
        "cached_tokens": 64,
        "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 28, "audio_tokens": 69},
}


def done(**response: Any) -> dict[str, Any]:
    return {"type": "response.done", "response": {"id": "resp_1", "status": "completed", **response}}


def test_a_session_is_read_by_its_neutral_names() -> None:
    session = {
        "instructions": "Be kind.",
        "output_modalities": ["audio"],
        "audio": {"input": {"turn_detection": None}, "output": {"voice": "marin", "speed": 1.0}},
    }
    (fact,) = read_facts({"type": "session.updated", "session": session})

    assert fact == Effective(
        values={
            "instructions": "Be kind.",
            "modalities": ["audio"],
            "voice": "marin",
            "speed": 1.0,
            "turn_detection": None,
        }
    )


def test_a_response_that_begins_tells_its_mark_and_what_it_carries() -> None:
    response = {"id": "resp_1", "max_output_tokens": "inf", "metadata": {"relay": "x"}}
    (fact,) = read_facts({"type": "response.created", "response": response})

    assert fact == Effective(values={"max_output_tokens": "inf"}, response_id="resp_1", mark="x")


@pytest.mark.parametrize("metadata", [None, {}, {"other": "x"}, {"relay": 7}, "relay"])
def test_a_response_without_our_key_has_no_mark(metadata: object) -> None:
    (fact,) = read_facts({"type": "response.created", "response": {"id": "resp_1", "metadata": metadata}})

    assert fact == Effective(values={}, response_id="resp_1")


def test_usage_is_read_by_kind_before_the_end_of_its_response() -> None:
    assert read_facts(done(usage=USAGE)) == (
        Used(
            "response", "resp_1", Tokens(text_in=96, audio_in=26, text_cached=64, text_out=28, audio_out=69)
        ),
        ResponseDone("resp_1", "completed"),
    )


def test_usage_that_is_not_split_counts_as_text() -> None:
    used, _ = read_facts(done(usage={"input_tokens": 30, "output_tokens": 12}))

    assert used == Used("response", "resp_1", Tokens(text_in=30, text_out=12))


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"type": "cancelled", "reason": "turn_detected"}, "turn_detected"),
        ({"type": "incomplete", "reason": "max_output_tokens"}, "max_output_tokens"),
        ({"type": "failed", "error": {"type": "server_error", "code": "overloaded"}}, "server_error"),
        (
            {"type": "failed", "error": {"type": "tokens", "code": "rate_limit_exceeded"}},
            "rate_limit_exceeded",
        ),
        ({"type": "failed", "error": {"message": "the prompt is: be kind"}}, ""),
        (None, ""),
    ],
)
def test_the_reason_of_a_response_is_a_short_code(details: object, reason: str) -> None:
    assert read_facts(done(status="failed", status_details=details)) == (
        ResponseDone("resp_1", "failed", reason=reason),
    )


def test_a_finished_function_call_asks_for_a_tool() -> None:
    item = {"type": "function_call", "status": "completed", "call_id": "call_1", "name": "weather"}
    event = {
        "type": "response.output_item.done",
        "response_id": "resp_1",
        "item": {**item, "arguments": "{}"},
    }

    assert read_facts(event) == (ToolAsked("call_1", "weather", "{}", "resp_1"),)
    assert read_facts(done(output=[item])) == (ResponseDone("resp_1", "completed", asked_tools=1),)


def test_a_function_call_that_was_broken_off_asks_for_nothing() -> None:
    item = {"type": "function_call", "status": "incomplete", "call_id": "call_1", "name": "weather"}

    assert read_facts({"type": "response.output_item.done", "response_id": "resp_1", "item": item}) == ()
    assert read_facts(done(status="cancelled", output=[item])) == (ResponseDone("resp_1", "cancelled"),)


def test_an_item_tells_who_put_it_in_and_what_is_written_in_it() -> None:
    content = [{"type": "input_text", "text": "Hello"}]
    item = {"id": "item_1", "type": "message", "role": "user", "content": content}
    event = {"type": "conversation.item.added", "previous_item_id": "item_0", "item": item}

    assert read_facts(event) == (ItemAdded("item_1", "user", "message", text="Hello", after="item_0"),)


def test_an_item_of_sound_is_told_from_a_written_one() -> None:
    content = [{"type": "input_audio", "transcript": None}]
    item = {"id": "item_1", "type": "message", "role": "user", "content": content}

    assert read_facts({"type": "conversation.item.added", "previous_item_id": None, "item": item}) == (
        ItemAdded("item_1", "user", "message", spoken=True),
    )


def test_a_transcript_of_the_caller_brings_its_words_and_what_it_used() -> None:
    usage = {
        "type": "tokens",
        "input_tokens": 26,
        "input_token_details": {"audio_tokens": 26},
        "output_tokens": 9,
    }
    event = {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": "item_1",
        "content_index": 0,
        "transcript": "Hello.",
        "usage": usage,
    }

    assert read_facts(event) == (
        Line("caller", "item_1", 0, "Hello."),
        Used("transcription", "item_1/0", Tokens(audio_in=26, text_out=9)),
    )


def test_a_transcript_that_is_counted_by_seconds_brings_seconds() -> None:
    event = {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": "item_1",
        "content_index": 0,
        "transcript": "Hello.",
        "usage": {"type": "duration", "seconds": 2.5},
    }

    assert read_facts(event)[1] == Used("transcription", "item_1/0", Tokens(), 2.5)


def test_a_failed_transcription_tells_its_code_and_never_its_words() -> None:
    error = {"type": "server_error", "code": "DeploymentNotFound", "message": "Input transcription failed"}
    event = {
        "type": "conversation.item.input_audio_transcription.failed",
        "item_id": "item_1",
        "error": error,
    }

    assert read_facts(event) == (Failed("transcription", "DeploymentNotFound", item_id="item_1"),)


def test_an_error_names_the_client_event_that_caused_it() -> None:
    error = {
        "type": "invalid_request_error",
        "code": "unknown_parameter",
        "event_id": "e1",
        "message": "secret",
    }

    assert read_facts({"type": "error", "error": error}) == (
        Failed("error", "unknown_parameter", event_id="e1"),
    )


def test_the_error_at_the_cap_is_the_end_of_the_call() -> None:
    assert read_facts({"type": "error", "error": {"code": "session_expired"}}) == (CallOver(expired=True),)


@pytest.mark.parametrize(
    ("kind", "fact"),
    [
        ("input_audio_buffer.speech_started", Speech("caller", began=True)),
        ("input_audio_buffer.speech_stopped", Speech("caller", began=False)),
        ("output_audio_buffer.started", Speech("assistant", began=True)),
        ("output_audio_buffer.stopped", Speech("assistant", began=False)),
        ("output_audio_buffer.cleared", Speech("assistant", began=False)),
    ],
)
def test_who_speaks_is_told(kind: str, fact: Speech) -> None:
    assert read_facts({"type": kind, "item_id": "item_1", "response_id": "resp_1"}) == (fact,)


def test_the_rest_of_what_is_asked_for() -> None:
    line = {"type": "response.output_audio_transcript.done", "item_id": "item_2", "content_index": 0}
    limit = {"name": "tokens", "limit": 15000000, "remaining": 14999361, "reset_seconds": 0.002}

    assert read_facts({"type": "input_audio_buffer.committed", "item_id": "item_1"}) == (Committed("item_1"),)
    assert read_facts({**line, "transcript": "Hi."}) == (Line("assistant", "item_2", 0, "Hi."),)
    assert read_facts({"type": "response.output_text.done", "item_id": "i", "text": "Hi."}) == (
        Line("assistant", "i", 0, "Hi."),
    )
    assert read_facts({"type": "response.output_item.added", "response_id": "r", "item": {"id": "i"}}) == (
        OutputItem("i", "r"),
    )
    assert read_facts({"type": "rate_limits.updated", "rate_limits": [limit]}) == (
        RateLimit("tokens", 14999361.0, 0.002),
    )


def test_an_unknown_event_says_nothing() -> None:
    assert read_facts({"type": "response.output_audio_transcript.delta", "delta": "Hi"}) == ()
    assert read_facts({"type": 7}) == ()
    assert read_facts({}) == ()


KINDS = [
    "session.updated",
    "response.created",
    "response.done",
    "response.output_item.added",
    "response.output_item.done",
    "error",
    "conversation.item.added",
    "rate_limits.updated",
    "response.output_text.done",
    "input_audio_buffer.committed",
    "conversation.item.input_audio_transcription.completed",
    "conversation.item.input_audio_transcription.failed",
]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "session",
    "response",
    "item",
    "error",
    "usage",
    "rate_limits",
    "item_id",
    "content_index",
    "content",
]


@given(
    kind=st.sampled_from(KINDS),
    fields=st.dictionaries(
        st.sampled_from(FIELDS),
        ODD | st.dictionaries(st.sampled_from([*FIELDS, "id", "output", "status_details", "audio"]), ODD),
    ),
)
def test_no_shape_of_an_event_makes_reading_fail(kind: str, fields: dict[str, object]) -> None:
    for fact in read_facts({**fields, "type": kind}):
        assert isinstance(repr(fact), str)


def test_what_is_private_stays_out_of_the_repr_of_facts() -> None:
    item = {
        "id": "i",
        "type": "message",
        "role": "system",
        "content": [{"type": "input_text", "text": "canary"}],
    }
    events = [
        {"type": "session.updated", "session": {"instructions": "canary", "tools": [{"name": "canary"}]}},
        {"type": "conversation.item.added", "item": item},
        {"type": "response.output_text.done", "item_id": "i", "text": "canary"},
        {"type": "error", "error": {"code": "x", "message": "canary"}},
    ]
    facts = [fact for event in events for fact in read_facts(json.loads(json.dumps(event)))]

    assert len(facts) == 4
    assert "canary" not in repr(facts)
