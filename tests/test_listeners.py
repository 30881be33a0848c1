"""Who listens to a call: woken when something was published, and of each call the newest few alone."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from relay.listeners import MOST_OF_A_CALL, Listeners

pytestmark = pytest.mark.anyio


async def test_one_stream_too_many_ends_the_oldest_at_once() -> None:
    listeners = Listeners()
    with ExitStack() as stack:
        seats = [stack.enter_context(listeners.seat("call")) for _ in range(MOST_OF_A_CALL)]
        waiting = asyncio.create_task(listeners.news("call", 5))
        await asyncio.sleep(0)
        newest = stack.enter_context(listeners.seat("call"))

        assert await asyncio.wait_for(waiting, 1)
        assert [seat.lost for seat in [*seats, newest]] == [True, False, False, False, False]


async def test_a_stream_that_ended_makes_room_and_calls_do_not_crowd_each_other() -> None:
    listeners = Listeners()
    with ExitStack() as stack:
        first = stack.enter_context(listeners.seat("call"))
        for _ in range(100):
            with listeners.seat("call"):
                pass
        others = [stack.enter_context(listeners.seat(f"call-{number}")) for number in range(100)]

        assert not any(seat.lost for seat in [first, *others])
    assert listeners._seats == {}


async def test_who_lost_its_seat_leaves_without_taking_anothers() -> None:
    listeners = Listeners()
    with ExitStack() as stack:
        with ExitStack() as oldest:
            oldest.enter_context(listeners.seat("call"))
            newer = [stack.enter_context(listeners.seat("call")) for _ in range(MOST_OF_A_CALL)]

        assert len(listeners._seats["call"]) == MOST_OF_A_CALL
        assert not any(seat.lost for seat in newer)
    assert listeners._seats == {}
