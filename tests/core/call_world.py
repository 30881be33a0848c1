"""A small world around one call: workers that crash, stall and adopt, a browser that leaves, an upstream.

`moves` yields everything that can happen next. Time is not measured here: whatever a clock can bring about
may happen at any moment at which the call's state lets it, which is more than any real clock can do. The
relay's side decides by nothing but `advance`, as the store does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from relay.core.call import GOING_ON, NAMELESS, Action, Event, Reason, State
from relay.core.record import advance, begin_hang_up
from tests.doubles.call import BEGINNING, a_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relay.core.record import Advanced, Call

WORKERS = ("a", "b", "c")
PLACER = "a"  # wrote the intent; its exchange dies with it

Move = tuple[str, "World"]


@dataclass(frozen=True)
class World:
    """Everything that is true at one moment.

    Args:
        call: What the store holds.
        placing: Where the exchange is: ``ready``, ``sent``, an event it knows of and has not recorded,
            ``reading`` (named, the answer on its way), or ``done``.
        upstream: ``none``, ``live`` or ``over``: the truth, whatever the store holds.
        browser: ``waits``, ``talks`` or ``left``.
        alive: Workers that run.
        hanging: Per worker what its hang-up knows: ``sent``, or an event it has not recorded.
        reserved: How many reservations the call holds.
        crashes, stalls, failures: How many more of each may come.
        news: The pairs of the table that were used on the way here, the last step only.
    """

    call: Call
    placing: str = "ready"
    upstream: str = "none"
    browser: str = "waits"
    alive: frozenset[str] = frozenset(WORKERS)
    hanging: frozenset[tuple[str, str]] = frozenset()
    reserved: int = 1
    crashes: int = 2
    stalls: int = 1
    failures: int = 2
    news: tuple[State, Event] | None = None


def beginning(*, crashes: int, stalls: int, failures: int) -> World:
    """The moment after the intent was written."""
    return World(a_call(), crashes=crashes, stalls=stalls, failures=failures)


def moves(world: World) -> Iterator[Move]:
    """Everything that can happen next; what would change nothing is left out."""
    for name, after in (
        *_placing(world),
        *_wishes(world),
        *_clocks(world),
        *_hang_ups(world),
        *_faults(world),
    ):
        if replace(after, news=None) != replace(world, news=None) or after.news != world.news:
            yield name, after


def record(
    world: World,
    event: Event,
    *,
    reason: Reason | None = None,
    upstream_id: str | None = None,
    owner: str | None = None,
) -> World:
    """Do what the store does with an event."""
    advanced = advance(world.call, event, BEGINNING, reason=reason, upstream_id=upstream_id, owner=owner)
    return replace(
        world,
        call=_alike(advanced.call),
        reserved=world.reserved + _balance(advanced),
        news=(world.call.state, event),
    )


def _alike(call: Call) -> Call:
    """Forget which reason it was and how many hang-ups there were: nothing that follows depends on it."""
    return replace(
        call, reason=None if call.reason is None else Reason.OPERATOR, attempts=min(call.attempts, 1)
    )


def _balance(advanced: Advanced) -> int:
    return advanced.actions.count(Action.RESERVE) - advanced.actions.count(Action.RELEASE)


def _placing(world: World) -> Iterator[Move]:
    """The exchange, step by step; the browser may leave and the worker may die between any two."""
    if PLACER not in world.alive:
        return
    if world.placing == "ready":
        yield "not sent, nobody waits", replace(world, placing=Event.REFUSED)
        yield "sent", replace(world, placing="sent")
    elif world.placing == "sent":
        yield "upstream names it", replace(world, placing=Event.NAMED, upstream="live")
        yield "upstream answers without a name", replace(world, placing=Event.UNNAMED, upstream="live")
        yield "upstream refuses", replace(world, placing=Event.REFUSED)
        yield "response lost, call made", replace(world, placing=Event.LOST, upstream="live")
        yield "response lost, no call made", replace(world, placing=Event.LOST)
    elif world.placing == "reading":
        yield "answer arrives", _hand_over(record(replace(world, placing="done"), Event.ANSWERED))
        yield "answer is bad", record(replace(world, placing="done"), Event.REASON, reason=Reason.BAD_ANSWER)
    elif world.placing != "done":
        event = Event(world.placing)
        known = record(world, event, upstream_id="rtc_1" if event is Event.NAMED else None)
        yield f"{event} recorded", replace(known, placing="reading" if event is Event.NAMED else "done")


def _hand_over(world: World) -> World:
    """The browser gets the answer if it is there and nothing speaks against the call."""
    talks = world.call.wanted and world.browser == "waits"
    return replace(world, browser="talks") if talks else world


def _wishes(world: World) -> Iterator[Move]:
    if world.browser != "left":
        yield "browser leaves unnoticed", replace(world, browser="left")
    if world.browser == "left" and PLACER in world.alive and world.placing != "done":
        yield "relay notices that it left", record(world, Event.REASON, reason=Reason.LEFT)
    yield "operator", record(world, Event.REASON, reason=Reason.OPERATOR)
    if world.browser == "talks":
        yield "DELETE", record(world, Event.REASON, reason=Reason.CALLER)
    if world.upstream == "live" and world.browser != "waits":
        yield "upstream ends by itself", replace(world, upstream="over")
    sideband = world.call.state in {State.NAMED, State.LIVE, State.ENDING, State.ENDED}
    if world.upstream == "over" and sideband and world.call.owner in world.alive:
        yield "the owner is told so", record(world, Event.GONE)


def _clocks(world: World) -> Iterator[Move]:
    if world.call.owner not in world.alive:
        return
    state = world.call.state
    if state in GOING_ON:
        yield "limit", record(world, Event.REASON, reason=Reason.MAX_DURATION)
    if state is State.LIVE:
        yield "presence", record(world, Event.REASON, reason=Reason.PRESENCE)
    if state in NAMELESS:
        yield "placing takes too long", record(world, Event.LOST)
    if state is State.IN_DOUBT:
        yield "doubt has lasted", record(world, Event.CAP_PASSED)
    if state is State.ENDING and world.call.attempts:
        yield "upstream cap", record(replace(world, upstream="over"), Event.CAP_PASSED)


def _hang_ups(world: World) -> Iterator[Move]:
    busy = {worker for worker, _ in world.hanging}
    owner = world.call.owner
    if world.call.state is State.ENDING and owner in world.alive and owner not in busy:
        begun = replace(world, call=_alike(begin_hang_up(world.call, BEGINNING)))
        yield "hang-up sent", replace(begun, hanging=world.hanging | {(owner, "sent")})
    for worker, knows in world.hanging:
        without = replace(world, hanging=world.hanging - {(worker, knows)})
        if knows != "sent":
            yield f"{knows} recorded", record(without, Event(knows))
            continue
        result = Event.HUNG_UP if world.upstream == "live" else Event.GONE
        over = replace(without, upstream="over")
        yield "hang-up answered", replace(over, hanging=without.hanging | {(worker, result)})
        if world.failures:
            fewer = replace(without, failures=world.failures - 1)
            failed = without.hanging | {(worker, Event.UNSURE)}
            yield "hang-up fails", replace(fewer, hanging=failed)
            yield "hang-up works, its response is lost", replace(fewer, hanging=failed, upstream="over")


def _faults(world: World) -> Iterator[Move]:
    for worker in world.alive if world.crashes else ():
        yield (
            f"{worker} crashes",
            replace(
                world,
                alive=world.alive - {worker},
                hanging=frozenset(item for item in world.hanging if item[0] != worker),
                crashes=world.crashes - 1,
            ),
        )
    stalled = world.call.owner in world.alive
    if not world.call.open or (stalled and not world.stalls):
        return
    for worker in world.alive - {world.call.owner}:
        adopted = record(world, Event.ADOPTED, owner=worker)
        yield f"{worker} adopts", replace(adopted, stalls=world.stalls - stalled)
