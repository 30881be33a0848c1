"""The schemas of tools: what may stand in one, and what fits it."""

# ruff: noqa: E501 - a mistake and what is said of it stand in one line

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.tool_schema import MOST_DEPTH, misfit, schema_faults

ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "number": {"type": "integer", "minimum": 1, "maximum": 9},
        "size": {"enum": ["s", "l", 3]},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}, "maxItems": 2},
        "price": {"type": "number", "exclusiveMinimum": 0},
        "when": {"anyOf": [{"type": "string", "minLength": 1}, {"type": "null"}]},
        "more": {"type": "object", "additionalProperties": {"type": "boolean"}},
        "fixed": {"const": True},
    },
    "required": ["number"],
    "additionalProperties": False,
}


def test_a_schema_of_all_that_is_understood_has_no_faults() -> None:
    assert list(schema_faults(ORDER)) == []


@pytest.mark.parametrize(
    "value",
    [
        {"number": 1},
        {"number": 2.0},
        {"number": 9, "size": "s", "tags": ["a", "abc"], "price": 0.5, "when": None, "more": {"a": True}},
        {"number": 1, "size": 3, "tags": [], "when": "x", "fixed": True},
    ],
)
def test_what_fits_fits(value: object) -> None:
    assert misfit(ORDER, value) is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "the arguments must be of type object"),
        ({}, "number is missing"),
        ({"number": "canary"}, "number must be of type integer"),
        ({"number": True}, "number must be of type integer"),
        ({"number": 1.5}, "number must be of type integer"),
        ({"number": 0}, "number is too small"),
        ({"number": 10}, "number is too large"),
        ({"number": 1, "size": "canary"}, "size must be one of 's', 'l', 3"),
        ({"number": 1, "tags": ["abcd"]}, "tags[0] may have 3 characters at most"),
        ({"number": 1, "tags": [1]}, "tags[0] must be of type string"),
        ({"number": 1, "tags": ["a", "b", "c"]}, "tags may have 2 entries at most"),
        ({"number": 1, "price": 0}, "price is too small"),
        ({"number": 1, "price": float("inf")}, "price must be of type number"),
        ({"number": 1, "when": ""}, "when fits none of the choices there are"),
        ({"number": 1, "more": {"canary": 1}}, "more.* must be of type boolean"),
        ({"number": 1, "fixed": 1}, "fixed must be True"),
        (
            {"number": 1, "canary": 1},
            "the arguments may only have: number, size, tags, price, when, more, fixed",
        ),
    ],
)
def test_what_does_not_fit_is_told_without_its_value(value: object, words: str) -> None:
    assert misfit(ORDER, value) == words


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        (7, "parameters must be a table"),
        ({"$ref": "#/x"}, "parameters has the keyword $ref, which is not understood here"),
        ({"pattern": "a+"}, "parameters has the keyword pattern, which is not understood here"),
        ({"type": "text"}, "parameters.type must be one of: string, integer, number, boolean, array, object, null"),
        ({"properties": []}, "parameters.properties must be a table"),
        ({"required": ["a"]}, "parameters.required must be a list of names that properties has"),
        ({"enum": "a"}, "parameters.enum must be a list"),
        ({"minimum": "1"}, "parameters.minimum must be a number"),
        ({"anyOf": {}}, "parameters.anyOf must be a list"),
        ({"properties": {"a": {"type": "x"}}}, "parameters.properties.a.type must be one of: string, integer, number, boolean, array, object, null"),
        ({"items": 1}, "parameters.items must be a table"),
        ({"anyOf": [1]}, "parameters.anyOf[0] must be a table"),
        ({"additionalProperties": 1}, "parameters.additionalProperties must be a table"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_told_with_its_place(schema: object, fault: str) -> None:
    assert list(schema_faults(schema)) == [fault]


def test_a_schema_without_end_is_refused() -> None:
    schema: dict[str, Any] = {}
    for _ in range(MOST_DEPTH + 2):
        schema = {"items": schema}

    assert "nested too deeply" in next(schema_faults(schema))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(JSON)
def test_any_value_is_judged(value: object) -> None:
    assert misfit(ORDER, value) is None or isinstance(value, dict | list | str | float | int | None)


@given(JSON, JSON)
def test_a_schema_without_faults_judges_anything(schema: object, value: object) -> None:
    if isinstance(schema, dict) and not list(schema_faults(schema)):
        misfit(schema, value)
