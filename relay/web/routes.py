"""The route table: every address the relay answers to, and the layers around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.routing import Mount, Route, Router

from relay.web.connect import ACCEPT_POST
from relay.web.direct import direct_is_off
from relay.web.door import Door
from relay.web.envelope import Envelope
from relay.web.headers import SecurityHeaders
from relay.web.methods import Methods
from relay.web.peer import Peer
from relay.web.prepare import ACCEPT_PREPARE
from relay.web.problems import Refusals
from relay.web.static import PublicFiles, inline_scripts

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from starlette.types import ASGIApp

    from relay.web.auth import Authenticator
    from relay.web.calls import Calls
    from relay.web.connect import Connect
    from relay.web.direct import Direct
    from relay.web.explain import Explanations
    from relay.web.health import Health
    from relay.web.host import OriginRule
    from relay.web.openapi import OpenApi
    from relay.web.peer import Network
    from relay.web.prepare import Prepare
    from relay.web.public_config import ConfigRoute


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """One object per family of routes; `direct` is ``None`` while it is off."""

    authenticator: Authenticator
    connect: Connect
    prepare: Prepare
    calls: Calls
    direct: Direct | None
    config: ConfigRoute
    health: Health
    explanations: Explanations
    openapi: OpenApi
    public: Path


def routes(handlers: Handlers) -> list[Route | Mount]:
    """List every route; the voice page takes what is left.

    A handler that takes a caller stands here through the authenticator, or it would not fit.
    """
    accept_post = {"Accept-Post": ACCEPT_POST}
    opening, touching = handlers.authenticator.opening, handlers.authenticator.touching
    connect, prepare, calls = handlers.connect, handlers.prepare, handlers.calls
    prepared = opening(prepare.post, first=prepare.check)
    table: list[Route | Mount] = [
        Route("/connect", Methods({"POST": opening(connect.post, first=connect.check)}, options=accept_post)),
        Route("/prepare", Methods({"POST": prepared}, options={"Accept-Post": ACCEPT_PREPARE})),
        Route("/calls/{id}", Methods({"GET": touching(calls.get), "DELETE": touching(calls.delete)})),
        Route("/calls/{id}/events", Methods({"GET": touching(calls.events)})),
        Route("/calls/{id}/transcript", Methods({"GET": touching(calls.transcript)})),
        Route("/config", Methods({"GET": handlers.config.get})),
        Route("/healthz", Methods({"GET": handlers.health.alive})),
        Route("/readyz", Methods({"GET": handlers.health.ready})),
        Route("/problems", Methods({"GET": handlers.explanations.every})),
        Route("/problems/{slug}", Methods({"GET": handlers.explanations.one})),
        Route("/openapi.json", Methods({"GET": handlers.openapi.get})),
    ]
    if handlers.direct is not None:
        post = opening(handlers.direct.post, first=handlers.direct.check)
        table.append(Route("/api/session", Methods({"POST": post}, options=accept_post)))
    else:
        table.append(Route("/api/session", Methods({"POST": direct_is_off})))
    table.append(Mount("/", PublicFiles(handlers.public)))
    return table


def build_web(
    handlers: Handlers,
    *,
    hosts: Collection[str],
    rule: OriginRule,
    connect_origins: Sequence[str],
    trusted_proxies: Sequence[Network] = (),
) -> ASGIApp:
    """Put the layers around the routes, outermost last."""
    app: ASGIApp = Router(routes(handlers), redirect_slashes=False)
    app = Refusals(app)
    app = Door(app, hosts=hosts, rule=rule)
    app = Refusals(app)
    app = SecurityHeaders(app, connect=connect_origins, scripts=inline_scripts(handlers.public))
    return Peer(Envelope(app), trusted_proxies)
