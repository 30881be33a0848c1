"""Placing a call at the upstream: what is written down at each step, and what becomes of a call that fails.

The upstream's name for the call is recorded before anything else is waited for. A call that is not handed
over is hung up; one that may exist and has no name is in doubt.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from relay.core.call import Reason
from relay.core.offer import check_answer
from relay.core.upstream import NotWanted
from relay.errors import CallEnded, UpstreamNoCallId, UpstreamProblem

if TYPE_CHECKING:
    from relay.core.upstream import Placed, Plan, Upstream
    from relay.stopwatch import Stopwatch
    from relay.supervisor import Supervisor

PLACING_SECONDS = 60.0  # an exchange whose browser has left is waited for this long, to learn its id
MAX_ANSWER_BYTES = 65_536  # a real answer has 1.5 KiB (fact 6.2)


class Placement:
    """Places calls that were written down.

    Args:
        upstream: Where.
        supervisor: Is told of each step.
        allow_unkillable: Hand out a call that the upstream did not name, and that nobody can end.
    """

    def __init__(self, upstream: Upstream, supervisor: Supervisor, *, allow_unkillable: bool) -> None:
        self._upstream = upstream
        self._supervisor = supervisor
        self._allow_unkillable = allow_unkillable
        self._unsent: set[str] = set()

    async def place(self, key: str, offer: str, plan: Plan, stopwatch: Stopwatch) -> str:
        """Place, record, read the answer. Runs to its end whatever the browser does.

        Args:
            key: The call, which was written down before.
            offer: Checked, and sent as it is.
            plan: What it is placed with.
            stopwatch: Takes the time of each step.

        Returns:
            The SDP answer; the call may be handed over with it.

        Raises:
            Problem: There is no call that could be handed over, and what came into being is hung up.
            StoreUnavailable: The same, because the store does not answer.
        """
        deadline = asyncio.get_running_loop().time() + PLACING_SECONDS

        def wanted() -> bool:
            self._unsent.discard(key)
            return self._supervisor.wanted(key)

        self._unsent.add(key)
        try:
            placed = await self._upstream.place(offer, plan, deadline=deadline, wanted=wanted)
        except UpstreamProblem as problem:
            await (self._supervisor.lost(key) if problem.in_doubt else self._supervisor.refused(key))
            raise
        except NotWanted:
            await self._supervisor.refused(key)
            raise CallEnded("Nothing was sent upstream.", retry_after=1) from None
        finally:
            self._unsent.discard(key)
        try:
            return await self._answer(key, placed, stopwatch)
        finally:
            await placed.close()

    async def give_up(self) -> None:
        """Record that what was not sent will never be: else nobody could tell, once the process is gone."""
        while self._unsent:
            await self._supervisor.refused(self._unsent.pop())

    async def _answer(self, key: str, placed: Placed, stopwatch: Stopwatch) -> str:
        """Record the call's name, read its answer; a call that is not handed over is hung up."""
        failed: Reason | None = Reason.BAD_ANSWER
        try:
            if placed.ref is None and not self._allow_unkillable:
                failed = Reason.NO_CALL_ID
                raise UpstreamNoCallId("A call that cannot be ended is not handed out.")
            answer, wanted = await self._recorded(key, placed, stopwatch)
            if not wanted:
                raise CallEnded("It was hung up again.", retry_after=1)
            failed = None
            stopwatch.take(placed.timings)
            return answer
        finally:
            if failed is not None:
                await self._supervisor.end(key, failed)
            if placed.ref is None:
                await self._supervisor.named(key, None)

    async def _recorded(self, key: str, placed: Placed, stopwatch: Stopwatch) -> tuple[str, bool]:
        """Record the name before anything is waited for; give the answer, and whether it is still wanted."""
        ref = placed.ref
        if ref is None or not placed.at_hand:
            with stopwatch.step("store"):
                await self._supervisor.named(key, ref)
            answer = await placed.answer()
            check_answer(answer, MAX_ANSWER_BYTES)
            with stopwatch.step("store"):
                return answer, await self._supervisor.answered(key)
        try:
            answer = await placed.answer()
            check_answer(answer, MAX_ANSWER_BYTES)
        except UpstreamProblem:
            await self._supervisor.named(key, ref)
            raise
        with stopwatch.step("store"):
            return answer, await self._supervisor.handed_over(key, ref)
