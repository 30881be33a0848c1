"""Usage as operators ask for it: by day, caller, profile, deployment or call. Read only.

A call that was open without a sideband, or for a while without one, is counted as one with a gap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relay.store.accounts import account_from
from relay.store.protocol import UsageRow

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

USAGE_BY: Final = {
    "day": "usage.day",
    "caller": "calls.caller",
    "profile": "calls.profile",
    "deployment": "usage.deployment",
    "call": "substr(usage.key, 1, 8)",
}
"""What usage can be grouped by, and where that stands."""

_SUMS = """sum(text_in), sum(audio_in), sum(image_in), sum(text_cached), sum(audio_cached), sum(image_cached),
    sum(text_out), sum(audio_out), sum(milliseconds), sum(responses), sum(picos), sum(unpriced)"""


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
        f" count(DISTINCT CASE WHEN gaps.gaps > 0 THEN usage.key END), {_SUMS}, {groups}"
        " FROM usage JOIN calls ON calls.key = usage.key LEFT JOIN gaps ON gaps.key = usage.key"
        f" WHERE usage.day BETWEEN ? AND ? GROUP BY {groups} ORDER BY {groups}",
        (first_day, last_day),
    )
    return [
        UsageRow(tuple(row[14:]), calls=row[0], with_gaps=row[1], account=account_from(row[2:14], row[1]))
        for row in rows
    ]
