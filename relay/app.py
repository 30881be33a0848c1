"""Builds every part from the settings and owns their lifetimes; nothing is decided here."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relay.app_attendants import build_attendants
from relay.app_edge import build_edge
from relay.app_parts import counting_parts
from relay.app_profiles import ProfileLoader
from relay.app_reload import Reload
from relay.app_sign_in import build_sign_in
from relay.app_upstream import build_upstream
from relay.app_warm import fixed_plans
from relay.clock import SystemClock
from relay.core.call import Reason
from relay.core.limits import Ceiling
from relay.core.offer import OfferBounds
from relay.core.price import picos_from
from relay.exchange import Exchange
from relay.moderation import moderation_part
from relay.profiles import Profiles
from relay.state import state_folder, store_path
from relay.store.caller_key import read_or_make_caller_key
from relay.store.gathering import GatheringStore
from relay.supervisor import Supervisor
from relay.telemetry import log
from relay.terms import Terms
from relay.tools.part import tools_part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.types import ASGIApp

    from relay.settings import Settings
    from relay.simulator_process import SimulatorAddress
    from relay.upstream.realtime import RealtimeUpstream
    from relay.web.jwks import IssuerKeys

_log = logging.getLogger("relay.server")

PATIENCE_SHARE = 1 / 4  # of RELAY_SHUTDOWN_SECONDS, for each of the three waits of a drain
LAST_SECONDS = 0.5  # two that are stopped together must have heard of each other


@dataclass(frozen=True, slots=True)
class Application:
    """The relay of one process.

    Args:
        asgi: Answers requests.
        exchange: Places calls.
        supervisor: Keeps them.
        upstream: Where they are.
        on_stop: RELAY_ON_STOP.
        patience_seconds: What each wait of `drain` may take.
        keys: An OpenID provider's, if callers sign in there.
        reload: Reads the profiles again.
        loader: Made them, and holds their connections.
    """

    asgi: ASGIApp
    exchange: Exchange
    supervisor: Supervisor
    upstream: RealtimeUpstream
    on_stop: str
    patience_seconds: float
    keys: IssuerKeys | None
    reload: Reload
    loader: ProfileLoader

    async def start(self) -> None:
        """Begin what runs beside the requests.

        Raises:
            StoreUnavailable: The store cannot be used.
        """
        self.upstream.start()
        if self.keys is not None:
            self.keys.start()
        await self.supervisor.start()

    async def drain(self) -> None:
        """Take no new calls, finish those being placed; then leave the live ones to others, or end them."""
        self.exchange.draining = True
        if not await self._may_keep():
            await self.exchange.drain(self.patience_seconds)
            await self._end_calls()
        else:
            await self.exchange.drain((3 if self.on_stop == "keep" else 2) * self.patience_seconds)
            if not await self._may_keep():  # the others have begun to stop as well
                await self._end_calls()
        self.exchange.hurry()
        self.supervisor.end_streams()  # after the reason is known, so that pages can say it
        if self.supervisor.open_calls:
            log(_log, logging.WARNING, "calls are left open", count=self.supervisor.open_calls)

    async def _may_keep(self) -> bool:
        """Whether live calls may be left alone, as RELAY_ON_STOP says."""
        if self.on_stop != "auto":
            return self.on_stop == "keep"
        if await self.supervisor.is_last():
            return False
        await asyncio.sleep(LAST_SECONDS)
        return not await self.supervisor.is_last()

    async def _end_calls(self) -> None:
        await self.supervisor.take_over()
        await self.supervisor.end_all(Reason.SHUTDOWN)
        await self.exchange.drain(self.patience_seconds)  # one that is named now is hung up
        await self.supervisor.settle(self.patience_seconds)

    async def close(self) -> None:
        """Let go of calls, connections and threads."""
        await self.exchange.give_up()
        await self.supervisor.close()
        await self.upstream.close()
        await self.loader.close()
        if self.keys is not None:
            await self.keys.close()


def create_app(
    settings: Settings,
    *,
    simulator: SimulatorAddress | None = None,
    group: str = "",
    read: Callable[[], Settings] | None = None,
) -> Application:
    """Build the relay.

    Args:
        settings: The operator's.
        simulator: Where the simulator listens, when it takes Azure's place.
        group: Name of the workers of one parent.
        read: Reads the settings again for a reload; without it a reload finds them as they are.

    Raises:
        SettingsError: A profile or a tool cannot be used.
        StoreUnavailable: The state folder or the store cannot be used.
    """
    clock, store = SystemClock(), GatheringStore.open(store_file(settings))
    upstream = build_upstream(settings, simulator)
    loader = ProfileLoader(settings)
    profiles = Profiles(loader.load(settings))

    def keep_warm() -> None:
        upstream.keep_warm(fixed_plans(settings, profiles, upstream.plan))

    keep_warm()
    reload = Reload(
        settings=settings,
        read=read or (lambda: settings),
        loader=loader,
        profiles=profiles,
        then=keep_warm,
    )
    attendants = build_attendants(
        upstream=upstream,
        profile_of=profiles.get,
        parts=(
            *counting_parts(settings, store, lambda: reload.settings.prices),
            tools_part(profiles.tool),
            moderation_part(profiles.hook),
        ),
        clock=clock,
    )
    supervisor = Supervisor(
        store=store,
        upstream=upstream,
        clock=clock,
        terms=Terms(
            max_seconds=settings.relay_max_call_seconds,
            presence_seconds=settings.relay_presence_seconds,
            ceiling=ceiling_of(settings),
            retention_days=settings.relay_retention_days,
            transcript_days=settings.relay_transcript_days,
        ),
        attendants=attendants,
        group=group,
    )
    exchange = Exchange(
        upstream=upstream,
        supervisor=supervisor,
        profiles=profiles,
        bounds=OfferBounds(max_bytes=settings.relay_max_sdp_bytes),
        patience_seconds=settings.relay_exchange_seconds,
        most_in_flight=settings.relay_in_flight,
        allow_unkillable=settings.relay_allow_unkillable,
        tell_caller=settings.relay_safety_identifier,
    )
    caller_key = caller_key_of(settings)
    sign_in = build_sign_in(settings, store=store, clock=clock, caller_key=caller_key)
    asgi = build_edge(
        settings,
        upstream=upstream,
        exchange=exchange,
        supervisor=supervisor,
        profiles=profiles,
        clock=clock,
        store=store,
        sign_in=sign_in,
    )
    patience_seconds = settings.relay_shutdown_seconds * PATIENCE_SHARE
    return Application(
        asgi,
        exchange,
        supervisor,
        upstream,
        settings.relay_on_stop,
        patience_seconds,
        sign_in.keys,
        reload=reload,
        loader=loader,
    )


def store_file(settings: Settings) -> Path:
    """Name the store of the upstream that the settings name; simulators differ by the relay's port."""
    is_azure = settings.upstream_kind == "azure"
    upstream = str(settings.azure_openai_base_url) if is_azure else f"simulator-{settings.relay_port}"
    return store_path(state_folder(settings.relay_state_dir), upstream)


def caller_key_of(settings: Settings) -> bytes:
    """Read the key that callers' names are hashed with, or make it."""
    return read_or_make_caller_key(state_folder(settings.relay_state_dir) / "caller.key")


def ceiling_of(settings: Settings) -> Ceiling:
    """What may be open at once and last in a day, as the settings say."""
    return Ceiling(
        total=settings.relay_calls_total,
        per_caller=settings.relay_calls_per_caller,
        day_seconds_total=settings.relay_minutes_per_day_total * 60,
        day_seconds_per_caller=settings.relay_minutes_per_day * 60,
        day_picos_total=picos_from(settings.relay_money_per_day_total),
        day_picos_per_caller=picos_from(settings.relay_money_per_day),
    )
