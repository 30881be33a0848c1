"""How often a caller may ask, at the web edge: who is one caller, what is refused unread, what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from relay.core.rate import Rate
from tests.doubles.relay import OFFER, PARTNER, RelayDouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

pytestmark = pytest.mark.anyio

SIX_A_MINUTE = Rate(6, 60)


async def _ask(
    relay: RelayDouble, address: str, *, forwarded: str | None = None, listed: str | None = None
) -> int:
    """Connect from an address, through what uvicorn does with forwarding headers."""
    app: Any = relay.asgi
    if listed is not None:
        app = ProxyHeadersMiddleware(app, trusted_hosts=[listed])
    transport = httpx.ASGITransport(app, client=(address, 50_000))
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.post("/connect", json={"sdp": OFFER}, headers=headers)
    return response.status_code


async def test_quota_01_the_seventh_connect_in_a_minute_is_refused_and_told_when_to_come_back(
    limited: Callable[..., RelayDouble],
) -> None:
    relay = limited(rate=SIX_A_MINUTE)
    let_in = [await relay.connect() for _ in range(6)]
    relay.clock.advance(15)
    refused = await relay.connect()

    assert [response.status_code for response in let_in] == [201] * 6
    assert let_in[0].headers["ratelimit"] == '"connects";r=5;t=61'
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["ratelimit"] == '"connects";r=0;t=46'
    assert refused.headers["ratelimit-policy"] == '"connects";q=6;w=60'
    assert int(refused.headers["retry-after"]) == refused.json()["retry_after"] == 46
    assert relay.upstream.paid_requests == 6
    relay.clock.advance(46)
    assert (await relay.connect()).status_code == 201


async def test_quota_01_a_refused_request_is_not_read(limited: Callable[..., RelayDouble]) -> None:
    relay = limited(rate=Rate(1, 60))
    await relay.connect()
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(3):
            read += 1
            yield b"x" * 1000

    refused = await relay.ask(
        "POST", "/connect", content=body(), headers={"Content-Type": "application/json"}
    )

    assert refused.status_code == 429
    assert read == 0


async def test_a_head_that_no_route_reads_is_refused_before_it_counts(
    limited: Callable[..., RelayDouble],
) -> None:
    relay = limited(rate=Rate(1, 60))
    wrong = await relay.ask("POST", "/connect", content=b"x", headers={"Content-Type": "text/plain"})

    assert wrong.status_code == 415
    assert (await relay.connect()).status_code == 201


async def test_quota_05_a_direct_client_that_rotates_forwarded_addresses_is_one_caller(
    limited: Callable[..., RelayDouble],
) -> None:
    relay = limited(rate=SIX_A_MINUTE)
    answers = [await _ask(relay, "192.0.2.7", forwarded=f"1.2.3.{n}") for n in range(7)]

    assert answers == [201] * 6 + [429]


async def test_quota_06_behind_a_listed_proxy_the_last_hop_it_saw_counts_and_not_what_was_prepended(
    limited: Callable[..., RelayDouble],
) -> None:
    relay = limited(rate=SIX_A_MINUTE)
    proxy = {"listed": "10.0.0.1"}
    answers = [await _ask(relay, "10.0.0.1", forwarded=f"1.2.3.{n}, 192.0.2.7", **proxy) for n in range(7)]

    assert answers == [201] * 6 + [429]
    assert await _ask(relay, "10.0.0.1", forwarded="1.2.3.1, 192.0.2.8", **proxy) == 201
    assert await _ask(relay, "192.0.2.7", forwarded="192.0.2.99", **proxy) == 429  # not through the proxy


async def test_quota_07_behind_two_proxies_of_which_one_is_listed_all_are_the_outer_one(
    limited: Callable[..., RelayDouble],
) -> None:
    relay = limited(rate=SIX_A_MINUTE)
    proxy = {"listed": "10.0.0.1"}
    answers = [await _ask(relay, "10.0.0.1", forwarded=f"192.0.2.{n}, 10.9.9.9", **proxy) for n in range(7)]

    assert answers == [201] * 6 + [429]


async def test_quota_08_one_ipv6_network_is_one_caller_however_many_addresses_it_has(
    limited: Callable[..., RelayDouble],
) -> None:
    relay = limited(rate=SIX_A_MINUTE, ceiling={"per_caller": 0})
    answers = [await _ask(relay, f"2001:db8:0:1::{n:x}") for n in range(7)]

    assert answers == [201] * 6 + [429]
    assert await _ask(relay, "2001:db8:0:2::1") == 201


async def test_client_secrets_for_pages_are_rated_too(limited: Callable[..., RelayDouble]) -> None:
    relay = limited(rate=Rate(2, 60), direct=True)
    answers = [await relay.ask("POST", "/api/session", json={}) for _ in range(3)]

    assert [response.status_code for response in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit"] == '"connects";r=1;t=61'
    assert (await relay.connect()).status_code == 429  # one rate for both


async def test_a_page_of_another_origin_can_read_the_headers(limited: Callable[..., RelayDouble]) -> None:
    relay = limited(rate=Rate(1, 60), origins=frozenset({PARTNER}))
    await relay.connect()
    refused = await relay.connect(headers={"Origin": PARTNER})

    exposed = refused.headers["access-control-expose-headers"].split(", ")
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(exposed)
    assert refused.headers["access-control-allow-origin"] == PARTNER
