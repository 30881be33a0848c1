"""One transaction at a time on one connection: whole or not at all, and its faults named.

When another process holds the store for long, the first that has to write waits for it and everybody after
that is told at once, until it has let go: a queue of waits would hold up the whole event loop.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from relay.errors import StoreUnavailable
from relay.store.faults import DAMAGED, unavailable
from relay.store.file import BEGIN_SECONDS, begin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relay.store.checkpoint import Checkpointer

_GLANCE_SECONDS = 0.005
"""How long a write waits when the one before waited in vain; a transaction of others takes far less."""


class Transactions:
    """The transactions of one connection.

    Args:
        db: The connection.
        checkpointer: Told of every commit.
    """

    def __init__(self, db: sqlite3.Connection, checkpointer: Checkpointer) -> None:
        self._db = db
        self._checkpointer = checkpointer
        self._is_held = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read what is committed.

        Raises:
            StoreUnavailable: It cannot be read.
        """
        try:
            yield self._db
        except sqlite3.Error as fault:
            raise unavailable(fault) from fault
        except ValueError as fault:  # a row that no relay has written
            raise StoreUnavailable(DAMAGED) from fault

    @contextmanager
    def writing(self, *, quiet: bool = False) -> Iterator[sqlite3.Connection]:
        """Read and write in one transaction.

        Args:
            quiet: Whether its way to the disk may wait, as a heartbeat's may.

        Raises:
            StoreUnavailable: It cannot be written; nothing of it was.
        """
        try:
            self._begin()
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
        except sqlite3.Error as fault:
            raise unavailable(fault) from fault
        except ValueError as fault:  # a row that no relay has written
            raise StoreUnavailable(DAMAGED) from fault
        self._checkpointer.note(quiet=quiet)

    def _begin(self) -> None:
        patience = _GLANCE_SECONDS if self._is_held else BEGIN_SECONDS
        self._is_held = True
        begin(self._db, patience_seconds=patience)
        self._is_held = False
