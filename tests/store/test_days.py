"""What days have booked: when one begins, how many callers it tells apart, when it is forgotten."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from relay.core.booking import day_of
from relay.core.call import Event, State
from relay.core.limits import Ceiling
from relay.core.record import call_key
from relay.store import days, rows, schema
from tests.doubles.call import BEGINNING, a_call
from tests.doubles.clock import StoppedClock
from tests.store.figures import booked_days, counted, expected_days, rows_of
from tests.store.opened import admit, opened, run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from relay.core.record import Call
    from relay.store.sqlite import SqliteStore

TEN_MINUTES_EACH = Ceiling(total=0, per_caller=0, day_seconds_per_caller=600)
MIDNIGHT = 1_700_006_400.0  # 2023-11-15 00:00 UTC


def _call(number: object, **changes: object) -> Call:
    return a_call(key=call_key(str(number)), **changes)


def test_quota_14_a_new_day_begins_at_midnight_utc_and_not_when_the_clock_is_turned(
    store: SqliteStore,
) -> None:
    clock = StoppedClock(wall_seconds=MIDNIGHT - 1000)
    admissions = []
    for number, jump in enumerate((0, 0, 900, -1000, 1000, 99, 2, -3600, 86_400)):
        clock.jump_wall(jump)
        call = _call(number, created=clock.now(), max_seconds=400.0)
        admissions.append(run(store.write_intent(call, TEN_MINUTES_EACH)).max_seconds)

    # turning the clock back brings no day back, and turning it on spends the next one
    assert admissions == [400.0, 200.0, 0.0, 0.0, 0.0, 0.0, 400.0, 0.0, 200.0]


def test_quota_14_a_call_over_midnight_needs_room_on_both_days(store: SqliteStore) -> None:
    before_midnight = StoppedClock(wall_seconds=MIDNIGHT - 60).now()
    calls = [_call(number, created=before_midnight) for number in range(3)]
    admissions = [run(store.write_intent(call, TEN_MINUTES_EACH)).max_seconds for call in calls]

    assert admissions == [600.0, 120.0, 60.0]  # each has the minute; ten of tomorrow are shared


def test_quota_09_very_many_callers_of_a_day_share_one_row_in_the_end(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "MOST_CALLERS", 5)
    clock = StoppedClock()
    for number in range(20):
        admission = run(store.write_intent(_call(number, caller=f"c{number}"), TEN_MINUTES_EACH))
        assert (admission.limit is None) == (number <= 5)  # the first newcomer takes what the rest share
        if number == 5:
            run(store.record(call_key("0"), Event.REFUSED, clock.now()))

    assert rows_of(path, "days") == 5 + 2
    run(store.record(call_key("5"), Event.REFUSED, clock.now()))
    assert run(store.write_intent(_call("again", caller="c19"), TEN_MINUTES_EACH)).limit is None
    assert run(store.write_intent(_call("known", caller="c0"), TEN_MINUTES_EACH)).limit is None


def test_days_that_are_over_are_forgotten_and_news_of_their_calls_is_harmless(
    store: SqliteStore, path: Path
) -> None:
    clock = StoppedClock()
    old = admit(store, _call(1, created=clock.now()))
    admit(store, _call(2, created=clock.advance(86_400)))
    run(store.purge(clock.now(), retention_days=30))
    assert rows_of(path, "days") == 4  # yesterday's calls may still be open
    run(store.purge(clock.advance(86_400), retention_days=30))
    assert rows_of(path, "days") == 2
    run(store.record(old.key, Event.REFUSED, clock.now()))

    assert rows_of(path, "days") == 2
    assert run(store.counts()).open == 1


def test_a_store_of_an_older_relay_is_brought_up_with_the_figures_of_its_open_calls(path: Path) -> None:
    before = schema.MIGRATIONS.index(schema.LIMITS)
    calls = [
        _call(1, state=State.LIVE),
        _call(2, state=State.IN_DOUBT, caller="b"),
        _call(3, state=State.ENDING, attempts=5),
        _call(4, state=State.ENDED, ended=BEGINNING),
    ]
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        schema.migrate(db, schema.MIGRATIONS[:before])
        for call in calls:
            db.execute(rows.INSERT, rows.lasting(call) + rows.changing(call) + rows.indexed(call))
    with opened(path) as store:
        assert run(store.counts()) == counted(calls)
        assert booked_days(path) == expected_days(calls)
        assert (day_of(BEGINNING), "b") in booked_days(path)
        run(store.record(calls[1].key, Event.REFUSED, BEGINNING))
        assert run(store.counts()).open == 2
