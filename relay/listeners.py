"""Who waits for news of a call: the event streams that are open in this process."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_OF_A_CALL: Final = 4
"""Streams of one call at once: a page has one, and for a while one that it has lost. More would let one
caller take every connection the relay has."""


class Seat:
    """One who listens; `lost` once somebody newer has taken the place."""

    def __init__(self) -> None:
        self.lost = False


class Listeners:
    """Wakes those who wait, by call; of each call the newest few."""

    def __init__(self) -> None:
        self._seats: dict[str, list[Seat]] = {}
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def wake(self, key: str) -> None:
        """Something was published of a call."""
        for heard in self._waiting.get(key, ()):
            heard.set()

    def wake_all(self) -> None:
        """Let everybody look."""
        for key in list(self._waiting):
            self.wake(key)

    @contextmanager
    def seat(self, key: str) -> Iterator[Seat]:
        """Take a place among those who listen to a call; the oldest loses its own when there are too many."""
        seat = Seat()
        seats = self._seats.setdefault(key, [])
        seats.append(seat)
        if len(seats) > MOST_OF_A_CALL:
            seats.pop(0).lost = True
            self.wake(key)
        try:
            yield seat
        finally:
            if not seat.lost:
                seats.remove(seat)
            if not seats:
                self._seats.pop(key, None)

    async def news(self, key: str, seconds: float) -> bool:
        """Wait until something may have been published of a call, so long at most.

        Returns:
            Whether something may have been.
        """
        heard = asyncio.Event()
        self._waiting.setdefault(key, set()).add(heard)
        try:
            async with asyncio.timeout(seconds):
                await heard.wait()
        except TimeoutError:
            return False
        else:
            return True
        finally:
            waiting = self._waiting[key]
            waiting.discard(heard)
            if not waiting:
                del self._waiting[key]
