"""``transcript`` and ``forget``: what was said in a call whose profile keeps it, and its end."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from relay.app import caller_key_of
from relay.command.store import say, with_store
from relay.core.caller import caller_id

if TYPE_CHECKING:
    from relay.settings import Settings
    from relay.store.protocol import KeptLine
    from relay.store.sqlite import SqliteStore

_CALLER = re.compile(r"[0-9a-f]{16}")


def print_transcript(tag: str, *, as_json: bool, overrides: dict[str, str]) -> int:
    """Print what was said in a call.

    Args:
        tag: Of the call, or its beginning, as `calls` shows it.
        as_json: For programs.
        overrides: Settings from the command line.
    """

    async def run(store: SqliteStore, _settings: Settings) -> int:
        found = await store.find(tag) if tag else []
        if len(found) != 1:
            say(f"{len(found) or 'No'} calls begin with {tag!r}; `calls` lists them.")
            return 1
        lines = await store.lines(found[0].key)
        if as_json:
            say(json.dumps([_as_json(line) for line in lines], indent=2, ensure_ascii=False))
        elif not lines:
            say('Nothing is kept of this call: its profile has no transcripts = "keep", or nobody spoke.')
        for line in lines if not as_json else ():
            say(f"{_time(line.at)}  {line.who}: {line.text}")
        return 0

    return with_store(run, overrides)


def forget_caller(caller: str, *, issuer: str | None, overrides: dict[str, str]) -> int:
    """Drop every transcript of a caller.

    Args:
        caller: As `calls` shows it, sixteen hexadecimal digits; or with an issuer, the name that one uses.
        issuer: Who vouched for that name: ``ticket``, ``proxy``, or an OpenID provider's address.
        overrides: Settings from the command line.
    """

    async def run(store: SqliteStore, settings: Settings) -> int:
        if issuer is None and not _CALLER.fullmatch(caller):
            say(
                "Give the caller as `calls` shows it, or its name with --issuer: ticket, proxy,"
                " or the address of the OpenID provider."
            )
            return 1
        name = caller if issuer is None else caller_id(issuer, caller, caller_key_of(settings))
        calls, lines = await store.forget_caller(name)
        say(f"Forgotten: {lines} lines of {calls} calls." if lines else "Nothing is kept of this caller.")
        return 0

    return with_store(run, overrides)


def _as_json(line: KeptLine) -> dict[str, object]:
    return {"who": line.who, "at": line.at, "text": line.text, "item_id": line.item_id}


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(sep=" ", timespec="seconds")
