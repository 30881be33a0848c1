"""Who asked lately, and how often: rows of `attempts`, the caller that asked longest ago first.

Rows are bounded: those that count no more are dropped as new ones come, and when there are too many all the
same, as under a flood from many addresses, newcomers share one row until some are spent.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, NamedTuple

from relay.core.moment import elapsed
from relay.core.rate import attempt, is_spent
from relay.store import tally
from relay.store.rows import moment_from_text, text_from_moment

if TYPE_CHECKING:
    import sqlite3

    from relay.core.moment import Moment
    from relay.core.rate import Rate, Recent, Standing

MOST_CALLERS = 100_000
"""How many callers have a row of their own: some 15 MB of the file."""

_OTHERS = "others"
_DROPPED_AT_ONCE = 2  # for each that comes, so that spent rows grow fewer even under a flood


class _Row(NamedTuple):
    """Whose row it is, when its clock began, and what counts; `known` when the store has it."""

    caller: str
    base: Moment
    recent: Recent
    known: bool


def look(db: sqlite3.Connection, caller: str, rate: Rate, now: Moment, *, prepares: bool = False) -> Standing:
    """Tell how a caller would stand if it asked now, without counting it."""
    return _ask(_row(db, caller, now), rate, now, prepares=prepares)[0]


def count(
    db: sqlite3.Connection, caller: str, rate: Rate, now: Moment, *, prepares: bool = False
) -> Standing:
    """Let a caller in and count it, or refuse it."""
    row = _row(db, caller, now)
    if not row.known and purge(db, now, _DROPPED_AT_ONCE):
        row = _row(db, caller, now)
    standing, row = _ask(row, rate, now, prepares=prepares)
    if standing.allowed:
        _write(db, row)
    return standing


def purge(db: sqlite3.Connection, now: Moment, limit: int) -> int:
    """Forget callers of whose attempts none counts any more, the oldest first; tell how many."""
    spent = []
    oldest = db.execute("SELECT number, base, recent FROM attempts ORDER BY number LIMIT ?", (limit,))
    for number, base, recent in oldest:
        if not is_spent(_pairs(recent), _since(base, now)):
            break
        spent.append((number,))
    if spent:
        db.executemany("DELETE FROM attempts WHERE number = ?", spent)
        tally.change_measured(db, -len(spent))
    return len(spent)


def _ask(row: _Row, rate: Rate, now: Moment, *, prepares: bool) -> tuple[Standing, _Row]:
    """Apply the rate; where nothing counts any more the row's clock begins anew."""
    since = elapsed(row.base, now)
    if since == math.inf or is_spent(row.recent, since):
        row, since = row._replace(base=now, recent=()), 0.0
    standing, recent = attempt(row.recent, rate, since, prepares=prepares)
    return standing, row._replace(recent=recent)


def _row(db: sqlite3.Connection, caller: str, now: Moment) -> _Row:
    """Read a caller's row, or the shared one, or say what a new one would be."""
    found = _read(db, caller)
    if found is None and tally.measured(db) >= MOST_CALLERS:
        caller = _OTHERS
        found = _read(db, caller)
    return found or _Row(caller, now, (), known=False)


def _read(db: sqlite3.Connection, caller: str) -> _Row | None:
    row = db.execute("SELECT base, recent FROM attempts WHERE caller = ?", (caller,)).fetchone()
    if row is None or (base := moment_from_text(row[0])) is None:
        return None
    return _Row(caller, base, _pairs(row[1]), known=True)


def _write(db: sqlite3.Connection, row: _Row) -> None:
    """Put the row last: it is the one that counts longest."""
    db.execute(
        "INSERT OR REPLACE INTO attempts (caller, base, recent) VALUES (?, ?, ?)",
        (row.caller, text_from_moment(row.base), json.dumps(row.recent, separators=(",", ":"))),
    )
    if not row.known:
        tally.change_measured(db, 1)


def _pairs(text: str) -> Recent:
    """Read what counts; a relay that could not prepare calls wrote two numbers each."""
    return tuple((leaves, count, *(rest or (0,))) for leaves, count, *rest in json.loads(text))


def _since(base: str, now: Moment) -> float:
    begun = moment_from_text(base)
    return math.inf if begun is None else elapsed(begun, now)
