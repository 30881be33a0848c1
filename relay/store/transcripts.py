"""What was said in calls whose profile keeps it: rows of `lines`. Nothing else of a conversation is kept.

Every function runs inside a transaction of its caller's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.store.protocol import KeptLine

if TYPE_CHECKING:
    import sqlite3

    from relay.core.facts import Line

MOST_LINES = 5_000
"""Of one call: an hour has some hundreds."""

MOST_CHARACTERS = 20_000
"""Of one line."""

_DAY_SECONDS = 86_400.0

TRANSCRIPTS = (
    # `number` keeps the order in which the turns began.
    """CREATE TABLE lines (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL, item TEXT NOT NULL, part INTEGER NOT NULL,
        who TEXT NOT NULL, at REAL NOT NULL, text TEXT NOT NULL, UNIQUE (key, item, part))""",
    "CREATE INDEX lines_by_age ON lines (at)",
)
"""Finished pieces of transcripts."""


def keep(db: sqlite3.Connection, key: str, line: Line, at: float) -> None:
    """Keep a line, or put it in the place of the same one.

    Args:
        db: The store.
        key: The call.
        line: What was said.
        at: When its turn began, Unix seconds.
    """
    count = db.execute("SELECT count(*) FROM lines WHERE key = ?", (key,)).fetchone()[0]
    if count >= MOST_LINES:
        return
    db.execute(
        "INSERT INTO lines (key, item, part, who, at, text) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (key, item, part) DO UPDATE SET text = excluded.text",
        (key, line.item_id, line.index, line.who, at, line.text[:MOST_CHARACTERS]),
    )


def lines(db: sqlite3.Connection, key: str) -> list[KeptLine]:
    """Read a call's lines in their order."""
    rows = db.execute("SELECT who, at, text, item FROM lines WHERE key = ? ORDER BY at, number", (key,))
    return [KeptLine(*row) for row in rows]


def forget(db: sqlite3.Connection, key: str) -> int:
    """Drop a call's lines; returns how many there were."""
    return db.execute("DELETE FROM lines WHERE key = ?", (key,)).rowcount


def forget_caller(db: sqlite3.Connection, caller: str) -> tuple[int, int]:
    """Drop what a caller said and was told, in every call; returns how many calls and lines."""
    keys = [key for (key,) in db.execute("SELECT key FROM calls WHERE caller = ?", (caller,))]
    dropped = [forget(db, key) for key in keys]
    return sum(count > 0 for count in dropped), sum(dropped)


def purge(db: sqlite3.Connection, now_seconds: float, days: float, limit: int) -> None:
    """Forget some lines that are older than so many days."""
    db.execute(
        "DELETE FROM lines WHERE number IN (SELECT number FROM lines WHERE at < ? LIMIT ?)",
        (now_seconds - days * _DAY_SECONDS, limit),
    )
