"""What those that attend a call have in common: what each is given, and what each is.

`relay.attendant` runs one attendant per call: it keeps the sideband attached and hands every fact to its
parts, in the order in which they were made. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from relay.clock import Clock
    from relay.core.call import Reason
    from relay.core.facts import Fact
    from relay.core.profile import Profile
    from relay.core.record import Call
    from relay.core.upstream import Plan

Body = Mapping[str, object]
"""What an entry of the call's event stream holds: numbers, short words and lists of them."""


class Desk(Protocol):
    """The words to the upstream about one call; they go to whatever sideband is attached now.

    Every word raises `relay.core.upstream.SidebandLost` when none is, or when it breaks.
    """

    @property
    def attached(self) -> bool:
        """Whether a sideband is attached now."""

    async def respond(self, *, mark: str, instructions: str | None = None) -> None:
        """Have the assistant respond; waits for a response that is being made, and returns at once.

        Several wishes without instructions become one. `mark` comes back in the facts of the response, and
        only ours do: a mark that the browser wrote is taken out of the facts before they are handed on.
        """

    async def say(self, text: str, *, mark: str) -> None:
        """Let the assistant say something of the operator's, as `respond` does."""

    async def answer_tool(self, tool_id: str, output: str, *, item_id: str) -> None:
        """Put a tool's output into the conversation under an item id of ours; begins no response."""

    async def cancel(self, response_id: str | None = None) -> None:
        """Cancel a response, the running one unless named, and drop its sound that is not yet heard."""

    async def remove(self, item_id: str) -> None:
        """Take an item out of the conversation."""

    async def look(self) -> None:
        """Have the session told as it is now: an `Effective` follows, and nothing changes."""

    async def restore(self, values: Mapping[str, object]) -> None:
        """Set these values of the session, by their neutral names; an `Effective` follows."""

    def is_ours(self, item_id: str) -> bool:
        """Whether this process put the item into the conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """A call whose sideband is looked after, as its parts get it.

    Args:
        call: As it was when its attendant began; `key`, `caller`, `profile` and `deployment` never change.
        profile: The profile it was placed with; after an adoption, the profile of that name as it is now.
        plan: Its session as it was planned; after an adoption, without what the browser chose.
        adopted: Whether another process placed it.
        desk: The words to the upstream.
        publish: Append an entry to the call's event stream; never raises for a store that is away.
        end: Hang the call up, for this reason; the first counts.
        clock: Tells the time.
    """

    call: Call
    profile: Profile
    plan: Plan
    adopted: bool
    desk: Desk
    publish: Callable[[str, Body], Awaitable[None]] = field(repr=False)
    end: Callable[[Reason], Awaitable[None]] = field(repr=False)
    clock: Clock = field(repr=False)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a call was placed with, for those who attend it.

    Args:
        profile: The operator's.
        plan: The session, in the upstream's JSON.
    """

    profile: Profile
    plan: Plan


class Part(Protocol):
    """One of those that are told of a call: guard, account, transcript, tools and others.

    Its methods are called one after the other, never two at once. What raises ends that part alone, is
    logged, and the call goes on.
    """

    async def attached(self, *, again: bool) -> None:
        """The sideband is attached, so the desk can be used.

        Args:
            again: Facts may have been missed: it was attached before, here or by another process.
        """

    async def lost(self) -> None:
        """The sideband broke; it is tried to be attached again while the call lives."""

    async def take(self, fact: Fact) -> None:
        """Take a fact. Returns at once: whatever takes time is a task of the part's own."""

    async def close(self) -> None:
        """The call is over, or another process's now: end tasks, write down what is at hand."""


class QuietPart:
    """A part to which nothing happens; what overrides nothing does nothing."""

    async def attached(self, *, again: bool) -> None:
        """Do nothing."""

    async def lost(self) -> None:
        """Do nothing."""

    async def take(self, fact: Fact) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""


PartFactory = Callable[[Attended], Part | None]
"""Makes a call's part, or ``None`` where the profile asks for none."""
