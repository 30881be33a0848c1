"""The embedded store: one SQLite file on a local disk, shared by the workers of one machine.

Its methods run on the event loop, without a thread hop: a commit is an append to the page cache, tens of
microseconds. What was recorded outlives ``kill -9`` of any process; a power cut may take the last seconds.
A network file system is no place for it, because the write-ahead log needs shared memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.core.booking import day_of
from relay.core.limits import Admission, Limit
from relay.errors import StoreUnavailable
from relay.store import accounts, attempts, calls, days, journal, tally, tickets, transcripts, workers
from relay.store.checkpoint import Checkpointer
from relay.store.file import connect, open_file
from relay.store.sqlite_accounts import SqliteAccounts
from relay.store.transaction import Transactions

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Self

    from relay.core.call import Event, Reason
    from relay.core.caller import Ticket
    from relay.core.limits import Ceiling
    from relay.core.moment import Moment
    from relay.core.rate import Rate, Standing
    from relay.core.record import Advanced, Call
    from relay.store.protocol import Counts, Entry


class SqliteStore(SqliteAccounts):
    """A `relay.store.protocol.Store` in a file. Made by `open`; used by one thread."""

    def __init__(self, db: sqlite3.Connection, checkpointer: Checkpointer, path: Path) -> None:
        self._db = db
        self._checkpointer = checkpointer
        self._path = path
        self._inode = path.stat().st_ino
        super().__init__(Transactions(db, checkpointer))

    @classmethod
    def open(cls, path: Path, *, checkpoint_seconds: float = 5.0) -> Self:
        """Open the store, make it if it is not there.

        Args:
            path: The file; its folder is made for this user alone if it is missing.
            checkpoint_seconds: How often the log is carried into the file.

        Raises:
            StoreUnavailable: It cannot be used; `detail` says why and what mends it.
        """
        db = open_file(path)
        checkpointer = Checkpointer(lambda: connect(path), interval_seconds=checkpoint_seconds)
        checkpointer.start()
        return cls(db, checkpointer, path)

    async def count_attempt(
        self, caller: str, rate: Rate, now: Moment, *, prepares: bool = False
    ) -> Standing:
        """Let a caller ask, or refuse it."""
        with self._transactions.reading() as db:
            standing = attempts.look(db, caller, rate, now, prepares=prepares)
        if not standing.allowed:  # a flood of refusals writes nothing
            return standing
        with self._transactions.writing(quiet=True) as db:
            return attempts.count(db, caller, rate, now, prepares=prepares)

    async def write_intent(self, call: Call, ceiling: Ceiling, ticket: Ticket | None = None) -> Admission:
        """Let a call in and write it down, or refuse it."""
        with self._transactions.writing() as db:
            return admit(db, call, ceiling, ticket)

    async def spend_ticket(self, ticket: Ticket) -> bool:
        """Spend a ticket for something that is no call of ours."""
        with self._transactions.writing() as db:
            return tickets.spend(db, ticket)

    async def ticket_spent(self, ticket: str) -> bool:
        """Tell whether a ticket was spent."""
        with self._transactions.reading() as db:
            return tickets.is_spent(db, ticket)

    async def record(
        self,
        key: str,
        event: Event,
        now: Moment,
        *,
        reason: Reason | None = None,
        upstream_id: str | None = None,
    ) -> Advanced | None:
        """Record what happened to a call."""
        with self._transactions.writing() as db:
            call = calls.get(db, key)
            if call is None:
                return None
            return calls.record(db, call, event, now, reason=reason, upstream_id=upstream_id)

    async def hand_over(self, key: str, now: Moment, *, upstream_id: str) -> tuple[Advanced, Advanced] | None:
        """Record that a call was named and that its answer may be handed over."""
        with self._transactions.writing() as db:
            return calls.hand_over(db, key, now, upstream_id=upstream_id)

    async def expire(self, key: str, owner: str, now: Moment) -> Advanced | None:
        """Record what the passing of time has done to a call."""
        with self._transactions.writing() as db:
            call = calls.get(db, key)
            return None if call is None or call.owner != owner else calls.expire(db, call, now)

    async def claim_hang_up(self, key: str, owner: str, now: Moment) -> Call | None:
        """Ask for leave to send a hang-up, and count it."""
        with self._transactions.writing() as db:
            call = calls.get(db, key)
            return None if call is None or call.owner != owner else calls.claim_hang_up(db, call, now)

    async def touch(self, key: str, now: Moment) -> Call | None:
        """Note a sign of life."""
        with self._transactions.writing(quiet=True) as db:
            call = calls.get(db, key)
            return None if call is None else calls.touch(db, call, now)

    async def warn(self, key: str, now: Moment) -> bool:
        """Publish the warning before the limit, once."""
        with self._transactions.writing() as db:
            call = calls.get(db, key)
            return call is not None and calls.warn(db, call, now)

    async def get(self, key: str) -> Call | None:
        """Read one call."""
        with self._transactions.reading() as db:
            return calls.get(db, key)

    async def find(self, tag: str) -> list[Call]:
        """Read the calls whose tag begins so."""
        with self._transactions.reading() as db:
            return calls.find(db, tag)

    async def owned(self, owner: str) -> list[Call]:
        """Read every open call of a worker."""
        with self._transactions.reading() as db:
            return calls.owned(db, owner)

    async def recent(self, limit: int, *, only_open: bool) -> list[Call]:
        """Read calls, the newest first."""
        with self._transactions.reading() as db:
            return calls.recent(db, limit, only_open=only_open)

    async def counts(self) -> Counts:
        """Count the open calls."""
        with self._transactions.reading() as db:
            return tally.counts(db)

    async def renew(self, owner: str, now: Moment) -> bool:
        """Renew a worker's lease; tell whether it was unbroken."""
        self._check_in_place()
        with self._transactions.writing(quiet=True) as db:
            return workers.renew(db, owner, now)

    async def adopt(self, owner: str, now: Moment, *, limit: int = 200) -> list[Advanced]:
        """Take over calls of workers whose lease has lapsed."""
        with self._transactions.reading() as db:
            if not set(workers.lapsed(db, now)) - {owner}:  # asked every second: no write for nothing
                return []
        with self._transactions.writing() as db:
            return calls.adopt(db, owner, now, limit)

    async def leave(self, owner: str, *, died: bool = False) -> None:
        """End a worker's lease at once."""
        with self._transactions.writing() as db:
            if died:
                accounts.doubt(db, owner)
            workers.leave(db, owner)

    async def stop(self, owner: str) -> None:
        """Note that a worker is about to stop."""
        with self._transactions.writing() as db:
            workers.stop(db, owner)

    async def at_work(self, now: Moment) -> list[tuple[str, int]]:
        """Read the workers whose lease holds and that are not about to stop."""
        with self._transactions.reading() as db:
            return workers.at_work(db, now)

    async def publish(
        self,
        key: str,
        kind: str,
        body: Mapping[str, object],
        now: Moment,
    ) -> None:
        """Append an entry to a call's journal."""
        with self._transactions.writing(quiet=True) as db:
            journal.publish(db, key, kind, body, now)

    async def entries(self, key: str, *, after_seq: int = 0) -> list[Entry]:
        """Read a call's journal."""
        with self._transactions.reading() as db:
            return journal.entries(db, key, after_seq)

    async def entries_since(self, entry_id: int, *, limit: int = 500) -> list[Entry]:
        """Read what any worker published after an entry."""
        with self._transactions.reading() as db:
            return journal.entries_since(db, entry_id, limit)

    async def last_entry_id(self) -> int:
        """Tell where the journal ends now."""
        with self._transactions.reading() as db:
            return journal.last_entry_id(db)

    async def set_paused(self, *, paused: bool) -> None:
        """Stop or resume letting calls in."""
        with self._transactions.writing() as db:
            db.execute("INSERT OR REPLACE INTO settings (name, value) VALUES ('paused', ?)", (int(paused),))

    async def paused(self) -> bool:
        """Tell whether new calls are stopped."""
        with self._transactions.reading() as db:
            return _paused(db)

    async def purge(
        self, now: Moment, *, retention_days: float, transcript_days: float = 30, limit: int = 500
    ) -> int:
        """Forget closed calls that ended longer ago, and what no limit and no ticket needs any more."""
        with self._transactions.writing(quiet=True) as db:
            attempts.purge(db, now, limit)
            days.purge(db, day_of(now), limit)
            tickets.purge(db, now)
            accounts.purge(db, day_of(now), limit)
            transcripts.purge(db, now.wall_seconds, transcript_days, limit)
            return calls.purge(db, now, retention_days, limit)

    async def check(self) -> None:
        """Write something, to know that writing works."""
        self._check_in_place()
        with self._transactions.writing(quiet=True) as db:
            db.execute("INSERT OR REPLACE INTO settings (name, value) VALUES ('check', 'done')")

    async def close(self) -> None:
        """Flush and let go."""
        self._checkpointer.stop()
        self._db.close()

    def _check_in_place(self) -> None:
        """A file that was deleted is still written to, and nobody would ever find what stands in it."""
        try:
            in_place = self._path.stat().st_ino == self._inode
        except OSError:
            in_place = False
        if not in_place:
            raise StoreUnavailable("The store's file was removed or replaced. Restart the relay.")


def admit(db: sqlite3.Connection, call: Call, ceiling: Ceiling, ticket: Ticket | None) -> Admission:
    """Let a call in and write it down, and spend its ticket; or refuse it. Runs inside a transaction."""
    if ticket is not None and tickets.is_spent(db, ticket.key):
        return Admission(Limit.TICKET_USED)
    admission = calls.write_intent(db, call, ceiling, paused=_paused(db))
    if ticket is not None and admission.limit is None:
        tickets.spend(db, ticket)
    return admission


def _paused(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM settings WHERE name = 'paused' AND value = '1'").fetchone() is not None
