"""How one response goes out, and what it is said to have used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.simulator.stage import Play

if TYPE_CHECKING:
    from tests.simulator.conftest import Talk


def test_typed_text_is_answered_only_when_asked(talk: type[Talk]) -> None:
    call = talk()
    call.type_text("Nice to meet you")
    call.wait(5)

    assert call.types == ["conversation.item.added", "conversation.item.done"]


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


def test_a_written_answer_repeats_what_a_tool_said(talk: type[Talk]) -> None:
    tool = {"type": "function", "name": "get_weather", "parameters": {}}
    call = talk({"output_modalities": ["text"], "tools": [tool]})
    call.type_text("What is the weather?")
    call.send("response.create")
    call.wait(5)
    asked = call.last("response.function_call_arguments.done")["call_id"]
    item = {"type": "function_call_output", "call_id": asked, "output": "blue"}
    call.send("conversation.item.create", item=item)
    call.send("response.create")
    call.wait(20)

    assert call.last("response.output_text.done")["text"].startswith("The tool said: blue ")


def test_one_response_at_a_time(talk: type[Talk]) -> None:
    call = talk()
    call.send("response.create")
    call.send("response.create")

    assert call.last("error")["error"]["code"] == "conversation_already_has_active_response"


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
