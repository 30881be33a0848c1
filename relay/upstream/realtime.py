"""The Realtime API over HTTP: mint, exchange, hang up, and the way to the sideband (fact 1.1).

The rule the whole file serves: each successful exchange makes a call that somebody pays for, so
``/calls`` is sent a second time only where it is proved that the first created nothing.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx

from relay.core.realtime import call_id_from_location, hung_up_from_status, plan_from_config
from relay.core.refusal import problem_from_refusal
from relay.core.upstream import CallRef, HungUp, NotWanted, Traits
from relay.errors import UpstreamProblem
from relay.stopwatch import Stopwatch
from relay.telemetry import log
from relay.upstream.answer import read_error_body
from relay.upstream.api import RealtimeApi, Refused
from relay.upstream.client_secrets import FreshSecrets
from relay.upstream.failure import is_untrusted, problem_from_failure, was_not_sent
from relay.upstream.mint import Mint
from relay.upstream.placed import RealtimePlaced
from relay.upstream.sideband import attach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from relay.core.profile import SessionConfig
    from relay.core.upstream import ClientSecret, Plan
    from relay.upstream.client_secrets import ClientSecrets
    from relay.upstream.credential import Credential
    from relay.upstream.http_client import Clients
    from relay.upstream.sideband import RealtimeSideband, SidebandRoute

_log = logging.getLogger(__name__)

_READY_SECONDS = 5.0
_CALLS = "calls"


class RealtimeUpstream:
    """One resource with the Realtime API; implements `relay.core.upstream.Upstream`.

    Args:
        name: ``azure`` or ``simulator``.
        base_url: The origin, without a path.
        credential: What is shown for minting and for hanging up.
        clients: One for mints and exchanges, one for hang-ups alone, which so never wait behind new calls.
        sideband: How sidebands are reached.
        max_call_seconds: The longest call the API allows (fact 4.3).
        secrets: Makes what gives each exchange its client secret.
        draw: A number from 0 to 1, for jitter.
    """

    def __init__(
        self,
        *,
        name: str,
        base_url: str,
        credential: Credential,
        clients: Clients,
        sideband: SidebandRoute,
        max_call_seconds: int = 3600,
        secrets: Callable[[Mint], ClientSecrets] = FreshSecrets,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._name = name
        self._credential = credential
        self._sideband = sideband
        self._exchange_api = RealtimeApi(base_url, clients.exchange)
        self._hang_up_api = RealtimeApi(base_url, clients.hang_up)
        self._traits = Traits(
            api="realtime",
            max_call_seconds=max_call_seconds,
            exchange_url=self._exchange_api.url(_CALLS),
            prepares=secrets is not FreshSecrets,
        )
        self._mint = Mint(self._exchange_api, credential, draw=draw)
        self._secrets = secrets(self._mint)
        self._odd_statuses: set[int] = set()

    def __repr__(self) -> str:
        return f"<RealtimeUpstream {self._name}>"

    @property
    def name(self) -> str:
        """Which kind it is."""
        return self._name

    @property
    def traits(self) -> Traits:
        """What it is like."""
        return self._traits

    def start(self) -> None:
        """Begin keeping the credential and client secrets fresh; needs a running event loop."""
        self._credential.start()
        self._secrets.start()
        self._exchange_api.keep_warm()

    def plan(self, config: SessionConfig) -> Plan:
        """Translate a session config; pure."""
        return plan_from_config(config)

    async def mint(self, plan: Plan, *, life_seconds: int, deadline: float) -> ClientSecret:
        """Mint a client secret, with two requests at most; see `relay.core.upstream.Upstream`."""
        stopwatch = Stopwatch(time.perf_counter)
        return await self._mint.client_secret(
            plan, life_seconds=life_seconds, deadline=deadline, stopwatch=stopwatch
        )

    async def prepare(self, plan: Plan, *, deadline: float) -> None:
        """Have a client secret for a plan at hand; see `relay.core.upstream.Upstream`."""
        await self._secrets.get(plan, deadline=deadline, stopwatch=Stopwatch(time.perf_counter))

    def keep_warm(self, plans: Iterable[Plan]) -> None:
        """Have a client secret at hand for exactly these plans at all times, if any are kept."""
        self._secrets.keep_warm(plans)

    async def place(
        self, offer: str, plan: Plan, *, deadline: float, wanted: Callable[[], bool]
    ) -> RealtimePlaced:
        """Place a call; at most one comes into being.

        ``/calls`` is sent once more in two cases only: no byte was sent, or 401, which precedes creation.

        Raises:
            NotWanted: `wanted`, asked before each ``/calls``, said no.
            UpstreamProblem: `in_doubt` when the offer was sent and nothing tells what became of it.
        """
        stopwatch = Stopwatch(time.perf_counter)
        client_secret = await self._secrets.get(plan, deadline=deadline, stopwatch=stopwatch)
        may_repeat = True
        while True:
            if not wanted():
                raise NotWanted
            try:
                response = await self._exchange(offer, plan, client_secret, deadline, stopwatch)
            except Refused as refused:
                if refused.refusal.status == 401:
                    self._secrets.refused(plan, client_secret)
                if not may_repeat or refused.refusal.status != 401:
                    raise problem_from_refusal(refused.refusal, "exchange") from refused
                client_secret = await self._secrets.get(plan, deadline=deadline, stopwatch=stopwatch)
            except (httpx.HTTPError, TimeoutError) as error:
                if not may_repeat or not was_not_sent(error) or is_untrusted(error):
                    problem = problem_from_failure(error)
                    problem.in_doubt = not was_not_sent(error)
                    raise problem from error
            else:
                return self._placed(response, plan, deadline, stopwatch)
            may_repeat = False

    async def hang_up(self, ref: CallRef, *, deadline: float) -> HungUp:
        """End a call with one request, or two when the credential had to be renewed.

        Never raises for what the upstream does, nor for a credential that cannot be had: `HungUp.UNSURE`.
        """
        try:
            headers = await self._credential.headers(deadline=deadline)
            status = await self._ask_to_hang_up(ref, headers, deadline)
            if status == 401 and self._credential.refused(headers):
                headers = await self._credential.headers(deadline=deadline)
                status = await self._ask_to_hang_up(ref, headers, deadline)
        except (httpx.HTTPError, TimeoutError, UpstreamProblem) as error:
            log(_log, logging.INFO, "the upstream did not confirm a hang-up", error=type(error).__name__)
            return HungUp.UNSURE
        return hung_up_from_status(status)

    async def attach(self, ref: CallRef, *, deadline: float) -> RealtimeSideband:
        """Attach a call's sideband with the relay's own credential, renewed once when it is refused.

        Raises:
            SidebandLost: It could not be attached now.
        """
        return await attach(self._sideband, self._credential, ref, deadline=deadline)

    async def ready(self) -> bool:
        """Whether a credential can be had now; the upstream itself is not asked."""
        try:
            await self._credential.headers(deadline=asyncio.get_running_loop().time() + _READY_SECONDS)
        except UpstreamProblem:
            return False
        return True

    async def close(self) -> None:
        """Let go of client secrets, of the credential and of both clients."""
        await self._secrets.close()
        await self._credential.close()
        await self._exchange_api.close()
        await self._hang_up_api.close()

    async def _exchange(
        self, offer: str, plan: Plan, client_secret: ClientSecret, deadline: float, stopwatch: Stopwatch
    ) -> httpx.Response:
        path = f"{_CALLS}?webrtcfilter=on" if plan.browser_filter else _CALLS  # fact 1.3
        # Only the client secret: beside a standing credential the upstream answers 401 (fact 3.1).
        headers = {"Authorization": f"Bearer {client_secret.value}", "Content-Type": "application/sdp"}
        with stopwatch.step("exchange"):
            return await self._exchange_api.post(
                path, headers=headers, content=offer.encode(), deadline=deadline
            )

    def _placed(
        self, response: httpx.Response, plan: Plan, deadline: float, stopwatch: Stopwatch
    ) -> RealtimePlaced:
        if response.status_code != 201 and response.status_code not in self._odd_statuses:
            self._odd_statuses.add(response.status_code)
            log(
                _log,
                logging.INFO,
                "the upstream answers offers with another status than 201",
                status=response.status_code,
            )
        call_id = call_id_from_location(response.headers.get("location"))
        ref = None if call_id is None else CallRef(deployment=plan.deployment, id=call_id)
        return RealtimePlaced(ref=ref, response=response, deadline=deadline, stopwatch=stopwatch)

    async def _ask_to_hang_up(self, ref: CallRef, headers: Mapping[str, str], deadline: float) -> int:
        """Send the request and give its status, whatever it is."""
        try:
            response = await self._hang_up_api.post(
                f"{_CALLS}/{quote(ref.id, safe='')}/hangup", headers=headers, deadline=deadline
            )
        except Refused as refused:
            return refused.refusal.status
        try:
            await read_error_body(response, deadline=deadline)  # to its end, so that the connection is kept
        finally:
            await response.aclose()
        return response.status_code
