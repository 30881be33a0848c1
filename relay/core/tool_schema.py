"""The part of JSON Schema in which the arguments of tools are described, and whether arguments fit.

Pure. What is not understood is refused when a schema is written down, rather than passed over when a model
asks: ``$ref``, ``oneOf``, ``allOf``, ``pattern`` and their like. ``title``, ``description``, ``default``,
``examples`` and ``format`` are words for the model and are not checked. Source: JSON Schema 2020-12.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_DEPTH: Final = 12
"""How deep a schema may be."""

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
    "null": (type(None),),
}
_WORDS: Final = frozenset({"title", "description", "default", "examples", "format", "$schema"})
_BOUNDS: Final = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minLength", "maxLength", "minItems", "maxItems"),
)
_KNOWN: Final = _WORDS | {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf"),
    *_BOUNDS,
}


def schema_faults(schema: object, path: str = "parameters", depth: int = 0) -> Iterator[str]:
    """Yield what is wrong with a schema, each with the place in it."""
    if not isinstance(schema, dict):
        yield f"{path} must be a table"
        return
    if depth > MOST_DEPTH:
        yield f"{path} is nested too deeply"
        return
    for key in schema.keys() - _KNOWN:
        yield f"{path} has the keyword {key}, which is not understood here"
    kinds = schema.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind not in _TYPES:
            yield f"{path}.type must be one of: {', '.join(_TYPES)}"
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        yield f"{path}.properties must be a table"
        properties = {}
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(name in properties for name in required):
        yield f"{path}.required must be a list of names that properties has"
    if not isinstance(schema.get("enum", []), list):
        yield f"{path}.enum must be a list"
    for key in _BOUNDS:
        bound = schema.get(key, 0)
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            yield f"{path}.{key} must be a number"
    yield from _inner_faults(schema, properties, path, depth)


def _inner_faults(
    schema: Mapping[str, Any], properties: Mapping[str, Any], path: str, depth: int
) -> Iterator[str]:
    for name, inner in properties.items():
        yield from schema_faults(inner, f"{path}.properties.{name}", depth + 1)
    if "items" in schema:
        yield from schema_faults(schema["items"], f"{path}.items", depth + 1)
    if not isinstance(schema.get("additionalProperties", True), bool):
        yield from schema_faults(schema["additionalProperties"], f"{path}.additionalProperties", depth + 1)
    choices = schema.get("anyOf", [])
    if not isinstance(choices, list):
        yield f"{path}.anyOf must be a list"
        return
    for number, choice in enumerate(choices):
        yield from schema_faults(choice, f"{path}.anyOf[{number}]", depth + 1)


def misfit(schema: Mapping[str, Any], value: object, path: str = "") -> str | None:
    """Say why a value does not fit a schema that has no faults; ``None`` when it does.

    The words name places and what was expected, never the value, so that a model can mend its arguments.
    """
    here = path or "the arguments"
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if kinds and not any(_is_of(kind, value) for kind in kinds):
        return f"{here} must be of type {' or '.join(kinds)}"
    if "const" in schema and not _same(value, schema["const"]):
        return f"{here} must be {schema['const']!r}"
    if "enum" in schema and not any(_same(value, allowed) for allowed in schema["enum"]):
        return f"{here} must be one of {', '.join(map(repr, schema['enum']))}"
    if "anyOf" in schema and all(misfit(choice, value, path) for choice in schema["anyOf"]):
        return f"{here} fits none of the choices there are"
    if isinstance(value, dict):
        return _object_misfit(schema, value, path)
    if isinstance(value, list | tuple):
        return _bound_misfit(schema, len(value), here, "Items", "entries") or _entries_misfit(
            schema, value, here
        )
    if isinstance(value, str):
        return _bound_misfit(schema, len(value), here, "Length", "characters")
    return _number_misfit(schema, value, here)


def _is_of(kind: str, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[kind]) and not (isinstance(value, float) and not math.isfinite(value))


def _same(one: object, other: object) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _object_misfit(schema: Mapping[str, Any], value: Mapping[str, Any], path: str) -> str | None:
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            return f"{_place(path, name)} is missing"
    beyond = schema.get("additionalProperties", True)
    for name, inner in value.items():
        if name in properties:
            wrong = misfit(properties[name], inner, _place(path, name))
        elif beyond is False:
            wrong = f"{path or 'the arguments'} may only have: {', '.join(properties) or 'nothing'}"
        else:
            wrong = None if beyond is True else misfit(beyond, inner, f"{path or 'the arguments'}.*")
        if wrong:
            return wrong
    return None


def _place(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _entries_misfit(schema: Mapping[str, Any], value: list[Any] | tuple[Any, ...], here: str) -> str | None:
    entry = schema.get("items", {})
    found = (misfit(entry, inner, f"{here}[{number}]") for number, inner in enumerate(value))
    return next((wrong for wrong in found if wrong), None)


def _bound_misfit(schema: Mapping[str, Any], size: int, here: str, noun: str, words: str) -> str | None:
    if size < schema.get(f"min{noun}", 0):
        return f"{here} must have {schema[f'min{noun}']} {words} at least"
    if size > schema.get(f"max{noun}", math.inf):
        return f"{here} may have {schema[f'max{noun}']} {words} at most"
    return None


def _number_misfit(schema: Mapping[str, Any], value: object, here: str) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if value < schema.get("minimum", -math.inf) or value <= schema.get("exclusiveMinimum", -math.inf):
        return f"{here} is too small"
    if value > schema.get("maximum", math.inf) or value >= schema.get("exclusiveMaximum", math.inf):
        return f"{here} is too large"
    return None
