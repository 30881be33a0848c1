"""A call's transcript, where its profile keeps one: finished lines go into the store, with their times.

Nothing of a conversation is kept elsewhere, and nothing of it is logged.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Final

from relay.attending import QuietPart
from relay.core.facts import Committed, ItemAdded, Line
from relay.errors import StoreUnavailable
from relay.telemetry import log

if TYPE_CHECKING:
    from relay.attending import Attended
    from relay.core.facts import Fact
    from relay.store.protocol import Store

_log = logging.getLogger("relay.calls")

_MOST_WAITING: Final = 500
_MOST_TURNS: Final = 200  # whose lines are still to come


class TranscriptKeeper(QuietPart):
    """The part that writes down what is said (`relay.attending.Part`).

    Args:
        attended: The call.
        store: Keeps it.
    """

    def __init__(self, attended: Attended, *, store: Store) -> None:
        self._attended = attended
        self._store = store
        self._began: OrderedDict[str, float] = OrderedDict()
        self._waiting: deque[tuple[Line, float]] = deque()
        self._lost = 0

    async def attached(self, *, again: bool) -> None:
        """Write down what waits."""
        del again
        await self._keep()

    async def take(self, fact: Fact) -> None:
        """Note when a turn begins, and write down what was said in it."""
        match fact:
            case Committed(item_id=item_id):
                self._begin(item_id)
            case ItemAdded(item_id=item_id):
                self._begin(item_id)
                if fact.role == "user" and not fact.spoken and fact.text.strip():
                    await self._take_line(Line("caller", item_id, 0, fact.text))
            case Line():
                await self._take_line(fact)

    async def close(self) -> None:
        """Write down what waits; what the store does not take now is lost, and the log says so."""
        await self._keep()
        if self._waiting or self._lost:
            log(_log, logging.ERROR, "lines of a transcript were lost", call=self._attended.call.tag)

    async def _take_line(self, line: Line) -> None:
        if line.text.strip():
            if len(self._waiting) >= _MOST_WAITING:
                self._waiting.popleft()
                self._lost += 1
            self._waiting.append((line, self._began.get(line.item_id, self._now())))
            await self._keep()

    async def _keep(self) -> None:
        try:
            while self._waiting:
                line, at = self._waiting[0]
                await self._store.keep_line(self._attended.call.key, line, at)
                self._waiting.popleft()
        except StoreUnavailable:
            return

    def _begin(self, item_id: str) -> None:
        self._began.setdefault(item_id, self._now())
        if len(self._began) > _MOST_TURNS:
            self._began.popitem(last=False)

    def _now(self) -> float:
        return self._attended.clock.now().wall_seconds
