"""Spent tickets: rows of `tickets`. Every function runs inside a transaction of its caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from relay.core.caller import Ticket
    from relay.core.moment import Moment


_PURGED_AT_ONCE = 10_000


def spend(db: sqlite3.Connection, ticket: Ticket) -> bool:
    """Remember a ticket as spent; false when it was."""
    found = db.execute(
        "INSERT OR IGNORE INTO tickets (ticket, expires) VALUES (?, ?)", (ticket.key, ticket.expires)
    )
    return found.rowcount == 1


def is_spent(db: sqlite3.Connection, ticket: str) -> bool:
    """Tell whether a ticket was spent."""
    return db.execute("SELECT 1 FROM tickets WHERE ticket = ?", (ticket,)).fetchone() is not None


def purge(db: sqlite3.Connection, now: Moment) -> None:
    """Forget tickets that would be refused as expired."""
    db.execute(
        "DELETE FROM tickets WHERE ticket IN (SELECT ticket FROM tickets WHERE expires < ? LIMIT ?)",
        (now.wall_seconds, _PURGED_AT_ONCE),
    )
