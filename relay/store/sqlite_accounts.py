"""The half of the SQLite store that keeps what calls use and what is said in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.core.account import Spent
from relay.core.booking import day_of
from relay.store import accounts, transcripts, usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relay.core.account import Account
    from relay.core.facts import Line, Used
    from relay.core.moment import Moment
    from relay.core.record import Call
    from relay.store.protocol import KeptLine, UsageRow
    from relay.store.transaction import Transactions


class SqliteAccounts:
    """Bookings and transcripts.

    Args:
        transactions: Of the store's connection.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def book(
        self, call: Call, deployment: str, used: Used, cost: int | None, now: Moment
    ) -> Spent | None:
        """Book what a call used, once."""
        with self._transactions.writing() as db:
            return accounts.book(db, call.key, call.caller, deployment, day_of(now), used, cost)

    async def add_gap(self, key: str) -> None:
        """Note that something that a call used may have been missed."""
        with self._transactions.writing() as db:
            accounts.add_gap(db, key)

    async def account(self, key: str) -> Account:
        """Add up what a call has used."""
        with self._transactions.reading() as db:
            return accounts.account(db, key)

    async def spent(self, call: Call, now: Moment) -> Spent:
        """Read what a call, its caller today, and all callers today have spent."""
        with self._transactions.reading() as db:
            return Spent(accounts.account(db, call.key), *accounts.spent(db, call.caller, day_of(now)))

    async def usage(self, by: Sequence[str], first_day: int, last_day: int) -> list[UsageRow]:
        """Add up usage of UTC days."""
        with self._transactions.reading() as db:
            return usage.usage(db, by, first_day, last_day)

    async def keep_line(self, key: str, line: Line, at: float) -> None:
        """Keep a line of a call's transcript."""
        with self._transactions.writing(quiet=True) as db:
            transcripts.keep(db, key, line, at)

    async def lines(self, key: str) -> list[KeptLine]:
        """Read a call's transcript."""
        with self._transactions.reading() as db:
            return transcripts.lines(db, key)

    async def forget_caller(self, caller: str) -> tuple[int, int]:
        """Drop everything a caller said or was told."""
        with self._transactions.writing() as db:
            return transcripts.forget_caller(db, caller)
