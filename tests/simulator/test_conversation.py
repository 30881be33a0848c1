"""What follows what in a conversation (facts 5.2 to 5.4)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from relay.simulator.stage import Expired, Hush, Play

if TYPE_CHECKING:
    from tests.simulator.conftest import Talk

TRANSCRIBED: dict[str, Any] = {"audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
ANSWERED = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
    "output_audio_buffer.stopped",
]
BEGUN = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
    "output_audio_buffer.started",
]


def without_deltas(types: list[str]) -> list[str]:
    return [one for one in types if not one.endswith("transcript.delta")]


def test_a_spoken_turn_gives_the_recorded_order(talk: type[Talk]) -> None:
    call = talk()
    call.say(1.2)
    call.pause(0.3)
    call.wait(20)

    heard = [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]
    assert without_deltas(call.types) == heard + without_deltas(BEGUN) + ANSWERED
    assert call.types[:11] == heard + BEGUN


def test_a_reply_says_how_long_was_spoken(talk: type[Talk]) -> None:
    call = talk()
    call.say(1.2)
    call.pause(0.3)
    call.wait(20)

    assert (
        call.last("response.output_audio_transcript.done")["transcript"] == "You spoke for about one second."
    )


def test_deltas_join_to_the_transcript_and_keep_pace_with_the_sound(talk: type[Talk]) -> None:
    call = talk()
    call.send("response.create")
    call.wait(1.5)
    told = [event["delta"] for event in call.events if event["type"].endswith("transcript.delta")]
    call.wait(20)
    all_told = [event["delta"] for event in call.events if event["type"].endswith("transcript.delta")]
    whole = call.last("response.output_audio_transcript.done")["transcript"]

    assert 0 < len("".join(told)) < len(whole) / 2
    assert "".join(all_told) == whole


def test_a_transcript_tells_only_what_can_be_known(talk: type[Talk]) -> None:
    call = talk(TRANSCRIBED)
    call.say(2.4)
    call.pause(1)
    completed = call.last("conversation.item.input_audio_transcription.completed")

    assert completed["transcript"] == "(2.4 seconds of speech)"
    assert completed["usage"]["input_token_details"] == {"text_tokens": 0, "audio_tokens": 24}
    deltas = [e["delta"] for e in call.events if e["type"].endswith("input_audio_transcription.delta")]
    assert "".join(deltas) == completed["transcript"]


def test_without_a_transcription_deployment_nothing_is_transcribed(talk: type[Talk]) -> None:
    call = talk()
    call.say(1)
    call.pause(1)

    assert not [one for one in call.types if "transcription" in one]


def test_an_unknown_transcription_deployment_fails_per_turn_and_the_answer_goes_on(talk: type[Talk]) -> None:
    call = talk({"audio": {"input": {"transcription": {"model": "whisper"}}}})
    call.say(1)
    call.pause(1)
    call.wait(20)
    failed = call.last("conversation.item.input_audio_transcription.failed")

    assert failed["error"]["code"] == "DeploymentNotFound"
    assert call.last("response.done")["response"]["status"] == "completed"


def test_whisper_is_billed_by_seconds(talk: type[Talk]) -> None:
    call = talk({"audio": {"input": {"transcription": {"model": "gpt-realtime-whisper"}}}})
    call.say(3)
    call.pause(1)

    usage = call.last("conversation.item.input_audio_transcription.completed")["usage"]
    assert usage == {"type": "duration", "seconds": 3}


def test_speaking_over_the_reply_silences_truncates_and_cancels_it(talk: type[Talk]) -> None:
    call = talk()
    call.send("response.create")
    call.wait(2)
    call.clear()
    call.say(0.5)

    assert call.types == [
        "input_audio_buffer.speech_started",
        "output_audio_buffer.cleared",
        "conversation.item.truncated",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    done = call.last("response.done")["response"]
    assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert 1800 < call.last("conversation.item.truncated")["audio_end_ms"] < 2000
    assert sum(isinstance(effect, Hush) for effect in call.effects) == 1


def test_after_an_interruption_the_reply_says_so(talk: type[Talk]) -> None:
    call = talk()
    call.send("response.create")
    call.wait(2)
    call.say(1)
    call.pause(0.3)
    call.wait(20)

    done = call.last("response.output_audio_transcript.done")
    assert done["transcript"] == "You interrupted me. Please go on."


def test_speaking_while_the_last_sound_drains_cancels_nothing(talk: type[Talk]) -> None:
    call = talk()
    call.send("response.create")
    while "response.done" not in call.types:
        call.wait(0.02)
    call.clear()
    call.say(0.1)

    assert call.types == [
        "input_audio_buffer.speech_started",
        "output_audio_buffer.cleared",
        "conversation.item.truncated",
    ]


def test_with_interruption_switched_off_the_reply_goes_on(talk: type[Talk]) -> None:
    detection = {"type": "server_vad", "interrupt_response": False}
    call = talk({"audio": {"input": {"turn_detection": detection}}})
    call.send("response.create")
    call.wait(1)
    call.say(1)
    call.pause(0.3)
    call.wait(20)

    assert "output_audio_buffer.cleared" not in call.types
    assert call.types.count("response.done") == 1


def test_typed_text_is_answered_only_when_asked(talk: type[Talk]) -> None:
    call = talk()
    call.type_text("Nice to meet you")
    call.wait(5)

    assert call.types == ["conversation.item.added", "conversation.item.done"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Nice to meet you", "You typed a message."),
        ("What is the capital of France?", "That was a question."),
        ("What is the weather in Rome?", "The weather tool gave no answer"),
        ("Goodbye then", "Goodbye."),
        ("Tell me a story", "Here is a longer story"),
        ("Hello!", "Hello."),
    ],
)
def test_the_answer_fits_what_was_typed(talk: type[Talk], typed: str, said: str) -> None:
    call = talk()
    call.type_text(typed)
    call.send("response.create")
    call.wait(30)

    assert call.last("response.output_audio_transcript.done")["transcript"].startswith(said)


@pytest.mark.parametrize(
    ("instructions", "said"),
    [
        ("", "Hello."),
        ("You lead a job interview.", "Welcome to the practice"),
        ("A language tutor.", "Welcome to the lan"),
    ],
)
def test_asked_first_the_assistant_opens_the_conversation(
    talk: type[Talk], instructions: str, said: str
) -> None:
    call = talk({"instructions": instructions})
    call.send("response.create")
    call.wait(20)

    assert call.last("response.output_audio_transcript.done")["transcript"].startswith(said)


def test_asking_for_the_weather_calls_the_tool_and_its_output_is_answered(talk: type[Talk]) -> None:
    call = talk({"tools": [WEATHER]})
    call.type_text("What is the weather in Rome?")
    call.clear()
    call.send("response.create")
    call.wait(1)

    assert [one for one in call.types if not one.endswith("arguments.delta")] == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    asked = call.last("response.function_call_arguments.done")
    assert (asked["name"], json.loads(asked["arguments"])) == ("get_weather", {"city": "Rome"})
    assert call.last("response.done")["response"]["output"][0]["call_id"] == asked["call_id"]

    call.send(
        "conversation.item.create",
        item={"type": "function_call_output", "call_id": asked["call_id"], "output": "sunny"},
    )
    assert "status" not in call.last("conversation.item.done")["item"]

    call.send("response.create")
    call.wait(20)
    said = call.last("response.output_audio_transcript.done")["transcript"]
    assert said.startswith("The weather tool has answered.")


def test_a_forbidden_tool_is_not_called(talk: type[Talk]) -> None:
    call = talk({"tools": [WEATHER], "tool_choice": "none"})
    call.type_text("weather?")
    call.send("response.create")
    call.wait(20)

    assert "response.function_call_arguments.done" not in call.types


def test_a_required_tool_is_called_whatever_was_said(talk: type[Talk]) -> None:
    call = talk({"tools": [WEATHER], "tool_choice": "required"})
    call.say(1)
    call.pause(0.5)

    assert call.last("response.function_call_arguments.done")["name"] == "get_weather"


def test_a_written_answer_streams_text_and_makes_no_sound(talk: type[Talk]) -> None:
    call = talk({"output_modalities": ["text"]})
    call.type_text("How are you?")
    call.clear()
    call.send("response.create")
    call.wait(20)

    assert [one for one in call.types if one != "response.output_text.delta"] == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    assert call.last("response.output_text.done")["text"].startswith('You wrote "How are you?".')
    assert not [effect for effect in call.effects if isinstance(effect, Play)]


def test_push_to_talk_answers_only_when_asked(talk: type[Talk]) -> None:
    call = talk({"audio": {"input": {"turn_detection": None}}})
    call.say(2)
    call.pause(1)
    assert call.types == []

    call.send("input_audio_buffer.commit")
    assert call.types == ["input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"]

    call.send("response.create")
    call.wait(20)
    assert "two seconds" in call.last("response.output_audio_transcript.done")["transcript"]


def test_committing_nothing_is_an_error(talk: type[Talk]) -> None:
    call = talk({"audio": {"input": {"turn_detection": None}}})
    call.say(1)
    call.send("input_audio_buffer.clear")
    call.send("input_audio_buffer.commit", event_id="mine")

    assert call.types == ["input_audio_buffer.cleared", "error"]
    error = call.last("error")["error"]
    assert (error["code"], error["event_id"]) == ("input_audio_buffer_commit_empty", "mine")


def test_cancelling_stops_the_response_and_clearing_stops_the_sound(talk: type[Talk]) -> None:
    call = talk()
    call.send("response.create")
    call.wait(1)
    call.clear()
    call.send("response.cancel")
    call.send("output_audio_buffer.clear")

    assert call.types[-2:] == ["response.done", "output_audio_buffer.cleared"]
    details = call.last("response.done")["response"]["status_details"]
    assert details == {"type": "cancelled", "reason": "client_cancelled"}


def test_the_sound_drains_after_a_cancel(talk: type[Talk]) -> None:
    call = talk()
    call.send("response.create")
    call.wait(1)
    call.send("response.cancel")
    call.wait(20)

    assert call.types[-1] == "output_audio_buffer.stopped"


def test_a_second_response_waits_for_its_turn_to_be_heard(talk: type[Talk]) -> None:
    call = talk()
    call.send("response.create")
    while "response.done" not in call.types:
        call.wait(0.02)
    call.type_text("goodbye")
    call.clear()
    call.send("response.create")
    call.wait(30)
    buffer = [one for one in call.types if one.startswith("output_audio_buffer")]

    assert buffer == [
        "output_audio_buffer.stopped",
        "output_audio_buffer.started",
        "output_audio_buffer.stopped",
    ]


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ({"type": "response.cancel"}, "response_cancel_not_active", None),
        ({"type": "no.such.event"}, "invalid_value", "type"),
        ({}, "missing_required_parameter", "type"),
        ([], "invalid_type", None),
        ({"type": "response.create", "surprise": 1}, "unknown_parameter", "surprise"),
        ({"type": "conversation.item.create"}, "missing_required_parameter", "item"),
        ({"type": "conversation.item.retrieve", "item_id": "x"}, "item_retrieve_invalid_item_id", "item_id"),
        ({"type": "conversation.item.delete", "item_id": "x"}, "item_delete_invalid_item_id", "item_id"),
        ({"type": "input_audio_buffer.append", "audio": ""}, "invalid_value", "type"),
        ({"type": "session.update", "session": {}}, "missing_required_parameter", "session.type"),
        (
            {"type": "session.update", "session": {"type": "realtime", "voice": "alloy"}},
            "unknown_parameter",
            "session.voice",
        ),
        (
            {"type": "session.update", "session": {"type": "transcription"}},
            "invalid_parameter",
            "session.type",
        ),
    ],
)
def test_what_cannot_be_used_is_answered_with_an_error_event(
    talk: type[Talk], message: object, code: str, param: str | None
) -> None:
    call = talk()
    call.send_text(json.dumps(message))

    assert call.types == ["error"]
    error = call.last("error")["error"]
    assert (error["code"], error["param"]) == (code, param)


@pytest.mark.parametrize("text", ["", "{", "nonsense", '{"type":}', "[" * 100_000])
def test_text_that_is_no_json_is_answered_with_an_error_event(talk: type[Talk], text: str) -> None:
    call = talk()
    call.send_text(text)

    assert call.types == ["error"]


def test_one_response_at_a_time(talk: type[Talk]) -> None:
    call = talk()
    call.send("response.create")
    call.send("response.create")

    assert call.last("error")["error"]["code"] == "conversation_already_has_active_response"


def test_a_session_update_changes_only_what_it_names_and_is_answered_whole(talk: type[Talk]) -> None:
    call = talk()
    before = call.stage.session["audio"]["output"]
    call.send("session.update", session={"type": "realtime", "instructions": "Be brief."})
    after = call.last("session.updated")["session"]

    assert after["instructions"] == "Be brief."
    assert after["audio"]["output"] == before


def test_the_voice_is_fixed_once_it_was_heard(talk: type[Talk]) -> None:
    call = talk()
    update = {"type": "realtime", "audio": {"output": {"voice": "marin"}}}
    call.send("session.update", session=update)
    assert call.types == ["session.updated"]

    call.send("response.create")
    call.wait(20)
    call.send("session.update", session={"type": "realtime", "audio": {"output": {"voice": "ash"}}})
    assert call.last("error")["error"]["code"] == "cannot_update_voice"


def test_items_can_be_fetched_truncated_and_deleted(talk: type[Talk]) -> None:
    call = talk()
    call.send("response.create")
    call.wait(20)
    item_id = call.last("conversation.item.done")["item"]["id"]
    call.clear()
    call.send("conversation.item.retrieve", item_id=item_id)
    call.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=10)
    call.send("conversation.item.delete", item_id=item_id)
    call.send("conversation.item.retrieve", item_id=item_id)

    assert call.types == [
        "conversation.item.retrieved",
        "conversation.item.truncated",
        "conversation.item.deleted",
        "error",
    ]


def test_an_item_out_of_conversation_leaves_no_trace_in_it(talk: type[Talk]) -> None:
    call = talk()
    call.send(
        "response.create",
        response={"conversation": "none", "output_modalities": ["text"], "metadata": {"a": "b"}},
    )
    call.wait(10)

    assert not [one for one in call.types if one.startswith("conversation.item")]
    assert call.last("response.done")["response"]["metadata"] == {"a": "b"}


def test_azure_doubles_the_content_part_and_sends_no_rate_limits(talk: type[Talk]) -> None:
    call = talk()
    call.send("response.create")
    call.wait(20)
    part = call.last("response.content_part.done")

    assert part["part"] == part["content"]
    assert "rate_limits.updated" not in call.types


def test_openai_sends_the_part_once_and_rate_limits_after_the_response(talk: type[Talk]) -> None:
    call = talk(flavour="openai")
    call.send("response.create")
    call.wait(20)

    assert "content" not in call.last("response.content_part.done")
    assert call.types[call.types.index("response.done") + 1] == "rate_limits.updated"


def test_a_failed_response_says_so_and_the_next_one_works(talk: type[Talk]) -> None:
    failures = [("server_error", "It broke.")]
    call = talk(take_fault=lambda step: failures.pop() if step == "response" and failures else None)
    call.send("response.create")
    call.wait(1)
    done = call.last("response.done")["response"]
    call.send("response.create")
    call.wait(20)

    assert done["status"] == "failed"
    assert done["status_details"]["error"]["code"] == "server_error"
    assert call.last("response.done")["response"]["status"] == "completed"


def test_usage_grows_with_the_conversation_and_counts_what_was_said(talk: type[Talk]) -> None:
    call = talk()
    call.say(2)
    call.pause(0.3)
    call.wait(20)
    first = call.last("response.done")["response"]["usage"]
    call.type_text("And now a typed one")
    call.send("response.create")
    call.wait(20)
    second = call.last("response.done")["response"]["usage"]

    assert first["input_token_details"]["audio_tokens"] == 20
    assert first["output_token_details"]["audio_tokens"] > 0
    assert second["input_tokens"] > first["input_tokens"]
    assert second["input_token_details"]["cached_tokens"] % 64 == 0
    for usage in (first, second):
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_the_time_limit_is_an_error_event_and_then_the_end(talk: type[Talk]) -> None:
    call = talk()
    call.effects += call.conversation.expire()

    assert call.last("error")["error"]["code"] == "session_expired"
    assert isinstance(call.effects[-1], Expired)


def test_a_transcription_session_transcribes_and_never_answers(talk: type[Talk]) -> None:
    call = talk()
    call.stage.session |= {"type": "transcription"}
    call.say(1)
    call.pause(1)
    call.send("response.create")

    assert "response.created" not in call.types
    assert call.types[-1] == "error"


def test_a_long_silence_is_answered_when_asked_for(talk: type[Talk]) -> None:
    detection = {"type": "server_vad", "idle_timeout_ms": 6000}
    call = talk({"audio": {"input": {"turn_detection": detection}}})
    call.send("response.create")
    call.wait(20)
    call.wait(0.1)

    assert "input_audio_buffer.timeout_triggered" in call.types
    assert call.types.count("response.created") == 2
