"""The Realtime API's client events that a sideband sends (fact 5.2). Pure: values in, JSON objects out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.core.server_events import MARK
from relay.core.session_values import session_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, object]

_VERBATIM = (
    "Say the following to the caller, word for word, in the language it is written in, and nothing else:"
)


def look(event_id: str) -> Json:
    """Ask for the session as it is: an update that changes nothing (fact 4.2: nobody greets a sideband)."""
    return {"type": "session.update", "event_id": event_id, "session": {"type": "realtime"}}


def restore(values: Mapping[str, object], event_id: str) -> Json:
    """Set values of a session, by the names of `relay.core.session_values`.

    Only these are sent: a voice may not be named any more once it was heard (fact 4.2).
    """
    return {"type": "session.update", "event_id": event_id, "session": session_of(values)}


def tool_output(tool_id: str, output: str, item_id: str) -> Json:
    """Put a tool's output into the conversation (fact 5.4); begins no response."""
    item = {"id": item_id, "type": "function_call_output", "call_id": tool_id, "output": output}
    return {"type": "conversation.item.create", "item": item}


def remove(item_id: str) -> Json:
    """Take an item out of the conversation."""
    return {"type": "conversation.item.delete", "item_id": item_id}


def respond(mark: str, instructions: str | None = None) -> Json:
    """Ask for a response that carries a mark, and is refused under the same name."""
    response: Json = {"metadata": {MARK: mark}}
    if instructions is not None:
        response["instructions"] = instructions
    return {"type": "response.create", "event_id": mark, "response": response}


def say(text: str, mark: str) -> Json:
    """Ask for a response that is this text, and asks for no tools."""
    event = respond(mark, f"{_VERBATIM}\n\n{text}")
    response = event["response"]
    assert isinstance(response, dict)  # noqa: S101 - built above
    response["tool_choice"] = "none"
    return event


def cancel(response_id: str | None) -> tuple[Json, Json]:
    """Stop a response, then its sound: it may still be playing when nothing is being made (fact 5.4)."""
    named = {} if response_id is None else {"response_id": response_id}
    return {"type": "response.cancel", **named}, {"type": "output_audio_buffer.clear"}
