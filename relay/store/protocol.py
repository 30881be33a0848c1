"""What the relay asks of a store, whatever keeps it.

Every method is one transaction: it happens whole or, with `StoreUnavailable`, not at all, and two workers
never see each other's halves. The rules of a call's life are not here but in `relay.core`; a store applies
`advance` to what it holds. Any worker may record what it knows; only a call's owner acts upon it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relay.core.account import Account, Spent
    from relay.core.call import Event, Reason
    from relay.core.caller import Ticket
    from relay.core.facts import Line, Used
    from relay.core.limits import Admission, Ceiling
    from relay.core.moment import Moment
    from relay.core.rate import Rate, Standing
    from relay.core.record import Advanced, Call


@dataclass(frozen=True, slots=True)
class Counts:
    """How many calls are open, and in what condition.

    Args:
        open: Every call that counts against the limits.
        live: Those whose answer was handed over and that nothing wants to end.
        in_doubt: Those that may be live without a name.
        unkilled: Those whose hang-up fails again and again.
    """

    open: int
    live: int
    in_doubt: int
    unkilled: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to a call, for its event stream.

    Args:
        id: Rises over all calls, in the order of commits; what another worker polls by.
        key: The call.
        seq: Rises by one within the call; what ``Last-Event-ID`` carries.
        wall_seconds: When, in Unix time.
        type: ``state``, ``warning``, ``ended``, or what `Store.publish` was given.
        body: Numbers and short words.
    """

    id: int
    key: str
    seq: int
    wall_seconds: float
    type: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Usage of a group of calls.

    Args:
        group: What they have in common, in the order that was asked for; a day as days since 1970-01-01.
        calls: How many used anything.
        with_gaps: How many of them may have used more than was heard of.
        account: The sums.
    """

    group: tuple[str | int, ...]
    calls: int
    with_gaps: int
    account: Account


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line of a transcript.

    Args:
        who: ``caller`` or ``assistant``.
        at: When its turn began, Unix seconds.
        text: The words; kept out of ``repr``.
        item_id: The upstream's.
    """

    who: str
    at: float
    text: str = field(repr=False)
    item_id: str = ""


class Store(Protocol):
    """Calls, limits, the leases of workers, and the journal; every method raises `StoreUnavailable`."""

    # --- limits

    async def count_attempt(
        self, caller: str, rate: Rate, now: Moment, *, prepares: bool = False
    ) -> Standing:
        """Let a caller ask, or refuse it, within a moving window; only who is let in is counted.

        Args:
            caller: Who asks.
            rate: The operator's.
            now: When.
            prepares: Whether it only prepares a call; the call that follows counts in its place.
        """

    async def write_intent(self, call: Call, ceiling: Ceiling, ticket: Ticket | None = None) -> Admission:
        """Let a call in and write it down, or refuse it; deciding, booking and writing are one step.

        The call is written with the maximum it was granted. Its place and its time are given back by
        whatever ends it: a refused call has used nothing, every other what it lasted.

        Args:
            call: The intent.
            ceiling: What is allowed at once, and in a day.
            ticket: Spent with it; a call that is not let in leaves it unspent.
        """

    async def record(
        self,
        key: str,
        event: Event,
        now: Moment,
        *,
        reason: Reason | None = None,
        upstream_id: str | None = None,
    ) -> Advanced | None:
        """Record what happened to a call (`relay.core.record.advance`); ``None`` when there is no such call.

        Raises:
            ImpossibleEvent: The event cannot follow upon the call's state.
        """

    async def hand_over(self, key: str, now: Moment, *, upstream_id: str) -> tuple[Advanced, Advanced] | None:
        """Record in one step that the upstream has named a call and that its answer may be handed over.

        Raises:
            ImpossibleEvent: One of the two cannot follow; neither is recorded.
        """

    async def expire(self, key: str, owner: str, now: Moment) -> Advanced | None:
        """Record what the passing of time has done to a call, judged by what the store holds now.

        Returns:
            ``None`` when nothing is due (somebody may have shown a sign of life), or `owner` is not it.
        """

    async def claim_hang_up(self, key: str, owner: str, now: Moment) -> Call | None:
        """Ask for leave to send a hang-up, and count it; ``None`` when it is not to be sent.

        It is not when the call has ended, belongs to another worker, or waits for its backoff. Every
        hang-up passes here; its result is recorded with ``HUNG_UP``, ``GONE`` or ``UNSURE``.
        """

    async def touch(self, key: str, now: Moment) -> Call | None:
        """Note a sign of life of a live call; ``None`` when there is no such call."""

    async def warn(self, key: str, now: Moment) -> bool:
        """Publish ``warning`` with the seconds left; false when that was done before or is no longer due."""

    # --- tickets

    async def spend_ticket(self, ticket: Ticket) -> bool:
        """Spend a ticket for something that is no call of ours; false when it was spent before."""

    async def ticket_spent(self, ticket: str) -> bool:
        """Tell whether a ticket was spent."""

    # --- reading

    async def get(self, key: str) -> Call | None:
        """Read one call."""

    async def find(self, tag: str) -> list[Call]:
        """Read the calls whose tag begins with `tag`, ten at most."""

    async def owned(self, owner: str) -> list[Call]:
        """Read every open call of a worker."""

    async def recent(self, limit: int, *, only_open: bool) -> list[Call]:
        """Read calls, the newest first."""

    async def counts(self) -> Counts:
        """Count the open calls."""

    # --- workers

    async def renew(self, owner: str, now: Moment) -> bool:
        """Renew a worker's lease, or begin it; to be done every `HEARTBEAT_SECONDS`.

        Returns:
            Whether it was unbroken. If not, others may have adopted calls meanwhile: read `owned` anew.
        """

    async def adopt(self, owner: str, now: Moment, *, limit: int = 200) -> list[Advanced]:
        """Take over calls of workers whose lease has lapsed; each goes to exactly one of those who ask.

        Returns:
            `limit` of them at most; ask again until fewer come.
        """

    async def leave(self, owner: str, *, died: bool = False) -> None:
        """End a worker's lease at once, so that others adopt its calls without waiting.

        Args:
            owner: The worker.
            died: Whether another one says so of it: what its last calls used may be incomplete.
        """

    async def stop(self, owner: str) -> None:
        """Note that a worker is about to stop, so that nobody leaves it their calls."""

    async def at_work(self, now: Moment) -> list[tuple[str, int]]:
        """Read the workers whose lease holds and that are not about to stop: id and process id."""

    # --- the journal

    async def publish(self, key: str, kind: str, body: Mapping[str, object], now: Moment) -> None:
        """Append an entry to a call's journal; the oldest are dropped beyond `JOURNAL_ENTRIES`."""

    async def entries(self, key: str, *, after_seq: int = 0) -> list[Entry]:
        """Read a call's journal, the oldest first."""

    async def entries_since(self, entry_id: int, *, limit: int = 500) -> list[Entry]:
        """Read what was published by any worker after an entry, the oldest first."""

    async def last_entry_id(self) -> int:
        """Tell where the journal ends now."""

    # --- the operator

    async def set_paused(self, *, paused: bool) -> None:
        """Stop or resume letting calls in, in every worker."""

    async def paused(self) -> bool:
        """Tell whether new calls are stopped."""

    async def purge(
        self, now: Moment, *, retention_days: float, transcript_days: float = 30, limit: int = 500
    ) -> int:
        """Forget closed calls that ended longer ago; returns how many, `limit` at most.

        Forgets besides what was booked on days long over, attempts that count no more, and tickets that
        have expired.
        """

    # --- what calls use and say

    async def book(
        self, call: Call, deployment: str, used: Used, cost: int | None, now: Moment
    ) -> Spent | None:
        """Book what a call used, once; ``None`` when it was booked before.

        Args:
            call: Which.
            deployment: The one that is billed: the call's own, or that of its transcription.
            used: What.
            cost: In picos; ``None`` when it has no price.
            now: The day it is booked on.
        """

    async def add_gap(self, key: str) -> None:
        """Note that something that a call used may have been missed."""

    async def account(self, key: str) -> Account:
        """Add up what a call has used."""

    async def spent(self, call: Call, now: Moment) -> Spent:
        """Read what a call, its caller today, and all callers today have spent."""

    async def usage(self, by: Sequence[str], first_day: int, last_day: int) -> list[UsageRow]:
        """Add up usage of UTC days, both included, grouped by names of `relay.store.usage.USAGE_BY`."""

    async def keep_line(self, key: str, line: Line, at: float) -> None:
        """Keep a line of a call's transcript; the same item and part again takes its place."""

    async def lines(self, key: str) -> list[KeptLine]:
        """Read a call's transcript."""

    async def forget_caller(self, caller: str) -> tuple[int, int]:
        """Drop everything a caller said or was told; returns how many calls and lines."""

    async def check(self) -> None:
        """Write something, to know that writing works."""

    async def close(self) -> None:
        """Flush and let go."""
