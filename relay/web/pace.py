"""How often a caller may ask, checked before a byte of its request's body is read.

Every attempt that is let in counts, whatever becomes of it: a caller that fails again and again costs too.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from relay.errors import Problem, RateLimited

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from relay.clock import Clock
    from relay.core.rate import Rate
    from relay.store.protocol import Store


class Pace:
    """The rate, and the store that measures it for all workers.

    Args:
        store: Counts.
        rate: The operator's; ``None`` when there is no bound.
        clock: Tells the time.
    """

    def __init__(self, store: Store, rate: Rate | None, clock: Clock) -> None:
        self._store = store
        self._rate = rate
        self._clock = clock

    @asynccontextmanager
    async def kept(self, caller: str, *, prepares: bool = False) -> AsyncIterator[Mapping[str, str]]:
        """Count an attempt, then do inside what was asked for.

        What is refused inside was counted too: it tells how the caller stands, and sends nobody back
        before the rate lets it in again.

        Args:
            caller: Hash of who asks.
            prepares: Whether it only prepares a call; the call that follows is not counted beside it.

        Yields:
            Headers that tell the caller how it stands; none when there is no bound.

        Raises:
            RateLimited: It asked too often.
            StoreUnavailable: Nobody can tell, so nothing is let in.
        """
        if self._rate is None:
            yield {}
            return
        standing = await self._store.count_attempt(caller, self._rate, self._clock.now(), prepares=prepares)
        if not standing.allowed:
            raise RateLimited(
                f"This relay lets a caller begin {self._rate.most} calls in {self._rate.seconds} seconds.",
                retry_after=standing.regains_in,
                headers=standing.headers,
            )
        try:
            yield standing.headers
        except Problem as problem:
            problem.headers = {**standing.headers, **problem.headers}
            if problem.retry_after is not None and not standing.remaining:
                problem.retry_after = max(problem.retry_after, standing.regains_in)
            raise
