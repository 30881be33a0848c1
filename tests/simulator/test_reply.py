"""What is answered fits what happened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Talk

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


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


@pytest.mark.parametrize(
    "parameters", [None, [], "x", {"properties": []}, {"required": "city"}, {"required": [1]}]
)
def test_a_tool_with_a_strange_schema_is_called_all_the_same(talk: type[Talk], parameters: object) -> None:
    call = talk({"tools": [{"type": "function", "name": "get_weather", "parameters": parameters}]})
    call.type_text("weather")
    call.send("response.create")
    call.wait(1)

    assert json.loads(call.last("response.function_call_arguments.done")["arguments"]) == {}
