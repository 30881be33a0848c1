"""Client secrets that are kept, and shared while they live.

A client secret opens any number of calls until it expires (fact 3.4), so one serves every call of the same
plan, and the exchange is then the only request a browser waits for. Kept ones stay in this process: they are
written nowhere and handed to nobody but the upstream.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import logging
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relay.core.plan_digest import plan_digest
from relay.errors import UpstreamProblem, UpstreamTimeout
from relay.stopwatch import Stopwatch
from relay.telemetry import fault_of, log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from relay.core.upstream import ClientSecret, Plan
    from relay.upstream.mint import Mint

_log = logging.getLogger(__name__)

KEPT_LIFE_SECONDS: Final = 600
"""Life that is asked for when a client secret is to be kept; a longer one that was given is not used up."""

MARGIN_SECONDS: Final = 60.0
"""A client secret is not shown any more this long before it expires: an exchange may take as long."""

MOST_KEPT: Final = 256
"""Plans with a client secret at hand; beyond, the one that was wanted longest ago is let go of."""

_AHEAD_SECONDS = 60.0
_JITTER_SECONDS = 60.0
_AT_ONCE = 8  # mints of those that are kept warm; callers do not wait for these
_MINT_SECONDS = 11.0  # the credential's five and the mint's six
_LOOK_SECONDS = 30.0
_AFTER_FAILURE_SECONDS = 10.0


@dataclass(slots=True)
class _Kept:
    """A client secret at hand; both times on the clock that never jumps."""

    client_secret: ClientSecret
    usable_until: float
    due_at: float


class KeptSecrets:
    """Client secrets by plan, as `relay.upstream.client_secrets.ClientSecrets`.

    One task mints for a plan, however many wait, and again before what it minted lapses.

    Args:
        mint: Mints them.
        clock: Seconds, on a clock that goes on while the machine sleeps and never jumps.
        wall: Unix time in seconds, to read an expiry. A client secret is never used for longer than was
            asked for, so a wrong wall clock keeps them too short, or not at all, but never too long.
        sleep: Waits between two looks at what is kept warm.
        draw: A number from 0 to 1, so that processes do not mint in step.
    """

    def __init__(
        self,
        mint: Mint,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._mint = mint
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._draw = draw
        self._kept: dict[bytes, _Kept] = {}  # the one wanted longest ago first
        self._minting: dict[bytes, asyncio.Task[ClientSecret]] = {}
        self._warm: dict[bytes, Plan] = {}
        self._keeping: asyncio.Task[None] | None = None
        self._failing = False

    def __repr__(self) -> str:
        return f"<KeptSecrets {len(self._kept)}>"

    def start(self) -> None:
        """Begin to keep warm what is to be kept warm."""
        self._keeping = asyncio.create_task(self._keep_warm(), name="client secrets: keep warm")

    async def get(self, plan: Plan, *, deadline: float, stopwatch: Stopwatch) -> ClientSecret:
        """Give the one at hand at once; wait for the mint where there is none."""
        digest = plan_digest(plan)
        kept, now = self._kept.get(digest), self._clock()
        with stopwatch.step("secret"):
            if kept is None or now >= kept.usable_until:
                return await self._wait(self._begin(digest, plan), deadline)
        self._kept[digest] = self._kept.pop(digest)  # the last of the line again
        if now >= kept.due_at:
            self._begin(digest, plan)
        return kept.client_secret

    def refused(self, plan: Plan, client_secret: ClientSecret) -> None:
        """Let go of it, unless another has taken its place."""
        digest = plan_digest(plan)
        kept = self._kept.get(digest)
        if kept is not None and kept.client_secret == client_secret:
            del self._kept[digest]

    def keep_warm(self, plans: Iterable[Plan]) -> None:
        """Replace what is kept warm, and look at it at once; more than can be kept is not kept warm."""
        wished = {plan_digest(plan): plan for plan in plans}
        if len(wished) > MOST_KEPT:
            log(_log, logging.WARNING, "not every profile is kept warm", kept=MOST_KEPT, wished=len(wished))
        self._warm = dict(itertools.islice(wished.items(), MOST_KEPT))
        if self._keeping is not None:
            self._keeping.cancel()
            self.start()

    async def close(self) -> None:
        """End the tasks."""
        tasks = {*self._minting.values(), *([self._keeping] if self._keeping else [])}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _begin(self, digest: bytes, plan: Plan) -> asyncio.Task[ClientSecret]:
        """Give the mint under way for a plan, or begin one."""
        minting = self._minting.get(digest)
        if minting is None:
            minting = asyncio.create_task(self._mint_one(digest, plan), name="client secrets: mint")
            self._minting[digest] = minting
            minting.add_done_callback(lambda task: self._minted(digest, task))
        return minting

    async def _wait(self, minting: asyncio.Task[ClientSecret], deadline: float) -> ClientSecret:
        """Wait for a mint that others may wait for too, so that no end of ours touches it."""
        remaining = deadline - asyncio.get_running_loop().time()
        await asyncio.wait({minting}, timeout=max(0.0, remaining))
        if not minting.done():
            raise UpstreamTimeout("The upstream gave no client secret in time.")
        error = None if minting.cancelled() else minting.exception()
        if isinstance(error, UpstreamProblem):
            raise copy.copy(error) from error  # each waiter's own: who answers it may add to it
        return minting.result()

    async def _mint_one(self, digest: bytes, plan: Plan) -> ClientSecret:
        loop, began = asyncio.get_running_loop(), self._clock()
        client_secret = await self._mint.client_secret(
            plan,
            life_seconds=KEPT_LIFE_SECONDS,
            deadline=loop.time() + _MINT_SECONDS,
            stopwatch=Stopwatch(time.perf_counter),
        )
        life = min(KEPT_LIFE_SECONDS, client_secret.expires_at - self._wall())
        usable_until = began + life - MARGIN_SECONDS
        if usable_until > self._clock():
            ahead = min(_AHEAD_SECONDS + _JITTER_SECONDS * self._draw(), (usable_until - began) / 2)
            self._kept.pop(digest, None)
            self._kept[digest] = _Kept(client_secret, usable_until, usable_until - ahead)
            self._make_room()
        return client_secret

    def _make_room(self) -> None:
        while len(self._kept) > MOST_KEPT:
            oldest = next(
                (digest for digest in self._kept if digest not in self._warm), next(iter(self._kept))
            )
            del self._kept[oldest]

    def _minted(self, digest: bytes, minting: asyncio.Task[ClientSecret]) -> None:
        """Supervise the task: whatever became of it is told once, also when nobody waits for it."""
        del self._minting[digest]
        if minting.cancelled():
            return
        error = minting.exception()
        if error is None:
            self._failing = False
            return
        if (kept := self._kept.get(digest)) is not None:  # still good: asked for again a little later
            kept.due_at = self._clock() + _AFTER_FAILURE_SECONDS * (1 + self._draw())
        if not isinstance(error, UpstreamProblem):
            log(_log, logging.ERROR, "minting failed unexpectedly", **fault_of(error))
        elif not self._failing:
            self._failing = True
            log(_log, logging.WARNING, "no client secret is to be had", code=error.code)

    async def _keep_warm(self) -> None:
        """Mint whenever one that is to be kept warm is due, also when nobody calls."""
        while True:
            now = self._clock()
            due = [
                (digest, plan)
                for digest, plan in self._warm.items()
                if (kept := self._kept.get(digest)) is None or now >= min(kept.due_at, kept.usable_until)
            ]
            for place in range(0, len(due), _AT_ONCE):
                await asyncio.wait([self._begin(*each) for each in due[place : place + _AT_ONCE]])
            await self._sleep(_LOOK_SECONDS * (1 + self._draw()) if self._failing else _LOOK_SECONDS)
