"""What is heard of a reply, and how it is cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.simulator.stage import Hush

if TYPE_CHECKING:
    from tests.simulator.conftest import Talk


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


def test_going_on_before_the_reply_was_heard_cancels_it_and_is_no_interruption(talk: type[Talk]) -> None:
    call = talk()
    call.say(1)
    call.pause(0.24)
    call.say(1)
    call.pause(0.3)
    call.wait(20)
    statuses = [one["response"]["status"] for one in call.events if one["type"] == "response.done"]

    assert statuses == ["cancelled", "completed"]
    assert (
        call.last("response.output_audio_transcript.done")["transcript"] == "You spoke for about one second."
    )
