"""Who waits for news of a call: the event streams that are open in this process."""

from __future__ import annotations

import asyncio


class Listeners:
    """Wakes those who wait, by call."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def wake(self, key: str) -> None:
        """Something was published of a call."""
        for heard in self._waiting.get(key, ()):
            heard.set()

    def wake_all(self) -> None:
        """Let everybody look."""
        for key in list(self._waiting):
            self.wake(key)

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
