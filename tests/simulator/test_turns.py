"""Spoken turns: recorded order, transcripts, push-to-talk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulator.conftest import Talk

TRANSCRIBED: dict[str, Any] = {"audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}}
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
