"""``calls``, ``pause``, ``resume``: what an operator asks of the store beside a running relay."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from relay.clock import SystemClock
from relay.command.store import say, table, with_store
from relay.core.call import Event, ImpossibleEvent, Reason, State
from relay.core.clocks import seconds_left, seconds_used

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relay.core.moment import Moment
    from relay.core.record import Call
    from relay.settings import Settings
    from relay.store.sqlite import SqliteStore

_ENDED_WITHIN_SECONDS = 10.0
_LOOK_SECONDS = 0.25
_LIMIT = 200  # of those that are over
_ALL = 1_000_000


def list_calls(*, as_json: bool, only_open: bool, overrides: dict[str, str]) -> int:
    """Print every open call and the newest that are over."""

    async def run(store: SqliteStore, _settings: Settings) -> int:
        now = SystemClock().now()
        calls = await store.recent(_ALL, only_open=True)
        if not only_open:
            calls += [call for call in await store.recent(_LIMIT, only_open=False) if not call.open]
        rows = [_row(call, now) for call in calls]
        if as_json:
            say(json.dumps(rows, indent=2))
        elif rows:
            say(table(rows))
        else:
            say("No calls.")
        return 0

    return with_store(run, overrides)


def end_calls(tag: str | None, overrides: dict[str, str]) -> int:
    """Have a call hung up, or every open one.

    Args:
        tag: Of the call, or its beginning; ``None`` for all.
        overrides: Settings from the command line.
    """

    async def run(store: SqliteStore, _settings: Settings) -> int:
        found = await store.recent(_ALL, only_open=True) if tag is None else await store.find(tag)
        if tag is not None and len(found) != 1:
            say(f"{len(found) or 'No'} calls begin with {tag!r}; `calls` lists them.")
            return 1
        doubtful = [call.tag for call in found if call.state is State.IN_DOUBT]
        if doubtful:
            say(f"In doubt, so that nobody can end them: {', '.join(doubtful)}.")
        keys = [call.key for call in found if call.open and call.state is not State.IN_DOUBT]
        for key in keys:
            try:
                await store.record(key, Event.REASON, SystemClock().now(), reason=Reason.OPERATOR)
            except ImpossibleEvent:
                continue
        return await _wait_for_end(store, keys)

    return with_store(run, overrides)


def set_paused(*, paused: bool, overrides: dict[str, str]) -> int:
    """Stop or resume letting calls in, in every process that shares the store."""

    async def run(store: SqliteStore, _settings: Settings) -> int:
        await store.set_paused(paused=paused)
        say("New calls are refused until `resume`; live calls go on." if paused else "New calls are let in.")
        return 0

    return with_store(run, overrides)


async def _wait_for_end(store: SqliteStore, keys: Sequence[str]) -> int:
    if not keys:
        say("No call is open.")
        return 0
    now = SystemClock().now()
    workers = await store.at_work(now)
    if not workers:
        say(f"Noted for {len(keys)}. No relay is running: the next one that starts hangs up.")
        return 1
    for _ in range(int(_ENDED_WITHIN_SECONDS / _LOOK_SECONDS)):
        calls = [await store.get(key) for key in keys]
        still = [call for call in calls if call is not None and call.open]
        if not still:
            say(f"Ended: {len(keys)}.")
            return 0
        await asyncio.sleep(_LOOK_SECONDS)
    say(f"Ended: {len(keys) - len(still)}. Still being tried: {', '.join(call.tag for call in still)}.")
    return 1


def _row(call: Call, now: Moment) -> dict[str, object]:
    return {
        "call": call.tag,
        "state": str(call.state),
        "began": datetime.fromtimestamp(call.created.wall_seconds, UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds_used(call, now)),
        "left": round(seconds_left(call, now)),
        "caller": call.caller,
        "profile": call.profile,
        "deployment": call.deployment,
        "reason": None if call.reason is None else str(call.reason),
    }
