"""Waiting for something that happens in another process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def eventually(look: Callable[[], T], seconds: float = 10.0, *, otherwise: str = "it did not happen") -> T:
    """Look until something true is seen and give it back.

    Raises:
        AssertionError: It was not seen in time; the text has what was seen last.
    """
    until = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > until:
            raise AssertionError(f"{otherwise} within {seconds:g} s; last seen: {seen!r}")
        time.sleep(0.02)
