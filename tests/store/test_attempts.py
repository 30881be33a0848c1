"""How often callers ask, measured in the store for all workers together."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from relay.core.rate import Rate
from relay.errors import StoreUnavailable
from relay.store import attempts
from relay.store.file import connect
from tests.doubles.clock import StoppedClock
from tests.store.figures import rows_of
from tests.store.opened import opened, run

if TYPE_CHECKING:
    from pathlib import Path

    from relay.store.sqlite import SqliteStore

SIX_A_MINUTE = Rate(6, 60)
ONE_A_MINUTE = Rate(1, 60)


def _let_in(store: SqliteStore, caller: str, clock: StoppedClock, rate: Rate = ONE_A_MINUTE) -> bool:
    return run(store.count_attempt(caller, rate, clock.now())).allowed


def test_quota_01_the_seventh_attempt_is_refused_in_whatever_worker(store: SqliteStore, path: Path) -> None:
    clock = StoppedClock()
    with opened(path) as other:
        answers = [_let_in((store, other)[n % 2], "a", clock, SIX_A_MINUTE) for n in range(7)]

    assert answers == [True] * 6 + [False]
    assert _let_in(store, "b", clock, SIX_A_MINUTE)


def test_quota_13_racing_workers_let_no_more_in(path: Path) -> None:
    clock, answers, start = StoppedClock(), list[bool](), threading.Barrier(4)

    def ask() -> None:
        with opened(path) as store:
            start.wait()
            answers.extend(_let_in(store, "a", clock, SIX_A_MINUTE) for _ in range(50))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers.count(True) == 6


def test_an_attempt_leaves_the_window_after_its_length(store: SqliteStore) -> None:
    clock = StoppedClock()
    assert _let_in(store, "a", clock)
    clock.advance(59.9)
    assert not _let_in(store, "a", clock)
    clock.advance(0.4)
    assert _let_in(store, "a", clock)


def test_quota_14_the_wall_clock_moves_no_window(store: SqliteStore) -> None:
    clock = StoppedClock()
    assert _let_in(store, "a", clock)
    clock.jump_wall(86_400)
    assert not _let_in(store, "a", clock)
    clock.jump_wall(-200_000)
    assert not _let_in(store, "a", clock)


def test_a_reboot_does_not_empty_the_window(store: SqliteStore) -> None:
    clock = StoppedClock()
    assert _let_in(store, "a", clock)
    clock.reboot(down_seconds=20)
    assert not _let_in(store, "a", clock)
    clock.reboot(down_seconds=41)
    assert _let_in(store, "a", clock)


def test_after_a_reboot_with_the_clock_set_back_nobody_is_locked_out(store: SqliteStore) -> None:
    clock = StoppedClock()
    assert _let_in(store, "a", clock)
    clock.reboot(down_seconds=-3600)
    assert _let_in(store, "a", clock)


def test_who_is_refused_waits_for_nobody_who_writes(store: SqliteStore, path: Path) -> None:
    clock = StoppedClock()
    _let_in(store, "a", clock)
    with closing(connect(path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert not _let_in(store, "a", clock)  # a flood of refusals takes no lock
        with pytest.raises(StoreUnavailable):
            _let_in(store, "b", clock)


def test_quota_09_beyond_so_many_callers_newcomers_are_measured_together(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "MOST_CALLERS", 10)
    clock = StoppedClock()
    let_in = [_let_in(store, f"c{number}", clock, SIX_A_MINUTE) for number in range(100)]

    assert let_in == [True] * 10 + [True] * 6 + [False] * 84
    assert rows_of(path, "attempts") == 11
    assert _let_in(store, "c0", clock, SIX_A_MINUTE)  # who was there before keeps its own row


def test_quota_09_rows_that_count_no_more_make_room_for_newcomers(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "MOST_CALLERS", 10)
    clock = StoppedClock()
    for number in range(500):
        assert _let_in(store, f"c{number}", clock)
        clock.advance(7)  # nine in any minute

    assert rows_of(path, "attempts") <= 10


def test_callers_that_have_been_quiet_are_forgotten_by_themselves(store: SqliteStore, path: Path) -> None:
    clock = StoppedClock()
    for number in range(5):
        _let_in(store, f"c{number}", clock)
    clock.advance(30)
    _let_in(store, "late", clock)
    run(store.purge(clock.advance(31), retention_days=30))
    assert rows_of(path, "attempts") == 1
    run(store.purge(clock.advance(31), retention_days=30))

    assert rows_of(path, "attempts") == 0
    assert store._db.execute("SELECT measured FROM tally").fetchone() == (0,)


@pytest.mark.parametrize("unit", [1, 60, 3600])
def test_every_unit_of_time_is_measured(store: SqliteStore, unit: int) -> None:
    clock = StoppedClock()
    rate = Rate(2, unit)
    answers = []
    for _ in range(6):
        answers.append(_let_in(store, "a", clock, rate))
        clock.advance(unit * 0.3)

    assert answers == [True, True, False, False, True, True]
