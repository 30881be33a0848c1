"""A call's idle clock: warns when neither side has spoken for long, and then hangs up.

It stands still while no sideband is attached: nobody can tell then whether somebody speaks.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from relay.attending import QuietPart
from relay.core.call import Reason
from relay.core.idle import Due, Quiet, due, hear, next_look, seconds_left
from relay.core.moment import elapsed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from relay.attending import Attended
    from relay.core.facts import Fact


class IdleClock(QuietPart):
    """The part that listens for silence (`relay.attending.Part`).

    Args:
        attended: The call.
        idle_seconds: How long neither side may speak.
        sleep: Waits until the next look.
    """

    def __init__(
        self,
        attended: Attended,
        *,
        idle_seconds: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._attended = attended
        self._idle_seconds = idle_seconds
        self._sleep = sleep
        self._began = attended.clock.now()
        self._quiet = Quiet(0.0, attended.profile.transcription is not None)
        self._watching: asyncio.Task[None] | None = None

    async def attached(self, *, again: bool) -> None:
        """Begin to count, anew after every attachment."""
        del again
        self._stop()
        self._quiet = replace(self._quiet, since=self._now(), speaking_since=None, warned=False)
        self._watching = asyncio.create_task(self._watch(), name="idle")

    async def lost(self) -> None:
        """Stand still."""
        self._stop()

    async def take(self, fact: Fact) -> None:
        """Hear whether it breaks the silence."""
        self._quiet = hear(self._quiet, fact, self._now())

    async def close(self) -> None:
        """Stop for good."""
        self._stop()

    async def look(self) -> bool:
        """Do what is due now; done again and again by itself while a sideband is attached.

        Returns:
            Whether the call goes on.
        """
        now = self._now()
        match due(self._quiet, now, idle_seconds=self._idle_seconds):
            case Due.END:
                await self._attended.end(Reason.IDLE)
                return False
            case Due.WARN:
                self._quiet = replace(self._quiet, warned=True)
                left = seconds_left(self._quiet, now, idle_seconds=self._idle_seconds)
                await self._attended.publish("warning", {"seconds_left": round(left, 3), "cause": "idle"})
            case Due.NOTHING:
                pass
        return True

    async def _watch(self) -> None:
        while await self.look():
            await self._sleep(next_look(self._quiet, self._now(), idle_seconds=self._idle_seconds) + 0.001)

    def _stop(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None

    def _now(self) -> float:
        return elapsed(self._began, self._attended.clock.now())
