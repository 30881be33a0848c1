"""Two workers on one store, driven at random: calls come, leave, lapse; workers crash; the store goes away.

Nothing here knows how the relay does it. Of each call it is known whether it *must not* be ended (its answer
was handed over, its page is there, nobody asked, its time is not over) and whether it *must* be, and both are
compared with what the upstream saw: the invariants I2 and I3 of the catalogue.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from relay.core.call import Reason
from relay.core.upstream import CallRef
from relay.errors import StoreUnavailable
from relay.store.sqlite import SqliteStore
from relay.supervisor import Supervisor
from tests.doubles.call import a_caller
from tests.doubles.clock import StoppedClock
from tests.doubles.relay import TERMS
from tests.doubles.upstream import UpstreamDouble

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from relay.store.protocol import Store

_READS = ("get", "find", "owned", "recent", "counts", "others", "entries", "entries_since", "last_entry_id")
_WORKERS = st.sampled_from([0, 1])
_STEP_SECONDS = 0.5
_CALM_SECONDS = 40.0  # a lease, a presence, a backoff, and ten seconds


class _Store:
    """A store that can be away, whole or for writing alone."""

    def __init__(self, path: Path) -> None:
        self._store = SqliteStore.open(path, checkpoint_seconds=3600)
        self.away = ""

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        async def call(*words: Any, **named: Any) -> Any:
            if self.away == "wholly" or (self.away == "for writing" and name not in _READS):
                raise StoreUnavailable("away")
            return await getattr(self._store, name)(*words, **named)

        return call

    async def close(self) -> None:
        await self._store.close()


@dataclass
class _Known:
    """What is known of a call from outside."""

    key: str
    upstream_id: str
    placer: int
    promised: bool
    created: float
    stage: str = "intent"  # intent, sent, named, answered, over
    named_for_good: bool = False
    present: bool = True
    unwanted: bool = False
    surely_seen: float = 0.0
    maybe_seen: float = 0.0
    lapsed: bool = False


class SupervisorMachine(RuleBasedStateMachine):
    """See the module."""

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = StoppedClock()
        self.upstream = UpstreamDouble()
        self.stores: list[_Store | None] = [None, None]
        self.workers: list[Supervisor | None] = [None, None]
        self.sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self.calls: list[_Known] = []
        self.lost_something = False
        for which in (0, 1):
            self._start(which)

    # --- what happens

    @rule(which=_WORKERS, promised=st.booleans())
    def connect(self, which: int, promised: bool) -> None:
        worker = self.workers[which]
        if worker is None or len(self.calls) >= 8:
            return
        try:
            _, call = self._run(
                worker.intend(caller=a_caller(), profile="default", deployment="d", presence=promised)
            )
        except StoreUnavailable:
            return
        name = f"rtc_{len(self.calls) + 1}"
        self.calls.append(_Known(call.key, name, which, promised, self._now()))

    @rule(number=st.integers(0, 7))
    def go_on(self, number: int) -> None:
        """The exchange of a call makes its next step."""
        known, worker = self._exchange(number)
        if known is None or worker is None:
            return
        if known.stage == "intent" and not worker.wanted(known.key):
            self._run(worker.refused(known.key))
            known.stage, known.unwanted = "over", True
        elif known.stage == "intent":
            self.upstream.live.add(known.upstream_id)
            known.stage = "sent"
        elif known.stage == "sent":
            self._name(known, worker)
        elif known.stage == "named":
            self._answer(known, worker)

    @rule(number=st.integers(0, 7))
    def break_off(self, number: int) -> None:
        """The exchange fails: before it was sent, or in doubt."""
        known, worker = self._exchange(number)
        if known is None or worker is None or known.stage not in ("intent", "sent"):
            return
        self._run(worker.refused(known.key) if known.stage == "intent" else worker.lost(known.key))
        known.stage, known.unwanted = "over", True

    @rule(number=st.integers(0, 7))
    def leave(self, number: int) -> None:
        """The browser goes; before the answer the exchange notices."""
        if number >= len(self.calls):
            return
        known, worker = self._exchange(number)
        self.calls[number].present = False
        if known is not None and worker is not None and known.stage != "answered":
            known.unwanted = True
            self._run(worker.end(known.key, Reason.LEFT))

    @rule(number=st.integers(0, 7), which=_WORKERS)
    def delete(self, number: int, which: int) -> None:
        worker, store = self.workers[which], self.stores[which]
        if number >= len(self.calls) or worker is None or store is None or store.away:
            return
        self.calls[number].unwanted = True
        self._run(worker.end(self.calls[number].key, Reason.CALLER))

    @rule(which=_WORKERS)
    def crash(self, which: int) -> None:
        worker, store = self.workers[which], self.stores[which]
        if worker is None or store is None:
            return
        self.lost_something = True
        self.workers[which] = self.stores[which] = None
        self._run(worker._hang_ups.close())
        self._run(store.close())
        for known in self.calls:
            if known.placer == which and known.stage in ("intent", "sent", "named"):
                known.stage, known.unwanted = "over", True

    @rule(which=_WORKERS)
    def start(self, which: int) -> None:
        if self.workers[which] is None:
            self._start(which)

    @rule(which=_WORKERS, how=st.sampled_from(["", "", "wholly", "for writing"]))
    def store_goes_or_comes(self, which: int, how: str) -> None:
        store = self.stores[which]
        if store is not None:
            self.lost_something |= bool(how)
            store.away = how

    @rule(count=st.integers(0, 6))
    def hang_ups_fail(self, count: int) -> None:
        self.upstream.hang_ups_until_done = count

    @rule(seconds=st.sampled_from([0.25, 1.0, 4.0, 16.0, 60.0, 601.0]), seen_by=_WORKERS)
    def time_passes(self, seconds: float, seen_by: int) -> None:
        """Small steps with signs of life; more than a minute at once is a machine that stood still."""
        if seconds > 60:
            self._advance(seconds)
            return
        left = seconds
        while left > 0:
            self._see(seen_by)
            self._advance(min(_STEP_SECONDS * 4, left))
            left -= _STEP_SECONDS * 4

    # --- what must hold at any time

    @invariant()
    def nobody_who_is_wanted_is_hung_up(self) -> None:
        for known in getattr(self, "calls", ()):
            if known.stage == "answered" and not known.unwanted and not self._is_over(known, surely=False):
                assert known.upstream_id not in self.upstream.hung_up, known

    @invariant()
    def without_crashes_nothing_is_hung_up_after_it_was_over(self) -> None:
        if not getattr(self, "lost_something", True):
            done = [name for name in self.upstream.hung_up if name not in self.upstream.live]
            tries = {name: done.count(name) for name in done}
            assert all(tries[name] <= 1 + 6 for name in tries)

    # --- and in the end

    def teardown(self) -> None:
        if not hasattr(self, "loop"):
            return
        try:
            self._calm()
            self._judge()
        finally:
            for which in (0, 1):
                worker = self.workers[which]
                if worker is not None:
                    self._run(worker.close())
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()
            self.folder.cleanup()

    def _calm(self) -> None:
        """Everything works again; exchanges under way come to their end; the time that matters passes."""
        self.upstream.hang_ups_until_done = 0
        for which in (0, 1):
            store = self.stores[which]
            if store is None:
                self._start(which)
            else:
                store.away = ""
        for number in range(len(self.calls)):
            for _ in range(3):
                self.go_on(number)
        for _ in range(int(_CALM_SECONDS / _STEP_SECONDS)):
            self._see(0)
            self._advance(_STEP_SECONDS)

    def _judge(self) -> None:
        worker = self.workers[0]
        assert worker is not None
        nameless = 0
        for known in self.calls:
            live = known.upstream_id in self.upstream.live
            wanted = known.stage == "answered" and not known.unwanted
            if live and not known.named_for_good:
                nameless += 1  # nobody can end it: it is in doubt
            elif live:
                assert wanted, f"I3, an orphan: {known}"
                assert not self._is_over(known, surely=True), f"I3, an orphan: {known}"
            elif wanted:
                assert self._is_over(known, surely=False), f"wrongly ended: {known}"
        counts = self._run(worker.counts())
        assert counts.unkilled == 0
        assert counts.live == len(self.upstream.live) - nameless, "I3"
        assert counts.in_doubt >= sum(
            known.upstream_id in self.upstream.live and not known.named_for_good and not self._old(known)
            for known in self.calls
        )
        for _ in range(3):
            self._advance(4000)
        assert self._run(worker.counts()).open == 0, "I2"

    # --- inside

    def _start(self, which: int) -> None:
        store = _Store(Path(self.folder.name) / "calls.sqlite3")
        worker = Supervisor(
            store=cast("Store", store),  # it passes everything on
            upstream=self.upstream,
            clock=self.clock,
            terms=TERMS,
            sleep=self._sleep,
        )
        self.stores[which], self.workers[which] = store, worker
        self._run(worker.look())

    def _exchange(self, number: int) -> tuple[_Known | None, Supervisor | None]:
        """The call of a number, with the worker that places it; nothing when that is dead or done."""
        if number >= len(self.calls):
            return None, None
        known = self.calls[number]
        return (None, None) if known.stage == "over" else (known, self.workers[known.placer])

    def _name(self, known: _Known, worker: Supervisor) -> None:
        store = self.stores[known.placer]
        try:
            self._run(worker.named(known.key, CallRef("d", known.upstream_id)))
        except StoreUnavailable:
            self._run(worker.end(known.key, Reason.BAD_ANSWER))
            known.stage, known.unwanted = "over", True
            # written down as soon as the store is back, unless the worker dies before
            known.named_for_good = known.upstream_id not in self.upstream.live
            return
        known.named_for_good = store is not None and not store.away
        known.stage = "named"

    def _answer(self, known: _Known, worker: Supervisor) -> None:
        try:
            delivered = self._run(worker.answered(known.key))
        except StoreUnavailable:
            delivered = False
        if not delivered:
            self._run(worker.end(known.key, Reason.BAD_ANSWER))
            known.stage, known.unwanted = "over", True
            return
        assert not known.unwanted, "an answer was handed over that nobody wants"
        known.stage = "answered"
        known.surely_seen = known.maybe_seen = self._now()

    def _see(self, which: int) -> None:
        """Everybody who is there shows it, to one worker or the other."""
        reached = next((one for one in (which, 1 - which) if self.workers[one] is not None), None)
        if reached is None:
            return
        worker, store = self.workers[reached], self.stores[reached]
        assert worker is not None
        assert store is not None
        for known in self.calls:
            if known.stage == "answered" and known.promised and known.present:
                self._run(worker.seen(known.key))
                known.maybe_seen = self._now()
                if not store.away and not any(other and other.away for other in self.stores):
                    known.surely_seen = self._now()

    def _is_over(self, known: _Known, *, surely: bool) -> bool:
        """Whether a clock wants the call to end: certainly, or possibly."""
        if self._old(known):
            return True
        if not known.promised:
            return False
        if surely:
            return self._now() - known.maybe_seen >= TERMS.presence_seconds + _CALM_SECONDS / 2
        known.lapsed |= self._now() - known.surely_seen >= TERMS.presence_seconds
        return known.lapsed

    def _old(self, known: _Known) -> bool:
        return self._now() - known.created >= TERMS.max_seconds

    def _now(self) -> float:
        return self.clock.now().boot_seconds

    def _advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        for known in self.calls:
            self._is_over(known, surely=False)
        waiting, self.sleepers = self.sleepers, []
        for at, sleeper in waiting:
            if at <= self._now() and not sleeper.done():
                sleeper.set_result(None)
            else:
                self.sleepers.append((at, sleeper))
        for worker in self.workers:
            if worker is not None:
                self._run(worker.look())

    async def _sleep(self, seconds: float) -> None:
        sleeper: asyncio.Future[None] = self.loop.create_future()
        self.sleepers.append((self._now() + seconds, sleeper))
        await sleeper

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something, and let what it began go as far as it can without time passing."""

        async def run() -> Any:
            outcome = await work
            for _ in range(25):
                await asyncio.sleep(0)
            return outcome

        return self.loop.run_until_complete(run())


logging.getLogger("relay").addHandler(logging.NullHandler())
SupervisorMachine.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestSupervisorMachine = SupervisorMachine.TestCase
