"""Opening the store's file: its folder, its modes, its settings, and whether it is sound."""

from __future__ import annotations

import os
import sqlite3
import time
from typing import TYPE_CHECKING

from relay.errors import StoreUnavailable
from relay.store.faults import DAMAGED, fault_name, unavailable
from relay.store.schema import migrate

if TYPE_CHECKING:
    from pathlib import Path

BEGIN_SECONDS = 0.25
"""How long a write waits for another process's, which takes well under a millisecond."""

_PAUSE_SECONDS = 0.00005  # SQLite's own pauses grow to 100 ms, and others would always be quicker

_PAGE_BYTES = 2048
"""A commit sums up and copies each page it has changed: with SQLite's 4096 a call costs a third more."""

_OPENING_MILLISECONDS = 5_000  # another worker may be making the store, or bringing it up
_LOG_BYTES = 16 * 1024 * 1024


def open_file(path: Path) -> sqlite3.Connection:
    """Open the store, make it if it is not there, and bring it to the newest schema.

    Raises:
        StoreUnavailable: It cannot be made, read or written, is damaged, or a newer relay wrote it.
    """
    try:
        _make(path)
        return _opened(path)
    except (OSError, sqlite3.Error) as fault:
        raise unavailable(fault) from fault


def connect(path: Path, *, busy_milliseconds: int = 0) -> sqlite3.Connection:
    """Open one more connection to a store that is there.

    Args:
        path: The file.
        busy_milliseconds: How long its operations wait for another connection; `begin` waits by itself.

    Raises:
        sqlite3.Error: It cannot be opened.
    """
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
    )
    db.execute(f"PRAGMA busy_timeout = {busy_milliseconds}")
    db.execute("PRAGMA synchronous = NORMAL")  # outlives kill -9; a power cut may take the last seconds
    db.execute("PRAGMA wal_autocheckpoint = 0")  # `checkpoint` does it, so that no commit waits for a disk
    db.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
    db.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
    return db


def begin(db: sqlite3.Connection, *, patience_seconds: float = BEGIN_SECONDS) -> None:
    """Begin to write, with a lock from the first moment, so that what is read still holds when it is written.

    Raises:
        sqlite3.OperationalError: Another process holds the lock, which it does for well under a
            millisecond in the course of things, and did so for all of our patience.
    """
    give_up = time.monotonic() + patience_seconds
    while True:
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as fault:
            if not fault_name(fault).startswith("SQLITE_BUSY") or time.monotonic() > give_up:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)  # SQLite gives its two other files the mode of this one


def _opened(path: Path) -> sqlite3.Connection:
    db = connect(path, busy_milliseconds=_OPENING_MILLISECONDS)
    try:
        db.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # of a new file; an old one keeps its own
        _become_wal(db)
        migrate(db)
        _check_sound(db)
        db.execute("PRAGMA busy_timeout = 0")
    except BaseException:
        db.close()
        raise
    return db


def _check_sound(db: sqlite3.Connection) -> None:
    if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise StoreUnavailable(DAMAGED)


def _become_wal(db: sqlite3.Connection) -> None:
    """Switch to a write-ahead log; when two processes do so at once, SQLite does not wait by itself."""
    give_up = time.monotonic() + _OPENING_MILLISECONDS / 1000
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as fault:
            if not fault_name(fault).startswith("SQLITE_BUSY") or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return
