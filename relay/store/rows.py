"""Calls and moments as rows, and back; nothing is decided here."""

from __future__ import annotations

from typing import Any

from relay.core.call import Reason, State
from relay.core.moment import Moment
from relay.core.record import Call

LASTING = (
    "key", "caller", "profile", "deployment", "created", "max_seconds", "cap_seconds", "presence_seconds",
    "holder", "ticket",
)  # fmt: skip
"""Columns that are written once."""

CHANGING = (
    "state", "reason", "reasoned", "upstream_id", "answered", "seen", "warned", "attempts", "tried", "ended",
)  # fmt: skip
"""Columns that change often; none of them is in an index of open calls, so that a change is one page."""

INDEXED = ("owner", "open")
"""Columns that change seldom, and cost index pages when they do."""

COLUMNS = (*LASTING, *CHANGING, *INDEXED)

SELECT = f"SELECT {', '.join(COLUMNS)} FROM calls"  # noqa: S608 - fixed names
INSERT = f"INSERT INTO calls ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
UPDATE = f"UPDATE calls SET {', '.join(f'{name} = ?' for name in CHANGING)} WHERE key = ?"  # noqa: S608
UPDATE_INDEXED = "UPDATE calls SET owner = ?, open = ? WHERE key = ?"

Row = tuple[Any, ...]


def text_from_moment(moment: Moment | None) -> str | None:
    """Write a moment as ``wall boot_seconds boot_id``; lossless."""
    if moment is None:
        return None
    return f"{moment.wall_seconds!r} {moment.boot_seconds!r} {moment.boot_id}"


def moment_from_text(text: str | None) -> Moment | None:
    """Read what `text_from_moment` wrote."""
    if text is None:
        return None
    wall, boot, boot_id = text.split(" ", 2)
    return Moment(boot_id, float(boot), float(wall))


def lasting(call: Call) -> Row:
    """The values of `LASTING`."""
    return (
        call.key,
        call.caller,
        call.profile,
        call.deployment,
        text_from_moment(call.created),
        call.max_seconds,
        call.cap_seconds,
        call.presence_seconds,
        call.holder,
        call.ticket,
    )


def changing(call: Call) -> Row:
    """The values of `CHANGING`."""
    return (
        call.state.value,
        None if call.reason is None else call.reason.value,
        text_from_moment(call.reasoned),
        call.upstream_id,
        text_from_moment(call.answered),
        text_from_moment(call.seen),
        call.warned,
        call.attempts,
        text_from_moment(call.tried),
        text_from_moment(call.ended),
    )


def indexed(call: Call) -> Row:
    """The values of `INDEXED`."""
    return (call.owner, call.open)


def call_from_row(row: Row) -> Call:
    """Read a row of `COLUMNS`."""
    (key, caller, profile, deployment, created, max_seconds, cap_seconds, presence_seconds,
     holder, ticket, state, reason, reasoned, upstream_id, answered, seen, warned, attempts, tried, ended,
     owner, _) = row  # fmt: skip
    begun = moment_from_text(created)
    if begun is None:
        raise ValueError("a call without a beginning")
    return Call(
        key=key,
        caller=caller,
        profile=profile,
        deployment=deployment,
        owner=owner,
        created=begun,
        max_seconds=max_seconds,
        cap_seconds=cap_seconds,
        presence_seconds=presence_seconds,
        holder=holder,
        ticket=ticket,
        state=State(state),
        reason=None if reason is None else Reason(reason),
        reasoned=moment_from_text(reasoned),
        upstream_id=upstream_id,
        answered=moment_from_text(answered),
        seen=moment_from_text(seen),
        warned=bool(warned),
        attempts=attempts,
        tried=moment_from_text(tried),
        ended=moment_from_text(ended),
    )
