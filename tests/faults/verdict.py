"""What a storm has come to, judged by the upstream's ledger; pure.

A *reason* to end a call exists from the moment its visitor has left, lapsed or hung up, its time is over, or
a relay came back after a crash. A call is an *orphan* if it lived for more than `GRACE_SECONDS` with a reason
and a relay that was up all the time; it was *wrongly ended* if it was hung up although its visitor had the
answer, was present and had not asked for it; a *double* is a second call for one offer.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults.visitor import LEAVERS, STAYERS, Deed, Visit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GRACE_SECONDS = 10.0
NAMELESS_SECONDS = 0.5  # a call may be younger than this at a kill without its name having been recorded

_COUNTS = ("connects", "left", "created", "delivered", "hung_up", "doubles", "asked_twice", "nameless")

Life = tuple[float, float]
"""From when to when a relay was up."""


@dataclass
class Verdict:
    """The figures of one storm.

    Args:
        connects: Visitors.
        left: Of these, those that were to leave before or right after the answer.
        created: Calls that came into being.
        delivered: Answers that arrived whole.
        hung_up: Calls that were hung up.
        orphans: Calls that outlived their reason, told in words.
        wrongly_ended: Calls ended without a reason, told in words.
        doubles: Offers for which two calls came into being.
        asked_twice: Calls hung up again after that had succeeded, and no relay was killed between.
        nameless: Calls whose name died with a relay.
        seconds: From cause to hang-up, by cause.
    """

    connects: int = 0
    left: int = 0
    created: int = 0
    delivered: int = 0
    hung_up: int = 0
    orphans: list[str] = field(default_factory=list)
    wrongly_ended: list[str] = field(default_factory=list)
    doubles: int = 0
    asked_twice: int = 0
    nameless: int = 0
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: Verdict) -> None:
        """Sum up."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.orphans += other.orphans
        self.wrongly_ended += other.wrongly_ended
        for cause, seconds in other.seconds.items():
            self.seconds[cause] += seconds


def judge(
    visits: Sequence[Visit],
    calls: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    lives: Sequence[Life],
    *,
    kills: Sequence[float] = (),
    presence_seconds: float,
    max_seconds: float = 600.0,
) -> Verdict:
    """Compare what the visitors did with what the ledger says.

    Args:
        visits: Everybody.
        calls: The ledger's.
        rows: The relay's own, for the reasons it gave.
        lives: When it was up.
        kills: When a process of it was killed.
        presence_seconds: RELAY_PRESENCE_SECONDS.
        max_seconds: RELAY_MAX_CALL_SECONDS.
    """
    by_marker = {visit.marker: visit for visit in visits}
    by_name = {row["upstream_id"]: row for row in rows if row["upstream_id"]}
    verdict = Verdict(
        connects=len(visits),
        left=sum(visit.deed in LEAVERS for visit in visits),
        created=len(calls),
        delivered=sum(visit.answered is not None and visit.status == 201 for visit in visits),
        hung_up=sum(call["hung_up"] is not None for call in calls),
        doubles=len(calls) - len({call["marker"] for call in calls}),
        asked_twice=sum(_asked_after_success(call, kills) for call in calls),
    )
    for call in calls:
        visit, row = by_marker[call["marker"]], by_name.get(call["id"])
        if row is None and _died_nameless(visit, call, kills):
            verdict.nameless += 1
            continue
        cause, reason_at = _reason(visit, call, row, presence_seconds, max_seconds)
        if cause == "crash":
            reason_at = next((kill for kill in kills if kill > call["created"]), reason_at)
        words = f"{cause}: {visit}, {dict(call)}, relay says {row and (row['state'], row['reason'])}"
        if _is_orphan(call, reason_at, lives):
            verdict.orphans.append(words)
        if call["hung_up"] is not None:
            verdict.seconds[cause].append(call["hung_up"] - _heard(reason_at, call["hung_up"], lives))
            if cause != "max_duration" and _had_no_reason(visit, call):
                verdict.wrongly_ended.append(words)
    return verdict


def quantiles(seconds: Sequence[float]) -> tuple[float, float, float]:
    """The median, the 99th percentile and the worst."""
    ordered = sorted(seconds)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], ordered[-1]


def _reason(
    visit: Visit,
    call: Mapping[str, Any],
    row: Mapping[str, Any] | None,
    presence_seconds: float,
    max_seconds: float,
) -> tuple[str, float]:
    given = row["reason"] if row is not None else None
    began = max(call["created"], call["answered"] or 0.0)
    gone = visit.left if visit.left is not None else began
    if given == "max_duration":
        return given, (visit.sent or began) + max_seconds
    if given == "crash":
        return given, began
    if visit.answered is not None and visit.deed in (Deed.HANG_UP, Deed.KEEP) and visit.asked_to_end:
        return "caller", visit.asked_to_end
    if given == "presence" or (visit.answered is not None and visit.deed in (*STAYERS, Deed.AFTER_ANSWER)):
        return "presence", max(gone, began) + presence_seconds
    return "left", max(gone, began)


def _asked_after_success(call: Mapping[str, Any], kills: Sequence[float]) -> bool:
    succeeded = min((at for at, status in call["hang_ups"] if status == 200), default=float("inf"))
    again = [at for at, _ in call["hang_ups"] if at > succeeded]
    return any(not any(succeeded <= kill <= at for kill in kills) for at in again)


def _died_nameless(visit: Visit, call: Mapping[str, Any], kills: Sequence[float]) -> bool:
    """Whether a relay was killed between the offer and the moment at which it had the name written down."""
    known_at = call["answered"] or float("inf")
    return any((visit.sent or 0.0) <= kill <= known_at + NAMELESS_SECONDS for kill in kills)


def _heard(reason_at: float, hung_up: float, lives: Sequence[Life]) -> float:
    """When the relay that hung up could first learn of the reason: it acts even before it answers."""
    up = next((up for up, end in lives if end >= hung_up), reason_at)
    return min(hung_up, max(reason_at, up))


def _is_orphan(call: Mapping[str, Any], reason_at: float, lives: Sequence[Life]) -> bool:
    hung_up = call["hung_up"] if call["hung_up"] is not None else float("inf")
    limits = ((max(reason_at, up) + GRACE_SECONDS, end) for up, end in lives)
    return any(limit <= end and hung_up > limit for limit, end in limits)


def _had_no_reason(visit: Visit, call: Mapping[str, Any]) -> bool:
    if visit.answered is None or visit.status != 201 or visit.deed not in STAYERS:
        return False
    wanted_until = visit.asked_to_end if visit.deed is not Deed.LEAVE else visit.left
    return wanted_until is not None and bool(call["hung_up"] < wanted_until)
