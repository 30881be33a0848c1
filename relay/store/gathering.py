"""The store of a server: what the offers of one moment write becomes one transaction.

A commit costs as much as what it commits, and workers that share the store wait for each other's; under a
crowd each turn of the event loop so pays for one. Only what stands on the path of an offer is gathered; all
else is written at once, as `relay.store.sqlite` does it, and may come before what was asked for earlier.
"""

from __future__ import annotations

import asyncio
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from relay.store import attempts, calls
from relay.store.sqlite import SqliteStore, admit

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from relay.core.caller import Ticket
    from relay.core.limits import Admission, Ceiling
    from relay.core.moment import Moment
    from relay.core.rate import Rate, Standing
    from relay.core.record import Advanced, Call
    from relay.store.checkpoint import Checkpointer

T = TypeVar("T")

MOST_AT_ONCE: Final = 32
"""Wishes in one transaction: other workers, and everything else on this event loop, wait some 2 ms for it."""

MOST_REFUSED: Final = 10_000
"""Callers that are known to have been refused; when there are more, some take part in a write once more."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What somebody waits for to be written."""

    write: Callable[[sqlite3.Connection], Any]
    outcome: asyncio.Future[Any]


class GatheringStore(SqliteStore):
    """A store whose three writes on the path of an offer wait for the end of the event loop's turn."""

    def __init__(self, db: sqlite3.Connection, checkpointer: Checkpointer, path: Path) -> None:
        super().__init__(db, checkpointer, path)
        self._wishes: list[_Wish] = []
        self._refused: set[str] = set()

    async def count_attempt(
        self, caller: str, rate: Rate, now: Moment, *, prepares: bool = False
    ) -> Standing:
        """Let a caller ask, or refuse it; whoever was refused before waits for no writer to hear it again."""
        if caller in self._refused:
            with self._transactions.reading() as db:
                standing = attempts.look(db, caller, rate, now, prepares=prepares)
            if not standing.allowed:
                return standing
            self._refused.discard(caller)
        standing = await self._gather(lambda db: attempts.count(db, caller, rate, now, prepares=prepares))
        if not standing.allowed:
            if len(self._refused) >= MOST_REFUSED:
                self._refused.clear()
            self._refused.add(caller)
        return standing

    async def write_intent(self, call: Call, ceiling: Ceiling, ticket: Ticket | None = None) -> Admission:
        """Let a call in and write it down, or refuse it."""
        return await self._gather(lambda db: admit(db, call, ceiling, ticket))

    async def hand_over(self, key: str, now: Moment, *, upstream_id: str) -> tuple[Advanced, Advanced] | None:
        """Record that a call was named and that its answer may be handed over."""
        return await self._gather(lambda db: calls.hand_over(db, key, now, upstream_id=upstream_id))

    async def close(self) -> None:
        """Write what is still waited for, flush and let go."""
        while self._wishes:
            self._write()
        await super().close()

    async def _gather(self, write: Callable[[sqlite3.Connection], T]) -> T:
        """Have something written with whatever else is wished for in this turn of the event loop."""
        loop = asyncio.get_running_loop()
        wish = _Wish(write, loop.create_future())
        if not self._wishes:
            loop.call_soon(self._write)
        self._wishes.append(wish)
        outcome: T = await wish.outcome
        return outcome

    def _write(self) -> None:
        """Write some wishes in one transaction; where one of them fails, each in its own.

        A wish whose owner has gone is not written: nobody would look after what it leaves.
        """
        some, self._wishes = self._wishes[:MOST_AT_ONCE], self._wishes[MOST_AT_ONCE:]
        if self._wishes:
            asyncio.get_running_loop().call_soon(self._write)
        wishes = [wish for wish in some if not wish.outcome.done()]
        if not wishes:
            return
        begun = False
        try:
            with self._transactions.writing() as db:
                begun = True
                outcomes = [wish.write(db) for wish in wishes]
        except Exception as fault:  # noqa: BLE001 - it is handed to those who wait
            for wish in wishes:
                if len(wishes) == 1:
                    wish.outcome.set_exception(fault)
                elif begun:
                    self._write_alone(wish)
                else:
                    wish.outcome.set_exception(copy(fault))  # whoever passes a problem on adds to it
        else:
            for wish, outcome in zip(wishes, outcomes, strict=True):
                wish.outcome.set_result(outcome)

    def _write_alone(self, wish: _Wish) -> None:
        try:
            with self._transactions.writing() as db:
                outcome = wish.write(db)
        except Exception as fault:  # noqa: BLE001 - it is handed to the one who waits
            wish.outcome.set_exception(fault)
        else:
            wish.outcome.set_result(outcome)
