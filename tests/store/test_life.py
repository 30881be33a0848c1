"""Two workers, one file, one upstream: whatever happens in whatever order, every call ends.

The machine plays the workers as the relay does: it asks the store, does what it says, and records the
result. The upstream keeps its own ledger, which is the judge.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from relay.core.call import Event, Reason, State
from relay.core.clocks import next_due
from relay.core.limits import Ceiling, Limit
from relay.core.record import call_key
from relay.store.sqlite import SqliteStore
from tests.doubles.call import a_call
from tests.doubles.clock import StoppedClock
from tests.store.figures import booked_days, counted, expected_days
from tests.store.opened import run

if TYPE_CHECKING:
    from relay.core.record import Call

SEATS = (0, 1)
CEILING = Ceiling(total=4, per_caller=3)

seats = st.sampled_from(SEATS)
numbers = st.integers(0, 99)


class TwoWorkers(RuleBasedStateMachine):
    """Each seat is a process: it has its own connection, and after a crash another name."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "calls.db"
        self.clock = StoppedClock()
        self.stores = [SqliteStore.open(self.path, checkpoint_seconds=3600) for _ in SEATS]
        self.names = ["0.0", "1.0"]
        self.made = 0
        self.exchanges: dict[str, tuple[int, str]] = {}  # key -> the seat and name of its placer
        self.reading: dict[str, tuple[int, str]] = {}  # named, the answer on its way
        self.truth: dict[str, str] = {}  # key -> live or over, at the upstream
        self.learnt: set[str] = set()
        self.hung_up: dict[str, int] = {}
        for seat in SEATS:
            self.heartbeat(seat)

    # --- the browser's side

    @rule(seat=seats, caller=st.sampled_from(["x", "y"]), presence=st.sampled_from([None, 15.0]))
    def connect(self, seat: int, caller: str, presence: float | None) -> None:
        self.made += 1
        call = a_call(
            key=call_key(str(self.made)),
            caller=caller,
            owner=self.names[seat],
            created=self.clock.now(),
            presence_seconds=presence,
        )
        still_open = [known.caller for known in self.calls() if known.open]
        expected = Limit.CALLS if len(still_open) >= CEILING.total else None
        if still_open.count(caller) >= CEILING.per_caller:
            expected = Limit.CALLS_OF_CALLER
        admission = run(self.stores[seat].write_intent(call, CEILING))
        assert admission.limit is expected
        if admission.limit is None:
            self.exchanges[call.key] = (seat, self.names[seat])

    @precondition(lambda self: self.exchanges)
    @rule(number=numbers, outcome=st.sampled_from([Event.NAMED] * 4 + [Event.REFUSED, Event.LOST]))
    def upstream_answers(self, number: int, outcome: Event) -> None:
        key = _pick(self.exchanges, number)
        seat, name = self.exchanges.pop(key)
        if outcome is not Event.REFUSED:
            self.truth[key] = "live"
        if outcome is Event.NAMED:
            self.learnt.add(key)
            self.reading[key] = (seat, name)
        upstream_id = f"rtc_{key}" if outcome is Event.NAMED else None
        run(self.stores[seat].record(key, outcome, self.clock.now(), upstream_id=upstream_id))

    @precondition(lambda self: self.reading)
    @rule(number=numbers)
    def answer_is_handed_over(self, number: int) -> None:
        key = _pick(self.reading, number)
        seat, _ = self.reading.pop(key)
        run(self.stores[seat].record(key, Event.ANSWERED, self.clock.now()))

    @precondition(lambda self: self.made)
    @rule(seat=seats, number=numbers, reason=st.sampled_from([Reason.CALLER, Reason.LEFT, Reason.OPERATOR]))
    def somebody_wants_it_to_end(self, seat: int, number: int, reason: Reason) -> None:
        key = call_key(str(1 + number % self.made))
        run(self.stores[seat].record(key, Event.REASON, self.clock.now(), reason=reason))

    @precondition(lambda self: self.made)
    @rule(seat=seats, number=numbers)
    def sign_of_life(self, seat: int, number: int) -> None:
        run(self.stores[seat].touch(call_key(str(1 + number % self.made)), self.clock.now()))

    # --- the workers

    @rule(seat=seats)
    def heartbeat(self, seat: int) -> None:
        run(self.stores[seat].renew(self.names[seat], self.clock.now()))
        run(self.stores[seat].adopt(self.names[seat], self.clock.now()))

    @rule(seat=seats, upstream_works=st.booleans())
    def work(self, seat: int, *, upstream_works: bool) -> None:
        store, name, now = self.stores[seat], self.names[seat], self.clock.now()
        for call in run(store.owned(name)):
            run(store.expire(call.key, name, now))
            claimed = run(store.claim_hang_up(call.key, name, now))
            if claimed is not None:
                self.hang_up(seat, claimed, upstream_works=upstream_works)

    def hang_up(self, seat: int, claimed: Call, *, upstream_works: bool) -> None:
        assert claimed.state is State.ENDING
        assert claimed.ref is not None
        result = Event.UNSURE
        if upstream_works:
            result = Event.HUNG_UP if self.truth[claimed.key] == "live" else Event.GONE
            self.hung_up[claimed.key] = self.hung_up.get(claimed.key, 0) + (result is Event.HUNG_UP)
            self.truth[claimed.key] = "over"
        run(self.stores[seat].record(claimed.key, result, self.clock.now()))

    @rule(seat=seats)
    def crash_and_restart(self, seat: int) -> None:
        self.exchanges = {key: placer for key, placer in self.exchanges.items() if placer[0] != seat}
        self.reading = {key: placer for key, placer in self.reading.items() if placer[0] != seat}
        run(self.stores[seat].close())
        self.stores[seat] = SqliteStore.open(self.path, checkpoint_seconds=3600)
        self.names[seat] = f"{seat}.{int(self.names[seat].split('.')[1]) + 1}"

    # --- time

    @rule(seconds=st.sampled_from([0.1, 1.0, 4.0, 16.0, 70.0, 600.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(seconds=st.sampled_from([-3600.0, 3600.0]))
    def wall_clock_jumps(self, seconds: float) -> None:
        self.clock.jump_wall(seconds)

    # --- what always holds

    def calls(self) -> list[Call]:
        return run(self.stores[0].recent(1_000, only_open=False))

    @invariant()
    def no_more_are_open_than_allowed(self) -> None:
        assert sum(call.open for call in self.calls()) <= CEILING.total + len(self.learnt)

    @invariant()
    def the_figures_are_those_of_the_calls(self) -> None:
        assert run(self.stores[1].counts()) == counted(self.calls())

    @invariant()
    def every_day_has_booked_what_its_calls_have(self) -> None:
        assert booked_days(self.path) == expected_days(self.calls())

    @invariant()
    def no_learnt_id_is_forgotten(self) -> None:
        known = {call.key for call in self.calls() if call.upstream_id is not None}
        assert known == self.learnt

    @invariant()
    def what_ended_is_over_upstream(self) -> None:
        ended = [call.key for call in self.calls() if call.state is State.ENDED]
        assert all(self.truth.get(key) != "live" for key in ended)

    @invariant()
    def nothing_is_hung_up_twice(self) -> None:
        assert all(count == 1 for count in self.hung_up.values() if count)

    @invariant()
    def every_open_call_has_something_coming(self) -> None:
        assert all(next_due(call, self.clock.now()) < 3700 for call in self.calls() if call.open)

    def teardown(self) -> None:
        """Let one worker go on alone: everything ends, and what could be named is over upstream."""
        self.exchanges.clear()
        for seconds in (4.0, 70.0, 600.0, 6.0, 6.0):
            self.clock.advance(seconds)
            self.heartbeat(1)
            self.work(1, upstream_works=True)
        left = [call for call in self.calls() if call.open]
        for store in self.stores:
            run(store.close())
        self.folder.cleanup()

        assert left == []
        assert all(self.truth[key] == "over" for key in self.learnt)


def _pick(keys: dict[str, tuple[int, str]], number: int) -> str:
    return sorted(keys)[number % len(keys)]


TestTwoWorkers = TwoWorkers.TestCase
TestTwoWorkers.settings = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
