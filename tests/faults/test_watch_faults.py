"""What must not cost other calls their clocks: a store that fails for one of them, and many to adopt."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relay.core.call import Reason
from relay.core.limits import Ceiling
from relay.core.upstream import CallRef
from relay.errors import StoreUnavailable
from relay.store.gathering import GatheringStore
from relay.supervisor import Supervisor
from tests.doubles.attended import PLANNED
from tests.doubles.call import a_caller
from tests.doubles.clock import StoppedClock
from tests.doubles.relay import TERMS
from tests.doubles.upstream import UpstreamDouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

pytestmark = pytest.mark.anyio

_TERMS = replace(TERMS, ceiling=Ceiling(total=0, per_caller=0))
_METHODS = (
    "record",
    "expire",
    "claim_hang_up",
    "get",
    "renew",
    "adopt",
    "entries_since",
    "write_intent",
    "touch",
)


class _Worker:
    """A worker on a clock that stands still but for the pauses it makes itself.

    Args:
        folder: Of the store.
        other: Another worker, whose clock and upstream it shares.
    """

    def __init__(self, folder: Path, other: _Worker | None = None) -> None:
        self.clock: StoppedClock = other.clock if other else StoppedClock()
        self.upstream: UpstreamDouble = other.upstream if other else UpstreamDouble()
        self.store = GatheringStore.open(folder / "calls.sqlite3")
        self.supervisor = Supervisor(
            store=self.store, upstream=self.upstream, clock=self.clock, terms=_TERMS, sleep=self._sleep
        )

    async def _sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    async def live_call(self, name: str) -> str:
        """A call whose answer was handed over; its key."""
        _, call = await self.supervisor.intend(a_caller(), PLANNED, presence=False)
        self.upstream.live.add(name)
        await self.supervisor.named(call.key, CallRef("d", name))
        await self.supervisor.answered(call.key)
        return call.key


async def test_while_the_store_is_away_failing_hang_ups_are_spaced_by_backoff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = _Worker(tmp_path)
    await worker.supervisor.look()
    key = await worker.live_call("rtc_1")

    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    worker.upstream.hang_ups_until_done = 5
    began = worker.clock.now().boot_seconds
    with monkeypatch.context() as patch:
        for method in _METHODS:
            patch.setattr(worker.store, method, away)
        await worker.supervisor.end(key, Reason.CALLER)
        await worker.supervisor.settle(2)
    took = worker.clock.now().boot_seconds - began
    await worker.supervisor.close()

    assert len(worker.upstream.hung_up) == 6
    assert took >= 0.2 + 0.4 + 0.8 + 1.6 + 3.2


async def test_a_fault_in_one_call_does_not_cost_the_others_their_clocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = _Worker(tmp_path)
    await worker.supervisor.look()
    keys = [await worker.live_call(f"rtc_{number}") for number in range(5)]
    expire: Callable[..., Awaitable[object]] = worker.store.expire

    async def broken(key: str, *rest: object) -> object:
        if key == keys[0]:
            raise RuntimeError("one row cannot be read")
        return await expire(key, *rest)

    monkeypatch.setattr(worker.store, "expire", broken)
    worker.clock.advance(600)
    for _ in range(8):  # as the supervisor's own task does: an error is logged, and it looks again
        try:
            await worker.supervisor.look()
        except RuntimeError:
            worker.clock.advance(0.25)
    await worker.supervisor.settle(1)
    await worker.supervisor.close()

    assert worker.upstream.live == {"rtc_0"}


async def test_a_thousand_calls_of_a_dead_process_are_adopted_within_five_seconds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="relay.calls")
    dead = _Worker(tmp_path)
    await dead.supervisor.look()
    for number in range(1000):
        await dead.live_call(f"rtc_{number}")
    await dead.store.close()
    heir = _Worker(tmp_path, dead)
    for _ in range(20):
        heir.clock.advance(0.25)
        await heir.supervisor.look()
    owned = len(await heir.store.owned(heir.supervisor.owner))
    await heir.supervisor.close()

    assert owned == 1000


async def test_a_late_name_of_an_expired_call_is_acted_on_by_its_owner(tmp_path: Path) -> None:
    slow = _Worker(tmp_path)
    heir = _Worker(tmp_path, slow)
    await slow.supervisor.look()
    await heir.supervisor.look()
    _, call = await slow.supervisor.intend(a_caller(), PLANNED, presence=False)
    slow.upstream.live.add("rtc_1")
    for seconds in (4, 600):
        slow.clock.advance(seconds)
        await heir.supervisor.look()

    await slow.supervisor.named(call.key, CallRef("d", "rtc_1"))
    for _ in range(40):
        slow.clock.advance(0.25)
        await slow.supervisor.look()
        await heir.supervisor.look()
        await heir.supervisor.settle(1)
    await slow.supervisor.close()
    await heir.supervisor.close()

    assert slow.upstream.live == set()


async def test_a_doubt_that_passed_while_the_store_was_away_does_not_end_a_call_named_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = _Worker(tmp_path)
    heir = _Worker(tmp_path, slow)
    await slow.supervisor.look()
    await heir.supervisor.look()
    _, call = await slow.supervisor.intend(a_caller(), PLANNED, presence=False)
    slow.upstream.live.add("rtc_1")
    slow.clock.advance(4)
    await heir.supervisor.look()

    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        for method in (*_METHODS, "check"):
            patch.setattr(heir.store, method, away)
        slow.clock.advance(600)
        await heir.supervisor.look()
        await slow.supervisor.named(call.key, CallRef("d", "rtc_1"))
    for _ in range(40):
        slow.clock.advance(0.25)
        await heir.supervisor.look()
        await heir.supervisor.settle(1)
    await slow.supervisor.close()
    await heir.supervisor.close()

    assert slow.upstream.live == set()
