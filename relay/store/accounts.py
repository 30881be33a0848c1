"""What calls have used and cost: rows of `usage`, and of what each caller spent in a day.

Everything is booked once, by the upstream's own name for it, whoever books: two workers that both hear of a
response while a call changes hands count it once. Every function runs inside a transaction of its caller's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.core.account import Account, Spent
from relay.core.facts import TOKEN_KINDS, Tokens

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from relay.core.facts import Used

_EVERYBODY = "*"
_DAYS_KEPT = 2

ACCOUNTS = (
    """CREATE TABLE usage (
        key TEXT NOT NULL, day INTEGER NOT NULL, deployment TEXT NOT NULL,
        text_in INTEGER NOT NULL, audio_in INTEGER NOT NULL, image_in INTEGER NOT NULL,
        text_cached INTEGER NOT NULL, audio_cached INTEGER NOT NULL, image_cached INTEGER NOT NULL,
        text_out INTEGER NOT NULL, audio_out INTEGER NOT NULL, milliseconds INTEGER NOT NULL,
        responses INTEGER NOT NULL, picos INTEGER NOT NULL, unpriced INTEGER NOT NULL,
        PRIMARY KEY (key, day, deployment)) WITHOUT ROWID""",
    "CREATE INDEX usage_by_day ON usage (day)",
    # What was booked already, and how often something may have been missed.
    "CREATE TABLE booked (key TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (key, id)) WITHOUT ROWID",
    "CREATE TABLE gaps (key TEXT PRIMARY KEY, gaps INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE spent (
        day INTEGER NOT NULL, caller TEXT NOT NULL, picos INTEGER NOT NULL,
        PRIMARY KEY (day, caller)) WITHOUT ROWID""",
)
"""Usage by call, day and deployment, and money by day and caller."""

_COLUMNS = (*TOKEN_KINDS, "milliseconds", "responses", "picos", "unpriced")
SUMS = ", ".join(f"sum({name})" for name in _COLUMNS)
"""What `account_from` builds an account of."""

_ADD_USAGE = (
    f"INSERT INTO usage (key, day, deployment, {', '.join(_COLUMNS)})"  # noqa: S608 - our own names
    f" VALUES ({', '.join('?' * (3 + len(_COLUMNS)))})"
    f" ON CONFLICT DO UPDATE SET {', '.join(f'{name} = {name} + excluded.{name}' for name in _COLUMNS)}"
)
_ADD_SPENT = (
    "INSERT INTO spent (day, caller, picos) VALUES (?, ?, ?)"
    " ON CONFLICT DO UPDATE SET picos = picos + excluded.picos"
)


def book(
    db: sqlite3.Connection, key: str, caller: str, deployment: str, day: int, used: Used, cost: int | None
) -> Spent | None:
    """Book what was used; ``None`` when it was booked before."""
    name = f"{used.source}:{used.id}"
    if db.execute("INSERT OR IGNORE INTO booked (key, id) VALUES (?, ?)", (key, name)).rowcount != 1:
        return None
    tokens = [getattr(used.tokens, kind) for kind in TOKEN_KINDS]
    sums = (*tokens, round(used.seconds * 1000), 1, cost or 0, int(cost is None))
    db.execute(_ADD_USAGE, (key, day, deployment, *sums))
    for who in (caller, _EVERYBODY):
        db.execute(_ADD_SPENT, (day, who, cost or 0))
    return Spent(account(db, key), *spent(db, caller, day))


UNHEARD_SECONDS = 6.0
"""How long before its last heartbeat a call of a dead worker may have ended with words still under way."""


def add_gap(db: sqlite3.Connection, key: str) -> None:
    """Note that something may have been missed."""
    db.execute("INSERT INTO gaps (key, gaps) VALUES (?, 1) ON CONFLICT DO UPDATE SET gaps = gaps + 1", (key,))


def doubt(db: sqlite3.Connection, worker: str) -> None:
    """Note that a worker that has died may not have heard the last words of calls that had just ended."""
    db.execute(
        "INSERT INTO gaps (key, gaps) SELECT calls.key, 1 FROM calls, workers WHERE workers.id = ?1"
        " AND owner = ?1 AND open = 0 AND CAST(ended AS REAL) >= CAST(workers.seen AS REAL) - ?2"
        " ON CONFLICT DO UPDATE SET gaps = gaps + 1",
        (worker, UNHEARD_SECONDS),
    )


def account(db: sqlite3.Connection, key: str) -> Account:
    """Add up what a call has used."""
    row = db.execute(f"SELECT {SUMS} FROM usage WHERE key = ?", (key,)).fetchone()  # noqa: S608
    gaps = db.execute("SELECT gaps FROM gaps WHERE key = ?", (key,)).fetchone()
    return account_from(row, 0 if gaps is None else gaps[0])


def spent(db: sqlite3.Connection, caller: str, day: int) -> tuple[int, int]:
    """Read what a caller, and all of them, spent on a day, in picos."""
    rows = dict(
        db.execute(
            "SELECT caller, picos FROM spent WHERE day = ? AND caller IN (?, ?)", (day, caller, _EVERYBODY)
        ).fetchall()
    )
    return rows.get(caller, 0), rows.get(_EVERYBODY, 0)


def account_from(sums: Sequence[int | None], gaps: int) -> Account:
    """Build an account from a row of sums."""
    values = [value or 0 for value in sums]
    tokens = Tokens(**dict(zip(TOKEN_KINDS, values[: len(TOKEN_KINDS)], strict=True)))
    milliseconds, responses, picos, unpriced = values[len(TOKEN_KINDS) :]
    return Account(tokens, milliseconds / 1000, responses, picos, not unpriced, gaps)


def forget(db: sqlite3.Connection, key: str) -> None:
    """Drop what is known of a call's usage; what its caller spent that day stays booked."""
    for table in ("usage", "booked", "gaps"):
        db.execute(f"DELETE FROM {table} WHERE key = ?", (key,))  # noqa: S608 - our own names


def purge(db: sqlite3.Connection, today: int, limit: int) -> None:
    """Forget some of what was spent on days that are over."""
    old = (today - _DAYS_KEPT + 1, limit)
    db.execute(
        "DELETE FROM spent WHERE (day, caller) IN (SELECT day, caller FROM spent WHERE day < ? LIMIT ?)", old
    )
