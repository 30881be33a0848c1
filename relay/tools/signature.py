"""What a model is told of a Python function: JSON Schema from its signature, words from its docstring.

Understood are ``str``, ``int``, ``float``, ``bool``, ``list[…]``, ``dict[str, …]``, ``Literal[…]``, unions of
them and ``None``; a parameter of the type `relay.tools.tool.Asking` is filled by the relay and not shown.
Anything else is refused when the relay starts.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from typing import TYPE_CHECKING, Any, Final, Literal, Union

from relay.core.tool import FunctionTool
from relay.tools.tool import Asking

if TYPE_CHECKING:
    from collections.abc import Callable

_PLAIN: Final[dict[object, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
    type(None): "null",
}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def tool_of_function(
    function: Callable[..., object], *, name: str, description: str | None
) -> tuple[FunctionTool, str | None]:
    """Describe a function.

    Args:
        function: Sync or async.
        name: As the model is to call it.
        description: Instead of the docstring's first paragraph.

    Returns:
        The tool, and the name of the parameter that takes an `Asking`, if there is one.

    Raises:
        ValueError: It cannot be described, in words that go on after its name.
    """
    try:
        signature = inspect.signature(function)
        hints = typing.get_type_hints(function)
    except (NameError, TypeError, ValueError):
        raise ValueError("has a signature that cannot be read") from None
    if not _NAME.fullmatch(name):
        raise ValueError("must be called by 1 to 64 letters, digits, - and _")
    summary, words = _docstring(function)
    properties: dict[str, Any] = {}
    required: list[str] = []
    asking: str | None = None
    for parameter in signature.parameters.values():
        if hints.get(parameter.name) is Asking:
            asking = parameter.name
            continue
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ValueError(f"has the parameter {parameter.name}, which cannot be given by name")
        if parameter.name not in hints:
            raise ValueError(f"has the parameter {parameter.name} without a type")
        schema = _schema(hints[parameter.name], parameter.name)
        if parameter.name in words:
            schema = {**schema, "description": words[parameter.name]}
        properties[parameter.name] = schema
        if parameter.default is parameter.empty:
            required.append(parameter.name)
    parameters = {"type": "object", "properties": properties, "required": required}
    shown = description or summary
    if not shown:
        raise ValueError("has no docstring: say in it what the tool is good for, or write a description")
    return FunctionTool(name, shown, {**parameters, "additionalProperties": False}), asking


def _schema(hint: Any, name: str) -> dict[str, Any]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is list:
        return {"type": "array", "items": _schema(inner[0], name)}
    if origin is dict and inner[0] is str:
        return {"type": "object", "additionalProperties": _schema(inner[1], name)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(choice, name) for choice in inner]}
    raise ValueError(f"has the parameter {name}, whose type a model cannot be told")


def _docstring(function: Callable[..., object]) -> tuple[str, dict[str, str]]:
    """Read the first paragraph, and what stands under ``Args:`` (Google's form)."""
    text = inspect.getdoc(function) or ""
    summary = " ".join(text.split("\n\n", 1)[0].split())
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", text, flags=re.MULTILINE)
    words: dict[str, str] = {}
    name = ""
    for line in section[1].splitlines() if section else ():
        entry = re.match(r"(?:  ? ? ?|\t)(\w+)(?: \([^)]*\))?:\s*(.*)", line)
        if entry:
            name = entry[1]
            words[name] = entry[2].strip()
        elif name and line.strip():
            words[name] = f"{words[name]} {line.strip()}".strip()
    return summary, words
