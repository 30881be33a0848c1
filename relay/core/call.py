"""The life of a call: its states, what can happen to it, and what follows, as data.

`NEXT` says which state an event leads to; `ENTERING` and `BESIDES` say what is then to be done. `step` merely
looks things up. Nothing here knows a clock, a store or an upstream.

    intent ──named──► named ──answered──► live ──reason──► ending ──hung up, gone──► ended
      │ reason          │ reason, adopted ─────────────────► ▲ └─ unsure: again      (refused: at once)
      ▼                                                      │
    unwanted ──named─────────────────────────────────────────┤
      │ lost, adopted (also from intent)                     │
      ▼                                                      │
    in_doubt ──named, late───────────────────────────────────┤
      │ cap passed                                           │
      ▼                                                      │
    expired ──named, later still─────────────────────────────┘

`live` and `named` are two states because a crash tells them apart: an answer that was not handed over dies
with its process and the call must end, while a live call goes on under another owner. `unwanted` and
`ending` are two because only a call with a name can be hung up. `expired` is not `ended`: it is assumed to
be over, and a name that turns up after all is still used to end it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How far a call has come."""

    INTENT = "intent"  # written before the exchange is sent; the upstream has not named a call
    UNWANTED = "unwanted"  # the same, and a reason to end it exists: hung up as soon as it has a name
    NAMED = "named"  # the upstream named it; the answer has not been handed to the browser
    LIVE = "live"  # the answer was handed over
    ENDING = "ending"  # it has a name and a reason to end; the hang-up is not confirmed
    IN_DOUBT = "in_doubt"  # sent, and no name learnt: it may be live and nobody can end it
    ENDED = "ended"  # known to be over, or never begun
    EXPIRED = "expired"  # was in doubt for as long as it could have lived


class Event(StrEnum):
    """What can happen to a call."""

    NAMED = "named"  # the upstream named it
    UNNAMED = "unnamed"  # the upstream answered without a name, and the operator accepts such calls
    ANSWERED = "answered"  # the answer is about to be handed to the browser
    REFUSED = "refused"  # certainly no call came into being
    LOST = "lost"  # sent, and nothing more will be learnt
    REASON = "reason"  # something wants it to end
    HUNG_UP = "hung_up"  # the upstream ended it for us
    GONE = "gone"  # the upstream has no such call any more
    UNSURE = "unsure"  # a hang-up failed
    ADOPTED = "adopted"  # its owner died and another took over
    CAP_PASSED = "cap_passed"  # it cannot be live any more, whatever is known of it


class Reason(StrEnum):
    """Why a call ends; the first one stays."""

    CALLER = "caller"  # DELETE
    LEFT = "left"  # the browser was gone before the answer
    PRESENCE = "presence"  # no sign of life
    MAX_DURATION = "max_duration"
    OPERATOR = "operator"
    SHUTDOWN = "shutdown"
    CRASH = "crash"  # its owner died before the answer was handed over
    REFUSED = "refused"  # the upstream made no call
    NO_ANSWER = "no_answer"  # the upstream did not answer in time
    BAD_ANSWER = "bad_answer"
    NO_CALL_ID = "no_call_id"
    UPSTREAM_ENDED = "upstream_ended"
    EXPIRED = "expired"  # the upstream's own longest session
    IDLE = "idle"  # neither side spoke
    BUDGET = "budget"
    GUARD = "guard"  # the browser went on changing what is not its to change
    MODERATION = "moderation"
    SIDEBAND = "sideband"  # required, and not attached


class Action(StrEnum):
    """What is to be done after an event."""

    WATCH = "watch"  # take up clocks and sideband of an adopted call
    HANG_UP = "hang_up"
    RETRY_HANG_UP = "retry_hang_up"  # after the backoff
    RESERVE = "reserve"  # it counts against the limits again
    RELEASE = "release"  # it counts no longer
    PUBLISH_STATE = "publish_state"
    PUBLISH_ENDED = "publish_ended"
    COUNT_IN_DOUBT = "count_in_doubt"
    COUNT_UNKILLED = "count_unkilled"  # its hang-up was never confirmed


CLOSED = frozenset({State.ENDED, State.EXPIRED})
"""States that count against no limit and need no owner."""

NAMELESS = frozenset({State.INTENT, State.UNWANTED})
"""States in which the exchange may still be under way."""

GOING_ON = frozenset({State.INTENT, State.NAMED, State.LIVE})
"""States in which nothing speaks against the call."""

NEXT: dict[State, dict[Event, State]] = {
    State.INTENT: {
        Event.NAMED: State.NAMED,
        Event.UNNAMED: State.IN_DOUBT,
        Event.REFUSED: State.ENDED,
        Event.LOST: State.IN_DOUBT,
        Event.REASON: State.UNWANTED,
        Event.ADOPTED: State.IN_DOUBT,
    },
    State.UNWANTED: {
        Event.NAMED: State.ENDING,
        Event.UNNAMED: State.IN_DOUBT,
        Event.REFUSED: State.ENDED,
        Event.LOST: State.IN_DOUBT,
        Event.REASON: State.UNWANTED,
        Event.ADOPTED: State.IN_DOUBT,
    },
    State.NAMED: {
        Event.ANSWERED: State.LIVE,
        Event.REASON: State.ENDING,
        Event.GONE: State.ENDED,
        Event.ADOPTED: State.ENDING,
    },
    State.LIVE: {
        Event.REASON: State.ENDING,
        Event.GONE: State.ENDED,
        Event.ADOPTED: State.LIVE,
    },
    State.ENDING: {
        Event.ANSWERED: State.ENDING,
        Event.REASON: State.ENDING,
        Event.HUNG_UP: State.ENDED,
        Event.GONE: State.ENDED,
        Event.UNSURE: State.ENDING,
        Event.ADOPTED: State.ENDING,
        Event.CAP_PASSED: State.ENDED,
    },
    State.IN_DOUBT: {  # the owner it was taken from may have been slow, not dead: its news still counts
        Event.NAMED: State.ENDING,
        Event.UNNAMED: State.IN_DOUBT,
        Event.REFUSED: State.ENDED,
        Event.LOST: State.IN_DOUBT,
        Event.REASON: State.IN_DOUBT,
        Event.ADOPTED: State.IN_DOUBT,
        Event.CAP_PASSED: State.EXPIRED,
    },
    State.ENDED: {  # late news of what was under way when it ended
        Event.ANSWERED: State.ENDED,
        Event.REASON: State.ENDED,
        Event.HUNG_UP: State.ENDED,
        Event.GONE: State.ENDED,
        Event.UNSURE: State.ENDED,
    },
    State.EXPIRED: {
        Event.NAMED: State.ENDING,
        Event.UNNAMED: State.EXPIRED,
        Event.REFUSED: State.EXPIRED,
        Event.LOST: State.EXPIRED,
        Event.REASON: State.EXPIRED,
    },
}
"""Which state an event leads to. A pair that is missing cannot happen."""

ENTERING: dict[State, tuple[Action, ...]] = {
    State.UNWANTED: (Action.PUBLISH_STATE,),  # its owner must hear of it before it sends anything
    State.LIVE: (Action.PUBLISH_STATE,),
    State.ENDING: (Action.PUBLISH_STATE, Action.HANG_UP),
    State.IN_DOUBT: (Action.PUBLISH_STATE, Action.COUNT_IN_DOUBT),
    State.ENDED: (Action.RELEASE, Action.PUBLISH_ENDED),
    State.EXPIRED: (Action.RELEASE, Action.PUBLISH_ENDED),
}
"""What is to be done when a state is entered from another one."""

BESIDES: dict[tuple[State, Event], tuple[Action, ...]] = {
    (State.LIVE, Event.ADOPTED): (Action.WATCH,),
    (State.ENDING, Event.ADOPTED): (Action.HANG_UP,),
    (State.ENDING, Event.UNSURE): (Action.RETRY_HANG_UP,),
    (State.ENDING, Event.CAP_PASSED): (Action.COUNT_UNKILLED,),
    (State.EXPIRED, Event.NAMED): (Action.RESERVE,),
}
"""What is to be done besides."""

IMPLIED: dict[Event, Reason] = {
    Event.REFUSED: Reason.REFUSED,
    Event.LOST: Reason.NO_ANSWER,
    Event.ADOPTED: Reason.CRASH,
    Event.NAMED: Reason.NO_ANSWER,
    Event.GONE: Reason.UPSTREAM_ENDED,
    Event.CAP_PASSED: Reason.UPSTREAM_ENDED,
}
"""The reason an event gives to a call that it ends, or puts in doubt, and that has none yet."""


class ImpossibleEvent(Exception):  # noqa: N818 - it names what happened, not what failed
    """An event that cannot follow upon a state, or lacks what it brings: a mistake in the relay."""


@dataclass(frozen=True, slots=True)
class Transition:
    """Where a step leads and what it asks for, in this order."""

    state: State
    actions: tuple[Action, ...]


def step(state: State, event: Event) -> Transition:
    """Look up what an event does to a call.

    Raises:
        ImpossibleEvent: `NEXT` has no such pair.
    """
    following = NEXT[state].get(event)
    if following is None:
        raise ImpossibleEvent(f"{event} cannot follow upon {state}")
    entering = ENTERING.get(following, ()) if following is not state else ()
    return Transition(following, BESIDES.get((state, event), ()) + entering)
