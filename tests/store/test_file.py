"""Opening the store: its modes, its schema, and what is said when it cannot be used."""

from __future__ import annotations

import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from relay.errors import StoreUnavailable
from relay.store import schema
from relay.store.file import connect, open_file
from relay.store.sqlite import SqliteStore
from tests.doubles.call import a_call
from tests.doubles.clock import StoppedClock
from tests.store.opened import NO_BOUND, admit, opened, run

if TYPE_CHECKING:
    from pathlib import Path

    from relay.core.record import Call

NOW = StoppedClock().now()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_files_are_for_their_user_alone(store: SqliteStore, path: Path) -> None:
    admit(store, a_call())

    assert _mode(path.parent) == 0o700
    assert {file.name: _mode(file) for file in path.parent.iterdir()} == {
        "calls.db": 0o600,
        "calls.db-wal": 0o600,
        "calls.db-shm": 0o600,
    }


def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    with opened(path):
        pass
    path.chmod(0o644)
    with opened(path):
        assert _mode(path) == 0o600


def test_what_was_written_is_there_after_opening_again(path: Path) -> None:
    with opened(path) as store:
        call = admit(store, a_call())
    with opened(path) as store:
        assert run(store.get(call.key)) == call


def test_a_file_that_is_no_database_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("these are not the pages you are looking for" * 99)

    with pytest.raises(StoreUnavailable, match="no SQLite database"):
        SqliteStore.open(path)


def test_a_damaged_file_is_named(path: Path) -> None:
    with opened(path) as store:
        for number in range(200):
            admit(store, a_call(key=f"{number:064x}"))
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xa5" * 8 * 4096)

    with pytest.raises(StoreUnavailable, match="damaged"):
        SqliteStore.open(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnavailable, match="state folder"):
        SqliteStore.open(tmp_path / "file" / "calls.db")


def test_a_folder_in_the_place_of_the_file_is_named(path: Path) -> None:
    path.mkdir(parents=True)

    with pytest.raises(StoreUnavailable, match="state folder"):
        SqliteStore.open(path)


def test_a_store_that_became_read_only_refuses_new_calls_and_can_be_read(store: SqliteStore) -> None:
    call = admit(store, a_call())
    store._db.execute("PRAGMA query_only = ON")

    with pytest.raises(StoreUnavailable, match="read-only"):
        run(store.check())
    with pytest.raises(StoreUnavailable, match="read-only"):
        run(store.write_intent(a_call(key="0"), NO_BOUND))
    assert run(store.get(call.key)) == call


def test_a_full_disk_is_named_loses_nothing_and_heals(store: SqliteStore) -> None:
    store._db.execute("PRAGMA max_page_count = 1")
    kept: list[Call] = []
    with pytest.raises(StoreUnavailable, match="full") as caught:
        kept.extend(admit(store, a_call(key=f"{number:064x}")) for number in range(200))
    store._db.execute("PRAGMA max_page_count = 1000000")

    assert caught.value.retry_after is None
    assert all(run(store.get(call.key)) == call for call in kept)
    admit(store, a_call(key="f" * 64))


def test_a_store_that_another_process_holds_is_busy_and_says_when_to_ask_again(
    store: SqliteStore, path: Path
) -> None:
    other = connect(path)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable, match="Another process") as caught:
        run(store.renew("a", NOW))
    other.close()
    assert caught.value.retry_after == 1
    run(store.renew("a", NOW))


def test_opening_waits_for_another_process_that_is_making_the_store(path: Path) -> None:
    path.parent.mkdir()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    letting_go = threading.Timer(0.4, other.execute, ["ROLLBACK"])
    letting_go.start()

    with opened(path) as store:
        admit(store, a_call())
    letting_go.join()
    other.close()


def test_many_who_make_the_store_at_once_all_get_it(tmp_path: Path) -> None:
    def open_and_close(path: Path) -> None:
        start.wait()
        open_file(path).close()

    crowd = 8
    start = threading.Barrier(crowd)
    with ThreadPoolExecutor(crowd) as pool:
        for number in range(12):
            path = tmp_path / str(number) / "calls.db"
            list(pool.map(open_and_close, [path] * crowd))


def test_a_closed_store_is_unavailable(path: Path) -> None:
    with opened(path) as store:
        pass

    with pytest.raises(StoreUnavailable):
        run(store.counts())


def test_a_store_of_a_newer_relay_is_refused_and_left_alone(path: Path) -> None:
    open_file(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()

    with pytest.raises(StoreUnavailable, match="newer relay"):
        SqliteStore.open(path)
    assert connect(path).execute("PRAGMA user_version").fetchone() == (99,)


def test_an_older_store_is_brought_up_step_by_step(path: Path) -> None:
    db = open_file(path)
    more = (*schema.MIGRATIONS, ("ALTER TABLE workers ADD COLUMN host TEXT",))
    schema.migrate(db, more)
    schema.migrate(db, more)

    assert db.execute("PRAGMA user_version").fetchone() == (len(more),)
    assert db.execute("SELECT host FROM workers").fetchall() == []
    db.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    db = open_file(path)
    broken = (*schema.MIGRATIONS, ("CREATE TABLE extra (a)", "CREATE NONSENSE"))

    with pytest.raises(sqlite3.OperationalError, match="NONSENSE"):
        schema.migrate(db, broken)
    assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'extra'").fetchone() == (0,)
    assert db.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)
    db.close()


def test_what_is_said_of_a_fault_names_no_path(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnavailable) as caught:
        SqliteStore.open(tmp_path / "file" / "calls.db")
    assert str(tmp_path) not in caught.value.detail
