"""The calls themselves: rows of `calls`. Every function runs inside a transaction of its caller's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from relay.core.booking import day_of, until_midnight
from relay.core.call import Event, State
from relay.core.clocks import due_event, due_reason, hang_up_in, seconds_left, warning_in
from relay.core.limits import Usage, admit
from relay.core.record import advance, begin_hang_up
from relay.store import accounts, days, journal, rows, tally, transcripts, workers

if TYPE_CHECKING:
    import sqlite3

    from relay.core.call import Reason
    from relay.core.limits import Admission, Ceiling
    from relay.core.moment import Moment
    from relay.core.record import Advanced, Call

_DAY_SECONDS = 86_400.0
_FOUND = 10


def write_intent(db: sqlite3.Connection, call: Call, ceiling: Ceiling, *, paused: bool) -> Admission:
    """Write the call down, with the time it is granted, if the limits let it in."""
    usage = _usage(db, call, ceiling, paused=paused)
    admission = admit(
        ceiling, usage, max_seconds=call.max_seconds, until_midnight=until_midnight(call.created)
    )
    if admission.limit is None:
        if admission.max_seconds != call.max_seconds:
            call = replace(call, max_seconds=admission.max_seconds)
        workers.ensure(db, call.owner, call.created)
        db.execute(rows.INSERT, rows.lasting(call) + rows.changing(call) + rows.indexed(call))
        tally.change(db, None, call)
        days.change(db, None, call)
    return admission


def record(
    db: sqlite3.Connection,
    call: Call,
    event: Event,
    now: Moment,
    *,
    reason: Reason | None = None,
    upstream_id: str | None = None,
    owner: str | None = None,
) -> Advanced:
    """Apply an event to a call that was just read, and publish what it asks for."""
    advanced = advance(call, event, now, reason=reason, upstream_id=upstream_id, owner=owner)
    _write(db, call, advanced.call)
    if advanced.call.open and not call.open:
        workers.ensure(db, advanced.call.owner, None)
    journal.publish_step(db, advanced, now)
    return advanced


def hand_over(
    db: sqlite3.Connection, key: str, now: Moment, *, upstream_id: str
) -> tuple[Advanced, Advanced] | None:
    """Apply two events to an open call, with one write; ``None`` when there is no such call."""
    call = get(db, key)
    if call is None:
        return None
    named = advance(call, Event.NAMED, now, upstream_id=upstream_id)
    answered = advance(named.call, Event.ANSWERED, now)
    _write(db, call, answered.call)
    journal.publish_step(db, named, now)
    journal.publish_step(db, answered, now)
    return named, answered


def expire(db: sqlite3.Connection, call: Call, now: Moment) -> Advanced | None:
    """Apply what the passing of time has done, if anything."""
    event = due_event(call, now)
    return None if event is None else record(db, call, event, now, reason=due_reason(call, now))


def claim_hang_up(db: sqlite3.Connection, call: Call, now: Moment) -> Call | None:
    """Count a hang-up, if one is due."""
    if hang_up_in(call, now) > 0:
        return None
    claimed = begin_hang_up(call, now)
    _write(db, call, claimed)
    return claimed


def adopt(db: sqlite3.Connection, owner: str, now: Moment, limit: int) -> list[Advanced]:
    """Move calls of lapsed workers to `owner`."""
    adopted: list[Advanced] = []
    for worker in workers.lapsed(db, now):
        if worker == owner:
            continue
        accounts.doubt(db, worker)
        calls = _owned(db, worker, limit - len(adopted) + 1)
        room = limit - len(adopted)
        adopted += [record(db, call, Event.ADOPTED, now, owner=owner) for call in calls[:room]]
        if len(calls) > room:
            workers.fence(db, worker)
            break
        workers.forget(db, worker)
    return adopted


def touch(db: sqlite3.Connection, call: Call, now: Moment) -> Call:
    """Note a sign of life of a live call."""
    if call.state is not State.LIVE:
        return call
    touched = replace(call, seen=now)
    _write(db, call, touched)
    return touched


def warn(db: sqlite3.Connection, call: Call, now: Moment) -> bool:
    """Publish the warning, once."""
    if warning_in(call, now) > 0:
        return False
    _write(db, call, replace(call, warned=True))
    left = round(seconds_left(call, now), 3)
    journal.publish(db, call.key, "warning", {"seconds_left": left}, now)
    return True


def get(db: sqlite3.Connection, key: str) -> Call | None:
    """Read one call."""
    row = db.execute(f"{rows.SELECT} WHERE key = ?", (key,)).fetchone()
    return None if row is None else rows.call_from_row(row)


def find(db: sqlite3.Connection, tag: str) -> list[Call]:
    """Read the calls whose key begins so (keys are hexadecimal, so ``g`` comes after all of them)."""
    found = db.execute(f"{rows.SELECT} WHERE key >= ? AND key < ? LIMIT ?", (tag, f"{tag}g", _FOUND))
    return [rows.call_from_row(row) for row in found]


def owned(db: sqlite3.Connection, owner: str) -> list[Call]:
    """Read every open call of a worker."""
    return _owned(db, owner, -1)


def recent(db: sqlite3.Connection, limit: int, *, only_open: bool) -> list[Call]:
    """Read calls, the newest first."""
    where = "WHERE open = 1" if only_open else ""
    found = db.execute(f"{rows.SELECT} {where} ORDER BY rowid DESC LIMIT ?", (limit,))
    return [rows.call_from_row(row) for row in found]


def purge(db: sqlite3.Connection, now: Moment, retention_days: float, limit: int) -> int:
    """Forget calls that ended too long ago."""
    before = now.wall_seconds - retention_days * _DAY_SECONDS
    old = db.execute(
        "SELECT key FROM calls WHERE open = 0 AND CAST(ended AS REAL) < ? LIMIT ?", (before, limit)
    ).fetchall()
    for (key,) in old:
        journal.forget(db, key)
        accounts.forget(db, key)
        transcripts.forget(db, key)
        db.execute("DELETE FROM calls WHERE key = ?", (key,))
    return len(old)


def _write(db: sqlite3.Connection, before: Call, after: Call) -> None:
    db.execute(rows.UPDATE, (*rows.changing(after), after.key))
    if rows.indexed(before) != rows.indexed(after):
        db.execute(rows.UPDATE_INDEXED, (*rows.indexed(after), after.key))
    tally.change(db, before, after)
    days.change(db, before, after)


def _owned(db: sqlite3.Connection, owner: str, limit: int) -> list[Call]:
    found = db.execute(f"{rows.SELECT} WHERE open = 1 AND owner = ? LIMIT ?", (owner, limit))
    return [rows.call_from_row(row) for row in found.fetchall()]


def _usage(db: sqlite3.Connection, call: Call, ceiling: Ceiling, *, paused: bool) -> Usage:
    """Read what the limits are measured against; tomorrow only when the call could last until then."""
    today = day_of(call.created)
    over_midnight = call.max_seconds * 1000 > until_midnight(call.created)
    now, later = (
        days.booked(db, today, call.caller),
        days.booked(db, today + 1, call.caller) if over_midnight else (0, 0),
    )
    money = (0, 0)
    if ceiling.day_picos_per_caller or ceiling.day_picos_total:
        money = accounts.spent(db, call.caller, today)
    return Usage(
        paused=paused,
        total=tally.open_calls(db),
        of_caller=_open_of(db, call.caller, max(1, ceiling.per_caller)),
        of_profile=_open_of_profile(db, call) if ceiling.per_caller_of_profile else 0,
        booked_of_caller=(now[0], later[0]),
        booked_total=(now[1], later[1]),
        picos_of_caller=money[0],
        picos_total=money[1],
    )


def _open_of(db: sqlite3.Connection, caller: str, limit: int) -> int:
    """Count a caller's open calls as far as the limit: a few entries of an index."""
    query = "SELECT count(*) FROM (SELECT 1 FROM calls WHERE open = 1 AND caller = ? LIMIT ?)"
    return int(db.execute(query, (caller, limit)).fetchone()[0])


def _open_of_profile(db: sqlite3.Connection, call: Call) -> int:
    """Count the open calls of a call's caller that have its profile, by the same index."""
    query = "SELECT count(*) FROM calls WHERE open = 1 AND caller = ? AND profile = ?"
    return int(db.execute(query, (call.caller, call.profile)).fetchone()[0])
