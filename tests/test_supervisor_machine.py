"""Two workers on one store, driven at random: calls come, leave, lapse; workers crash; the store goes away.

What is known of each call from outside (`tests.doubles.two_workers`) is compared with what the upstream saw:
the invariants I2 and I3 of the catalogue.
"""

from __future__ import annotations

import logging
import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from relay.core.call import Reason
from relay.errors import StoreUnavailable
from tests.doubles.attended import PLANNED
from tests.doubles.call import a_caller
from tests.doubles.two_workers import Known, TwoWorkers

_WORKERS = st.sampled_from([0, 1])
_MOST_CALLS = 8
_CALLS = st.integers(0, _MOST_CALLS - 1)
_STEP_SECONDS = 2.0


class SupervisorMachine(TwoWorkers, RuleBasedStateMachine):
    """See the module."""

    @initialize()
    def begin(self) -> None:
        self.set_up()

    # --- what happens

    @precondition(lambda self: self.up and len(self.calls) < _MOST_CALLS)
    @rule(which=_WORKERS, promised=st.booleans(), steps=st.sampled_from([3, 2, 1, 3, 0]))
    def connect(self, which: int, promised: bool, steps: int) -> None:
        """A call is asked for; its exchange gets so far at once."""
        worker = self.workers[which]
        if worker is None:
            return
        try:
            _, call = self.do(worker.intend(a_caller(), PLANNED, presence=promised))
        except StoreUnavailable:
            return
        name = f"rtc_{len(self.calls) + 1}"
        self.calls.append(Known(call.key, name, which, promised, self.now()))
        for _ in range(steps):
            self.step(len(self.calls) - 1)

    @precondition(lambda self: self.calls)
    @rule(number=_CALLS)
    def go_on(self, number: int) -> None:
        """The exchange of a call makes its next step."""
        self.step(number % len(self.calls))

    @precondition(lambda self: self.calls)
    @rule(number=_CALLS)
    def break_off(self, number: int) -> None:
        """The exchange fails: before it was sent, or in doubt."""
        known, worker = self.exchange(number % len(self.calls))
        if known is None or worker is None or known.stage not in ("intent", "sent"):
            return
        self.do(worker.refused(known.key) if known.stage == "intent" else worker.lost(known.key))
        known.stage, known.unwanted = "over", True

    @precondition(lambda self: self.calls)
    @rule(number=_CALLS)
    def leave(self, number: int) -> None:
        """The browser goes; before the answer the exchange notices."""
        number %= len(self.calls)
        known, worker = self.exchange(number)
        self.calls[number].present = False
        if known is not None and worker is not None and known.stage != "answered":
            known.unwanted = True
            self.do(worker.end(known.key, Reason.LEFT))

    @precondition(lambda self: self.calls)
    @rule(number=_CALLS, which=_WORKERS)
    def delete(self, number: int, which: int) -> None:
        """Somebody asks a worker for the end of a call; it may be without its store."""
        number %= len(self.calls)
        worker, known = self.workers[which], self.calls[number]
        if worker is None:
            return
        self.do(worker.end(known.key, Reason.CALLER))
        if self.is_written(worker):
            known.unwanted = True
        else:
            known.asked, known.forgotten = which, False

    @rule(which=_WORKERS)
    def crash(self, which: int) -> None:
        worker, store = self.workers[which], self.stores[which]
        if worker is None or store is None:
            return
        self.workers[which] = self.stores[which] = None
        self.do(worker._hang_ups.close())
        self.do(store.close())
        for known in self.calls:
            known.forgotten |= known.asked == which
            if known.placer == which and known.stage in ("intent", "sent", "named"):
                known.stage, known.unwanted = "over", True

    @precondition(lambda self: self.up < 2)
    @rule(which=_WORKERS)
    def start(self, which: int) -> None:
        if self.workers[which] is None:
            self.begin_worker(which)

    @precondition(lambda self: self.up)
    @rule(which=_WORKERS, how=st.sampled_from(["", "", "wholly", "for writing"]))
    def store_goes_or_comes(self, which: int, how: str) -> None:
        store = self.stores[which]
        if store is not None:
            store.away = how

    @rule(count=st.sampled_from([0, 1, 2, 6]))
    def hang_ups_fail(self, count: int) -> None:
        self.upstream.hang_ups_until_done = count

    @rule(seconds=st.sampled_from([0.25, 1.0, 4.0, 16.0, 16.0, 40.0]), seen_by=_WORKERS)
    def time_passes(self, seconds: float, seen_by: int) -> None:
        """In small steps, with signs of life of everybody who is there."""
        left = seconds
        while left > 0:
            self.show_presence(seen_by)
            self.advance(min(_STEP_SECONDS, left))
            left -= _STEP_SECONDS

    @rule(seconds=st.sampled_from([4.0, 20.0, 601.0]))
    def everything_stands_still(self, seconds: float) -> None:
        """The machine was asleep, or stopped: nobody looked, and nobody showed a sign of life."""
        self.advance(seconds)

    # --- what must hold at any time

    @invariant()
    def nobody_who_is_wanted_is_hung_up(self) -> None:
        for known in getattr(self, "calls", ()):
            if known.stage == "answered" and not known.unwanted and not self.is_over(known, surely=False):
                assert known.upstream_id not in self.upstream.hung_up, known

    # --- and in the end

    def teardown(self) -> None:
        if not hasattr(self, "loop"):
            return
        try:
            self.calm()
            self.judge()
        finally:
            self.tear_down()


logging.getLogger("relay").addHandler(logging.NullHandler())
SupervisorMachine.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    # No shrinking: it goes on for five minutes, and the steps of a failure are printed as they are. To have
    # fewer of them, take it in by hand.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    print_blob=True,
    # The same examples in every run, so that nobody's change fails by somebody else's luck. To look for new
    # ones: RELAY_TEST_SEARCH=1, and --hypothesis-seed.
    derandomize="RELAY_TEST_SEARCH" not in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestSupervisorMachine = SupervisorMachine.TestCase


# --- what it found: ends that only a worker without its store knew of, and took with it when it died


def test_a_lapse_that_died_with_its_worker_is_told_again_by_the_pages_silence() -> None:
    machine = SupervisorMachine()
    machine.begin()
    machine.connect(which=1, promised=True, steps=3)
    machine.store_goes_or_comes(which=1, how="for writing")
    machine.everything_stands_still(4.0)  # it learns that its store is away, and a page's silence counts
    machine.everything_stands_still(20.0)
    assert machine.upstream.hung_up == ["rtc_1"]
    machine.crash(which=1)
    assert machine.counts_of(0).live == 1
    machine.teardown()


def test_an_end_that_died_with_the_calls_owner_is_asked_for_again() -> None:
    machine = SupervisorMachine()
    machine.begin()
    machine.connect(which=1, promised=False, steps=3)
    machine.store_goes_or_comes(which=1, how="for writing")
    machine.delete(number=0, which=1)
    assert machine.upstream.hung_up == ["rtc_1"]
    machine.crash(which=1)
    assert machine.counts_of(0).live == 1
    machine.teardown()


def test_an_end_that_died_with_another_worker_is_asked_for_again() -> None:
    machine = SupervisorMachine()
    machine.begin()
    machine.connect(which=0, promised=False, steps=3)
    machine.store_goes_or_comes(which=1, how="for writing")
    machine.delete(number=0, which=1)
    machine.crash(which=1)
    assert machine.upstream.hung_up == []
    machine.teardown()
    assert machine.upstream.hung_up == ["rtc_1"]


def test_an_end_that_a_living_worker_could_not_write_down_is_not_forgotten() -> None:
    machine = SupervisorMachine()
    machine.begin()
    machine.connect(which=0, promised=False, steps=3)
    machine.store_goes_or_comes(which=1, how="for writing")
    machine.delete(number=0, which=1)
    assert machine.upstream.hung_up == []
    machine.teardown()
    assert machine.upstream.hung_up == ["rtc_1"]


# --- a call that was given up alone: the store held it, and its place, and nobody looked after it any more


def test_a_doubt_that_is_over_while_the_store_is_away_does_not_stay_open_in_it() -> None:
    machine = SupervisorMachine()
    machine.begin()
    machine.store_goes_or_comes(which=1, how="wholly")  # or it would adopt the call
    machine.connect(which=0, promised=False, steps=1)
    machine.break_off(number=0)
    machine.store_goes_or_comes(which=0, how="for writing")
    machine.everything_stands_still(601.0)
    machine.store_goes_or_comes(which=0, how="")
    machine.time_passes(2.0, seen_by=0)
    assert machine.counts_of(0).open == 0
    machine.teardown()


def test_a_hang_up_never_confirmed_while_the_store_is_away_does_not_stay_open_in_it() -> None:
    machine = SupervisorMachine()
    machine.begin()
    machine.store_goes_or_comes(which=1, how="wholly")
    machine.connect(which=0, promised=False, steps=3)
    machine.hang_ups_fail(10_000)
    machine.delete(number=0, which=0)
    machine.time_passes(2.0, seen_by=0)  # the worker reads of the end in the journal, which is then done with
    machine.store_goes_or_comes(which=0, how="for writing")
    machine.everything_stands_still(3661.0)
    machine.time_passes(4.0, seen_by=0)
    machine.store_goes_or_comes(which=0, how="")
    machine.time_passes(2.0, seen_by=0)
    assert machine.counts_of(0).open == 0
    machine.tear_down()  # the upstream's side of it is the double's: nothing confirmed that it is over


# --- a worker that lost its store blamed a page for the time before, when others had heard of it


def test_a_page_seen_by_another_worker_is_not_blamed_when_its_own_worker_loses_the_store() -> None:
    machine = SupervisorMachine()
    machine.begin()
    machine.connect(which=0, promised=True, steps=3)
    machine.time_passes(4.0, seen_by=1)
    machine.store_goes_or_comes(which=0, how="wholly")
    machine.time_passes(12.0, seen_by=1)
    assert machine.upstream.hung_up == []
    machine.time_passes(4.0, seen_by=1)
    machine.nobody_who_is_wanted_is_hung_up()
    machine.teardown()
