"""Greedy callers against the bound that the relay prints at start: it is reached and never passed.

They call whenever they are let in and never hang up; the clock of a call ends it. What they talked on each
UTC day is measured by a ledger of the test's own, second by second.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from relay.core.call import Event
from relay.core.limits import Ceiling, most_minutes_per_day
from relay.core.record import call_key
from tests.doubles.call import a_call
from tests.doubles.clock import StoppedClock
from tests.store.opened import run

if TYPE_CHECKING:
    from relay.core.record import Call
    from relay.store.sqlite import SqliteStore

MIDNIGHT = 1_700_006_400.0  # 2023-11-15 00:00 UTC
DAYS = 2
STEP_SECONDS = 300


class Greed:
    """Callers that talk as much as they can.

    Args:
        store: Lets them in.
        ceiling: What it lets them.
        max_seconds: RELAY_MAX_CALL_SECONDS.
    """

    def __init__(self, store: SqliteStore, ceiling: Ceiling, max_seconds: float) -> None:
        self.store, self.ceiling, self.max_seconds = store, ceiling, max_seconds
        self.clock = StoppedClock(wall_seconds=MIDNIGHT - 5_000)
        self.open: list[tuple[float, Call]] = []
        self.talked: Counter[tuple[int, str]] = Counter()
        self.made = 0

    def let_in(self, caller: str) -> bool:
        """Have a caller call; it talks from then on."""
        self.made += 1
        call = a_call(
            key=call_key(str(self.made)),
            caller=caller,
            created=self.clock.now(),
            max_seconds=self.max_seconds,
        )
        admission = run(self.store.write_intent(call, self.ceiling))
        if admission.limit is not None:
            return False
        run(self.store.record(call.key, Event.NAMED, self.clock.now(), upstream_id="rtc_1"))
        self.open.append((self.clock.now().boot_seconds + admission.max_seconds, call))
        self.measure(call, admission.max_seconds)
        return True

    def measure(self, call: Call, seconds: float) -> None:
        """Put the seconds a call talks into the ledger of their days."""
        at = call.created.wall_seconds
        while seconds > 0:
            part = min(seconds, 86_400 - at % 86_400)
            for who in (call.caller, "all"):
                self.talked[int(at // 86_400), who] += round(part * 1000)
            at, seconds = at + part, seconds - part

    def advance(self) -> None:
        """Let time pass, from one end of a call to the next."""
        now = self.clock.now().boot_seconds
        ends = [end for end, _ in self.open if end <= now + STEP_SECONDS]
        self.clock.advance(min(ends) - now if ends else STEP_SECONDS)
        over = [(end, call) for end, call in self.open if end <= self.clock.now().boot_seconds]
        for _, call in over:
            run(self.store.record(call.key, Event.GONE, self.clock.now()))
        self.open = [entry for entry in self.open if entry not in over]


@pytest.mark.parametrize(
    ("ceiling", "max_seconds"),
    [
        (Ceiling(total=9, per_caller=2, day_seconds_per_caller=3600), 600.0),
        (Ceiling(total=9, per_caller=2, day_seconds_per_caller=3600, day_seconds_total=7200), 3600.0),
        (Ceiling(total=3, per_caller=2), 3600.0),
        (Ceiling(total=0, per_caller=1, day_seconds_per_caller=5000), 700.0),
        (Ceiling(total=0, per_caller=0, day_seconds_total=5000), 1234.0),
    ],
)
def test_quota_12_greedy_callers_reach_the_printed_bound_and_never_pass_it(
    store: SqliteStore, ceiling: Ceiling, max_seconds: float
) -> None:
    greed = Greed(store, ceiling, max_seconds)
    until = MIDNIGHT + DAYS * 86_400
    while greed.clock.now().wall_seconds < until:
        for caller in ("a", "b", "c"):
            while greed.let_in(caller):
                pass
        greed.advance()

    one, everybody = most_minutes_per_day(ceiling)
    most_of_one = max(talked for (_, who), talked in greed.talked.items() if who != "all") / 60_000
    most_of_all = max(talked for (_, who), talked in greed.talked.items() if who == "all") / 60_000
    assert one - 0.5 <= most_of_one <= one
    expected = min(everybody, 3 * one if math.isfinite(one) else math.inf)
    assert expected - 0.5 <= most_of_all <= expected
