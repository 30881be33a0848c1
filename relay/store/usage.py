"""Usage as operators ask for it: by day, caller, profile, deployment or call. Read only.

A call that was open without a sideband, or for a while without one, is counted as one with a gap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relay.core.record import TAG_DIGITS
from relay.store.accounts import SUMS, account_from
from relay.store.protocol import UsageRow

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

USAGE_BY: Final = {
    "day": "usage.day",
    "caller": "calls.caller",
    "profile": "calls.profile",
    "deployment": "usage.deployment",
    "call": f"substr(usage.key, 1, {TAG_DIGITS})",
}
"""What usage can be grouped by, and where that stands."""

_AHEAD = 2  # of the sums in a row: how many calls, and how many of them with gaps


def usage(db: sqlite3.Connection, by: Sequence[str], first_day: int, last_day: int) -> list[UsageRow]:
    """Add up usage of the days given, both included.

    Args:
        db: The store.
        by: Names of `USAGE_BY`, one at least.
        first_day: UTC day, counted from 1970-01-01.
        last_day: The same.
    """
    groups = ", ".join(USAGE_BY[name] for name in by)
    rows = db.execute(
        f"SELECT count(DISTINCT usage.key),"  # noqa: S608 - our own names
        f" count(DISTINCT CASE WHEN gaps.gaps > 0 THEN usage.key END), {SUMS}, {groups}"
        " FROM usage JOIN calls ON calls.key = usage.key LEFT JOIN gaps ON gaps.key = usage.key"
        f" WHERE usage.day BETWEEN ? AND ? GROUP BY {groups} ORDER BY {groups}",
        (first_day, last_day),
    )
    return [
        UsageRow(
            tuple(row[-len(by) :]),
            calls=row[0],
            with_gaps=row[1],
            account=account_from(row[_AHEAD : -len(by)], row[1]),
        )
        for row in rows
    ]
