"""``usage``: what calls used and cost, by day, caller, profile, deployment or call; as a table or CSV."""

from __future__ import annotations

import csv
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from relay.command.store import say, table, with_store
from relay.core.facts import TOKEN_KINDS
from relay.core.price import amount_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relay.settings import Settings
    from relay.store.protocol import UsageRow
    from relay.store.sqlite import SqliteStore

_FIRST_DAY = date(1970, 1, 1)


def print_usage(
    by: Sequence[str], *, days: int, since: date | None, as_csv: bool, overrides: dict[str, str]
) -> int:
    """Print a line for each group of calls, and one of all.

    Args:
        by: What to group by, as `relay.store.usage.USAGE_BY` names it.
        days: How many UTC days back, today included.
        since: The first day, instead.
        as_csv: For a spreadsheet, with exact costs.
        overrides: Settings from the command line.
    """
    today = datetime.now(UTC).date()
    first = since or today - timedelta(days=days - 1)

    async def run(store: SqliteStore, settings: Settings) -> int:
        rows = await store.usage(by, (first - _FIRST_DAY).days, (today - _FIRST_DAY).days)
        currency = settings.relay_currency
        if as_csv:
            _write_csv(by, rows, currency)
        elif not rows:
            say(f"No usage since {first}. It is heard over the sideband: RELAY_SIDEBAND=off counts nothing.")
        else:
            say(table([_row(by, row, currency) for row in rows]))
            _say_notes(rows, currency)
        return 0

    return with_store(run, overrides)


def _row(by: Sequence[str], row: UsageRow, currency: str) -> dict[str, object]:
    tokens = row.account.tokens
    return {
        **_group(by, row),
        "calls": row.calls,
        "audio in": tokens.audio_in,
        "text in": tokens.text_in,
        "cached": tokens.audio_cached + tokens.text_cached + tokens.image_cached,
        "audio out": tokens.audio_out,
        "text out": tokens.text_out,
        currency: amount_from(row.account.cost) + ("" if row.account.priced else " +?"),
        "gaps": row.with_gaps or None,
    }


def _group(by: Sequence[str], row: UsageRow) -> dict[str, object]:
    return {
        name: _FIRST_DAY + timedelta(days=int(value)) if name == "day" else value
        for name, value in zip(by, row.group, strict=True)
    }


def _say_notes(rows: Sequence[UsageRow], currency: str) -> None:
    cost = amount_from(sum(row.account.cost for row in rows))
    say(f"In all: {cost} {currency}.")
    if any(row.with_gaps for row in rows):
        say("gaps: calls that used more than was heard of, because their sideband was away for a while.")
    if not all(row.account.priced for row in rows):
        say("+?: some of it has no price in relay.toml ([prices]), and is not in the amount.")


def _write_csv(by: Sequence[str], rows: Sequence[UsageRow], currency: str) -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    sums = ("seconds", "responses", "cost_picos", "currency", "all_priced", "with_gaps")
    out.writerow([*by, "calls", *TOKEN_KINDS, *sums])
    for row in rows:
        account = row.account
        out.writerow(
            [
                *_group(by, row).values(),
                row.calls,
                *(getattr(account.tokens, kind) for kind in TOKEN_KINDS),
                account.seconds,
                account.responses,
                account.cost,
                currency,
                "yes" if account.priced else "no",
                row.with_gaps,
            ]
        )
