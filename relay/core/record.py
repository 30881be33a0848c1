"""What is known of one call, and how an event changes it.

`advance` is the only way a call changes: the store applies it to the row it holds, and the supervisor to its
own copy while the store cannot be reached.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from relay.core.call import CLOSED, GOING_ON, IMPLIED, Action, Event, ImpossibleEvent, Reason, State, step
from relay.core.upstream import CallRef

if TYPE_CHECKING:
    from relay.core.moment import Moment

TAG_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The facts of one call.

    Args:
        key: `call_key` of the id the browser holds; the id itself is kept nowhere.
        caller: Hash of who asked.
        profile: Name of the profile it was built from.
        deployment: The deployment that runs it.
        owner: Id of the worker that acts for it.
        created: When the intent was written; every duration counts from here.
        max_seconds: How long it may last.
        cap_seconds: How long the upstream lets any call last.
        presence_seconds: How long it may be without a sign of life; ``None`` when none was promised.
        holder: Who may touch it beside knowing its id; see `relay.core.caller.Caller.holder`.
        ticket: Key of the ticket that opened it, if one did.
        state: How far it has come.
        reason: Why it ends; the first reason that arose.
        reasoned: When that was.
        upstream_id: The upstream's name for it, once learnt; kept out of ``repr``.
        answered: When the answer was handed over.
        seen: The last sign of life; the answer is the first.
        warned: Whether the end of its time was announced.
        attempts: Hang-ups tried so far.
        tried: When the last of them began, or failed.
        ended: When it was known, or assumed, to be over.
    """

    key: str
    caller: str
    profile: str
    deployment: str
    owner: str
    created: Moment
    max_seconds: float
    cap_seconds: float
    presence_seconds: float | None = None
    holder: str = "anyone"
    ticket: str | None = None
    state: State = State.INTENT
    reason: Reason | None = None
    reasoned: Moment | None = None
    upstream_id: str | None = field(default=None, repr=False)
    answered: Moment | None = None
    seen: Moment | None = None
    warned: bool = False
    attempts: int = 0
    tried: Moment | None = None
    ended: Moment | None = None

    @property
    def tag(self) -> str:
        """A short name for logs and tables, from which the call cannot be reached."""
        return self.key[:TAG_DIGITS]

    @property
    def ref(self) -> CallRef | None:
        """What the upstream hangs up by; ``None`` while it has not named the call."""
        return None if self.upstream_id is None else CallRef(self.deployment, self.upstream_id)

    @property
    def open(self) -> bool:
        """Whether it counts against the limits and needs an owner."""
        return self.state not in CLOSED

    @property
    def wanted(self) -> bool:
        """Whether nothing speaks against handing its answer over."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Advanced:
    """A call after an event, and what is to be done.

    Args:
        call: The call as it is now.
        actions: For its owner, in this order.
        first: Whether this event gave the call its reason.
    """

    call: Call
    actions: tuple[Action, ...]
    first: bool


def call_key(call_id: str) -> str:
    """Derive the key a call is kept under from the id its browser holds (hexadecimal SHA-256)."""
    return hashlib.sha256(call_id.encode()).hexdigest()


def advance(
    call: Call,
    event: Event,
    now: Moment,
    *,
    reason: Reason | None = None,
    upstream_id: str | None = None,
    owner: str | None = None,
) -> Advanced:
    """Apply an event to a call.

    Args:
        call: The call before.
        event: What happened.
        now: When.
        reason: Why the call is to end, where the event brings one; a reason it already has stays.
        upstream_id: The upstream's name for the call; required with ``NAMED``.
        owner: Who took over; required with ``ADOPTED``.

    Raises:
        ImpossibleEvent: The event cannot follow upon the call's state, or lacks what it must bring.
    """
    required = {Event.REASON: reason, Event.NAMED: upstream_id, Event.ADOPTED: owner}
    if required.get(event, event) is None:
        raise ImpossibleEvent(f"{event} came without what it must bring")
    transition = step(call.state, event)
    brought = reason or (None if transition.state in GOING_ON else IMPLIED.get(event))
    first = call.reason is None and brought is not None
    return Advanced(
        replace(
            call,
            state=transition.state,
            owner=owner or call.owner,
            upstream_id=call.upstream_id or upstream_id,
            reason=call.reason or brought,
            reasoned=now if first else call.reasoned,
            answered=_answered(call, event, transition.state, now),
            seen=_seen(call, event, transition.state, now),
            tried=now if event is Event.UNSURE and call.open else call.tried,
            ended=None if transition.state not in CLOSED else call.ended or now,
        ),
        transition.actions,
        first,
    )


def begin_hang_up(call: Call, now: Moment) -> Call:
    """Count a hang-up that is about to be sent."""
    return replace(call, attempts=call.attempts + 1, tried=now)


def _answered(call: Call, event: Event, state: State, now: Moment) -> Moment | None:
    handed_over = state is State.LIVE or (event is Event.UNNAMED and call.reason is None)
    return call.answered or (now if handed_over else None)


def _seen(call: Call, event: Event, state: State, now: Moment) -> Moment | None:
    """The answer is a sign of life; an adopted call is given one, as its page had nobody to show one to."""
    fresh = state is State.LIVE and event in (Event.ANSWERED, Event.ADOPTED)
    return now if fresh else call.seen
