"""A clock that only a test moves."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Stands still at the real time until it is moved; sleepers wake when it has passed their hour."""

    def __init__(self) -> None:
        self.now = time.time()
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def __call__(self) -> float:
        return self.now

    @property
    def sleepers(self) -> int:
        """How many wait for it to move."""
        return len(self._sleepers)

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._sleepers.append((self.now + seconds, woken))
        await woken.wait()

    async def advance(self, seconds: float) -> None:
        """Move on, and let whoever wakes up run until it waits for something else."""
        self.now += seconds
        for at, woken in self._sleepers:
            if at <= self.now:
                woken.set()
        self._sleepers = [(at, woken) for at, woken in self._sleepers if at > self.now]
        for _ in range(5):
            await asyncio.sleep(0)


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait, in real time, for something that another thread does."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)
