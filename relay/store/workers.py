"""Who is at work: rows of `workers`. A worker's lease covers all its calls, so a heartbeat is one row.

A worker that lost calls while it was silent is `fenced`: its next heartbeat tells it so.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from relay.core.clocks import LEASE_SECONDS
from relay.core.moment import elapsed
from relay.store.rows import moment_from_text, text_from_moment

if TYPE_CHECKING:
    import sqlite3

    from relay.core.moment import Moment


def renew(db: sqlite3.Connection, worker: str, now: Moment) -> bool:
    """Renew a lease, or begin it; tell whether it was unbroken."""
    row = db.execute("SELECT fenced FROM workers WHERE id = ?", (worker,)).fetchone()
    db.execute(
        "INSERT INTO workers (id, pid, seen, fenced) VALUES (?1, ?2, ?3, 0)"
        " ON CONFLICT (id) DO UPDATE SET pid = ?2, seen = ?3, fenced = 0",
        (worker, os.getpid(), text_from_moment(now)),
    )
    return row is not None and not row[0]


def ensure(db: sqlite3.Connection, worker: str, seen: Moment | None) -> None:
    """See to it that the owner of an open call has a row; a new row is fenced, as there was a break.

    Args:
        db: The store.
        worker: The owner.
        seen: When it was last known to be alive; ``None`` when it is not known, so that others may adopt.
    """
    db.execute(
        "INSERT OR IGNORE INTO workers (id, pid, seen, fenced) VALUES (?, ?, ?, 1)",
        (worker, os.getpid(), text_from_moment(seen)),
    )


def fence(db: sqlite3.Connection, worker: str) -> None:
    """Note that calls were taken from a worker."""
    db.execute("UPDATE workers SET fenced = 1 WHERE id = ?", (worker,))


def leave(db: sqlite3.Connection, worker: str) -> None:
    """End a lease at once."""
    db.execute("UPDATE workers SET fenced = 1, seen = NULL WHERE id = ?", (worker,))
    db.execute("DELETE FROM settings WHERE name = ?", (f"stopping:{worker}",))


def forget(db: sqlite3.Connection, worker: str) -> None:
    """Drop a worker that owns nothing any more."""
    db.execute("DELETE FROM workers WHERE id = ?", (worker,))
    db.execute("DELETE FROM settings WHERE name = ?", (f"stopping:{worker}",))


def lapsed(db: sqlite3.Connection, now: Moment) -> list[str]:
    """Read the workers whose lease has run out."""
    return [worker for worker, holds in _leases(db, now) if not holds]


def at_work(db: sqlite3.Connection, now: Moment) -> list[tuple[str, int]]:
    """Read the workers whose lease holds and that are not about to stop, each with its pid."""
    holding = {worker for worker, holds in _leases(db, now) if holds}
    rows = db.execute("SELECT id, pid FROM workers").fetchall()
    stopping = {name for (name,) in db.execute("SELECT name FROM settings WHERE name LIKE 'stopping:%'")}
    return [
        (worker, pid) for worker, pid in rows if worker in holding and f"stopping:{worker}" not in stopping
    ]


def stop(db: sqlite3.Connection, worker: str) -> None:
    """Note that a worker is about to stop, so that nobody leaves it their calls."""
    db.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, '1')", (f"stopping:{worker}",))


def _leases(db: sqlite3.Connection, now: Moment) -> list[tuple[str, bool]]:
    rows = db.execute("SELECT id, seen FROM workers").fetchall()
    return [(worker, _holds(moment_from_text(seen), now)) for worker, seen in rows]


def _holds(seen: Moment | None, now: Moment) -> bool:
    return seen is not None and elapsed(seen, now) <= LEASE_SECONDS
