"""Chooses what the assistant answers: a sentence of the stock, a written one, or a function call.

Pure. It fits what happened (how long somebody spoke, what was typed, which tool answered), because that
is all a simulator can honestly know.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_DURATIONS = ((0.7, "short"), (1.6, "one_second"), (2.6, "two_seconds"), (3.6, "three_seconds"))
_LONGER_DURATIONS = ((4.6, "four_seconds"), (5.6, "five_seconds"))
_TYPED = (
    (r"\bgood ?bye\b|\bbye\b|\bsee you\b", "goodbye"),
    (r"\bweather\b", "weather_none"),
    (r"\bstory\b", "long_story"),
    (r"\b(hello|hi|hey)\b", "greeting"),
    (r"\?", "question"),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the last thing was that the assistant has not answered yet.

    Args:
        kind: ``nothing``, ``audio``, ``text`` or ``tool_output``.
        text: What was typed, or the name of the tool that answered.
        seconds: How long somebody spoke.
        interrupted: Whether they spoke over the assistant.
        output: What the tool answered.
    """

    kind: str
    text: str = ""
    seconds: float = 0.0
    interrupted: bool = False
    output: str = ""

    @property
    def repeated(self) -> str:
        """What a written answer begins with, so that one sees what has arrived."""
        if self.kind == "tool_output":
            return f"The tool said: {self.output}"
        return f'You wrote "{self.text}".' if self.kind == "text" else ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Say the sentence of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """Call a tool; `arguments` is JSON as text."""

    name: str
    arguments: str


def last_heard(
    items: Iterable[Mapping[str, Any]], seconds: Mapping[str, float], interruptions: set[str]
) -> Heard:
    """Find what is to be answered: the last item, unless it is the assistant's own.

    Args:
        items: The conversation, oldest first.
        seconds: Seconds of speech by item id.
        interruptions: Ids of the items that were spoken over the assistant.
    """
    names: dict[str, str] = {}
    heard = Heard("nothing")
    for item in items:
        if item["type"] == "function_call":
            names[item.get("call_id", "")] = item["name"]
        elif item["type"] == "function_call_output":
            heard = Heard("tool_output", names.get(item["call_id"], ""), output=item["output"])
        elif item.get("role") == "assistant":
            heard = Heard("nothing")
        elif item.get("role") == "user":
            if item["id"] in seconds:
                heard = Heard("audio", "", seconds[item["id"]], item["id"] in interruptions)
            else:
                heard = Heard("text", " ".join(part.get("text", "") for part in item["content"]))
    return heard


def choose_reply(heard: Heard, config: Mapping[str, Any]) -> Spoken | FunctionCall:
    """Choose the answer to what was heard.

    Args:
        heard: From `last_heard`.
        config: The session, laid over with what the response asks for: instructions, tools, tool_choice.
    """
    tool = _tool_to_call(heard, config)
    if tool is not None:
        return FunctionCall(tool["name"], json.dumps(_arguments(tool, heard.text)))
    if heard.kind == "tool_output":
        return Spoken("weather_result" if "weather" in heard.text.lower() else "tool_result")
    if heard.kind == "text":
        written = heard.text.lower()
        return Spoken(next((name for pattern, name in _TYPED if re.search(pattern, written)), "typed"))
    if heard.kind == "audio":
        if heard.interrupted:
            return Spoken("interrupted")
        known = (*_DURATIONS, *_LONGER_DURATIONS)
        return Spoken("heard_" + next((name for most, name in known if heard.seconds < most), "long"))
    return Spoken(_opening(str(config.get("instructions") or "").lower()))


def _opening(instructions: str) -> str:
    if "interview" in instructions:
        return "interview"
    return "lesson" if re.search(r"\b(tutor|lesson|language teacher)\b", instructions) else "greeting"


def _tool_to_call(heard: Heard, config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    functions: Sequence[Mapping[str, Any]] = [
        tool for tool in config.get("tools") or () if tool["type"] == "function"
    ]
    choice = config.get("tool_choice", "auto")
    if not functions or choice == "none" or heard.kind == "tool_output":
        return None
    if isinstance(choice, dict):
        return next((tool for tool in functions if tool["name"] == choice.get("name")), None)
    meant = next((tool for tool in functions if _is_meant(tool["name"], heard.text)), None)
    return functions[0] if choice == "required" and meant is None else meant


def _is_meant(tool_name: str, written: str) -> bool:
    """A tool is meant when a telling word of its name was typed: ``get_weather`` by "weather"."""
    words = [word for word in re.split(r"[^a-z]+", tool_name.lower()) if len(word) > 3]
    return any(word in written.lower() for word in words)


def _arguments(tool: Mapping[str, Any], written: str) -> dict[str, object]:
    parameters = _object(tool.get("parameters"))
    fields = _object(parameters.get("properties"))
    wanted = parameters.get("required")
    names = wanted if isinstance(wanted, list) else list(fields)[:1]
    return {name: _argument(_object(fields.get(name)), written) for name in names if isinstance(name, str)}


def _object(value: object) -> Mapping[str, Any]:
    """Take what a client wrote as a JSON schema for no more than it is."""
    return value if isinstance(value, dict) else {}


def _argument(field: Mapping[str, Any], written: str) -> object:
    allowed = field.get("enum")
    if isinstance(allowed, list) and allowed:
        chosen: object = allowed[0]
        return chosen
    simple = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
    kind = field.get("type")
    if isinstance(kind, str) and kind in simple:
        return simple[kind]
    place = re.search(r"\b(?:in|at|for)\s+([A-Z][\w'-]*(?:\s+[A-Z][\w'-]*)*)", written)
    return place[1] if place else "Paris"
