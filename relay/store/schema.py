"""The tables of the SQLite store and how older files become the newest.

``PRAGMA user_version`` holds how many of `MIGRATIONS` a file has had. One that was published is never
changed; a change is one more at the end. A file with more than are known here was written by a newer relay
and is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.errors import StoreUnavailable
from relay.store.accounts import ACCOUNTS
from relay.store.transcripts import TRANSCRIPTS

if TYPE_CHECKING:
    import sqlite3

LIMITS = (
    # One row of figures. `measured` is how many rows `attempts` has.
    """CREATE TABLE tally (
        open INTEGER NOT NULL, live INTEGER NOT NULL, in_doubt INTEGER NOT NULL, unkilled INTEGER NOT NULL,
        measured INTEGER NOT NULL)""",
    """INSERT INTO tally SELECT count(*), total(state = 'live'), total(state = 'in_doubt'),
        total(state = 'ending' AND attempts >= 5), 0 FROM calls WHERE open = 1""",
    # `callers` counts the rows of a day, in the row that stands for all callers.
    """CREATE TABLE days (
        day INTEGER NOT NULL, caller TEXT NOT NULL, milliseconds INTEGER NOT NULL, callers INTEGER NOT NULL,
        PRIMARY KEY (day, caller)) WITHOUT ROWID""",
    # What was open when the relay was brought up is booked whole on the day it began.
    """INSERT INTO days SELECT CAST(CAST(created AS REAL) / 86400 AS INTEGER), caller,
        CAST(sum(max_seconds) * 1000 AS INTEGER), 0 FROM calls WHERE open = 1 GROUP BY 1, 2""",
    "INSERT INTO days SELECT day, '*', sum(milliseconds), count(*) FROM days GROUP BY day",
    # Whoever asked last has the highest number.
    """CREATE TABLE attempts (
        number INTEGER PRIMARY KEY, caller TEXT NOT NULL UNIQUE, base TEXT NOT NULL, recent TEXT NOT NULL)""",
)
"""Figures of open calls, booked time by day, and recent attempts by caller."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # Moments are text, "wall boot_seconds boot_id": legible, and CAST(… AS REAL) gives the Unix time.
        """CREATE TABLE calls (
            key TEXT PRIMARY KEY, caller TEXT NOT NULL, profile TEXT NOT NULL, deployment TEXT NOT NULL,
            owner TEXT NOT NULL, created TEXT NOT NULL,
            max_seconds REAL NOT NULL, cap_seconds REAL NOT NULL, presence_seconds REAL,
            state TEXT NOT NULL, open INTEGER NOT NULL, reason TEXT, reasoned TEXT, upstream_id TEXT,
            answered TEXT, seen TEXT, warned INTEGER NOT NULL, attempts INTEGER NOT NULL,
            tried TEXT, ended TEXT)""",
        # `open` is in them too, or SQLite would look at every row to be sure of it.
        "CREATE INDEX open_calls_by_owner ON calls (owner, open) WHERE open = 1",
        "CREATE INDEX open_calls_by_caller ON calls (caller, open) WHERE open = 1",
        "CREATE INDEX closed_calls_by_end ON calls (CAST(ended AS REAL)) WHERE open = 0",
        # AUTOINCREMENT: an id is never used again, or a worker polling by it would miss an entry.
        """CREATE TABLE journal (
            id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, seq INTEGER NOT NULL,
            wall_seconds REAL NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL)""",
        "CREATE UNIQUE INDEX journal_by_call ON journal (key, seq)",
        # Every open call's owner has a row here, dead or alive: adoption looks nowhere else.
        """CREATE TABLE workers (
            id TEXT PRIMARY KEY, pid INTEGER NOT NULL, seen TEXT, fenced INTEGER NOT NULL) WITHOUT ROWID""",
        "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    ),
    (
        # Who may touch a call, and the ticket that opened it; older calls belong to whoever knows their ids.
        "ALTER TABLE calls ADD COLUMN holder TEXT NOT NULL DEFAULT 'anyone'",
        "ALTER TABLE calls ADD COLUMN ticket TEXT",
        # Spent tickets, until they would have expired anyway.
        "CREATE TABLE tickets (ticket TEXT PRIMARY KEY, expires REAL NOT NULL) WITHOUT ROWID",
        "CREATE INDEX tickets_by_end ON tickets (expires)",
    ),
    LIMITS,
    (*ACCOUNTS, *TRANSCRIPTS),
)


def migrate(db: sqlite3.Connection, migrations: tuple[tuple[str, ...], ...] = MIGRATIONS) -> None:
    """Bring a file to the newest schema, all or nothing; others that open it meanwhile wait.

    Raises:
        StoreUnavailable: A newer relay wrote the file.
        sqlite3.Error: The file cannot be read or written.
    """
    if _version(db) == len(migrations):
        return
    db.execute("BEGIN EXCLUSIVE")
    try:
        version = _version(db)  # another worker may have been first
        if version > len(migrations):
            raise StoreUnavailable(
                "The store was written by a newer relay. Run that version, or move the file away."
            )
        for statements in migrations[version:]:
            for statement in statements:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(migrations)}")
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _version(db: sqlite3.Connection) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version
