"""What every command has in common that asks the store beside a running relay."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from relay.app import store_file
from relay.errors import StoreUnavailable
from relay.settings import SettingsError, load_settings
from relay.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from relay.settings import Settings


def with_store(run: Callable[[SqliteStore, Settings], Awaitable[int]], overrides: dict[str, str]) -> int:
    """Open the store of the relay that these settings belong to, and close it again.

    Returns:
        The exit code: what `run` says, 1 when there is no store, 2 for wrong settings.
    """
    try:
        settings = load_settings({**os.environ, **overrides}, Path.cwd())
    except SettingsError as error:
        for complaint in error.complaints:
            say(complaint)
        return 2

    path = store_file(settings)
    if not path.exists():
        say(f"There is no store at {path}: no relay has run with these settings.")
        say("Give the same RELAY_STATE_DIR, upstream and port (--port) as the relay has.")
        return 1

    async def opened() -> int:
        store = SqliteStore.open(path)
        try:
            return await run(store, settings)
        finally:
            await store.close()

    try:
        return asyncio.run(opened())
    except StoreUnavailable as fault:
        say(fault.detail)
        return 1


def table(rows: Sequence[dict[str, object]]) -> str:
    """Lay rows out in columns; what is not there is a dash."""
    names = list(rows[0])
    lines = [[name.upper() for name in names]]
    lines += [["-" if row[name] is None else str(row[name]) for name in names] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")
