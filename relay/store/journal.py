"""What happened to each call, in order: rows of `journal`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from relay.core.call import Action
from relay.core.clocks import seconds_used
from relay.store.protocol import Entry

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from relay.core.moment import Moment
    from relay.core.record import Advanced

JOURNAL_ENTRIES = 200
"""How many entries of one call are kept; a stream that fell further behind goes on from the oldest."""

_SELECT = "SELECT id, key, seq, wall_seconds, type, body FROM journal"


def publish(db: sqlite3.Connection, key: str, kind: str, body: Mapping[str, object], now: Moment) -> None:
    """Append an entry and drop the one that is too many."""
    seq = 1 + db.execute("SELECT coalesce(max(seq), 0) FROM journal WHERE key = ?", (key,)).fetchone()[0]
    db.execute(
        "INSERT INTO journal (key, seq, wall_seconds, type, body) VALUES (?, ?, ?, ?, ?)",
        (key, seq, now.wall_seconds, kind, json.dumps(body, separators=(",", ":"))),
    )
    if seq > JOURNAL_ENTRIES:
        db.execute("DELETE FROM journal WHERE key = ? AND seq <= ?", (key, seq - JOURNAL_ENTRIES))


def publish_step(db: sqlite3.Connection, advanced: Advanced, now: Moment) -> None:
    """Append what a step of a call's life asks to be published."""
    call = advanced.call
    if Action.PUBLISH_STATE in advanced.actions:
        publish(db, call.key, "state", {"state": call.state, "reason": call.reason}, now)
    if Action.PUBLISH_ENDED in advanced.actions:
        seconds = round(seconds_used(call, now), 3)
        publish(db, call.key, "ended", {"state": call.state, "reason": call.reason, "seconds": seconds}, now)


def entries(db: sqlite3.Connection, key: str, after_seq: int) -> list[Entry]:
    """Read a call's entries, the oldest first."""
    rows = db.execute(f"{_SELECT} WHERE key = ? AND seq > ? ORDER BY seq", (key, after_seq))
    return [_entry(row) for row in rows]


def entries_since(db: sqlite3.Connection, entry_id: int, limit: int) -> list[Entry]:
    """Read everybody's entries after one. SQLite commits one at a time, so none is overtaken."""
    rows = db.execute(f"{_SELECT} WHERE id > ? ORDER BY id LIMIT ?", (entry_id, limit))
    return [_entry(row) for row in rows]


def last_entry_id(db: sqlite3.Connection) -> int:
    """Tell where the journal ends."""
    last: int = db.execute("SELECT coalesce(max(id), 0) FROM journal").fetchone()[0]
    return last


def forget(db: sqlite3.Connection, key: str) -> None:
    """Drop a call's entries."""
    db.execute("DELETE FROM journal WHERE key = ?", (key,))


def _entry(row: tuple[Any, ...]) -> Entry:
    entry_id, key, seq, wall_seconds, kind, body = row
    return Entry(entry_id, key, seq, wall_seconds, kind, json.loads(body))
