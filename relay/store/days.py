"""What was booked on each UTC day, by each caller and in all: rows of `days`.

A row stays as long as its day matters, so that what a caller was booked under can be found again. When a day
has very many callers the rest share one row: memory is bounded, and newcomers are then limited together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from relay.core.booking import change_of_booking

if TYPE_CHECKING:
    import sqlite3

    from relay.core.record import Call

MOST_CALLERS = 100_000
"""How many callers of a day have a row of their own."""

_EVERYBODY = "*"
_OTHERS = "others"
_DAYS_KEPT = 2  # a call that is still open may have begun yesterday

_READ = "SELECT caller, milliseconds, callers FROM days WHERE day = ? AND caller IN (?, ?, ?)"
_ADD = (
    "INSERT INTO days (day, caller, milliseconds, callers) VALUES (?1, ?2, max(0, ?3), ?4)"
    " ON CONFLICT (day, caller) DO UPDATE"
    " SET milliseconds = max(0, milliseconds + ?3), callers = callers + ?4"
)


class _Page(NamedTuple):
    """What a day says of a caller: the row it is booked in, whether that is new, and the milliseconds."""

    row: str
    is_new: bool
    of_caller: int
    of_all: int


def booked(db: sqlite3.Connection, day: int, caller: str) -> tuple[int, int]:
    """Read how many milliseconds a caller, and all of them, have booked on a day."""
    page = _page(db, day, caller)
    return page.of_caller, page.of_all


def change(db: sqlite3.Connection, before: Call | None, after: Call) -> None:
    """Book what a call's step needs, or give it back."""
    for day, milliseconds in change_of_booking(before, after).items():
        page = _page(db, day, after.caller)
        if page.is_new and milliseconds < 0:  # the day was forgotten
            continue
        db.execute(_ADD, (day, page.row, milliseconds, 0))
        db.execute(_ADD, (day, _EVERYBODY, milliseconds, int(page.is_new)))


def purge(db: sqlite3.Connection, today: int, limit: int) -> None:
    """Forget some of what was booked on days that are over."""
    old = (today - _DAYS_KEPT + 1, limit)
    db.execute(
        "DELETE FROM days WHERE (day, caller) IN (SELECT day, caller FROM days WHERE day < ? LIMIT ?)", old
    )


def _page(db: sqlite3.Connection, day: int, caller: str) -> _Page:
    """Read what a day says of a caller."""
    rows = db.execute(_READ, (day, caller, _EVERYBODY, _OTHERS))
    found = {name: (milliseconds, callers) for name, milliseconds, callers in rows}
    of_all, callers = found.get(_EVERYBODY, (0, 0))
    row = _OTHERS if caller not in found and callers >= MOST_CALLERS else caller
    return _Page(row, row not in found, found.get(row, (0, 0))[0], of_all)
