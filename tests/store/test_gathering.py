"""What the offers of one moment write is one transaction, and each learns what became of its own."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relay.core.call import Event, ImpossibleEvent, Reason, State
from relay.core.limits import Ceiling, Limit
from relay.core.rate import Rate
from relay.core.record import call_key
from relay.errors import StoreUnavailable
from relay.store import gathering
from relay.store.file import connect
from relay.store.gathering import MOST_AT_ONCE, GatheringStore
from tests.doubles.call import BEGINNING, a_call

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from relay.core.record import Call

pytestmark = pytest.mark.anyio

NO_BOUND = Ceiling(total=0, per_caller=0)
ONE_A_MINUTE = Rate(1, 60)


class House:
    """A store, and how many transactions were begun in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = GatheringStore.open(path, checkpoint_seconds=3600)
        self.begun = 0
        self.store._db.set_trace_callback(self._traced)

    async def admit(self, *names: str, ceiling: Ceiling = NO_BOUND) -> list[Limit | None]:
        """Write intents in one turn of the event loop."""
        intents = (self.store.write_intent(call(name), ceiling) for name in names)
        return [admission.limit for admission in await asyncio.gather(*intents)]

    def _traced(self, statement: str) -> None:
        self.begun += statement.startswith("BEGIN")


def call(name: str) -> Call:
    return a_call(key=call_key(name))


@pytest.fixture(name="house")
async def _house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path / "calls.sqlite3")
    yield house
    await house.store.close()


@pytest.fixture(name="held")
def _held(house: House) -> Iterator[None]:
    """Another process holds the store."""
    with closing(connect(house.path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield


async def test_what_is_written_in_one_turn_is_one_transaction(house: House) -> None:
    standing, _, _ = await asyncio.gather(
        house.store.count_attempt("a", ONE_A_MINUTE, BEGINNING),
        house.store.write_intent(call("1"), NO_BOUND),
        house.store.write_intent(call("2"), NO_BOUND),
    )

    assert standing.allowed
    assert house.begun == 1
    assert (await house.store.counts()).open == 2


async def test_each_is_judged_by_what_the_others_left(house: House) -> None:
    limits = await house.admit("1", "2", "3", ceiling=Ceiling(total=0, per_caller=2))
    asked = [house.store.count_attempt("a", ONE_A_MINUTE, BEGINNING) for _ in range(2)]

    assert limits == [None, None, Limit.CALLS_OF_CALLER]
    assert [standing.allowed for standing in await asyncio.gather(*asked)] == [True, False]


async def test_a_crowd_is_written_in_portions(house: House) -> None:
    names = [str(number) for number in range(MOST_AT_ONCE + 1)]

    assert await house.admit(*names) == [None] * len(names)
    assert house.begun == 2


async def test_what_fails_fails_alone(house: House) -> None:
    await house.admit("live", "over")
    await house.store.record(call("over").key, Event.REFUSED, BEGINNING)
    outcomes = await asyncio.gather(
        house.store.write_intent(call("new"), NO_BOUND),
        house.store.write_intent(call("live"), NO_BOUND),  # which is there already
        house.store.hand_over(call("over").key, BEGINNING, upstream_id="rtc_1"),
        house.store.hand_over(call("live").key, BEGINNING, upstream_id="rtc_2"),
        house.store.hand_over(call("unknown").key, BEGINNING, upstream_id="rtc_3"),
        return_exceptions=True,
    )

    new, twice, over, live, unknown = outcomes
    assert not isinstance(new, BaseException)
    assert isinstance(twice, StoreUnavailable)
    assert isinstance(over, ImpossibleEvent)
    assert isinstance(live, tuple)
    assert unknown is None
    found = [await house.store.get(call(name).key) for name in ("new", "live", "over")]
    assert [one and one.state for one in found] == [State.INTENT, State.LIVE, State.ENDED]
    assert (await house.store.counts()).live == 1


@pytest.mark.usefixtures("held")
async def test_quota_10_a_store_that_is_held_is_waited_for_once(house: House) -> None:
    began = time.monotonic()
    outcomes = await asyncio.gather(
        *(house.store.write_intent(call(str(number)), NO_BOUND) for number in range(20)),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 20
    assert len(set(map(id, outcomes))) == 20  # each is a caller's own, whose standing is added to it
    assert time.monotonic() - began < 0.3


async def test_who_is_refused_again_waits_for_nobody_who_writes(house: House) -> None:
    asked = [await house.store.count_attempt("a", ONE_A_MINUTE, BEGINNING) for _ in range(2)]
    with closing(connect(house.path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        asked.append(await house.store.count_attempt("a", ONE_A_MINUTE, BEGINNING))
    later = replace(BEGINNING, boot_seconds=BEGINNING.boot_seconds + 61)
    asked.append(await house.store.count_attempt("a", ONE_A_MINUTE, later))

    assert [standing.allowed for standing in asked] == [True, False, False, True]


async def test_only_so_many_who_were_refused_are_remembered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_REFUSED", 3)
    for number in range(5):
        for _ in range(2):
            await house.store.count_attempt(str(number), ONE_A_MINUTE, BEGINNING)

    assert len(house.store._refused) <= 3


async def test_what_nobody_waits_for_any_more_is_not_written(house: House) -> None:
    leaves = asyncio.ensure_future(house.store.write_intent(call("leaves"), NO_BOUND))
    stays = asyncio.ensure_future(house.store.write_intent(call("stays"), NO_BOUND))
    await asyncio.sleep(0)  # both wish
    leaves.cancel()
    async with asyncio.timeout(5):
        await stays

    assert await house.store.get(call("leaves").key) is None
    assert await house.store.get(call("stays").key) is not None


async def test_what_is_waited_for_is_written_before_the_store_closes(house: House) -> None:
    wishes = [asyncio.ensure_future(house.admit(str(number))) for number in range(MOST_AT_ONCE + 1)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await house.store.close()

    assert await asyncio.gather(*wishes) == [[None]] * len(wishes)
    with closing(sqlite3.connect(house.path)) as db:
        assert db.execute("SELECT count(*) FROM calls").fetchone() == (len(wishes),)
    house.store = GatheringStore.open(house.path)


async def test_what_is_written_at_once_may_come_first(house: House) -> None:
    await house.admit("1")
    handing = asyncio.ensure_future(house.store.hand_over(call("1").key, BEGINNING, upstream_id="rtc_1"))
    await asyncio.sleep(0)
    await house.store.record(call("1").key, Event.REASON, BEGINNING, reason=Reason.LEFT)
    both = await handing

    assert both is not None
    assert both[1].call.state is State.ENDING
