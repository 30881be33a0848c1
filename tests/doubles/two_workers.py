"""Two workers on one store, what is known of their calls from outside, and what must be true of both.

Used by `tests/test_supervisor_machine.py`. Nothing here knows how the relay does it: of each call it is known
whether it *must not* be ended (its answer was handed over, its page is there, nobody asked, its time is not
over) and whether it *must* be.

What a worker without its store knows dies with it, even that a hang-up succeeded: the store goes on holding
the call as live, and hanging up is all the upstream can be asked. Two outside put that right, as in life: a
page whose call is over at the upstream loses its connection and falls silent, and who asked a worker for the
end of a call that it could not write down asks again.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from relay.core.call import Reason
from relay.core.upstream import CallRef
from relay.errors import StoreUnavailable
from relay.supervisor import Supervisor
from tests.doubles.clock import StoppedClock
from tests.doubles.fickle_store import FickleStore
from tests.doubles.relay import TERMS
from tests.doubles.upstream import UpstreamDouble

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from relay.store.protocol import Counts, Store

_STEP_SECONDS = 0.5
_CALM_SECONDS = 40.0  # a lease, a presence, a backoff, and ten seconds


@dataclass
class Known:
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
    asked: int | None = None  # a worker that was to end it and could not write that down
    forgotten: bool = False  # that worker died
    surely_seen: float = 0.0
    maybe_seen: float = 0.0
    lapsed: bool = False


class TwoWorkers:
    """The workers, their stores, one upstream, one clock."""

    def set_up(self) -> None:
        """Begin with both workers up and no call."""
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = StoppedClock()
        self.upstream = UpstreamDouble()
        self.stores: list[FickleStore | None] = [None, None]
        self.workers: list[Supervisor | None] = [None, None]
        self.sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self.calls: list[Known] = []
        for which in (0, 1):
            self.begin_worker(which)

    def tear_down(self) -> None:
        """Let go of everything."""
        for worker in self.workers:
            if worker is not None:
                self.do(worker.close())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        self.folder.cleanup()

    def begin_worker(self, which: int) -> None:
        store = FickleStore(Path(self.folder.name) / "calls.sqlite3")
        worker = Supervisor(
            store=cast("Store", store),  # it passes everything on
            upstream=self.upstream,
            clock=self.clock,
            terms=TERMS,
            sleep=self._sleep,
        )
        self.stores[which], self.workers[which] = store, worker
        self.do(worker.look())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something, and let what it began go as far as it can without time passing."""

        async def run() -> Any:
            outcome = await work
            for _ in range(25):
                await asyncio.sleep(0)
            return outcome

        return self.loop.run_until_complete(run())

    async def _sleep(self, seconds: float) -> None:
        sleeper: asyncio.Future[None] = self.loop.create_future()
        self.sleepers.append((self.now() + seconds, sleeper))
        await sleeper

    @property
    def up(self) -> int:
        """How many workers run."""
        return sum(worker is not None for worker in self.workers)

    def now(self) -> float:
        return self.clock.now().boot_seconds

    def step(self, number: int) -> None:
        known, worker = self.exchange(number)
        if known is None or worker is None:
            return
        if known.stage == "intent" and not worker.wanted(known.key):
            self.do(worker.refused(known.key))
            known.stage, known.unwanted = "over", True
        elif known.stage == "intent":
            self.upstream.live.add(known.upstream_id)
            known.stage = "sent"
        elif known.stage == "sent":
            self._name(known, worker)
        elif known.stage == "named":
            self._answer(known, worker)

    def exchange(self, number: int) -> tuple[Known | None, Supervisor | None]:
        """The call of a number, with the worker that places it; nothing when that is dead or done."""
        known = self.calls[number]
        return (None, None) if known.stage == "over" else (known, self.workers[known.placer])

    def _name(self, known: Known, worker: Supervisor) -> None:
        store = self.stores[known.placer]
        try:
            self.do(worker.named(known.key, CallRef("d", known.upstream_id)))
        except StoreUnavailable:
            self.do(worker.end(known.key, Reason.BAD_ANSWER))
            known.stage, known.unwanted = "over", True
            # written down as soon as the store is back, unless the worker dies before
            known.named_for_good = known.upstream_id not in self.upstream.live
            return
        known.named_for_good = store is not None and not store.away
        known.stage = "named"

    def _answer(self, known: Known, worker: Supervisor) -> None:
        try:
            delivered = self.do(worker.answered(known.key))
        except StoreUnavailable:
            delivered = False
        if not delivered:
            self.do(worker.end(known.key, Reason.BAD_ANSWER))
            known.stage, known.unwanted = "over", True
            return
        assert not known.unwanted, "an answer was handed over that nobody wants"
        known.stage = "answered"
        known.surely_seen = known.maybe_seen = self.now()

    def is_written(self, worker: Supervisor) -> bool:
        """Whether the worker has its store, and with that everything it was told is written down."""
        try:
            self.do(worker.counts())  # which says what was found out of the store
        except StoreUnavailable:
            return False
        return True

    def _notice(self, known: Known) -> None:
        """The page's connection fails when its call is over at the upstream, and it shows nothing more."""
        if known.upstream_id not in self.upstream.live:
            # before its silence becomes an excuse
            assert known.unwanted or self.is_over(known, surely=False), f"wrongly ended: {known}"
            known.present = False

    def show_presence(self, which: int) -> None:
        """Everybody who is there shows it, to one worker or the other."""
        for known in self.calls:
            if known.stage == "answered" and known.present:
                self._notice(known)
        reached = next((one for one in (which, 1 - which) if self.workers[one] is not None), None)
        if reached is None:
            return
        worker, store = self.workers[reached], self.stores[reached]
        assert worker is not None
        assert store is not None
        for known in self.calls:
            if known.stage == "answered" and known.promised and known.present:
                self.do(worker.seen(known.key))
                known.maybe_seen = self.now()
                if not store.away and not any(other and other.away for other in self.stores):
                    known.surely_seen = self.now()

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        for known in self.calls:
            self.is_over(known, surely=False)
        waiting, self.sleepers = self.sleepers, []
        for at, sleeper in waiting:
            if at <= self.now() and not sleeper.done():
                sleeper.set_result(None)
            else:
                self.sleepers.append((at, sleeper))
        for worker in self.workers:
            if worker is not None:
                self.do(worker.look())

    def is_over(self, known: Known, *, surely: bool) -> bool:
        """Whether a clock, or one who was not surely heard, wants the call to end: certainly, or possibly."""
        if self.is_old(known) or (known.asked is not None and not surely):
            return True
        if not known.promised:
            return False
        if surely:
            return self.now() - known.maybe_seen >= TERMS.presence_seconds + _CALM_SECONDS / 2
        known.lapsed |= self.now() - known.surely_seen >= TERMS.presence_seconds
        return known.lapsed

    def is_old(self, known: Known) -> bool:
        return self.now() - known.created >= TERMS.max_seconds

    def calm(self) -> None:
        """Everything works again; exchanges under way come to their end; the time that matters passes."""
        self.upstream.hang_ups_until_done = 0
        for which in (0, 1):
            store = self.stores[which]
            if store is None:
                self.begin_worker(which)
            else:
                store.away = ""
        for number in range(len(self.calls)):
            for _ in range(3):
                self.step(number)
        self._ask_again()
        for _ in range(int(_CALM_SECONDS / _STEP_SECONDS)):
            self.show_presence(0)
            self.advance(_STEP_SECONDS)

    def counts_of(self, which: int) -> Counts:
        """How many calls a worker counts."""
        worker = self.workers[which]
        assert worker is not None
        counts: Counts = self.do(worker.counts())
        return counts

    def _ask_again(self) -> None:
        """Who asked a worker that died for an end asks another; the living remember."""
        worker = self.workers[0]
        assert worker is not None
        for known in self.calls:
            if known.forgotten:
                self.do(worker.end(known.key, Reason.CALLER))
            known.unwanted |= known.asked is not None

    def judge(self) -> None:
        nameless = 0
        for known in self.calls:
            live = known.upstream_id in self.upstream.live
            wanted = known.stage == "answered" and not known.unwanted
            if live and not known.named_for_good:
                nameless += 1  # nobody can end it: it is in doubt
            elif live:
                assert wanted, f"I3, an orphan: {known}"
                assert not self.is_over(known, surely=True), f"I3, an orphan: {known}"
            elif wanted:
                assert self.is_over(known, surely=False), f"wrongly ended: {known}"
        counts = self.counts_of(0)
        assert counts.unkilled == 0
        assert counts.live == len(self.upstream.live) - nameless, "I3"
        assert counts.in_doubt >= sum(
            known.upstream_id in self.upstream.live and not known.named_for_good and not self.is_old(known)
            for known in self.calls
        )
        for _ in range(3):
            self.advance(4000)
        assert self.counts_of(0).open == 0, "I2"
