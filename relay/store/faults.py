"""What SQLite and the file system complain of, as a problem with a cause and a fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.errors import StoreUnavailable

if TYPE_CHECKING:
    import sqlite3

_BUSY_RETRY_SECONDS = 1

DAMAGED = "The store is damaged. Stop the relay, move its files away and start again."
"""What is said of a file that is a database and not sound."""

_SENTENCES: tuple[tuple[str, str], ...] = (
    ("SQLITE_BUSY", "Another process holds the store. It passes by itself, unless that process hangs."),
    ("SQLITE_LOCKED", "Another process holds the store. It passes by itself, unless that process hangs."),
    ("SQLITE_READONLY", "The store is read-only. Let the relay's user write the file and its folder."),
    ("SQLITE_FULL", "The disk of the store is full. Free some space; nothing else needs to be done."),
    ("SQLITE_CORRUPT", DAMAGED),
    ("SQLITE_NOTADB", "The store's file is no SQLite database. Move it away or name another state folder."),
    ("SQLITE_CANTOPEN", "The store cannot be opened. Let the relay's user read and write its folder."),
    ("SQLITE_PERM", "The store may not be opened. Let the relay's user read and write its folder."),
    ("SQLITE_IOERR", "The disk of the store fails. Look at the system's log."),
)
_OTHERWISE = "The store does not work. The log has SQLite's own word for it."


def unavailable(fault: sqlite3.Error | OSError) -> StoreUnavailable:
    """Translate a fault; the path and SQLite's own text stay in the exception it is raised from."""
    if isinstance(fault, OSError):
        return StoreUnavailable("The state folder cannot be used. Let the relay's user read and write it.")
    name = fault_name(fault)
    busy = name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    return StoreUnavailable(
        next((sentence for prefix, sentence in _SENTENCES if name.startswith(prefix)), _OTHERWISE),
        retry_after=_BUSY_RETRY_SECONDS if busy else None,
    )


def fault_name(fault: sqlite3.Error) -> str:
    """SQLite's own name for a fault, such as ``SQLITE_FULL``; fit for a log."""
    return str(getattr(fault, "sqlite_errorname", type(fault).__name__))
