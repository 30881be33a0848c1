"""What this worker knows of the calls it owns: a copy of the store's truth that outlives the store's absence.

Everything that happens to a call passes `Ledger.record`. While the store cannot be reached it is applied to
the copy alone, remembered, and written down later.
"""

from __future__ import annotations

import heapq
import logging
import math
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from relay.core.call import Event, ImpossibleEvent
from relay.core.clocks import judged_alone, next_due
from relay.core.record import advance
from relay.errors import StoreUnavailable
from relay.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from relay.attendants import Attendants
    from relay.clock import Clock
    from relay.core.call import Reason
    from relay.core.moment import Moment
    from relay.core.record import Advanced, Call
    from relay.store.protocol import Store

_log = logging.getLogger("relay.store")


class _News(NamedTuple):
    """Something that happened while the store was away."""

    key: str
    event: Event
    at: Moment
    reason: Reason | None
    upstream_id: str | None


class Ledger:
    """The open calls of one worker.

    Args:
        store: Holds the truth.
        clock: Tells the time.
        owner: This worker.
        attendants: Told of every change of a call, and of each that is let go of.
    """

    def __init__(self, store: Store, clock: Clock, owner: str, attendants: Attendants | None = None) -> None:
        self._attendants = attendants
        self._store = store
        self._clock = clock
        self._owner = owner
        self._calls: dict[str, Call] = {}
        self._next: dict[str, float] = {}
        self._due: list[tuple[float, str]] = []  # holds outdated places too; `_next` tells which counts
        self._unwritten: deque[_News] = deque()  # bounded by the calls at hand: none is added meanwhile
        self.store_is_away = False
        # When the loss was noticed, not when the store last answered: a worker that stood still in between
        # would blame pages that were at other workers all the while. One that looks notices within a second.
        self._lost: Moment | None = None

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._calls.values()))

    def get(self, key: str) -> Call | None:
        """Look up the copy of a call of this worker's."""
        return self._calls.get(key)

    def take(self, call: Call) -> None:
        """Make this the copy of the call; let go of one that is closed or another worker's."""
        if call.open and call.owner == self._owner:
            self._calls[call.key] = call
            due = next_due(call, self._clock.now())
            if due < math.inf:
                self.look_again(call, due)
            if self._attendants is not None:
                self._attendants.see(call)
        else:
            self._calls.pop(call.key, None)
            self._next.pop(call.key, None)
            if self._attendants is not None:
                self._attendants.let_go(call.key, ended=not call.open)

    def take_all(self, calls: list[Call]) -> None:
        """Know exactly these calls: what was adopted by others meanwhile is theirs."""
        gone = self._calls.keys() - {call.key for call in calls}
        self._calls.clear()
        self._next.clear()
        for call in calls:
            self.take(call)
        if self._attendants is not None:
            for key in gone:
                self._attendants.let_go(key, ended=False)

    def look_again(self, call: Call, seconds: float) -> None:
        """Have `due` give this call after so many seconds, and not before; nothing for one let go of."""
        if call.key not in self._calls:
            return
        at = self._clock.now().boot_seconds + seconds
        self._next[call.key] = at
        heapq.heappush(self._due, (at, call.key))

    def due(self) -> list[Call]:
        """Take out the calls for which something is to be done now."""
        now = self._clock.now()
        found: dict[str, Call] = {}
        while self._due and self._due[0][0] <= now.boot_seconds:
            at, key = heapq.heappop(self._due)
            call = self._calls.get(key)
            if call is None or self._next.get(key) != at:
                continue
            left = next_due(call, now)
            if left <= 0:
                found[key] = call
            else:
                self.look_again(call, left)
        return list(found.values())

    async def record(
        self,
        key: str,
        event: Event,
        *,
        reason: Reason | None = None,
        upstream_id: str | None = None,
        strictly: bool = False,
        remembered: bool = True,
    ) -> Advanced | None:
        """Write down what happened to a call.

        Args:
            key: The call.
            event: What happened.
            reason: Why it is to end, with ``REASON``.
            upstream_id: The upstream's name for it, with ``NAMED``.
            remembered: Whether it is written down later when the store is away. What the clocks alone
                brought about is not: by then the store may know better, and they judge anew.
            strictly: Whether it must be in the store before anything else may happen.

        Returns:
            The call after it, and what is to be done; ``None`` when nobody knows the call.

        Raises:
            StoreUnavailable: Only when `strictly`; the copy has changed all the same.
        """
        now = self._clock.now()
        try:
            advanced = await self._write(_News(key, event, now, reason, upstream_id))
        except StoreUnavailable as fault:
            self.missed(fault)
            advanced = self._advance_copy(key, event, now, reason, upstream_id)
            if remembered and event is not Event.UNSURE:  # which tells only that it is tried again
                self._unwritten.append(_News(key, event, now, reason, upstream_id))
            if advanced is not None:
                self.take(advanced.call)
            if strictly:
                raise
        if advanced is not None:
            self.take(advanced.call)
        return advanced

    async def hand_over(self, key: str, upstream_id: str) -> list[Advanced]:
        """Record that a call was named and that its answer may be handed over, at once where that can be.

        Returns:
            What each step made of the call; nothing when there is no such call.

        Raises:
            StoreUnavailable: It could not be written down; the name is in the copy and will be.
        """
        if not self.store_is_away:
            before = self._calls.get(key)
            try:
                both = await self._store.hand_over(key, self._clock.now(), upstream_id=upstream_id)
                if both is not None and self._calls.get(key) is not before:
                    # Something else came in between, before or after ours: the store knows.
                    both = both[0], replace(both[1], call=await self._store.get(key) or both[1].call)
            except (StoreUnavailable, ImpossibleEvent):
                pass  # one after the other then, so that the name at least is not lost
            else:
                if both is not None:
                    self.take(both[1].call)
                return list(both or ())
        named = await self.record(key, Event.NAMED, upstream_id=upstream_id, strictly=True)
        answered = await self.record(key, Event.ANSWERED, strictly=True)
        return [step for step in (named, answered) if step is not None]

    async def catch_up(self) -> bool:
        """Find out whether the store answers, and write down what happened while it was away.

        Returns:
            Whether it answers, and holds everything again.
        """
        if not self.store_is_away:
            return True
        try:
            await self._store.check()
            while self._unwritten:
                await self._write_oldest()
        except StoreUnavailable:
            return False
        self.store_is_away = False
        log(_log, logging.INFO, "the store answers again")
        return True

    async def _write_oldest(self) -> None:
        key, event, at, reason, upstream_id = self._unwritten[0]
        try:
            written = await self._store.record(key, event, at, reason=reason, upstream_id=upstream_id)
        except ImpossibleEvent:
            written = None  # another worker has adopted the call and brought it further
        self._unwritten.popleft()
        if written is not None and not self._is_pending(key):
            self.take(written.call)

    async def _write(self, news: _News) -> Advanced | None:
        """Write, unless older news wait: a store that is behind would judge wrongly."""
        if self.store_is_away:  # the watch finds out when it is back: each try may hold us for 250 ms
            raise StoreUnavailable("The store does not answer.", retry_after=1)
        key, event, at, reason, upstream_id = news
        return await self._store.record(key, event, at, reason=reason, upstream_id=upstream_id)

    def _is_pending(self, key: str) -> bool:
        return any(news.key == key for news in self._unwritten)

    def warned(self, call: Call) -> None:
        """Note that the end of the call's time was announced."""
        self.take(replace(call, warned=True))

    def seen(self, key: str) -> None:
        """Note a sign of life in the copy, while the store is away."""
        call = self._calls.get(key)
        if call is not None:
            self.take(replace(call, seen=self._clock.now()))

    def check_store(self) -> None:
        """Refuse at once what only the store can do, while it is known to be away.

        Raises:
            StoreUnavailable: It is.
        """
        if self.store_is_away:
            raise StoreUnavailable("The store does not answer.", retry_after=1)

    async def publish(self, key: str, kind: str, body: Mapping[str, object]) -> None:
        """Append an entry to a call's journal.

        Raises:
            StoreUnavailable: Nobody will read it.
        """
        self.check_store()
        try:
            await self._store.publish(key, kind, body, self._clock.now())
        except StoreUnavailable as fault:
            self.missed(fault)
            raise

    def missed(self, fault: StoreUnavailable) -> None:
        """Take note, and say once, that the store is away."""
        if not self.store_is_away:
            self.store_is_away = True
            self._lost = self._lost or self._clock.now()
            log(
                _log,
                logging.ERROR,
                "the store does not answer; running calls keep their clocks",
                why=fault.detail,
            )

    def is_followed(self) -> None:
        """Note that the store has answered all that a whole look asked.

        Until then a store that answers again is still the one that was lost: it may answer some things only.
        """
        self._lost = None

    def judged_alone(self, call: Call) -> Call:
        """The call as this worker may judge it while the store is away."""
        return call if self._lost is None else judged_alone(call, self._lost)

    def _advance_copy(
        self, key: str, event: Event, now: Moment, reason: Reason | None, upstream_id: str | None
    ) -> Advanced | None:
        call = self._calls.get(key)
        if call is None:
            return None
        return advance(call, event, now, reason=reason, upstream_id=upstream_id)
