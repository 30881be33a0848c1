"""What happened to a call, for its stream and for other workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.core.call import Event, Reason
from relay.core.record import call_key
from relay.store.journal import JOURNAL_ENTRIES
from tests.doubles.call import a_call
from tests.doubles.clock import StoppedClock
from tests.store.opened import admit, admit_live, opened, run

if TYPE_CHECKING:
    from pathlib import Path

    from relay.store.sqlite import SqliteStore


def test_a_call_tells_its_life(store: SqliteStore) -> None:
    clock = StoppedClock()
    call = admit_live(store, a_call(), clock.now())
    run(store.warn(call.key, clock.advance(540)))
    run(store.record(call.key, Event.REASON, clock.advance(2), reason=Reason.CALLER))
    run(store.record(call.key, Event.HUNG_UP, clock.advance(0.5)))
    told = [(entry.seq, entry.type, dict(entry.body)) for entry in run(store.entries(call.key))]

    assert told == [
        (1, "state", {"state": "live", "reason": None}),
        (2, "warning", {"seconds_left": 60.0}),
        (3, "state", {"state": "ending", "reason": "caller"}),
        (4, "ended", {"state": "ended", "reason": "caller", "seconds": 542.5}),
    ]


def test_a_call_is_warned_once_and_not_too_early(store: SqliteStore) -> None:
    clock = StoppedClock()
    call = admit_live(store, a_call(), clock.now())

    assert run(store.warn(call.key, clock.advance(539))) is False
    assert run(store.warn(call.key, clock.advance(1))) is True
    assert run(store.warn(call.key, clock.advance(1))) is False


def test_web_13_a_stream_resumes_after_the_last_entry_it_saw(store: SqliteStore) -> None:
    clock = StoppedClock()
    call = admit(store, a_call())
    for number in range(5):
        run(store.publish(call.key, "usage", {"seconds": number}, clock.now()))

    assert [entry.body["seconds"] for entry in run(store.entries(call.key, after_seq=3))] == [3, 4]


def test_another_worker_sees_what_was_published_in_the_order_of_commits(
    store: SqliteStore, path: Path
) -> None:
    now = StoppedClock().now()
    calls = [admit(store, a_call(key=call_key(str(n)))) for n in range(2)]
    with opened(path) as other:
        seen = run(other.last_entry_id())
        for number in range(4):
            publisher = (store, other)[number % 2]
            run(publisher.publish(calls[number % 2].key, "usage", {"n": number}, now))
        first = run(other.entries_since(seen, limit=3))
        rest = run(other.entries_since(first[-1].id))

    assert [entry.body["n"] for entry in (*first, *rest)] == [0, 1, 2, 3]
    assert {entry.key for entry in first} == {call.key for call in calls}


def test_a_journal_is_bounded_per_call_and_its_numbers_go_on(store: SqliteStore) -> None:
    now = StoppedClock().now()
    call = admit(store, a_call())
    for number in range(JOURNAL_ENTRIES + 10):
        run(store.publish(call.key, "usage", {"n": number}, now))
    kept = run(store.entries(call.key))

    assert len(kept) == JOURNAL_ENTRIES
    assert (kept[0].seq, kept[-1].seq) == (11, JOURNAL_ENTRIES + 10)


def test_an_entrys_id_is_never_used_again(store: SqliteStore) -> None:
    clock = StoppedClock()
    call = admit(store, a_call())
    run(store.record(call.key, Event.REFUSED, clock.now()))
    before = run(store.last_entry_id())
    run(store.purge(clock.advance(2 * 86_400), retention_days=1))
    run(store.publish("another", "usage", {}, clock.now()))

    assert [entry.id for entry in run(store.entries_since(before))] == [before + 1]
