"""Calls in the store: admission, events, clocks, hang-ups, reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relay.core.call import Event, ImpossibleEvent, Reason, State
from relay.core.limits import Ceiling, Limit
from relay.core.record import call_key
from relay.store.protocol import Counts
from tests.doubles.call import a_call
from tests.doubles.clock import StoppedClock
from tests.store.opened import NO_BOUND, admit, admit_live, opened, run

if TYPE_CHECKING:
    from pathlib import Path

    from relay.core.record import Call
    from relay.store.sqlite import SqliteStore

CLOCK = StoppedClock()


def _call(number: int, **changes: object) -> Call:
    return a_call(key=call_key(str(number)), **changes)


def test_an_intent_is_read_back_as_it_was_written(store: SqliteStore) -> None:
    call = admit(store, a_call())

    assert run(store.get(call.key)) == call
    assert run(store.get(call_key("another"))) is None


def test_the_ceiling_holds_over_all_calls(store: SqliteStore) -> None:
    ceiling = Ceiling(total=2, per_caller=0)
    answers = [run(store.write_intent(_call(n, caller=str(n)), ceiling)).limit for n in range(3)]

    assert answers == [None, None, Limit.CALLS]


def test_the_ceiling_holds_for_each_caller(store: SqliteStore) -> None:
    ceiling = Ceiling(total=9, per_caller=1)

    assert run(store.write_intent(_call(1), ceiling)).limit is None
    assert run(store.write_intent(_call(2), ceiling)).limit is Limit.CALLS_OF_CALLER
    assert run(store.write_intent(_call(3, caller="else"), ceiling)).limit is None


@pytest.mark.parametrize("state", sorted(set(State) - {State.ENDED, State.EXPIRED}))
def test_every_open_state_counts_against_the_ceiling(store: SqliteStore, state: State) -> None:
    admit(store, _call(1, state=state))

    assert run(store.write_intent(_call(2), Ceiling(total=1, per_caller=0))).limit is Limit.CALLS


def test_an_ended_call_makes_room(store: SqliteStore) -> None:
    admit(store, _call(1))
    run(store.record(call_key("1"), Event.REFUSED, CLOCK.now()))

    assert run(store.write_intent(_call(2), Ceiling(total=1, per_caller=1))).limit is None


def test_two_workers_cannot_both_take_the_last_place(store: SqliteStore, path: Path) -> None:
    with opened(path) as other:
        ceiling = Ceiling(total=5, per_caller=0)
        answers = [run((store, other)[n % 2].write_intent(_call(n), ceiling)).limit for n in range(10)]

    assert answers.count(None) == 5


def test_a_pause_stops_new_calls_in_every_worker_and_no_others(store: SqliteStore, path: Path) -> None:
    live = admit_live(store, _call(1), CLOCK.now())
    with opened(path) as other:
        run(other.set_paused(paused=True))

    assert run(store.paused())
    assert run(store.write_intent(_call(2), NO_BOUND)).limit is Limit.PAUSED
    assert run(store.get(live.key)) == live
    run(store.set_paused(paused=False))
    assert run(store.write_intent(_call(2), NO_BOUND)).limit is None


def test_the_first_reason_wins_whoever_brings_it(store: SqliteStore, path: Path) -> None:
    call = admit_live(store, a_call(), CLOCK.now())
    with opened(path) as other:
        first = run(other.record(call.key, Event.REASON, CLOCK.now(), reason=Reason.CALLER))
    second = run(store.record(call.key, Event.REASON, CLOCK.now(), reason=Reason.OPERATOR))

    assert first is not None
    assert second is not None
    assert (first.first, second.first) == (True, False)
    assert second.call.reason is Reason.CALLER


def test_an_impossible_event_leaves_the_call_as_it_was(store: SqliteStore) -> None:
    call = admit(store, a_call())

    with pytest.raises(ImpossibleEvent):
        run(store.record(call.key, Event.HUNG_UP, CLOCK.now()))
    assert run(store.get(call.key)) == call


def test_what_happens_to_an_unknown_call_is_told_from_success(store: SqliteStore) -> None:
    now = CLOCK.now()

    assert run(store.record("0", Event.REASON, now, reason=Reason.CALLER)) is None
    assert run(store.expire("0", "a", now)) is None
    assert run(store.touch("0", now)) is None
    assert run(store.warn("0", now)) is False


def test_a_sign_of_life_shown_elsewhere_keeps_a_call(store: SqliteStore, path: Path) -> None:
    clock = StoppedClock()
    call = admit_live(store, a_call(), clock.now())
    clock.advance(14)
    with opened(path) as other:
        run(other.touch(call.key, clock.now()))
    clock.advance(2)

    assert run(store.expire(call.key, "a", clock.now())) is None
    lapsed = run(store.expire(call.key, "a", clock.advance(14)))
    assert lapsed is not None
    assert (lapsed.call.state, lapsed.call.reason) == (State.ENDING, Reason.PRESENCE)


def test_a_sign_of_life_does_not_bring_a_call_back(store: SqliteStore) -> None:
    call = admit_live(store, a_call(), CLOCK.now())
    run(store.record(call.key, Event.REASON, CLOCK.now(), reason=Reason.CALLER))
    touched = run(store.touch(call.key, StoppedClock().advance(5)))

    assert touched is not None
    assert (touched.state, touched.seen) == (State.ENDING, call.seen)


def test_only_the_owner_lets_time_pass_or_hangs_up(store: SqliteStore) -> None:
    clock = StoppedClock()
    call = admit_live(store, a_call(), clock.now())
    late = clock.advance(700)

    assert run(store.expire(call.key, "b", late)) is None
    assert run(store.expire(call.key, "a", late)) is not None
    assert run(store.claim_hang_up(call.key, "b", late)) is None
    assert run(store.claim_hang_up(call.key, "a", late)) is not None


def test_a_hang_up_waits_for_its_backoff_and_ends_with_the_call(store: SqliteStore) -> None:
    clock = StoppedClock()
    call = admit_live(store, a_call(), clock.now())
    assert run(store.claim_hang_up(call.key, "a", clock.now())) is None
    run(store.record(call.key, Event.REASON, clock.now(), reason=Reason.CALLER))
    first = run(store.claim_hang_up(call.key, "a", clock.now()))
    run(store.record(call.key, Event.UNSURE, clock.advance(1)))

    assert first is not None
    assert first.ref is not None
    assert run(store.claim_hang_up(call.key, "a", clock.advance(0.1))) is None
    assert run(store.claim_hang_up(call.key, "a", clock.advance(0.15))) is not None
    run(store.record(call.key, Event.HUNG_UP, clock.now()))
    assert run(store.claim_hang_up(call.key, "a", clock.advance(60))) is None


def test_calls_are_counted_by_their_condition(store: SqliteStore) -> None:
    admit(store, _call(1))
    admit(store, _call(2, state=State.LIVE))
    admit(store, _call(3, state=State.IN_DOUBT))
    admit(store, _call(4, state=State.ENDING, attempts=1))
    admit(store, _call(5, state=State.ENDING, attempts=5))
    admit(store, _call(6, state=State.ENDED))

    assert run(store.counts()) == Counts(open=5, live=1, in_doubt=1, unkilled=1)


def test_calls_are_found_by_their_tag_and_listed_the_newest_first(store: SqliteStore) -> None:
    calls = [admit(store, _call(n)) for n in range(3)]
    run(store.record(calls[2].key, Event.REFUSED, CLOCK.now()))

    assert run(store.find(calls[1].tag)) == [calls[1]]
    assert run(store.find("zz")) == []
    assert [c.key for c in run(store.recent(9, only_open=True))] == [calls[1].key, calls[0].key]
    assert [c.key for c in run(store.recent(1, only_open=False))] == [calls[2].key]


def test_closed_calls_are_forgotten_after_their_retention(store: SqliteStore) -> None:
    clock = StoppedClock()
    ended, live = admit(store, _call(1)), admit(store, _call(2))
    run(store.record(ended.key, Event.REFUSED, clock.now()))

    assert run(store.purge(clock.advance(86_000), retention_days=1)) == 0
    assert run(store.purge(clock.advance(1_000), retention_days=1)) == 1
    assert run(store.get(ended.key)) is None
    assert run(store.entries(ended.key)) == []
    assert run(store.get(live.key)) == live
