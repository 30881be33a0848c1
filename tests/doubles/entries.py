"""Reading a call's event stream, as a page does."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

Entry = tuple[str, dict[str, Any]]


async def entries_until(
    client: httpx.AsyncClient, location: str, wanted: Callable[[list[Entry]], bool], *, seconds: float = 15.0
) -> list[Entry]:
    """Read a call's event stream, from its beginning, until the entries are as wanted.

    Args:
        client: Of the relay.
        location: Of the call.
        wanted: Looks at all entries so far, kind and body.
        seconds: Fails after so long.
    """
    entries: list[Entry] = []
    try:
        async with asyncio.timeout(seconds):
            while True:
                entries.clear()
                async with client.stream("GET", f"{location}/events", timeout=seconds) as stream:
                    kind = ""
                    async for line in stream.aiter_lines():
                        if line.startswith("event:"):
                            kind = line[6:].strip()
                        elif line.startswith("data:"):
                            entries.append((kind, json.loads(line[5:])))
                            if wanted(entries):
                                return entries
    except TimeoutError as error:
        raise AssertionError(f"not as wanted: {entries}") from error


def of_kind(entries: list[Entry], kind: str) -> list[dict[str, Any]]:
    """The bodies of the entries of one kind."""
    return [body for one, body in entries if one == kind]
