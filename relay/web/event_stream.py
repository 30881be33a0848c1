"""``GET /calls/{id}/events``: what happens to a call, as server-sent events, for a bounded time.

Each stream ends after the presence time and the page opens the next one: an open connection proves
nothing, because with the plug pulled it stays open for minutes, and through a proxy for ever. Of one call a
few are open at once: the newest.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

from relay.core.call import CLOSED
from relay.listeners import Seat

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from relay.store.protocol import Entry
    from relay.supervisor import Supervisor

_HEARTBEAT_SECONDS = 5.0
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would hold events back until its buffer is full
}


class EventStream(StreamingResponse):
    """One stream: what was published so far, then what is published while it is open.

    Args:
        supervisor: Knows what is published.
        key: The call.
        after_seq: The last event the page has seen; 0 for none.
        over: Whether the call is over, so that nothing more will be published.
        seconds: How long the stream stays open.
    """

    def __init__(
        self, supervisor: Supervisor, key: str, *, after_seq: int, over: bool, seconds: float
    ) -> None:
        self._supervisor = supervisor
        self._key = key
        self._after_seq = after_seq
        self._over = over
        self._seconds = seconds
        self._seat = Seat()
        super().__init__(self._events(), headers=_HEADERS, media_type="text/event-stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream; its begin and its end, whoever ends it, are signs of life."""
        await self._supervisor.seen(self._key)
        try:
            with self._supervisor.seat(self._key) as self._seat:
                await super().__call__(scope, receive, send)
        finally:
            await self._supervisor.seen(self._key)

    async def _events(self) -> AsyncIterator[str]:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._seconds
        pause = min(_HEARTBEAT_SECONDS, self._seconds / 3)
        yield f"retry: {int(min(1.0, self._seconds / 5) * 1000)}\n\n"
        while True:
            for entry in await self._supervisor.entries(self._key, after_seq=self._after_seq):
                self._after_seq = entry.seq
                yield _event(entry)
                if entry.body.get("state") in CLOSED:
                    return
            left = until - loop.time()
            if left <= 0 or self._over or self._seat.lost or self._supervisor.draining:
                return
            if not await self._supervisor.news(self._key, min(pause, left)):
                await self._supervisor.seen(self._key)
                yield ":\n\n"


def _event(entry: Entry) -> str:
    body = {**entry.body, "at": round(entry.wall_seconds, 3)}
    return f"id: {entry.seq}\nevent: {entry.type}\ndata: {json.dumps(body, separators=(',', ':'))}\n\n"
