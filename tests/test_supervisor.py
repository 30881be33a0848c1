"""Clocks, presence, hang-ups, adoption and a store that goes away, with time moved by hand."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from relay.core.call import Reason, State
from relay.core.upstream import CallRef
from relay.errors import NotFound, StoreUnavailable
from relay.store.gathering import GatheringStore
from relay.supervisor import Supervisor
from tests.doubles.attended import PLANNED
from tests.doubles.call import a_caller
from tests.doubles.clock import StoppedClock
from tests.doubles.relay import TERMS
from tests.doubles.upstream import UpstreamDouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from relay.core.record import Call

pytestmark = pytest.mark.anyio


class House:
    """One clock, one upstream, one file, and any number of workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = StoppedClock()
        self.upstream = UpstreamDouble()
        self.stores: list[GatheringStore] = []

    def worker(self, group: str = "") -> Supervisor:
        """A worker whose looks are made by hand."""
        store = GatheringStore.open(self.folder / "calls.sqlite3")
        self.stores.append(store)

        async def sleep(seconds: float) -> None:
            self.clock.advance(seconds)
            await asyncio.sleep(0)

        return Supervisor(
            store=store, upstream=self.upstream, clock=self.clock, terms=TERMS, group=group, sleep=sleep
        )

    async def look(self, worker: Supervisor) -> None:
        await worker.look()
        await worker.settle(1)
        await worker.look()

    async def live_through(self, worker: Supervisor, seconds: int) -> None:
        """Let time pass as it does for a worker that stands nowhere still."""
        for _ in range(seconds):
            self.clock.advance(1)
            await worker.look()
        await worker.settle(1)
        await worker.look()

    async def live_call(self, worker: Supervisor, name: str = "rtc_1", *, presence: bool = False) -> Call:
        """A call whose answer was handed over."""
        _, call = await worker.intend(a_caller(), PLANNED, presence=presence)
        self.upstream.live.add(name)
        await worker.named(call.key, CallRef("d", name))
        assert await worker.answered(call.key)
        return call

    async def call(self, key: str) -> Call:
        found = await self.stores[0].get(key)
        assert found is not None
        return found


def gone_pid() -> int:
    """The pid of a process that was."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture(name="house")
def _house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    for store in house.stores:
        asyncio.run(store.close())


async def test_load_07_a_call_is_hung_up_at_its_limit(house: House) -> None:
    worker = house.worker()
    await house.look(worker)
    call = await house.live_call(worker)

    house.clock.advance(599)
    await house.look(worker)
    assert house.upstream.hung_up == []
    house.clock.advance(1)
    await house.look(worker)

    assert house.upstream.hung_up == ["rtc_1"]
    assert (await house.call(call.key)).reason is Reason.MAX_DURATION


async def test_the_end_of_the_time_is_announced_once(house: House) -> None:
    worker = house.worker()
    call = await house.live_call(worker)

    house.clock.advance(541)
    for _ in range(3):
        await house.look(worker)

    kinds = [entry.type for entry in await worker.entries(call.key, after_seq=0)]
    assert kinds.count("warning") == 1


async def test_load_08_a_jump_of_the_wall_clock_changes_nothing(house: House) -> None:
    worker = house.worker()
    call = await house.live_call(worker, presence=True)

    for seconds in (3600, -7200):
        house.clock.jump_wall(seconds)
        await house.look(worker)

    assert (await house.call(call.key)).state is State.LIVE


async def test_a_promised_presence_that_lapses_ends_the_call(house: House) -> None:
    worker = house.worker()
    call = await house.live_call(worker, presence=True)

    await house.live_through(worker, 14)
    await worker.seen(call.key)
    await house.live_through(worker, 14)
    assert (await house.call(call.key)).state is State.LIVE
    await house.live_through(worker, 1)

    assert (await house.call(call.key)).reason is Reason.PRESENCE
    assert house.upstream.live == set()


async def test_a_worker_that_stood_still_does_not_blame_the_pages(house: House) -> None:
    worker = house.worker()
    await house.look(worker)
    call = await house.live_call(worker, presence=True)

    house.clock.advance(18)
    await house.look(worker)
    assert (await house.call(call.key)).state is State.LIVE
    await house.live_through(worker, 15)

    assert (await house.call(call.key)).reason is Reason.PRESENCE


async def test_a_caller_without_presence_is_bounded_by_the_clock_alone(house: House) -> None:
    worker = house.worker()
    call = await house.live_call(worker)

    house.clock.advance(590)
    await house.look(worker)

    assert (await house.call(call.key)).state is State.LIVE


async def test_the_first_reason_counts_and_a_second_end_is_harmless(house: House) -> None:
    worker = house.worker()
    call = await house.live_call(worker)

    await worker.end(call.key, Reason.CALLER)
    await worker.end(call.key, Reason.OPERATOR)
    await house.look(worker)
    await worker.end(call.key, Reason.OPERATOR)

    assert (await house.call(call.key)).reason is Reason.CALLER
    assert house.upstream.hung_up == ["rtc_1"]


async def test_up_31_a_hang_up_is_tried_until_it_is_confirmed(house: House) -> None:
    worker = house.worker()
    call = await house.live_call(worker)
    house.upstream.hang_ups_until_done = 7

    await worker.end(call.key, Reason.CALLER)
    await house.look(worker)

    assert len(house.upstream.hung_up) == 8
    assert (await house.call(call.key)).state is State.ENDED


async def test_up_31_a_call_that_cannot_be_hung_up_is_counted_and_given_up_after_its_cap(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    worker = house.worker()
    call = await house.live_call(worker)
    house.upstream.hang_ups_until_done = 1_000_000

    await worker.end(call.key, Reason.CALLER)
    while len(house.upstream.hung_up) < 8:
        await asyncio.sleep(0)
    assert (await worker.counts()).unkilled == 1
    house.clock.advance(3700)
    with caplog.at_level(logging.ERROR):
        await house.look(worker)

    assert (await house.call(call.key)).state is State.ENDED
    assert "a call was never confirmed to be over" in caplog.text


async def test_load_04_a_call_of_a_dead_process_is_adopted_and_keeps_its_clock(house: House) -> None:
    dead, heir = house.worker(), house.worker()
    await house.look(dead)
    call = await house.live_call(dead)

    house.clock.advance(4)
    await house.look(heir)
    assert (await house.call(call.key)).owner == heir.owner
    house.clock.advance(596)
    await house.look(heir)

    assert (await house.call(call.key)).reason is Reason.MAX_DURATION
    assert house.upstream.hung_up == ["rtc_1"]


async def test_load_04_a_call_whose_answer_died_with_its_process_is_hung_up(house: House) -> None:
    dead, heir = house.worker(), house.worker()
    await house.look(dead)
    _, call = await dead.intend(a_caller(), PLANNED, presence=False)
    house.upstream.live.add("rtc_9")
    await dead.named(call.key, CallRef("d", "rtc_9"))

    house.clock.advance(4)
    await house.look(heir)

    assert (await house.call(call.key)).reason is Reason.CRASH
    assert house.upstream.live == set()


async def test_an_intent_of_a_dead_process_is_in_doubt_and_counts_for_its_maximum(house: House) -> None:
    dead, heir = house.worker(), house.worker()
    await house.look(dead)
    _, call = await dead.intend(a_caller(), PLANNED, presence=False)

    house.clock.advance(4)
    await house.look(heir)
    counts = await heir.counts()
    assert (counts.in_doubt, counts.open) == (1, 1)
    house.clock.advance(600)
    await house.look(heir)

    assert (await house.call(call.key)).state is State.EXPIRED
    assert (await heir.counts()).open == 0


async def test_load_06_two_workers_hang_an_expired_call_up_once(house: House) -> None:
    first, second = house.worker(), house.worker()
    await house.look(first)
    await house.look(second)
    await house.live_call(first)

    house.clock.advance(600)
    await asyncio.gather(house.look(first), house.look(second))
    await asyncio.gather(house.look(first), house.look(second))

    assert house.upstream.hung_up == ["rtc_1"]


async def test_a_reason_that_another_worker_records_is_acted_on_by_the_owner(house: House) -> None:
    owner, other = house.worker(), house.worker()
    await house.look(owner)
    await house.look(other)
    call = await house.live_call(owner)

    await other.end(call.key, Reason.CALLER)
    assert house.upstream.hung_up == []
    await house.look(owner)

    assert house.upstream.hung_up == ["rtc_1"]


async def test_a_worker_that_leaves_is_inherited_at_once(house: House) -> None:
    leaving, heir = house.worker(), house.worker()
    await house.look(leaving)
    call = await house.live_call(leaving)

    await leaving.close()
    house.stores.remove(house.stores[0])
    house.clock.advance(1)
    await house.look(heir)

    assert (await house.call(call.key)).owner == heir.owner


async def test_running_calls_keep_their_clocks_while_the_store_is_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = house.worker()
    await house.look(worker)
    call = await house.live_call(worker)

    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        for method in (
            "record",
            "expire",
            "claim_hang_up",
            "get",
            "renew",
            "entries_since",
            "write_intent",
            "warn",
        ):
            patch.setattr(house.stores[0], method, away)
        house.clock.advance(600)
        await house.look(worker)
        assert house.upstream.live == set()
        with pytest.raises(StoreUnavailable):
            await worker.intend(a_caller(), PLANNED, presence=False)
    await house.live_through(worker, 1)

    assert (await house.call(call.key)).state is State.ENDED
    assert (await house.call(call.key)).reason is Reason.MAX_DURATION


async def test_a_name_that_cannot_be_written_down_ends_the_call(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = house.worker()
    _, call = await worker.intend(a_caller(), PLANNED, presence=False)
    house.upstream.live.add("rtc_1")

    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        for method in ("record", "claim_hang_up", "get"):
            patch.setattr(house.stores[0], method, away)
        with pytest.raises(StoreUnavailable):
            await worker.named(call.key, CallRef("d", "rtc_1"))
        await worker.end(call.key, Reason.BAD_ANSWER)
        await worker.settle(1)

    assert house.upstream.live == set()


async def test_a_store_that_is_away_is_asked_once_a_second_at_most(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = house.worker()
    await house.look(worker)
    calls = [await house.live_call(worker, f"rtc_{number}", presence=True) for number in range(20)]
    tries = 0

    async def away(*_: object, **__: object) -> None:
        nonlocal tries
        tries += 1
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        for method in (
            "record",
            "expire",
            "claim_hang_up",
            "touch",
            "renew",
            "entries_since",
            "warn",
            "check",
        ):
            patch.setattr(house.stores[0], method, away)
        for _ in range(40):
            house.clock.advance(0.25)
            await worker.look()
            for call in calls:
                await worker.seen(call.key)

    assert tries <= 15
    await house.live_through(worker, 2)
    assert all([(await house.call(call.key)).state is State.LIVE for call in calls])


async def test_an_end_that_nobody_acts_on_yet_is_told_and_done_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, other = house.worker(), house.worker()
    await house.look(owner)
    await house.look(other)
    call = await house.live_call(owner)

    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(house.stores[1], "record", away)

    await other.end(call.key, Reason.CALLER)
    with pytest.raises(StoreUnavailable):
        other.check_effective(call.key)
    monkeypatch.undo()
    await house.live_through(other, 1)
    await house.live_through(owner, 1)

    assert house.upstream.hung_up == ["rtc_1"]


async def test_workers_of_one_group_are_nobody_to_leave_calls_to(house: House) -> None:
    first, sibling, stranger = house.worker("group"), house.worker("group"), house.worker()
    for worker in (first, sibling, stranger):
        await house.look(worker)

    assert await first.is_last() is False
    assert await stranger.is_last() is False  # the sibling has not said that it stops
    assert await sibling.is_last() is True
    assert await first.is_last() is True


async def test_the_calls_of_a_process_that_is_gone_are_taken_over_at_once(house: House) -> None:
    dead, heir = house.worker(), house.worker()
    await house.look(dead)
    await house.look(heir)
    call = await house.live_call(dead)
    house.stores[1]._db.execute("UPDATE workers SET pid = ? WHERE id = ?", (gone_pid(), dead.owner))

    assert await heir.is_last() is True
    await heir.take_over()

    assert (await house.call(call.key)).owner == heir.owner


async def test_a_stop_ends_calls_even_while_the_store_is_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = house.worker()
    await house.look(worker)
    await house.live_call(worker)

    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    for method in ("at_work", "adopt", "record", "claim_hang_up", "get", "stop"):
        monkeypatch.setattr(house.stores[0], method, away)
    assert await worker.is_last() is True
    await worker.take_over()
    await worker.end_all(Reason.SHUTDOWN)
    await worker.settle(1)

    assert house.upstream.live == set()


async def test_a_broken_entry_of_the_journal_does_not_stop_the_clocks(house: House) -> None:
    worker = house.worker()
    await house.look(worker)
    await house.live_call(worker)
    house.stores[0]._db.execute("UPDATE journal SET body = 'broken'")

    await house.live_through(worker, 601)

    assert house.upstream.hung_up == ["rtc_1"]


async def test_web_14_another_callers_call_is_not_found(house: House) -> None:
    worker = house.worker()
    call = await house.live_call(worker)

    for guess in ("", "x" * 32, call.key, call.tag):
        with pytest.raises(NotFound):
            await worker.call(guess)


async def test_sec_08_each_call_leaves_one_line_in_the_audit(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    worker = house.worker()
    call = await house.live_call(worker)

    house.clock.advance(30)
    with caplog.at_level(logging.INFO, logger="relay.audit"):
        await worker.end(call.key, Reason.CALLER)
        await house.look(worker)

    lines = [vars(record)["fields"] for record in caplog.records if record.name == "relay.audit"]
    assert len(lines) == 1
    assert lines[0]["call"] == call.tag
    assert lines[0]["seconds"] == 30.0
    assert lines[0]["reason"] == "caller"
    assert "rtc_1" not in str(lines)


async def test_news_wakes_who_listens(house: House) -> None:
    worker = house.worker()
    call = await house.live_call(worker)
    listening = asyncio.ensure_future(worker.news(call.key, 5))
    await asyncio.sleep(0)

    await worker.end(call.key, Reason.CALLER)

    assert await listening is True
    assert await worker.news(call.key, 0.001) is False
