"""The relay as the fuzzer meets it: the guarded server without a socket, and a relay behind it."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import httpx
from uvicorn.config import Config
from uvicorn.server import ServerState

from relay.core.limits import Ceiling
from relay.terms import Terms
from relay.web.anonymous import AnonymousVerifier
from relay.web.guarded import ConnectionBounds, guarded_protocol
from relay.web.jwks import IssuerKeys
from relay.web.oidc import OidcVerifier
from tests.doubles.issuer import AUDIENCE, public_jwk
from tests.doubles.relay import CALLER_KEY, RelayDouble
from tests.doubles.sign_in import RSA, SHOWN_ON_PURPOSE, by_proxy, by_ticket, by_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvicorn._types import ASGI3Application

    from relay.web.auth import Verifier

ISSUER: Final = "https://issuer.example"
PEER: Final = "127.0.0.1"
_TERMS: Final = Terms(
    max_seconds=600, presence_seconds=15, ceiling=Ceiling(total=0, per_caller=0), retention_days=30
)
_BOUNDS: Final = ConnectionBounds(head_bytes=8192, head_fields=40)
_PEERS: Final = (ipaddress.IPv4Network(PEER),)
_PATIENCE_SECONDS: Final = 3.0


class Wire(asyncio.Transport):
    """A connection that remembers what was written to it."""

    def __init__(self) -> None:
        super().__init__({"peername": (PEER, 1234), "sockname": (PEER, 8787)})
        self.written = b""
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def write_eof(self) -> None: ...

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True

    def abort(self) -> None:
        self._closing = True


class World:
    """A relay, and a loop to run it on.

    Args:
        signed: Whether callers must sign in, in any of the four ways; otherwise anybody may call.
    """

    def __init__(self, *, signed: bool) -> None:
        self.loop = asyncio.new_event_loop()
        self._folder = tempfile.TemporaryDirectory(prefix="relay-fuzz-")
        self.relay = RelayDouble(
            Path(self._folder.name),
            terms=_TERMS,
            rule=SHOWN_ON_PURPOSE,
            proxies=_PEERS,
            sign_in=self._every_way if signed else lambda _: [AnonymousVerifier(CALLER_KEY)],
        )
        self._state = ServerState()
        self._config = Config(
            cast("ASGI3Application", self.relay.asgi),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
        )
        self._config.load()
        self._protocol = guarded_protocol(_BOUNDS)

    def _every_way(self, relay: RelayDouble) -> Sequence[Verifier]:
        issuer_keys = IssuerKeys(
            issuer=ISSUER,
            jwks_url=f"{ISSUER}/keys",
            client=httpx.AsyncClient(transport=httpx.MockTransport(_key_set)),
            monotonic=lambda: 0.0,
        )
        oidc = OidcVerifier(
            issuer=ISSUER,
            audiences=[AUDIENCE],
            header="authorization",
            keys=issuer_keys,
            clock=relay.clock,
            caller_key=CALLER_KEY,
        )
        easy_auth = by_proxy(_PEERS, header="x-ms-client-principal")
        return [*by_token(relay), *by_ticket(relay), oidc, easy_auth, by_proxy(_PEERS)]

    def send(self, data: bytes) -> bytes:
        """Send bytes on a connection of their own, then leave; gives what came back."""
        return self.loop.run_until_complete(self._send(data))

    async def _send(self, data: bytes) -> bytes:
        wire = Wire()
        protocol = self._protocol(self._config, self._state, {}, self.loop)
        protocol.connection_made(wire)
        protocol.data_received(data)
        await self._spin(20)
        protocol.connection_lost(None)
        until = self.loop.time() + _PATIENCE_SECONDS
        while self._state.tasks:
            assert self.loop.time() < until, "a request goes on after its client left"
            await asyncio.sleep(0.001)
        return wire.written

    async def _spin(self, rounds: int) -> None:
        """Give what was started its turns; a file may need a thread, so a little time as well."""
        for _ in range(rounds):
            if not self._state.tasks:
                return
            await asyncio.sleep(0)
        for _ in range(rounds):
            if self._state.tasks:
                await asyncio.sleep(0.0005)

    def close(self) -> None:
        """Let go of the store and its folder."""
        self.loop.run_until_complete(self.relay.store.close())
        self.loop.close()
        self._folder.cleanup()


def _key_set(_: httpx.Request) -> httpx.Response:
    body = json.dumps({"keys": [public_jwk(RSA, "rsa-1")]}).encode()
    return httpx.Response(200, stream=httpx.ByteStream(body))
