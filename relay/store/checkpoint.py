"""Carrying the write-ahead log into the database file, off the event loop.

A commit only appends to the log: with ``synchronous=NORMAL`` and no automatic checkpoint it waits for no
disk. What waits is done here, by a thread with a connection of its own: flushing the log, copying it, and the
first commit after that, which begins the log anew and flushes its head.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from typing import TYPE_CHECKING

from relay.store.faults import fault_name
from relay.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET_COMMITS = 1_000
"""How many heartbeats may gather in the log, some 2 MiB, before they are reason enough for a checkpoint."""

LOG_FRAMES = 32_768
"""How many pages, 64 MiB, the log may hold before commits are made to wait for a checkpoint."""

_PASSES = 4
_PATIENCE_MILLISECONDS = 100  # in the worst case commits wait with this thread

_log = logging.getLogger("relay.store")


class Checkpointer:
    """A thread that checkpoints when something was written.

    Args:
        connect: Opens a connection to the store; called in the thread.
        interval_seconds: How long to gather before each checkpoint; what a power cut takes at most, about.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], *, interval_seconds: float = 5.0) -> None:
        self._connect = connect
        self._interval_seconds = interval_seconds
        self._pending = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-checkpoint", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def note(self, *, quiet: bool) -> None:
        """Say that something was committed; `quiet` if it may wait, as a heartbeat may."""
        self._pending += 1 if quiet else QUIET_COMMITS

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            db = self._connect()
            db.execute(f"PRAGMA busy_timeout = {_PATIENCE_MILLISECONDS}")
        except sqlite3.Error as fault:
            log(_log, logging.WARNING, "the store has no checkpoints", fault=fault_name(fault))
            return
        try:
            while not self._stopping.wait(self._interval_seconds):
                if self._pending >= QUIET_COMMITS:
                    self._pending = 0
                    self._try(db)
        finally:
            db.close()

    def _try(self, db: sqlite3.Connection) -> None:
        try:
            checkpoint(db)
        except sqlite3.Error as fault:  # the log grows on; the next one may succeed
            log(_log, logging.WARNING, "a checkpoint of the store failed", fault=fault_name(fault))
            self.note(quiet=False)


def checkpoint(db: sqlite3.Connection, *, most_in_log: int = LOG_FRAMES) -> bool:
    """Copy the log and begin it anew; tell whether it could be.

    Each pass copies what was committed during the one before, and no commit waits for any of them; a pass
    that finds nothing new ends it. Under commits without a pause there is no such pass, and the log is left
    to grow; only when it is too long are they held up, for as long as three flushes take.

    Args:
        db: A connection that nobody else uses.
        most_in_log: Frames beyond which the log is too long.

    Raises:
        sqlite3.Error: The file cannot be read or written, or is being written all the time.
    """
    before = -1
    for _ in range(_PASSES):
        complete, in_log = _copy(db, "PASSIVE")
        if complete and in_log == before:
            break
        before = in_log
    else:
        if in_log <= most_in_log or not _copy(db, "RESTART")[0]:
            return False
    db.execute("INSERT OR REPLACE INTO settings (name, value) VALUES ('checkpoint', 'done')")
    return True


def _copy(db: sqlite3.Connection, mode: str) -> tuple[bool, int]:
    """Run one checkpoint; tell whether all of the log was copied, and how many pages it held at the start."""
    blocked, in_log, copied = db.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    return (not blocked and in_log == copied, in_log)
