"""How many calls are open and in what condition, and how many callers are being measured: one row of figures.

Kept up in the transaction of every change, so that nobody counts rows on the path of an offer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.core.call import State
from relay.core.clocks import UNKILLED_ATTEMPTS
from relay.store.protocol import Counts

if TYPE_CHECKING:
    import sqlite3

    from relay.core.record import Call

_NOTHING = (0, 0, 0, 0)


def change(db: sqlite3.Connection, before: Call | None, after: Call | None) -> None:
    """Take a call's old condition out of the figures and put its new one in."""
    old, new = _condition(before), _condition(after)
    if old != new:
        db.execute(
            "UPDATE tally SET open = open + ?, live = live + ?, in_doubt = in_doubt + ?,"
            " unkilled = unkilled + ?",
            [is_now - was for is_now, was in zip(new, old, strict=True)],
        )


def counts(db: sqlite3.Connection) -> Counts:
    """Read the figures of calls."""
    return Counts(*db.execute("SELECT open, live, in_doubt, unkilled FROM tally").fetchone())


def open_calls(db: sqlite3.Connection) -> int:
    """Read how many calls are open."""
    total: int = db.execute("SELECT open FROM tally").fetchone()[0]
    return total


def measured(db: sqlite3.Connection) -> int:
    """Read how many callers have a row in `attempts`."""
    callers: int = db.execute("SELECT measured FROM tally").fetchone()[0]
    return callers


def change_measured(db: sqlite3.Connection, difference: int) -> None:
    """Count callers that came, or were forgotten."""
    if difference:
        db.execute("UPDATE tally SET measured = measured + ?", (difference,))


def _condition(call: Call | None) -> tuple[int, int, int, int]:
    """Whether a call is open, live, in doubt, unkilled; as figures to be added."""
    if call is None or not call.open:
        return _NOTHING
    unkilled = call.state is State.ENDING and call.attempts >= UNKILLED_ATTEMPTS
    return (1, int(call.state is State.LIVE), int(call.state is State.IN_DOUBT), int(unkilled))
