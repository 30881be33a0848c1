"""Places and minutes in the store: nobody gets more, whoever races, dies or turns the clock."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from relay.core.booking import day_of
from relay.core.call import Event, Reason, State
from relay.core.limits import Admission, Ceiling, Limit
from relay.core.record import call_key
from tests.doubles.call import a_call
from tests.doubles.clock import StoppedClock
from tests.store.figures import booked_days, counted, expected_days
from tests.store.opened import NO_BOUND, admit, admit_live, opened, run

if TYPE_CHECKING:
    from pathlib import Path

    from relay.core.record import Call
    from relay.store.sqlite import SqliteStore

TWO_EACH = Ceiling(total=0, per_caller=2)
TEN_MINUTES_EACH = Ceiling(total=0, per_caller=0, day_seconds_per_caller=600)


def _call(number: object, **changes: object) -> Call:
    return a_call(key=call_key(str(number)), **changes)


def _race(path: Path, ceiling: Ceiling, *, connections: int, each: int) -> list[Admission]:
    """Have so many connections ask at once, each again and again; all for one caller."""
    admissions: list[Admission] = []
    start = threading.Barrier(connections)

    def ask(place: int) -> None:
        with opened(path) as store:
            start.wait()
            calls = [_call(f"{place} {number}") for number in range(each)]
            admissions.extend([run(store.write_intent(call, ceiling)) for call in calls])

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return admissions


def test_quota_02_of_200_racing_calls_of_one_caller_exactly_two_are_let_in(
    store: SqliteStore, path: Path
) -> None:
    admissions = _race(path, TWO_EACH, connections=4, each=50)

    assert [admission.limit for admission in admissions].count(None) == 2
    assert [admission.limit for admission in admissions].count(Limit.CALLS_OF_CALLER) == 198
    assert run(store.counts()).open == 2


def test_quota_12_ten_racing_calls_share_the_last_minute(store: SqliteStore, path: Path) -> None:
    hour = Ceiling(total=0, per_caller=0, day_seconds_per_caller=3600, day_seconds_total=7200)
    for number in range(6):
        admit(store, _call(f"before {number}", max_seconds=590.0))
    admissions = _race(path, hour, connections=2, each=5)

    assert sorted(admission.max_seconds for admission in admissions) == [0.0] * 9 + [60.0]
    assert booked_days(path)[day_of(_call(0).created), "somebody"] == 3600_000


def test_a_call_is_written_with_the_time_it_was_granted(store: SqliteStore) -> None:
    admit(store, _call(1, max_seconds=550.0))
    admission = run(store.write_intent(_call(2), TEN_MINUTES_EACH))
    written = run(store.get(call_key("2")))

    assert written is not None
    assert written.max_seconds == admission.max_seconds == 50.0


def test_quota_03_every_way_out_gives_place_and_time_back(store: SqliteStore, path: Path) -> None:
    clock = StoppedClock()
    ways: dict[str, list[tuple[Event, dict[str, Any]]]] = {
        "refused": [(Event.REFUSED, {})],
        "left, then refused": [(Event.REASON, {"reason": Reason.LEFT}), (Event.REFUSED, {})],
        "bad answer": [
            (Event.NAMED, {"upstream_id": "rtc_1"}),
            (Event.REASON, {"reason": Reason.BAD_ANSWER}),
            (Event.HUNG_UP, {}),
        ],
        "left, then named": [
            (Event.REASON, {"reason": Reason.LEFT}),
            (Event.NAMED, {"upstream_id": "rtc_2"}),
            (Event.GONE, {}),
        ],
    }
    for name, events in ways.items():
        assert run(store.write_intent(_call(name), Ceiling(total=1, per_caller=1))).limit is None, name
        for event, brought in events:
            run(store.record(call_key(name), event, clock.now(), **brought))
        assert run(store.counts()).open == 0, name
        assert booked_days(path) == {}, name


def test_a_call_that_ended_counts_as_long_as_it_lasted(store: SqliteStore, path: Path) -> None:
    clock = StoppedClock()
    call = admit_live(store, _call(1, created=clock.now()), clock.now())
    run(store.record(call.key, Event.REASON, clock.advance(30), reason=Reason.CALLER))
    run(store.record(call.key, Event.HUNG_UP, clock.advance(1.5)))

    assert booked_days(path) == {(day_of(call.created), name): 31_500 for name in ("somebody", "*")}


def test_quota_04_what_a_killed_process_held_is_given_back(store: SqliteStore, path: Path) -> None:
    clock = StoppedClock()
    ceiling = Ceiling(total=4, per_caller=4, day_seconds_per_caller=4 * 600)
    calls = [_call(number, owner="dead", created=clock.now()) for number in range(4)]
    run(store.renew("dead", clock.now()))
    for call in calls:
        assert run(store.write_intent(call, ceiling)).limit is None
    run(store.record(calls[1].key, Event.NAMED, clock.now(), upstream_id="rtc_1"))
    run(store.record(calls[2].key, Event.NAMED, clock.now(), upstream_id="rtc_2"))
    run(store.record(calls[2].key, Event.ANSWERED, clock.now()))
    with opened(path) as other:  # the process died: its lease lapses, another adopts
        run(other.renew("heir", clock.advance(4)))
        assert len(run(other.adopt("heir", clock.now()))) == 4
        assert run(other.write_intent(_call("new", created=clock.now()), ceiling)).limit is not None
        clock.advance(600)
        for call in run(other.owned("heir")):
            run(other.expire(call.key, "heir", clock.now()))
            if run(other.claim_hang_up(call.key, "heir", clock.now())):
                run(other.record(call.key, Event.HUNG_UP, clock.now()))

        assert run(other.counts()).open == 0
        assert run(other.write_intent(_call("new", created=clock.now()), NO_BOUND)).limit is None
        kept = run(other.recent(9, only_open=False))
        assert {call.state for call in kept} == {State.EXPIRED, State.ENDED, State.INTENT}
        assert run(other.counts()) == counted(kept)
        assert booked_days(path) == expected_days(kept)


def test_a_doubt_holds_its_place_and_its_time_until_it_cannot_be_live(store: SqliteStore) -> None:
    clock = StoppedClock()
    ceiling = Ceiling(total=0, per_caller=1, day_seconds_per_caller=1200)
    run(store.write_intent(_call(1, created=clock.now()), ceiling))
    run(store.record(call_key("1"), Event.LOST, clock.advance(60)))

    assert run(store.write_intent(_call(2), ceiling)).limit is Limit.CALLS_OF_CALLER
    run(store.expire(call_key("1"), "a", clock.advance(540)))
    assert run(store.write_intent(_call(2), ceiling)).max_seconds == 600.0
    assert run(store.write_intent(_call(3, caller="b"), ceiling)).limit is None
    run(store.record(call_key("2"), Event.REFUSED, clock.now()))
    longer = _call(4, max_seconds=1200.0)
    assert run(store.write_intent(longer, ceiling)).max_seconds == 600.0  # the doubt is paid for


def test_calls_of_one_profile_are_counted_apart_and_given_back(tmp_path: Path) -> None:
    one_each = Ceiling(total=0, per_caller=5, per_caller_of_profile=1)
    with opened(tmp_path / "calls.sqlite3") as store:
        asked = [
            run(store.write_intent(_call(number, profile=profile, caller=caller), one_each)).limit
            for number, (profile, caller) in enumerate(
                [("a", "x"), ("a", "x"), ("b", "x"), ("a", "y"), ("b", "x")]
            )
        ]
        run(store.record(call_key("0"), Event.REFUSED, StoppedClock().now()))
        again = run(store.write_intent(_call("again", profile="a", caller="x"), one_each)).limit

    assert asked == [None, Limit.CALLS_OF_PROFILE, None, None, Limit.CALLS_OF_PROFILE]
    assert again is None
