"""Whose page counts as silent while the store is away, and from when on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from relay.core.upstream import CallRef
from relay.errors import StoreUnavailable
from relay.supervisor import Supervisor
from tests.doubles.attended import PLANNED
from tests.doubles.call import a_caller
from tests.doubles.clock import StoppedClock
from tests.doubles.fickle_store import FickleStore
from tests.doubles.relay import TERMS
from tests.doubles.upstream import UpstreamDouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from relay.core.moment import Moment
    from relay.core.record import Call
    from relay.store.protocol import Store

pytestmark = pytest.mark.anyio


class House:
    """Two workers on one file, each with a way of its own to it; a live call of the first one's.

    Args:
        folder: Of the file.
    """

    def __init__(self, folder: Path) -> None:
        self.clock = StoppedClock()
        self.upstream = UpstreamDouble()
        self.stores = [FickleStore(folder / "calls.sqlite3") for _ in range(2)]
        self.owner, self.other = (self._worker(store) for store in self.stores)
        self.key = ""

    def _worker(self, store: FickleStore) -> Supervisor:
        return Supervisor(
            store=cast("Store", store),  # it passes everything on
            upstream=self.upstream,
            clock=self.clock,
            terms=TERMS,
            sleep=lambda _: asyncio.sleep(0),
        )

    async def place(self) -> None:
        """Place the call, whose presence is promised; the answer is the first sign of life."""
        await self.owner.look()
        _, call = await self.owner.intend(a_caller(), PLANNED, presence=True)
        self.upstream.live.add("rtc_1")
        await self.owner.named(call.key, CallRef("d", "rtc_1"))
        assert await self.owner.answered(call.key)
        self.key = call.key

    async def live_through(self, seconds: float, *, seen_by: Sequence[Supervisor] = ()) -> None:
        """Let time pass for the owner, who looks four times a second, and its page, seen once a second."""
        for quarter in range(int(seconds * 4)):
            if quarter % 4 == 0:
                for worker in seen_by:
                    await worker.seen(self.key)
            self.clock.advance(0.25)
            await self.owner.look()
            await self.owner.settle(1)

    async def seen(self) -> Moment | None:
        """The last sign of life that the store knows of."""
        call: Call = await self.stores[1].get(self.key)
        return call.seen

    @property
    def live(self) -> bool:
        return self.upstream.live == {"rtc_1"}


@pytest.fixture(name="house")
async def _house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    await house.place()
    yield house
    await house.owner.close()
    await house.other.close()


async def test_a_page_that_another_worker_serves_has_a_whole_presence_from_the_loss_of_the_store(
    house: House,
) -> None:
    await house.live_through(13, seen_by=[house.other])
    house.stores[0].away = "wholly"

    await house.live_through(15, seen_by=[house.other])
    assert house.live
    await house.live_through(0.25)
    assert not house.live


async def test_without_its_store_a_worker_that_stood_still_does_not_blame_the_pages(house: House) -> None:
    await house.live_through(1)
    house.stores[0].away = "wholly"
    house.clock.advance(18)

    await house.live_through(15)
    assert house.live
    await house.live_through(0.25)
    assert not house.live


async def test_a_page_that_its_own_worker_serves_is_seen_without_the_store(house: House) -> None:
    house.stores[0].away = "wholly"
    await house.live_through(40, seen_by=[house.owner])
    assert house.live

    await house.live_through(13.5)
    assert house.live
    await house.live_through(0.5)
    assert not house.live


async def test_the_next_loss_of_the_store_counts_anew(house: House) -> None:
    house.stores[0].away = "wholly"
    await house.live_through(2, seen_by=[house.other])
    house.stores[0].away = ""
    await house.live_through(11, seen_by=[house.other])
    house.stores[0].away = "wholly"

    await house.live_through(15)
    assert house.live
    await house.live_through(0.25)
    assert not house.live


async def test_a_store_that_answers_some_things_only_is_lost_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailable("away")

    await house.live_through(5)
    monkeypatch.setattr(house.stores[0], "renew", away, raising=False)

    await house.live_through(15)
    assert house.live
    await house.live_through(2)
    assert not house.live


async def test_when_the_store_is_back_a_page_that_left_before_is_hung_up_as_it_was_to_be_alone(
    house: House,
) -> None:
    await house.live_through(10)
    house.stores[0].away = "wholly"
    await house.live_through(12)
    house.stores[0].away = ""

    await house.live_through(3)
    assert house.live
    await house.live_through(1)
    assert not house.live


async def test_when_the_store_is_back_a_page_that_nobody_could_write_down_has_its_presence_from_the_loss(
    house: House,
) -> None:
    everywhere = [house.owner, house.other]
    await house.live_through(12, seen_by=[house.other])
    for store in house.stores:
        store.away = "wholly"
    await house.live_through(11, seen_by=[house.other])
    for store in house.stores:
        store.away = ""
    await house.live_through(3)
    assert house.live

    await house.live_through(20, seen_by=everywhere)
    assert house.live


async def test_no_sign_of_life_is_invented_in_the_store(house: House) -> None:
    await house.live_through(14, seen_by=[house.other])
    before = await house.seen()
    house.stores[0].away = "wholly"
    await house.live_through(2)
    house.stores[0].away = ""
    await house.live_through(2)

    assert await house.seen() == before
