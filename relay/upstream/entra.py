"""An access token of Entra ID, always at hand: one fetch for any number of waiters, ahead of its expiry.

azure-identity's synchronous credentials run in one thread of their own; what they cache is not relied on,
because each of ours is built anew for its fetch (a forced refresh would otherwise get the refused token
back). The path of an offer never waits while a token is usable.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relay.errors import UpstreamAuth, UpstreamAuthUnavailable, UpstreamProblem
from relay.telemetry import log
from relay.upstream.access_token import read_access_token
from relay.upstream.identity import describe_refusal, is_refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from relay.upstream.access_token import AccessToken
    from relay.upstream.identity import TokenSource

_log = logging.getLogger(__name__)

_WAIT_SECONDS = 5.0
# Between two fetches when the last one failed: while the old token serves, and when there is none.
_RETRY_SECONDS = 30.0
_RETRY_WITHOUT_TOKEN_SECONDS = 1.0
_FORCE_SECONDS = 30.0
# A fetch that failed sooner than this is repeated once; a slow one has cost its waiters enough, and in an
# outage the pauses above are to hold.
_QUICK_SECONDS = 1.0
_TOLD_RETRY_AFTER = 5


@dataclass(frozen=True, slots=True)
class _Failure:
    """The last fetch, when it failed; `at` is monotonic."""

    refused: bool
    at: float

    def problem(self) -> UpstreamProblem:
        if self.refused:
            return UpstreamAuth("Entra ID refuses the relay's identity.")
        return UpstreamAuthUnavailable("Entra ID gives no access token.", retry_after=_TOLD_RETRY_AFTER)


class EntraCredential:
    """An access token of Entra ID, as a `relay.upstream.credential.Credential`.

    Args:
        build: Makes a credential of azure-identity; called in a thread, once per fetch.
        scope: What the token is for, such as ``https://ai.azure.com/.default`` (fact 7.1).
        clock: Unix time in seconds.
        monotonic: Seconds; for the pauses between fetches.
        sleep: Sleeps between looks at the clock.
        draw: A number from 0 to 1, for jitter.
    """

    def __init__(
        self,
        *,
        build: Callable[[], TokenSource],
        scope: str,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._build = build
        self._scope = scope
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._draw = draw
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="entra")
        self._token: AccessToken | None = None
        self._failure: _Failure | None = None
        self._forced_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<EntraCredential {'has a token' if self._usable() else 'has no token'}>"

    def start(self) -> None:
        """Fetch a token now and keep it fresh; needs a running event loop."""
        self._keeping = asyncio.create_task(self._keep_fresh(), name="entra: keep fresh")

    async def headers(self, *, deadline: float) -> Mapping[str, str]:
        """Give the ``Authorization`` header; waits only when no usable token is at hand.

        Raises:
            UpstreamAuthUnavailable: Entra ID cannot be reached or did not answer within 5 s.
            UpstreamAuth: Entra ID refuses the relay's identity.
        """
        token = self._usable()
        if token is None:
            token = await self._wait_for_token(deadline)
        elif token.is_due(self._clock()):
            self._begin_fetch()
        return {"Authorization": f"Bearer {token.value}"}

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Drop the refused token, at most once in 30 s; whether another one may be had."""
        if self._token is None or headers.get("Authorization") != f"Bearer {self._token.value}":
            return True
        now = self._monotonic()
        if self._forced_at is not None and now - self._forced_at < _FORCE_SECONDS:
            return False
        self._forced_at = now
        self._token = None
        return True

    async def close(self) -> None:
        """End the tasks; a request that is under way in the thread ends by its own time limits."""
        for task in (self._keeping, self._fetching):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _usable(self) -> AccessToken | None:
        token = self._token
        return token if token is not None and token.is_usable(self._clock()) else None

    async def _wait_for_token(self, deadline: float) -> AccessToken:
        fetching = self._begin_fetch()
        if fetching is not None:
            remaining = deadline - asyncio.get_running_loop().time()
            # Neither the deadline nor the end of this waiter may touch the fetch: others wait for it too.
            await asyncio.wait({fetching}, timeout=max(0.0, min(remaining, _WAIT_SECONDS)))
        token = self._usable()
        if token is not None:
            return token
        if self._failure is not None:
            raise self._failure.problem()
        raise UpstreamAuthUnavailable("Entra ID did not answer in time.", retry_after=_TOLD_RETRY_AFTER)

    def _begin_fetch(self) -> asyncio.Task[None] | None:
        """Give the fetch under way, or begin one; ``None`` while the last failure is too fresh."""
        if self._fetching is None and not self._must_pause():
            self._fetching = asyncio.create_task(self._fetch(), name="entra: fetch")
        return self._fetching

    def _must_pause(self) -> bool:
        if self._failure is None:
            return False
        pause = _RETRY_WITHOUT_TOKEN_SECONDS if self._usable() is None else _RETRY_SECONDS
        return self._monotonic() - self._failure.at < pause

    async def _fetch(self) -> None:
        """Fetch once, and once more when that failed quickly after all was well; keeps what came of it."""
        try:
            began = self._monotonic()
            error = await self._try_to_fetch()
            quick = self._monotonic() - began < _QUICK_SECONDS
            if error is not None and quick and self._failure is None and not is_refusal(error):
                error = await self._try_to_fetch()
            if error is not None:
                self._failure = _Failure(refused=is_refusal(error), at=self._monotonic())
                log(_log, logging.WARNING, "no access token is to be had", error=describe_refusal(error))
            elif self._failure is not None:
                self._failure = None
                log(_log, logging.WARNING, "access tokens are to be had again")
        finally:
            self._fetching = None

    async def _try_to_fetch(self) -> Exception | None:
        try:
            self._token = await asyncio.get_running_loop().run_in_executor(self._thread, self._ask)
        except Exception as error:  # noqa: BLE001 - azure-identity raises what it likes; the task outlives it
            return error
        return None

    def _ask(self) -> AccessToken:
        """Fetch a token; runs in the thread."""
        source = self._build()
        try:
            given = source.get_token_info(self._scope)
        finally:
            source.close()
        token = read_access_token(
            getattr(given, "token", None),
            expires_on=getattr(given, "expires_on", None),
            refresh_on=getattr(given, "refresh_on", None),
            now=self._clock(),
            jitter=self._draw(),
        )
        if token is None:
            raise ValueError("not an access token")
        return token

    async def _keep_fresh(self) -> None:
        """Fetch whenever a token is due, for as long as the relay runs, also when nobody calls.

        Looks at the wall clock every 30 s at the latest: timers stand still while a machine sleeps.
        """
        while True:
            token = self._usable()
            if token is None or token.is_due(self._clock()):
                fetching = self._begin_fetch()
                if fetching is not None:
                    await asyncio.wait({fetching})
            await self._sleep(self._pause())

    def _pause(self) -> float:
        if self._failure is not None or self._token is None:
            return _RETRY_SECONDS * (1 + self._draw())
        return min(_RETRY_SECONDS, max(1.0, self._token.due_at - self._clock()))
