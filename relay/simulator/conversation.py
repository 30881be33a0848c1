"""One conversation: what each client event, each sound and each passing moment leads to.

Decides which server events follow (facts 5.2 to 5.4). Pure: text, levels and times come in, effects come
out; it never waits, sends or plays. `now` is a clock in seconds that only goes forward.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from relay.simulator.events import Event, error_event, event
from relay.simulator.fields import (
    Check,
    FieldRefused,
    anything,
    integer,
    list_of,
    nullable,
    one_of,
    record,
    text,
)
from relay.simulator.items import read_item
from relay.simulator.reply import choose_reply, last_heard
from relay.simulator.responses import Speaker
from relay.simulator.session_config import (
    MAX_TOKENS,
    MODALITIES,
    PROMPT,
    REASONING,
    TOOL_CHOICE,
    TOOLS,
    VOICE,
    updated_session,
)
from relay.simulator.stage import Effect, Expired, Stage
from relay.simulator.turns import Listener

_RESPONSE = record(
    {
        "conversation": one_of("auto", "none"),
        "input": list_of(anything),
        "instructions": text,
        "output_modalities": MODALITIES,
        "audio": record({"output": record({"voice": VOICE, "format": anything})}),
        "tools": TOOLS,
        "tool_choice": TOOL_CHOICE,
        "parallel_tool_calls": anything,
        "max_output_tokens": MAX_TOKENS,
        "metadata": anything,
        "prompt": PROMPT,
        "reasoning": REASONING,
    }
)
_CLIENT_EVENTS: dict[str, dict[str, Check]] = {
    "session.update": {"session": anything},
    "conversation.item.create": {"item": anything, "previous_item_id": nullable(text)},
    "conversation.item.retrieve": {"item_id": text},
    "conversation.item.delete": {"item_id": text},
    "conversation.item.truncate": {
        "item_id": text,
        "content_index": integer(0, 0),
        "audio_end_ms": integer(0, 10**9),
    },
    "input_audio_buffer.append": {"audio": text},
    "input_audio_buffer.commit": {},
    "input_audio_buffer.clear": {},
    "output_audio_buffer.clear": {},
    "response.create": {"response": nullable(_RESPONSE)},
    "response.cancel": {"response_id": text},
}
_OPTIONAL = {"previous_item_id", "response", "response_id"}
SESSION_EXPIRED = "Your session hit the maximum duration of 60 minutes."
"""What the real one says at its limit, whatever ours is (fact 4.3)."""


class Conversation:
    """The assistant's side of one call."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._speaker = Speaker(stage)
        self._listener = Listener(stage, self._speaker, self._answer_turn)

    @property
    def due(self) -> float | None:
        """When `advance` has something to do; ``None`` when nothing is planned."""
        return self._stage.agenda.due

    def created_event(self) -> Event:
        """Build ``session.created``, which opens the data channel and never a sideband (fact 4.2)."""
        return event("session.created", session=copy.deepcopy(self._stage.session))

    def advance(self, now: float) -> list[Effect]:
        """Let what is due by now happen."""
        self._stage.agenda.run(now)
        return self._effects()

    def expire(self) -> list[Effect]:
        """Reach the time limit."""
        self._stage.emit(error_event("session_expired", SESSION_EXPIRED))
        self._stage.effects.append(Expired())
        return self._effects()

    def hear(self, at_ms: float, level_db: float, now: float) -> list[Effect]:
        """Take 20 ms of sound that begins `at_ms` into the stream, with its loudness in dBFS."""
        self._stage.agenda.run(now)
        self._listener.hear(at_ms, level_db, now)
        return self._effects()

    def client_event(self, message: str, now: float) -> list[Effect]:
        """Take a client event as it came; what cannot be used is answered with an ``error`` event."""
        self._stage.agenda.run(now)
        caused_by = None
        try:
            parsed = _object(json.loads(message))
            caused_by = parsed.get("event_id") if isinstance(parsed.get("event_id"), str) else None
            kind, fields = _checked(parsed)
            self._do(kind, fields, now)
        except (json.JSONDecodeError, RecursionError):
            self._stage.emit(error_event("invalid_json", "The event is not valid JSON."))
        except FieldRefused as refused:
            param = refused.param or None
            self._stage.emit(error_event(refused.code, refused.message, param=param, caused_by=caused_by))
        return self._effects()

    def _effects(self) -> list[Effect]:
        effects = list(self._stage.effects)
        self._stage.effects.clear()
        return effects

    def _do(self, kind: str, fields: dict[str, Any], now: float) -> None:
        if kind == "session.update":
            self._update(fields["session"])
        elif kind == "conversation.item.create":
            self._create_item(fields)
        elif kind == "conversation.item.retrieve":
            item = self._item(fields["item_id"], "retrieve")
            self._stage.emit(event("conversation.item.retrieved", item=copy.deepcopy(item)))
        elif kind == "conversation.item.delete":
            self._stage.items.remove(self._item(fields["item_id"], "delete")["id"])
            self._stage.emit(event("conversation.item.deleted", item_id=fields["item_id"]))
        elif kind == "conversation.item.truncate":
            self._truncate(fields)
        elif kind == "input_audio_buffer.append":
            raise FieldRefused("invalid_value", "type", "Audio arrives over RTP; it cannot be appended here.")
        elif kind == "input_audio_buffer.commit":
            self._listener.commit(now)
        elif kind == "input_audio_buffer.clear":
            self._listener.clear()
        elif kind == "output_audio_buffer.clear":
            self._speaker.playback.hush(now)
        elif kind == "response.create":
            self._create_response(fields.get("response") or {}, now)
        elif kind == "response.cancel":
            self._cancel(fields.get("response_id"), now)

    def _update(self, given: object) -> None:
        stage = self._stage
        stage.session = updated_session(stage.session, given, voice_fixed=self._speaker.playback.has_spoken)
        stage.emit(event("session.updated", session=copy.deepcopy(stage.session)))

    def _create_item(self, fields: dict[str, Any]) -> None:
        item = read_item(fields["item"])
        audio_tokens = 10 * sum(part["type"].endswith("_audio") for part in item.get("content", ()))
        before = self._stage.items.add(item, audio_tokens=audio_tokens, after=fields.get("previous_item_id"))
        for kind in ("conversation.item.added", "conversation.item.done"):
            self._stage.emit(event(kind, previous_item_id=before, item=copy.deepcopy(item)))

    def _item(self, item_id: str, verb: str) -> dict[str, Any]:
        item = self._stage.items.get(item_id)
        if item is None:
            message = f"Error: the item with id '{item_id}' does not exist."
            raise FieldRefused(f"item_{verb}_invalid_item_id", "item_id", message)
        return item

    def _truncate(self, fields: dict[str, Any]) -> None:
        item = self._item(fields["item_id"], "truncate")
        if item.get("role") != "assistant":
            message = "Only model output audio messages can be truncated."
            raise FieldRefused("invalid_value", "item_id", message)
        self._speaker.playback.truncate(item["id"], fields["audio_end_ms"])

    def _create_response(self, asked: dict[str, Any], now: float) -> None:
        if self._stage.session["type"] != "realtime":
            raise FieldRefused("invalid_value", "type", "A transcription session makes no responses.")
        if self._speaker.active:
            message = (
                f"Conversation already has an active response in progress: {self._speaker.response_id}. "
                "Wait until the response is finished before creating a new one."
            )
            raise FieldRefused("conversation_already_has_active_response", "", message)
        self._respond(now, asked)

    def _answer_turn(self, now: float) -> None:
        if not self._speaker.active and self._stage.session["type"] == "realtime":
            self._respond(now, {})

    def _respond(self, now: float, asked: dict[str, Any]) -> None:
        self._stage.agenda.drop("idle")
        given = asked.get("input")
        items = (
            list(self._stage.items) if given is None else [read_item(one, "response.input") for one in given]
        )
        heard = last_heard(items, self._listener.seconds, self._listener.interruptions)
        reply = choose_reply(heard, {**self._stage.session, **asked})
        self._speaker.respond(now, reply, asked, heard.repeated)

    def _cancel(self, response_id: str | None, now: float) -> None:
        if not self._speaker.active or response_id not in (None, self._speaker.response_id):
            message = "Cancellation failed: no active response found"
            raise FieldRefused("response_cancel_not_active", "", message)
        self._speaker.cancel(now, "client_cancelled")


def _object(parsed: object) -> dict[str, Any]:
    if not isinstance(parsed, dict):
        raise FieldRefused("invalid_type", "", "A client event is a JSON object.")
    return parsed


def _checked(parsed: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    kind = parsed.get("type")
    if "type" not in parsed:
        raise FieldRefused("missing_required_parameter", "type", "Missing required parameter: 'type'.")
    if not isinstance(kind, str) or kind not in _CLIENT_EVENTS:
        known = ", ".join(f"'{name}'" for name in _CLIENT_EVENTS)
        raise FieldRefused(
            "invalid_value", "type", f"Invalid value: '{kind}'. Supported values are: {known}."
        )
    checks = _CLIENT_EVENTS[kind]
    fields = {name: value for name, value in parsed.items() if name not in ("type", "event_id")}
    for name, value in fields.items():
        if name not in checks:
            raise FieldRefused("unknown_parameter", name, f"Unknown parameter: '{name}'.")
        fields[name] = checks[name](value, name)
    for name in checks:
        if name not in fields and name not in _OPTIONAL:
            raise FieldRefused("missing_required_parameter", name, f"Missing required parameter: '{name}'.")
    return kind, fields
