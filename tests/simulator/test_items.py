"""Items that clients create (fact 5.2)."""

from __future__ import annotations

from typing import Any

import pytest

from relay.simulator.fields import FieldRefused
from relay.simulator.items import Items, read_item


def message(item_id: str) -> dict[str, Any]:
    return read_item({"id": item_id, "type": "message", "role": "user", "content": []})


def test_an_item_gets_an_id_and_a_status() -> None:
    item = read_item({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]})

    assert item["id"].startswith("item_")
    assert item["status"] == "completed"


def test_sound_is_never_echoed() -> None:
    part = {"type": "input_audio", "audio": "AAAA", "transcript": None}
    item = read_item({"type": "message", "role": "user", "content": [part]})

    assert item["content"] == [{"type": "input_audio", "transcript": None}]


def test_a_tool_output_has_no_status() -> None:
    item = read_item({"type": "function_call_output", "call_id": "call_1", "output": "42"})

    assert "status" not in item


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        (None, "invalid_type", "item"),
        ({}, "missing_required_parameter", "item.type"),
        ({"type": "thought"}, "invalid_value", "item.type"),
        ({"type": "message", "role": "robot", "content": []}, "invalid_value", "item.role"),
        (
            {"type": "message", "role": "user", "content": [{"type": "text", "text": "x"}]},
            "invalid_value",
            "item.content[0].type",
        ),
        (
            {"type": "message", "role": "system", "content": [{"type": "input_audio"}]},
            "invalid_value",
            "item.content[0].type",
        ),
        ({"type": "function_call_output", "call_id": "c", "output": {}}, "invalid_type", "item.output"),
    ],
)
def test_an_item_that_does_not_fit_is_refused_by_path(given: object, code: str, param: str) -> None:
    with pytest.raises(FieldRefused) as refused:
        read_item(given)

    assert (refused.value.code, refused.value.param) == (code, param)


def test_items_keep_their_order_and_know_who_came_before() -> None:
    items = Items()

    assert items.add(message("a")) is None
    assert items.add(message("c")) == "a"
    assert items.add(message("b"), after="a") == "a"
    assert items.add(message("z"), after="root") is None
    assert [item["id"] for item in items] == ["z", "a", "b", "c"]


@pytest.mark.parametrize(("item_id", "after"), [("a", None), ("b", "nobody")])
def test_a_taken_id_or_an_unknown_neighbour_is_refused(item_id: str, after: str | None) -> None:
    items = Items()
    items.add(message("a"))

    with pytest.raises(FieldRefused):
        items.add(message(item_id), after=after)
