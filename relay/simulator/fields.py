"""Checks for single fields of foreign JSON, and how to combine them.

A check takes a value and the path it stands at; it gives the value back with defaults filled in, or
raises `FieldRefused`. Decides types, ranges and unknown names; knows nothing of any particular field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

Check = Callable[[object, str], object]


class FieldRefused(Exception):  # noqa: N818 - it becomes an answer
    """A field that the API would refuse.

    Args:
        code: ``unknown_parameter``, ``missing_required_parameter``, ``invalid_type`` or ``invalid_value``.
        param: The path, such as ``session.audio.output.speed``.
        message: The text for a person.
    """

    def __init__(self, code: str, param: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.param = param
        self.message = message


def anything(value: object, path: str) -> object:  # noqa: ARG001 - a check's signature
    """Accept whatever it is."""
    return value


def text(value: object, path: str) -> object:
    """Accept a string."""
    if not isinstance(value, str):
        raise wrong_type(path, "a string", value)
    return value


def boolean(value: object, path: str) -> object:
    """Accept true or false."""
    if not isinstance(value, bool):
        raise wrong_type(path, "a boolean", value)
    return value


def number(low: float, high: float) -> Check:
    """Accept a number from `low` to `high`."""

    def check(value: object, path: str) -> object:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(path, "a number", value)
        if not low <= value <= high:
            raise wrong_value(path, f"expected a value from {low:g} to {high:g}")
        return value

    return check


def integer(low: int, high: int) -> Check:
    """Accept a whole number from `low` to `high`."""
    inner = number(low, high)

    def check(value: object, path: str) -> object:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(path, "an integer", value)
        return inner(value, path)

    return check


def one_of(*values: object) -> Check:
    """Accept exactly these values."""

    def check(value: object, path: str) -> object:
        if not any(value == allowed and type(value) is type(allowed) for allowed in values):
            raise wrong_value(path, "supported values are: " + ", ".join(f"'{one}'" for one in values))
        return value

    return check


def nullable(inner: Check) -> Check:
    """Accept null beside what `inner` accepts."""

    def check(value: object, path: str) -> object:
        return None if value is None else inner(value, path)

    return check


def either(*checks: Check) -> Check:
    """Accept what any of the checks accepts; the last one's complaint is told."""

    def check(value: object, path: str) -> object:
        for attempt in checks[:-1]:
            try:
                return attempt(value, path)
            except FieldRefused:
                continue
        return checks[-1](value, path)

    return check


def list_of(inner: Check, *, most: int = 128) -> Check:
    """Accept a list of at most `most` values."""

    def check(value: object, path: str) -> object:
        if not isinstance(value, list):
            raise wrong_type(path, "an array", value)
        if len(value) > most:
            raise wrong_value(path, f"expected at most {most} entries")
        return [inner(one, f"{path}[{index}]") for index, one in enumerate(value)]

    return check


def record(
    checks: Mapping[str, Check],
    *,
    required: Sequence[str] = (),
    defaults: Mapping[str, object] | None = None,
) -> Check:
    """Accept an object with these fields and no others; absent ones get their default, if there is one."""

    def check(value: object, path: str) -> object:
        if not isinstance(value, dict):
            raise wrong_type(path, "an object", value)
        for name in value:
            if name not in checks:
                where = f"{path}.{name}"
                raise FieldRefused("unknown_parameter", where, f"Unknown parameter: '{where}'.")
        for name in required:
            if name not in value:
                where = f"{path}.{name}"
                raise FieldRefused(
                    "missing_required_parameter", where, f"Missing required parameter: '{where}'."
                )
        given = {name: checks[name](one, f"{path}.{name}") for name, one in value.items()}
        return {**(defaults or {}), **given}

    return check


def tagged(tag: str, variants: Mapping[str, Check]) -> Check:
    """Accept an object whose field `tag` names one of the variants, each with a check of its own."""

    def check(value: object, path: str) -> object:
        if not isinstance(value, dict):
            raise wrong_type(path, "an object", value)
        if tag not in value:
            where = f"{path}.{tag}"
            raise FieldRefused("missing_required_parameter", where, f"Missing required parameter: '{where}'.")
        one_of(*variants)(value[tag], f"{path}.{tag}")
        return variants[value[tag]](value, path)

    return check


def wrong_type(path: str, expected: str, value: object) -> FieldRefused:
    """Build the complaint about a type."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    got = names.get(type(value), "a number")
    return FieldRefused(
        "invalid_type", path, f"Invalid type for '{path}': expected {expected}, but got {got} instead."
    )


def wrong_value(path: str, why: str) -> FieldRefused:
    """Build the complaint about a value; the value itself is not repeated."""
    return FieldRefused("invalid_value", path, f"Invalid value for '{path}': {why}.")
