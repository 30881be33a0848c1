"""The figures that the store keeps, counted anew from its calls."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

from relay.core.booking import booked, spread
from relay.core.call import State
from relay.store.protocol import Counts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from relay.core.record import Call

Days = dict[tuple[int, str], int]


def counted(calls: Iterable[Call]) -> Counts:
    """What `Store.counts` should say of these calls."""
    still = [call for call in calls if call.open]
    return Counts(
        open=len(still),
        live=sum(call.state is State.LIVE for call in still),
        in_doubt=sum(call.state is State.IN_DOUBT for call in still),
        unkilled=sum(call.state is State.ENDING and call.attempts >= 5 for call in still),
    )


def booked_days(path: Path) -> Days:
    """Milliseconds booked per day and caller, ``*`` for all; days without any are left out."""
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT day, caller, milliseconds FROM days WHERE milliseconds > 0")
        return {(day, caller): milliseconds for day, caller, milliseconds in rows}


def expected_days(calls: Iterable[Call]) -> Days:
    """What `booked_days` should be for these calls."""
    days: Counter[tuple[int, str]] = Counter()
    for call in calls:
        for day, milliseconds in spread(call.created, booked(call)).items():
            days[day, call.caller] += milliseconds
            days[day, "*"] += milliseconds
    return dict(days)


def rows_of(path: Path, table: str) -> int:
    """How many rows a table has."""
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
