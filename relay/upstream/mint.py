"""Minting client secrets: asked for once, and once more where that can help.

A mint creates no call and costs nothing, so a failure of any kind may be repeated; how often and when is
decided here, never by a layer beneath.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import httpx

from relay.core.realtime import mint_body, read_client_secret
from relay.core.refusal import pause_before_minting_again, problem_from_refusal, request_id
from relay.errors import UpstreamBadAnswer, UpstreamFacts
from relay.upstream.answer import read_body
from relay.upstream.api import Refused
from relay.upstream.failure import is_untrusted, problem_from_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relay.core.upstream import ClientSecret, Plan
    from relay.errors import UpstreamProblem
    from relay.stopwatch import Stopwatch
    from relay.upstream.api import RealtimeApi
    from relay.upstream.credential import Credential

SAFETY_HEADER = "OpenAI-Safety-Identifier"
"""Tells the upstream callers apart; not documented by Azure, so it is sent only when asked for."""

_CREDENTIAL_SECONDS = 5.0
_MINT_SECONDS = 6.0
# The first request leaves room for a second one within the step.
_FIRST_SHARE = 2 / 3
# Less than this is not worth a request: the fastest mint seen took 0.04 s of the server alone (fact 2.4).
_LEAST_SECONDS = 0.2
_BACKOFF_SECONDS = 0.1


class Mint:
    """Mints client secrets with the relay's standing credential.

    Args:
        api: Where.
        credential: What is shown there.
        draw: A number from 0 to 1, for the jitter between two requests.
    """

    def __init__(
        self, api: RealtimeApi, credential: Credential, *, draw: Callable[[], float] = random.random
    ) -> None:
        self._api = api
        self._credential = credential
        self._draw = draw

    async def client_secret(
        self, plan: Plan, *, life_seconds: int, deadline: float, stopwatch: Stopwatch
    ) -> ClientSecret:
        """Mint one, with two requests at most: 5 s for the credential and 6 s for the rest.

        Raises:
            UpstreamProblem: Of the last request.
        """
        body = mint_body(plan, life_seconds)
        told = {} if plan.caller is None else {SAFETY_HEADER: plan.caller}
        headers = await self._headers(deadline, stopwatch)
        now = asyncio.get_running_loop().time()
        step_deadline = min(deadline, now + _MINT_SECONDS)
        first_deadline = now + (step_deadline - now) * _FIRST_SHARE
        try:
            return await self._ask(body, {**headers, **told}, first_deadline, stopwatch)
        except (Refused, httpx.HTTPError, TimeoutError) as failure:
            pause = self._pause(failure, headers)
            if pause is None or not _fits(pause, step_deadline):
                raise _problem(failure) from failure
        with stopwatch.step("secret"):
            await asyncio.sleep(pause)
        headers = await self._headers(step_deadline, stopwatch)
        try:
            return await self._ask(body, {**headers, **told}, step_deadline, stopwatch)
        except (Refused, httpx.HTTPError, TimeoutError) as failure:
            raise _problem(failure) from failure

    async def _headers(self, deadline: float, stopwatch: Stopwatch) -> Mapping[str, str]:
        with stopwatch.step("credential"):
            soon = asyncio.get_running_loop().time() + _CREDENTIAL_SECONDS
            return await self._credential.headers(deadline=min(deadline, soon))

    async def _ask(
        self, body: bytes, headers: Mapping[str, str], deadline: float, stopwatch: Stopwatch
    ) -> ClientSecret:
        with stopwatch.step("secret"):
            response = await self._api.post(
                "client_secrets",
                headers={**headers, "Content-Type": "application/json"},
                content=body,
                deadline=deadline,
            )
            try:
                async with asyncio.timeout_at(deadline):
                    return read_client_secret(await read_body(response))
            except UpstreamBadAnswer as problem:
                problem.upstream = UpstreamFacts(
                    status=response.status_code, request_id=request_id(response.headers)
                )
                raise
            finally:
                await response.aclose()

    def _pause(self, failure: Exception, headers: Mapping[str, str]) -> float | None:
        """Seconds before the second request; ``None`` when there is to be none."""
        backoff = _BACKOFF_SECONDS * self._draw()
        if not isinstance(failure, Refused):
            return None if is_untrusted(failure) else backoff
        if failure.refusal.status == 401:
            return 0.0 if self._credential.refused(headers) else None
        return pause_before_minting_again(failure.refusal, backoff=backoff)


def _fits(pause: float, deadline: float) -> bool:
    return asyncio.get_running_loop().time() + pause + _LEAST_SECONDS <= deadline


def _problem(failure: Refused | httpx.HTTPError | TimeoutError) -> UpstreamProblem:
    if isinstance(failure, Refused):
        return problem_from_refusal(failure.refusal, "mint")
    return problem_from_failure(failure)
