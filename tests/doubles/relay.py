"""The whole web edge around a hand-written upstream, spoken to without sockets."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from relay.core.limits import Ceiling
from relay.core.offer import OfferBounds
from relay.core.profile import Profile
from relay.exchange import Exchange
from relay.profiles import Profiles, ProfileSet
from relay.store.gathering import GatheringStore
from relay.supervisor import Supervisor
from relay.terms import Terms
from relay.web.anonymous import AnonymousVerifier
from relay.web.auth import Authenticator, Verifier
from relay.web.calls import Calls
from relay.web.connect import Connect
from relay.web.direct import Direct
from relay.web.explain import Explanations
from relay.web.form import FormBounds
from relay.web.guesses import Guesses
from relay.web.health import Health
from relay.web.host import OriginRule
from relay.web.openapi import OpenApi, openapi_document
from relay.web.pace import Pace
from relay.web.prepare import Prepare
from relay.web.public_config import ConfigRoute, PublicConfig
from relay.web.routes import Handlers, build_web
from relay.web.static import public_folder
from tests.doubles.clock import StoppedClock
from tests.doubles.upstream import UpstreamDouble
from tests.secrecy import INSTRUCTIONS, check_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from relay.core.rate import Rate
    from relay.web.peer import Network

OFFER = (Path(__file__).parent.parent / "core/offers/chromium-audio-data.sdp").read_bytes().decode()
CALLER_KEY = b"k" * 32
PARTNER = "https://partner.example"
Headers = dict[str, str] | list[tuple[str, str]]


TERMS = Terms(
    max_seconds=600, presence_seconds=15, ceiling=Ceiling(total=50, per_caller=0), retention_days=30
)
PROFILE = Profile(
    name="default", title="Default", deployment="gpt-realtime", voices=("alloy", "ash"), voice="alloy"
)


def anonymous(_: RelayDouble) -> Sequence[Verifier]:
    """RELAY_AUTH=none."""
    return [AnonymousVerifier(CALLER_KEY)]


class RelayDouble:
    """A relay without sockets; `upstream` is the hand-written one, `clock` is moved by hand.

    Args:
        folder: Where the store is to be.
        sign_in: Makes the verifiers, of the double's store and clock.
        rule: Which pages may act.
        proxies: RELAY_TRUSTED_PROXIES.
        failures: How many failed sign-ins an address may have.
    """

    def __init__(
        self,
        folder: Path,
        *,
        direct: bool = False,
        origins: frozenset[str] = frozenset(),
        public: Path | None = None,
        terms: Terms = TERMS,
        profile: Profile = PROFILE,
        sign_in: Callable[[RelayDouble], Sequence[Verifier]] = anonymous,
        rule: OriginRule | None = None,
        proxies: Sequence[Network] = (),
        rate: Rate | None = None,
        failures: Rate | None = None,
        **exchange: Any,
    ) -> None:
        self.upstream = UpstreamDouble()
        self.clock = StoppedClock()
        self.store = GatheringStore.open(folder / "calls.sqlite3")
        self.supervisor = Supervisor(store=self.store, upstream=self.upstream, clock=self.clock, terms=terms)
        self.profiles = Profiles(ProfileSet({"default": profile, profile.name: profile}))
        self.exchange = Exchange(
            upstream=self.upstream,
            supervisor=self.supervisor,
            profiles=self.profiles,
            bounds=OfferBounds(),
            **{"patience_seconds": 5.0, "most_in_flight": 10, "allow_unkillable": False, **exchange},
        )
        config = PublicConfig(
            version="0",
            upstream={"kind": "simulator", "api": "realtime"},
            profiles=self.profiles,
            instructions_max_bytes=16384,
            max_call_seconds=600,
            presence_seconds=15,
            exchange_seconds=20,
            rate=rate,
            ceiling=terms.ceiling,
            direct=direct,
            prepare=self.upstream.traits.prepares,
            ice_servers=[],
        )
        exchange_url = "https://upstream.example/calls"
        rule = rule or OriginRule(allowed=origins, without_origin=True)
        pace = Pace(self.store, rate, self.clock)
        headers = ("authorization", "x-forwarded-user")
        guesses = Guesses(failures, headers, key=CALLER_KEY, clock=self.clock)
        handlers = Handlers(
            authenticator=Authenticator(sign_in(self), rule, guesses, challenge='Bearer realm="sdp-relay"'),
            connect=Connect(self.exchange, FormBounds(), pace),
            prepare=Prepare(self.exchange, FormBounds(), pace),
            calls=Calls(self.supervisor, self.clock, shows_cost=lambda _: profile.shows_cost),
            direct=Direct(self.exchange, FormBounds(), exchange_url, pace) if direct else None,
            config=ConfigRoute(config),
            health=Health(self.upstream, self.exchange, self.supervisor),
            explanations=Explanations(),
            openapi=OpenApi(openapi_document(version="0", direct=direct, bearer=False)),
            public=public or public_folder(),
        )
        self.asgi = build_web(
            handlers,
            hosts={"localhost", "127.0.0.1"},
            rule=rule,
            trusted_proxies=proxies,
            connect_origins=["https://upstream.example"] if direct else [],
        )

    async def ask(self, method: str, path: str, *, peer: str = "127.0.0.1", **request: Any) -> httpx.Response:
        """Send one request as a program on this machine would, or one at another address."""
        transport = httpx.ASGITransport(self.asgi, client=(peer, 123))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            response = await client.request(method, path, **request)
        check_answer(response)
        return response

    async def connect(
        self, headers: Headers | None = None, *, peer: str = "127.0.0.1", **fields: str
    ) -> httpx.Response:
        """Post an offer as a form, with instructions that must stay between caller and upstream."""
        given = {"sdp": OFFER, "instructions": INSTRUCTIONS, **fields}
        parts = {name: (None, value) for name, value in given.items()}
        return await self.ask("POST", "/connect", peer=peer, files=parts, headers=headers)

    async def settle(self) -> None:
        """Let everything that was started come to its end."""
        await asyncio.sleep(0.01)
        await self.exchange.drain(1)
        await self.supervisor.settle(1)
