"""Server events as the real API lays them out (fact 5.3).

Decides shapes only; when to send one is decided elsewhere.
"""

from __future__ import annotations

from typing import Any

from relay.simulator.ids import base62, new_hex_id, new_id

Event = dict[str, Any]


def event(kind: str, /, **fields: object) -> Event:
    """Build a server event; `output_audio_buffer.*` ids are hexadecimal, as recorded."""
    hexadecimal = kind.startswith("output_audio_buffer.")
    return {"type": kind, "event_id": new_hex_id("event", 16) if hexadecimal else new_id("event"), **fields}


def error_event(
    code: str | None,
    message: str,
    *,
    param: str | None = None,
    caused_by: str | None = None,
    kind: str = "invalid_request_error",
) -> Event:
    """Build an ``error`` event; `caused_by` is the ``event_id`` of the client event, if it had one."""
    error = {"type": kind, "code": code, "message": message, "param": param, "event_id": caused_by}
    return event("error", error=error)


def delta(kind: str, text: str, /, **where: object) -> Event:
    """Build a text-like delta with the padding that hides its length."""
    return event(kind, **where, delta=text, obfuscation=base62(max(1, 16 - len(text) % 16)))


def part_event(kind: str, part: Event, *, doubled: bool, **where: object) -> Event:
    """Build a ``response.content_part.*`` event; Azure sends the part twice, as ``part`` and ``content``."""
    return event(kind, **where, part=part, **({"content": part} if doubled else {}))


def message_item(item_id: str, role: str, status: str, content: list[Event]) -> Event:
    """Build a message item."""
    return {"id": item_id, "type": "message", "status": status, "role": role, "content": content}


def user_audio_item(item_id: str) -> Event:
    """Build the item of one spoken turn; the sound itself is never in it."""
    return message_item(item_id, "user", "completed", [{"type": "input_audio", "transcript": None}])


def function_call_item(item_id: str, status: str, *, name: str, call_id: str, arguments: str) -> Event:
    """Build a function call item; `arguments` is JSON as text."""
    return {
        "id": item_id,
        "type": "function_call",
        "status": status,
        "name": name,
        "call_id": call_id,
        "arguments": arguments,
    }


def rate_limits(used_tokens: int) -> Event:
    """Build OpenAI's ``rate_limits.updated``; Azure sends none."""
    limit = 15_000_000
    entry = {"name": "tokens", "limit": limit, "remaining": limit - used_tokens, "reset_seconds": 0.002}
    return event("rate_limits.updated", rate_limits=[entry])
