"""A clock that is set, set anew and stopped: one callback at most is ever pending."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


class Alarm:
    """Calls back once, unless it is stopped or set anew before.

    Args:
        loop: Counts the time.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._handle: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Whether it was set and not stopped since; it stays set after it has called."""
        return self._handle is not None

    def set(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back after so many seconds from now."""
        self.stop()
        self._handle = self._loop.call_later(seconds, callback)

    def stop(self) -> None:
        """Call nobody; again is harmless."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
