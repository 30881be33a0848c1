"""The items of a conversation: what a client may put in, their order, and what they weigh in tokens.

Decides the checks of fact 5.2 for ``conversation.item.create``; pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relay.simulator.fields import (
    Check,
    FieldRefused,
    boolean,
    list_of,
    nullable,
    one_of,
    record,
    tagged,
    text,
)
from relay.simulator.ids import new_id
from relay.simulator.usage import item_text_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

Item = dict[str, Any]

_INPUT_TEXT = record({"type": text, "text": text}, required=("text",))
_USER_PART = tagged(
    "type",
    {
        "input_text": _INPUT_TEXT,
        "input_audio": record({"type": text, "audio": text, "transcript": nullable(text)}),
        "input_image": record({"type": text, "image_url": text, "detail": text}),
    },
)
_ASSISTANT_PART = tagged(
    "type",
    {
        "output_text": record({"type": text, "text": text}, required=("text",)),
        "output_audio": record({"type": text, "audio": text, "transcript": nullable(text)}),
    },
)
_COMMON: dict[str, Check] = {
    "id": text,
    "object": one_of("realtime.item"),
    "type": text,
    "status": one_of("completed", "incomplete", "in_progress"),
}


def _message(role: str, part: Check) -> Check:
    return record(
        {**_COMMON, "role": one_of(role), "content": list_of(part), "phase": text},
        required=("role", "content"),
    )


_ITEM = tagged(
    "type",
    {
        "message": tagged(
            "role",
            {
                "user": _message("user", _USER_PART),
                "system": _message("system", tagged("type", {"input_text": _INPUT_TEXT})),
                "assistant": _message("assistant", _ASSISTANT_PART),
            },
        ),
        "function_call": record(
            {**_COMMON, "name": text, "call_id": text, "arguments": text}, required=("name", "arguments")
        ),
        "function_call_output": record(
            {**_COMMON, "call_id": text, "output": text}, required=("call_id", "output")
        ),
        "mcp_approval_response": record(
            {**_COMMON, "approval_request_id": text, "approve": boolean, "reason": nullable(text)}
        ),
    },
)


def read_item(given: object, path: str = "item") -> Item:
    """Check an item that a client creates.

    Returns:
        The item as it is echoed: with an id, without sound, tool outputs without a status (fact 5.3).

    Raises:
        FieldRefused: The first field that cannot be used.
    """
    checked = _ITEM(given, path)
    assert isinstance(checked, dict)  # noqa: S101 - `tagged` gives nothing else
    item: Item = {"id": checked.get("id") or new_id("item"), "type": checked["type"]}
    if item["type"] in ("message", "function_call"):
        item["status"] = "completed"
    item |= {name: value for name, value in checked.items() if name not in ("id", "object", "status", "type")}
    for part in item.get("content", ()):
        part.pop("audio", None)
    return item


class Items:
    """The conversation's items in order, each with its weight in text and audio tokens."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._audio_tokens: dict[str, int] = {}

    def __iter__(self) -> Iterator[Item]:
        """Go through the items, oldest first."""
        return iter(list(self._items.values()))

    def get(self, item_id: object) -> Item | None:
        """Find an item."""
        return self._items.get(item_id) if isinstance(item_id, str) else None

    def add(self, item: Item, *, audio_tokens: int = 0, after: str | None = None) -> str | None:
        """Put an item in, at the end or behind another one (``"root"``: at the front).

        Returns:
            The id of the item before it.

        Raises:
            FieldRefused: Its id is taken, or the one before it does not exist.
        """
        if item["id"] in self._items:
            raise FieldRefused("item_id_in_use", "item.id", "An item with this id already exists.")
        if after is not None and after != "root" and after not in self._items:
            message = f"The previous item with id '{after}' does not exist."
            raise FieldRefused("invalid_value", "previous_item_id", message)
        self._audio_tokens[item["id"]] = audio_tokens
        order = list(self._items)
        at = len(order) if after is None else 0 if after == "root" else order.index(after) + 1
        order.insert(at, item["id"])
        self._items[item["id"]] = item
        if at < len(order) - 1:
            self._items = {item_id: self._items[item_id] for item_id in order}
        return order[at - 1] if at else None

    def replace(self, item: Item, *, audio_tokens: int) -> None:
        """Put the finished state of an item in the place of the earlier one."""
        if item["id"] in self._items:
            self._items[item["id"]] = item
            self._audio_tokens[item["id"]] = audio_tokens

    def remove(self, item_id: str) -> None:
        """Take an item out."""
        self._items.pop(item_id)
        self._audio_tokens.pop(item_id)

    def tokens(self) -> tuple[int, int]:
        """Weigh everything: text tokens and audio tokens."""
        text_tokens = sum(item_text_tokens(item) for item in self._items.values())
        return text_tokens, sum(self._audio_tokens.values())
