"""What a model is told of a Python function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from relay.core.tool_schema import schema_faults
from relay.tools.signature import tool_of_function
from tests.tools import asked

if TYPE_CHECKING:
    from collections.abc import Callable


def test_signature_and_docstring_become_schema_and_words() -> None:
    tool, asking = tool_of_function(asked.add, name="add", description=None)

    assert asking is None
    assert (tool.name, tool.description) == ("add", "Adds two numbers.")
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "one": {"type": "integer", "description": "The first, which is whole."},
            "other": {"type": "number", "description": "The second."},
        },
        "required": ["one"],
        "additionalProperties": False,
    }


def test_literals_lists_and_unions_are_understood() -> None:
    tool, _ = tool_of_function(asked.lookup, name="lookup", description="Other words.")

    assert tool.description == "Other words."
    assert tool.parameters["properties"] == {
        "order": {"type": "string"},
        "size": {"enum": ["s", "l"]},
        "tags": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]},
    }
    assert list(schema_faults(tool.parameters)) == []


def test_the_parameter_that_tells_who_asks_is_not_shown() -> None:
    tool, asking = tool_of_function(asked.whose, name="whose", description=None)

    assert (asking, tool.parameters["properties"]) == ("asking", {})


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (asked.without_words, "has no docstring"),
        (asked.untyped, "has the parameter one without a type"),
        (asked.positional, "has the parameter one, which cannot be given by name"),
        (asked.many, "has the parameter numbers, which cannot be given by name"),
        (asked.odd, "has the parameter when, whose type a model cannot be told"),
        (asked.unknown, "has a signature that cannot be read"),
    ],
)
def test_what_cannot_be_described_is_told(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tool_of_function(function, name="x", description=None)


def test_a_name_that_the_api_would_refuse_is_told() -> None:
    with pytest.raises(ValueError, match="1 to 64 letters"):
        tool_of_function(asked.add, name="ä", description=None)
