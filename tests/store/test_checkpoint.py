"""The log is carried into the file by a thread of its own."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

from relay.store import checkpoint as checkpoint_module
from relay.store.checkpoint import QUIET_COMMITS, Checkpointer, checkpoint
from relay.store.file import connect, open_file
from relay.store.sqlite import SqliteStore
from tests.doubles.call import a_call
from tests.doubles.clock import StoppedClock
from tests.store.opened import admit, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


def _until(condition: Callable[[], bool], *, seconds: float = 5.0) -> bool:
    give_up = time.monotonic() + seconds
    while not condition() and time.monotonic() < give_up:
        time.sleep(0.005)
    return condition()


def _in_file_alone(path: Path, key: str) -> bool:
    """Whether a row is found by one who sees the file and not its log."""
    db = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        return db.execute("SELECT 1 FROM calls WHERE key = ?", (key,)).fetchone() is not None
    except sqlite3.DatabaseError:  # not there yet, or half of it
        return False
    finally:
        db.close()


def test_a_call_is_carried_into_the_file(path: Path) -> None:
    store = SqliteStore.open(path, checkpoint_seconds=0.01)
    call = admit(store, a_call())

    assert _until(lambda: _in_file_alone(path, call.key))
    run(store.close())


def test_a_commit_is_told_to_flush_nothing(path: Path) -> None:
    open_file(path).close()
    db = connect(path)
    settings = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "wal_autocheckpoint")]
    db.close()

    assert settings == [1, 0]  # NORMAL: only a checkpoint flushes; and none by itself


def test_heartbeats_alone_wake_no_disk(path: Path) -> None:
    store = SqliteStore.open(path, checkpoint_seconds=0.01)
    before = path.stat().st_mtime_ns
    for _ in range(50):
        run(store.renew("a", StoppedClock().now()))
    time.sleep(0.1)

    assert path.stat().st_mtime_ns == before
    run(store.close())


def test_the_log_is_begun_anew_and_stays_small(store: SqliteStore, path: Path) -> None:
    with closing(connect(path)) as db:
        for _ in range(20):
            _publish(store, 50)
            assert checkpoint(db)

    assert _log_bytes(path) < 2_000_000  # a thousand commits that only ever append leave 15 MB


def test_a_reader_holds_up_the_copying_and_nothing_else(store: SqliteStore, path: Path) -> None:
    with closing(connect(path)) as db, closing(connect(path)) as reader:
        _publish(store, 5)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM journal").fetchone()
        _publish(store, 5)

        assert checkpoint(db) is False
        _publish(store, 5)
        reader.execute("COMMIT")
        assert checkpoint(db) is True


def test_commits_without_a_pause_wait_only_when_the_log_is_too_long(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_if_somebody_always_commits(db: sqlite3.Connection, mode: str) -> tuple[bool, int]:
        return (False, 200) if mode == "PASSIVE" else copy(db, mode)

    copy = checkpoint_module._copy
    monkeypatch.setattr(checkpoint_module, "_copy", as_if_somebody_always_commits)
    with closing(connect(path)) as db:
        _publish(store, 200)
        assert checkpoint(db) is False
        before = _log_bytes(path)
        assert checkpoint(db, most_in_log=100) is True
        _publish(store, 100)

    assert _log_bytes(path) == before  # begun anew: the same bytes were used again


def test_a_checkpoint_that_fails_is_logged_and_tried_again(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    open_file(path).close()
    failing = Checkpointer(lambda: _read_only(path), interval_seconds=0.01)
    failing.note(quiet=False)
    failing.start()

    assert _until(lambda: "a checkpoint of the store failed" in caplog.messages)
    assert _until(lambda: failing._pending >= QUIET_COMMITS)
    failing.stop()


def test_a_store_that_cannot_be_opened_again_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    homeless = Checkpointer(lambda: connect(tmp_path / "gone.db"), interval_seconds=0.01)
    homeless.start()
    homeless.stop()

    assert caplog.messages == ["the store has no checkpoints"]


def test_a_checkpointer_that_never_began_can_be_stopped(path: Path) -> None:
    Checkpointer(lambda: connect(path), interval_seconds=1).stop()


def _publish(store: SqliteStore, times: int) -> None:
    for number in range(times):
        run(store.publish("0", "usage", {"n": number}, StoppedClock().now()))


def _log_bytes(path: Path) -> int:
    return path.with_name(f"{path.name}-wal").stat().st_size


def _read_only(path: Path) -> sqlite3.Connection:
    db = connect(path)
    db.execute("PRAGMA query_only = ON")
    return db
