"""A store that writes nothing down: calls in a dictionary, to be compared with. Never for use.

Run as a program, it is ``python -m relay serve`` on this store.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import relay.app
from relay.__main__ import main
from relay.core.call import Event
from relay.core.clocks import hang_up_in
from relay.core.limits import Admission
from relay.core.rate import Rate, Standing
from relay.core.record import Advanced, Call, advance, begin_hang_up
from relay.store.protocol import Counts, Entry

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from relay.core.call import Reason
    from relay.core.moment import Moment


class NullStore:
    """As much of `relay.store.protocol.Store` as a relay of one process needs."""

    @classmethod
    def open(cls, path: Path) -> Self:
        del path
        return cls()

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}

    async def count_attempt(
        self, caller: str, rate: Rate, now: Moment, *, prepares: bool = False
    ) -> Standing:
        return Standing(rate, allowed=True, remaining=rate.most - 1, regains_in=rate.seconds)

    async def write_intent(self, call: Call, ceiling: object, ticket: object = None) -> Admission:
        self._calls[call.key] = call
        return Admission(None, max_seconds=call.max_seconds)

    async def record(
        self,
        key: str,
        event: Event,
        now: Moment,
        *,
        reason: Reason | None = None,
        upstream_id: str | None = None,
    ) -> Advanced:
        advanced = advance(self._calls[key], event, now, reason=reason, upstream_id=upstream_id)
        self._calls[key] = advanced.call
        return advanced

    async def hand_over(self, key: str, now: Moment, *, upstream_id: str) -> tuple[Advanced, Advanced]:
        named = await self.record(key, Event.NAMED, now, upstream_id=upstream_id)
        return named, await self.record(key, Event.ANSWERED, now)

    async def claim_hang_up(self, key: str, owner: str, now: Moment) -> Call | None:
        if hang_up_in(self._calls[key], now) > 0:
            return None
        self._calls[key] = begin_hang_up(self._calls[key], now)
        return self._calls[key]

    async def get(self, key: str) -> Call | None:
        return self._calls.get(key)

    async def counts(self) -> Counts:
        return Counts(0, 0, 0, 0)

    async def entries_since(self, entry_id: int, *, limit: int = 500) -> list[Entry]:
        return []

    async def adopt(self, owner: str, now: Moment, *, limit: int = 200) -> list[Advanced]:
        return []

    async def renew(self, owner: str, now: Moment) -> bool:
        return True

    async def last_entry_id(self) -> int:
        return 0

    async def stop(self, owner: str) -> None:
        return

    async def at_work(self, now: Moment) -> list[tuple[str, int]]:
        return []

    async def purge(self, now: Moment, *, retention_days: float, transcript_days: float = 30) -> int:
        return 0

    async def paused(self) -> bool:
        return False

    async def leave(self, owner: str) -> None:
        return

    async def check(self) -> None:
        return

    async def close(self) -> None:
        return


if __name__ == "__main__":
    vars(relay.app)["GatheringStore"] = NullStore
    sys.exit(main(["serve"]))
