"""A call's sideband and its life: what the upstream ends, what is adopted, what a stopping process leaves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from relay.attendants import Attendants
from relay.core.call import Reason, State
from relay.core.facts import CallOver
from relay.core.upstream import CallRef
from relay.store.gathering import GatheringStore
from relay.supervisor import Supervisor
from tests.doubles.attended import PLANNED
from tests.doubles.call import a_caller
from tests.doubles.clock import StoppedClock
from tests.doubles.relay import TERMS
from tests.doubles.upstream import UpstreamDouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from relay.core.record import Call

pytestmark = pytest.mark.anyio


class House:
    """One clock, one upstream, one file, and any number of workers that attend their calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = StoppedClock()
        self.upstream = UpstreamDouble()
        self.stores: list[GatheringStore] = []

    def worker(self) -> tuple[Supervisor, Attendants]:
        store = GatheringStore.open(self.folder / "calls.sqlite3")
        self.stores.append(store)

        async def sleep(seconds: float) -> None:
            self.clock.advance(seconds)
            await asyncio.sleep(0)

        attendants = Attendants(
            upstream=self.upstream, replan=lambda _: PLANNED, parts=(), clock=self.clock, sleep=sleep
        )
        supervisor = Supervisor(
            store=store,
            upstream=self.upstream,
            clock=self.clock,
            terms=TERMS,
            attendants=attendants,
            sleep=sleep,
        )
        return supervisor, attendants

    async def named_call(self, worker: Supervisor) -> Call:
        _, call = await worker.intend(a_caller(), PLANNED, presence=False)
        self.upstream.live.add("rtc_1")
        await worker.named(call.key, CallRef("d", "rtc_1"))
        return call

    async def live_call(self, worker: Supervisor) -> Call:
        call = await self.named_call(worker)
        assert await worker.answered(call.key)
        return call

    async def call(self, key: str) -> Call:
        found = await self.stores[0].get(key)
        assert found is not None
        return found

    async def entries(self, key: str) -> list[tuple[str, object]]:
        return [(entry.type, entry.body.get("state")) for entry in await self.stores[0].entries(key)]


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0)


@pytest.fixture(name="house")
def _house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    for store in house.stores:
        asyncio.run(store.close())


async def test_the_sideband_is_attached_as_soon_as_the_call_has_a_name(house: House) -> None:
    worker, attendants = house.worker()
    await worker.look()
    call = await house.named_call(worker)
    await until(lambda: attendants.attached)

    assert ("sideband", "attached") in await house.entries(call.key)
    await attendants.close()


@pytest.mark.parametrize(("expired", "reason"), [(False, Reason.UPSTREAM_ENDED), (True, Reason.EXPIRED)])
async def test_what_the_upstream_ends_is_over_and_a_hang_up_makes_sure_of_it(
    house: House, expired: bool, reason: Reason
) -> None:
    worker, attendants = house.worker()
    await worker.look()
    call = await house.live_call(worker)
    await until(lambda: attendants.attached)
    house.upstream.sidebands[0].tell(CallOver(expired=expired))
    await until(lambda: house.upstream.sidebands[0].closed)
    await worker.settle(1)
    found = await house.call(call.key)

    assert (found.state, found.reason) == (State.ENDED, reason)
    assert house.upstream.hung_up == ["rtc_1"]
    assert worker.open_calls == 0


async def test_the_upstreams_end_after_our_own_hang_up_changes_nothing(house: House) -> None:
    worker, attendants = house.worker()
    await worker.look()
    call = await house.live_call(worker)
    await until(lambda: attendants.attached)
    await worker.end(call.key, Reason.CALLER)
    await worker.settle(1)
    house.upstream.sidebands[0].tell(CallOver(expired=False))
    await until(lambda: house.upstream.sidebands[0].closed)
    found = await house.call(call.key)

    assert (found.state, found.reason) == (State.ENDED, Reason.CALLER)
    assert house.upstream.hung_up == ["rtc_1"]


async def test_a_process_that_stops_and_keeps_its_calls_lets_go_of_their_sidebands(house: House) -> None:
    worker, attendants = house.worker()
    await worker.start()
    call = await house.live_call(worker)
    await until(lambda: attendants.attached)
    await worker.close()
    house.stores[0] = GatheringStore.open(house.folder / "calls.sqlite3")

    assert house.upstream.sidebands[0].closed
    assert house.upstream.hung_up == []
    assert (await house.call(call.key)).state is State.LIVE


async def test_whoever_adopts_a_call_attaches_its_sideband_again(house: House) -> None:
    first, before = house.worker()
    await first.look()
    await house.live_call(first)
    await until(lambda: before.attached)
    second, after = house.worker()
    house.clock.advance(4)  # nobody has renewed the first one's lease
    await second.look()
    await until(lambda: after.attached)

    assert len(house.upstream.sidebands) == 2
    await before.close()
    await after.close()


async def test_a_process_that_has_lost_its_lease_lets_go_of_what_others_have_adopted(house: House) -> None:
    first, before = house.worker()
    await first.look()
    call = await house.live_call(first)
    await until(lambda: before.attached)
    second, after = house.worker()
    house.clock.advance(4)
    await second.look()
    await until(lambda: after.attached)
    await first.look()
    await until(lambda: house.upstream.sidebands[0].closed)

    assert len(before) == 0
    assert (await house.call(call.key)).state is State.LIVE
    await after.close()
