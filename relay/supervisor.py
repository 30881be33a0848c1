"""The live calls: who they are upstream, and how they end.

Hang-ups are retried with growing pauses until the upstream says that the call is over, on connections of
their own, so that they never queue behind new connects.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relay.core.upstream import HungUp
from relay.errors import NotFound
from relay.telemetry import log

if TYPE_CHECKING:
    from relay.core.upstream import CallRef, Upstream

_log = logging.getLogger("relay.calls")

HANG_UP_SECONDS = 5.0  # one try
_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)  # then every 5 s


@dataclass(slots=True)
class Call:
    """One call.

    Args:
        id: Ours, 192 random bits: the right to end the call.
        tag: Its name in logs; gives no right.
        ref: The upstream's name; ``None`` when nobody can end it.
    """

    id: str = field(repr=False)
    tag: str
    ref: CallRef | None
    reason: str | None = None


class Supervisor:
    """Keeps calls.

    Args:
        upstream: Where they are hung up.
        max_call_seconds: How long the upstream lets a call live; then it is forgotten.
    """

    def __init__(self, upstream: Upstream, *, max_call_seconds: float) -> None:
        self._upstream = upstream
        self._max_call_seconds = max_call_seconds
        self._calls: dict[str, Call] = {}
        self._hanging_up: set[asyncio.Task[None]] = set()

    def record(self, ref: CallRef | None) -> Call:
        """Keep a call from the moment the upstream has named it."""
        call = Call(secrets.token_urlsafe(24), secrets.token_hex(4), ref)
        self._calls[call.id] = call
        asyncio.get_running_loop().call_later(self._max_call_seconds, self._calls.pop, call.id, None)
        log(_log, logging.INFO, "call placed", call=call.tag)
        return call

    def find(self, call_id: str) -> Call:
        """Look a call up by our id.

        Raises:
            NotFound: There is no such call.
        """
        call = self._calls.get(call_id)
        if call is None:
            raise NotFound("There is no call of this id.")
        return call

    def end(self, call_id: str, *, reason: str) -> None:
        """Hang a call up; the first reason counts, a second time is harmless."""
        call = self.find(call_id)
        if call.reason is not None:
            return
        call.reason = reason
        log(_log, logging.INFO, "call ends", call=call.tag, reason=reason)
        if call.ref is not None:
            task = asyncio.create_task(self._hang_up(call, call.ref), name="hang up")
            self._hanging_up.add(task)
            task.add_done_callback(self._hanging_up.discard)

    def end_all(self, *, reason: str) -> None:
        """Hang up every live call."""
        for call_id in list(self._calls):
            self.end(call_id, reason=reason)

    async def settle(self, seconds: float) -> None:
        """Wait for hang-ups under way."""
        if self._hanging_up:
            await asyncio.wait(set(self._hanging_up), timeout=seconds)

    async def _hang_up(self, call: Call, ref: CallRef) -> None:
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._max_call_seconds
        tries = 0
        while await self._upstream.hang_up(ref, deadline=loop.time() + HANG_UP_SECONDS) is HungUp.UNSURE:
            if loop.time() > give_up_at:
                log(_log, logging.ERROR, "call could not be hung up", call=call.tag, tries=tries + 1)
                return
            if tries == len(_PAUSES):
                log(_log, logging.WARNING, "hang-up is still being tried", call=call.tag)
            await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1
        log(_log, logging.INFO, "call ended", call=call.tag, reason=call.reason)
