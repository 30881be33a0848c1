"""What the tests of relay.upstream build with: a plan, and an upstream with a known credential."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from relay.core.profile import SessionConfig
from relay.core.realtime import plan_from_config
from relay.upstream.client_secrets import FreshSecrets
from relay.upstream.credential import ApiKeyCredential
from relay.upstream.http_client import Clients, Way, trusted_context
from relay.upstream.realtime import RealtimeUpstream
from relay.upstream.sideband import SidebandRoute
from relay.upstream.transport import WireTransport
from tests.secrecy import ACCESS_TOKEN, API_KEY, CLIENT_SECRET, INSTRUCTIONS, UFRAG

if TYPE_CHECKING:
    from collections.abc import Callable

    from relay.core.upstream import Plan
    from relay.upstream.client_secrets import ClientSecrets
    from relay.upstream.credential import Credential
    from relay.upstream.mint import Mint
    from relay.upstream.placed import RealtimePlaced

HEADERS = ((b"User-Agent", b"sdp-relay/0.1.0"), (b"Accept-Encoding", b"identity"))

BASE_URL = "https://resource.openai.azure.com"
MINT_URL = f"{BASE_URL}/openai/v1/realtime/client_secrets"
CALLS_URL = f"{BASE_URL}/openai/v1/realtime/calls"
CALL_ID = "rtc_990b6ba8f11341c9b697c970849587c1"
HANG_UP_URL = f"{CALLS_URL}/{CALL_ID}/hangup"
LOCATION = f"/v1/realtime/calls/{CALL_ID}"

OFFER = f"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:{UFRAG}\r\n"
ANSWER = f"v=0\r\no=- 3 4 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=setup:active\r\na=ice-ufrag:{UFRAG}\r\n"
SECRET_BODY = {"value": CLIENT_SECRET, "expires_at": 1784859437, "session": {"type": "realtime"}}

PLAN = plan_from_config(
    SessionConfig(
        deployment="gpt-realtime",
        voice="alloy",
        instructions=INSTRUCTIONS,
    )
)


class CredentialDouble:
    """An access token that may be replaced once after it was refused."""

    def __init__(self, *, replacements: int = 1) -> None:
        self.version = 1
        self.replacements = replacements
        self.started = self.closed = False

    def start(self) -> None:
        self.started = True

    async def headers(self, *, deadline: float) -> dict[str, str]:
        return {"Authorization": f"Bearer {ACCESS_TOKEN}{self.version}"}

    def refused(self, headers: object) -> bool:
        if self.replacements == 0:
            return False
        self.replacements -= 1
        self.version += 1
        return True

    async def close(self) -> None:
        self.closed = True


def httpx_way(ca_file: str | None) -> Way:
    """httpx's own transport, which pytest-httpx sees; the relay uses it where a proxy stands between."""
    return Way(httpx.AsyncHTTPTransport(verify=trusted_context(ca_file), trust_env=False), HEADERS)


def own_way(ca_file: str | None) -> Way:
    """The relay's own transport."""
    return Way(WireTransport(trusted_context(ca_file)), HEADERS)


WAYS = {"own": own_way, "httpx": httpx_way}
build_test_way: Callable[[str | None], Way] = httpx_way
"""How an upstream of the tests sends; `each_transport` of conftest changes it."""


def api_key() -> ApiKeyCredential:
    return ApiKeyCredential(lambda: API_KEY)


def build_upstream(
    base_url: str = BASE_URL,
    *,
    credential: Credential | None = None,
    clients: Clients | None = None,
    ca_file: str | None = None,
    secrets: Callable[[Mint], ClientSecrets] = FreshSecrets,
) -> RealtimeUpstream:
    return RealtimeUpstream(
        name="azure",
        base_url=base_url,
        credential=credential or api_key(),
        clients=clients or Clients(build_test_way(ca_file), build_test_way(ca_file)),
        sideband=SidebandRoute(base_url=base_url, version="0.1.0", context=trusted_context(ca_file)),
        secrets=secrets,
        draw=lambda: 0.1,
    )


def in_seconds(seconds: float) -> float:
    """A deadline on the event loop's clock."""
    return asyncio.get_running_loop().time() + seconds


async def place(upstream: RealtimeUpstream, plan: Plan = PLAN, *, seconds: float = 10) -> RealtimePlaced:
    return await upstream.place(OFFER, plan, deadline=in_seconds(seconds), wanted=lambda: True)


async def connect(upstream: RealtimeUpstream, *, seconds: float = 10) -> str:
    placed = await place(upstream, seconds=seconds)
    return await placed.answer()
