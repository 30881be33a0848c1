"""Functions as an operator would write them, and who asks them."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Literal, NoReturn

from relay.tools.tool import Asking, ToolFailed

ASKING = Asking(id="0" * 32, call="c0ffee", caller="somebody", profile="support")
HELD = threading.Event()
"""Lets `hold` come back."""


def add(one: int, other: float = 1.0) -> float:
    """Adds two numbers.

    Whatever they are.

    Args:
        one: The first,
            which is whole.
        other (float): The second.

    Returns:
        Their sum.
    """
    return one + other


async def lookup(order: str, size: Literal["s", "l"], tags: list[str] | None = None) -> dict[str, object]:
    """Looks an order up."""
    await asyncio.sleep(0)
    return {"order": order, "size": size, "tags": tags}


async def whose(asking: Asking) -> str:
    """Tells who asks."""
    return f"{asking.caller} in {asking.profile}"


def broken() -> NoReturn:
    """Always fails."""
    raise ValueError("canary of the inside")


def said() -> NoReturn:
    """Says why it fails."""
    raise ToolFailed("There is no such order.")


def stopped() -> NoReturn:
    """Raises what a future cannot hold."""
    raise StopIteration


def no_json() -> object:
    """Gives what is no JSON."""
    return {"a": {1, 2}}


def not_a_number() -> float:
    """Gives what JSON has no word for."""
    return float("nan")


def huge() -> str:
    """Gives too much."""
    return "x" * 100_000


def slow() -> str:
    """Takes its time."""
    time.sleep(0.5)
    return "late"


async def slow_async() -> str:
    """Takes its time, too."""
    await asyncio.sleep(30)
    return "late"


async def stubborn() -> str:
    """Does not heed its end."""
    for _ in range(3):
        try:
            await asyncio.sleep(0.3)
        except asyncio.CancelledError:
            continue
    return "late"


def hold() -> str:
    """Comes back when the test says so."""
    HELD.wait(20)
    return "held"


def without_words(one: int) -> int:
    return one


def untyped(one) -> int:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Has a parameter without a type."""
    return int(one)


def positional(one: int, /) -> int:
    """Has a parameter that has no name."""
    return one


def many(*numbers: int) -> int:
    """Has any number of parameters."""
    return sum(numbers)


def odd(when: time.struct_time) -> str:
    """Has a type that no model knows."""
    return str(when)


def unknown(one: Nowhere) -> str:  # type: ignore[name-defined]  # noqa: F821
    """Has a type that is nowhere."""
    return str(one)


VALUE = 7
