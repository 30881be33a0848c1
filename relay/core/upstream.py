"""The words between the relay and any realtime API.

Nothing here names a vendor, a header or an HTTP status: `exchange` tells its story in these words, and
each API (`relay/upstream/realtime.py` is the first) translates them. What may be retried is decided on
the API's side, because only it knows which of its requests costs money.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from relay.core.facts import Fact
    from relay.core.profile import SessionConfig


@dataclass(frozen=True, slots=True)
class Traits:
    """What an API is like, as far as the relay's decisions depend on it.

    Args:
        api: The name shown to the page and in logs, such as ``realtime``.
        max_call_seconds: The longest call the API allows; it ends it by itself then.
        exchange_url: Where a browser that was given a client secret posts its offer itself; ``None``
            where the API has no such way.
        prepares: Whether something can be done for a plan before its offer is there; see `Upstream.prepare`.
    """

    api: str
    max_call_seconds: int
    exchange_url: str | None
    prepares: bool = False


@dataclass(frozen=True, slots=True)
class CallRef:
    """The upstream's name of a call: enough to end it, and never shown to a browser.

    Args:
        deployment: Which configured deployment runs the call.
        id: The upstream's id; opaque.
    """

    deployment: str
    id: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A session config in one upstream's own JSON.

    Args:
        deployment: The deployment it is for.
        session: The upstream's session object; contains instructions, so it is kept out of ``repr``.
        caller: Hash of who asks, when the upstream is to be told; part of what a client secret is minted for.
        browser_filter: Whether the upstream is to keep from the browser what could tell of prompt and tools.
    """

    deployment: str
    session: Mapping[str, object] = field(repr=False)
    caller: str | None = None
    browser_filter: bool = False


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """The upstream's short-lived secret, reusable until it expires.

    Args:
        value: The secret itself; kept out of ``repr``.
        expires_at: Unix time in seconds.
    """

    value: str = field(repr=False)
    expires_at: int


class HungUp(enum.Enum):
    """How a hang-up went."""

    ENDED = "ended"  # the upstream ended the call for us
    GONE = "gone"  # there was no such call any more
    UNSURE = "unsure"  # the call may still be live: try again


class NotWanted(Exception):  # noqa: N818 - an answer, not a fault
    """The browser left before anything that costs money was sent."""


class Placed(Protocol):
    """A call that the upstream has named, whose answer may still be on its way.

    `timings` maps ``credential``, ``secret`` and ``exchange`` to milliseconds; ``exchange`` is complete
    once `answer` has returned.
    """

    @property
    def ref(self) -> CallRef | None:
        """The call; ``None`` when the upstream did not name it, so that nobody can end it."""

    @property
    def timings(self) -> Mapping[str, float]:
        """Milliseconds per step."""

    @property
    def at_hand(self) -> bool:
        """Whether all of the answer has come, so that reading it waits for nothing."""

    async def answer(self) -> str:
        """Read the SDP answer, as the upstream wrote it.

        Raises:
            UpstreamBadAnswer: Not an SDP, too large, or encoded.
            UpstreamTimeout: The deadline passed while it was read.
        """

    async def close(self) -> None:
        """Let go of the connection; harmless when it was let go already."""


class Sideband(Protocol):
    """The control connection of one running call; iterating it yields facts until it closes.

    Iteration ends by itself when the upstream closed in good order, which is the end of the call, after a
    last `CallOver`.

    Raises:
        SidebandLost: While iterating or sending: the connection broke; the call may go on.
    """

    def __aiter__(self) -> AsyncIterator[Fact]:
        """Yield what happens."""

    async def look(self, *, event_id: str) -> None:
        """Ask for the session as it is now; an `Effective` follows, and nothing changes."""

    async def restore(self, values: Mapping[str, object], *, event_id: str) -> None:
        """Set these values of the session, by their neutral names."""

    async def answer_tool(self, tool_id: str, output: str, *, item_id: str) -> None:
        """Put a tool's output into the conversation under an item id of ours; begins no response."""

    async def remove(self, item_id: str) -> None:
        """Take an item out of the conversation."""

    async def respond(self, *, mark: str, instructions: str | None = None) -> None:
        """Ask for a response; `mark` comes back in the facts of it.

        It is refused while another response of the conversation is being made: a `Failed` follows whose
        ``event_id`` is the mark.
        """

    async def say(self, text: str, *, mark: str) -> None:
        """Let the assistant say something of the operator's."""

    async def cancel(self, response_id: str | None = None) -> None:
        """Cancel a response, the running one unless named, and drop its sound that is not yet heard."""

    async def close(self) -> None:
        """Let go; the call goes on."""


class SidebandLost(Exception):  # noqa: N818 - it names what happened
    """A sideband broke, or could not be attached.

    Args:
        final: Whether trying again is of no use: the call is gone, or the upstream refuses us.
        code: A short name of the cause, for log and page.
    """

    def __init__(self, code: str, *, final: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.final = final


class Upstream(Protocol):
    """A realtime API that calls can be placed at."""

    @property
    def name(self) -> str:
        """Which kind it is, for the page and the log: ``azure`` or ``simulator``."""

    @property
    def traits(self) -> Traits:
        """What it is like."""

    def plan(self, config: SessionConfig) -> Plan:
        """Translate a session config; pure."""

    async def mint(self, plan: Plan, *, life_seconds: int, deadline: float) -> ClientSecret:
        """Mint a client secret; creates no call and costs nothing.

        Args:
            plan: What the secret is for.
            life_seconds: How long it should live.
            deadline: On the event loop's clock.

        Raises:
            UpstreamProblem: Whatever kept it from being minted.
        """

    async def prepare(self, plan: Plan, *, deadline: float) -> None:
        """Do for a plan what can be done before its offer is there; creates no call and costs nothing.

        Args:
            plan: What a call is soon to be like.
            deadline: On the event loop's clock.

        Raises:
            UpstreamProblem: Whatever kept it from being done.
        """

    async def place(self, offer: str, plan: Plan, *, deadline: float, wanted: Callable[[], bool]) -> Placed:
        """Place a call; at most one comes into being. Returns as soon as the upstream has named it.

        Args:
            offer: The SDP offer, sent as it is.
            plan: The session config in this upstream's JSON.
            deadline: On the event loop's clock.
            wanted: Asked right before a request that may cost money; when it says no, nothing is sent.

        Raises:
            NotWanted: `wanted` said no; no call has come into being.
            UpstreamProblem: No call that we could name has come into being; `in_doubt` on it tells
                whether one may exist all the same (the request was sent and no status came back).
        """

    async def hang_up(self, ref: CallRef, *, deadline: float) -> HungUp:
        """End a call. Never raises for what the upstream says; `HungUp.UNSURE` means: try again.

        Args:
            ref: The call.
            deadline: On the event loop's clock.
        """

    async def attach(self, ref: CallRef, *, deadline: float) -> Sideband:
        """Attach the sideband of a call; a call that was just placed may not be found yet (fact 4.2).

        Raises:
            SidebandLost: It could not be attached now.
        """

    async def ready(self) -> bool:
        """Whether a call could be placed now, as far as can be told without asking the upstream."""

    async def close(self) -> None:
        """Let go of connections and background tasks."""
