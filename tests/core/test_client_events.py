"""What a sideband writes (fact 5.2)."""

from __future__ import annotations

from relay.core import client_events


def test_looking_changes_nothing() -> None:
    assert client_events.look("e1") == {
        "type": "session.update",
        "event_id": "e1",
        "session": {"type": "realtime"},
    }


def test_only_what_is_to_be_restored_is_sent() -> None:
    event = client_events.restore({"voice": "marin", "tools": [], "reasoning_effort": "low"}, "e1")

    assert event["session"] == {
        "type": "realtime",
        "tools": [],
        "reasoning": {"effort": "low"},
        "audio": {"output": {"voice": "marin"}},
    }


def test_a_response_is_asked_for_under_its_mark_and_without_other_wishes() -> None:
    assert client_events.respond("m1") == {
        "type": "response.create",
        "event_id": "m1",
        "response": {"metadata": {"relay": "m1"}},
    }


def test_what_is_to_be_said_asks_for_no_tools() -> None:
    response = client_events.say("Two minutes left.", "m1")["response"]

    assert isinstance(response, dict)
    assert response["tool_choice"] == "none"
    assert response["instructions"].endswith("\n\nTwo minutes left.")


def test_a_tools_output_goes_in_under_our_item_id() -> None:
    item = {"id": "i1", "type": "function_call_output", "call_id": "call_1", "output": "12 degrees"}

    assert client_events.tool_output("call_1", "12 degrees", "i1") == {
        "type": "conversation.item.create",
        "item": item,
    }


def test_cancelling_stops_the_making_and_then_the_sound() -> None:
    assert client_events.cancel("resp_1") == (
        {"type": "response.cancel", "response_id": "resp_1"},
        {"type": "output_audio_buffer.clear"},
    )
    assert client_events.cancel(None)[0] == {"type": "response.cancel"}


def test_an_item_is_removed_by_its_id() -> None:
    assert client_events.remove("i1") == {"type": "conversation.item.delete", "item_id": "i1"}
