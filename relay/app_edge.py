"""Builds the HTTP edge from the settings; a part of `relay.app`. Nothing is decided here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay import __version__
from relay.core.rate import Rate
from relay.web.calls import Calls
from relay.web.connect import Connect
from relay.web.direct import Direct
from relay.web.explain import Explanations
from relay.web.form import FormBounds
from relay.web.health import Health
from relay.web.openapi import OpenApi, openapi_document
from relay.web.pace import Pace
from relay.web.prepare import Prepare
from relay.web.public_config import ConfigRoute, PublicConfig
from relay.web.routes import Handlers, build_web
from relay.web.sign_in import sign_in_facts
from relay.web.static import public_folder

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from relay.app_sign_in import SignIn
    from relay.clock import Clock
    from relay.exchange import Exchange
    from relay.profiles import Profiles
    from relay.settings import Settings
    from relay.store.protocol import Store
    from relay.supervisor import Supervisor
    from relay.upstream.realtime import RealtimeUpstream


def build_edge(
    settings: Settings,
    *,
    upstream: RealtimeUpstream,
    exchange: Exchange,
    supervisor: Supervisor,
    profiles: Profiles,
    clock: Clock,
    store: Store,
    sign_in: SignIn,
) -> ASGIApp:
    """Build what answers requests.

    Args:
        settings: The operator's.
        upstream: What it is like is told to pages.
        exchange: Places calls.
        supervisor: Keeps them.
        profiles: Those that hold now.
        clock: Tells the time.
        store: Measures how often callers ask.
        sign_in: Finds out who asks.
    """
    form = FormBounds(
        max_body_bytes=settings.relay_max_body_bytes,
        max_sdp_bytes=settings.relay_max_sdp_bytes,
        max_instructions_bytes=settings.relay_max_instructions_bytes,
    )
    rate = Rate(*settings.rate) if settings.rate else None
    pace = Pace(store, rate, clock)
    exchange_url = upstream.traits.exchange_url
    direct = None
    if settings.relay_ephemeral_keys and exchange_url:
        direct = Direct(exchange, form, exchange_url, pace)
    config = PublicConfig(
        version=__version__,
        upstream={"kind": upstream.name, "api": upstream.traits.api},
        profiles=profiles,
        instructions_max_bytes=settings.relay_max_instructions_bytes,
        max_call_seconds=settings.relay_max_call_seconds,
        presence_seconds=settings.relay_presence_seconds,
        exchange_seconds=settings.relay_exchange_seconds,
        rate=rate,
        ceiling=supervisor.terms.ceiling,
        direct=direct is not None,
        prepare=upstream.traits.prepares,
        ice_servers=[server.as_json() for server in settings.relay_ice_servers],
        sign_in=sign_in_facts(
            settings.relay_auth, oidc_header=settings.relay_oidc_header, url=settings.relay_sign_in_url
        ),
    )
    handlers = Handlers(
        authenticator=sign_in.authenticator,
        connect=Connect(exchange, form, pace),
        prepare=Prepare(exchange, form, pace),
        calls=Calls(supervisor, clock, currency=settings.relay_currency, shows_cost=profiles.shows_cost),
        direct=direct,
        config=ConfigRoute(config),
        health=Health(upstream, exchange, supervisor),
        explanations=Explanations(),
        openapi=OpenApi(
            openapi_document(version=__version__, direct=direct is not None, bearer=sign_in.takes_bearer)
        ),
        public=public_folder(),
    )
    return build_web(
        handlers,
        hosts=settings.allowed_hosts,
        rule=sign_in.rule,
        trusted_proxies=settings.relay_trusted_proxies,
        connect_origins=[exchange_url.partition("/openai/")[0]] if direct and exchange_url else [],
    )
