"""Another process holds the store: whoever must write is told soon, and all goes on when it lets go."""

from __future__ import annotations

import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from relay.core.limits import Ceiling
from relay.core.rate import Rate
from relay.core.record import call_key
from relay.errors import StoreUnavailable
from relay.store.file import BEGIN_SECONDS, connect
from tests.doubles.call import a_call
from tests.doubles.clock import StoppedClock
from tests.store.opened import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from relay.store.sqlite import SqliteStore

CEILING = Ceiling(total=50, per_caller=2)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with closing(connect(path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")


def test_quota_10_each_of_many_who_ask_is_told_within_300_ms_of_the_first(
    store: SqliteStore, path: Path
) -> None:
    clock = StoppedClock()
    with _held(path):
        began = time.monotonic()
        for number in range(10):
            with pytest.raises(StoreUnavailable):
                run(store.count_attempt(str(number), Rate(6, 60), clock.now()))
        assert time.monotonic() - began < 0.4  # one wait and nine glances, not ten waits
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            run(store.write_intent(a_call(), CEILING))
        assert time.monotonic() - began < 0.1


def test_quota_11_when_the_store_is_back_the_figures_are_right(store: SqliteStore, path: Path) -> None:
    clock = StoppedClock()
    assert run(store.write_intent(a_call(), CEILING)).limit is None
    with _held(path), pytest.raises(StoreUnavailable):
        run(store.write_intent(a_call(key=call_key("lost")), CEILING))

    assert run(store.write_intent(a_call(key=call_key("two")), CEILING)).limit is None
    assert run(store.write_intent(a_call(key=call_key("three")), CEILING)).limit is not None
    assert run(store.counts()).open == 2
    assert run(store.count_attempt("a", Rate(1, 60), clock.now())).allowed


def test_a_transaction_of_another_worker_is_waited_for_again_afterwards(
    store: SqliteStore, path: Path
) -> None:
    with _held(path), pytest.raises(StoreUnavailable):
        run(store.check())
    run(store.check())
    with _held(path):
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            run(store.check())
        assert time.monotonic() - began > BEGIN_SECONDS * 0.9


def test_who_waits_gets_in_when_the_other_lets_go(store: SqliteStore, path: Path) -> None:
    holding = threading.Event()

    def hold() -> None:
        with _held(path):
            holding.set()
            time.sleep(0.05)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait()
    assert run(store.write_intent(a_call(), CEILING)).limit is None
    thread.join()
