"""Limits at the web edge: what is refused, in which order, and what the caller is told."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from relay.core.limits import Ceiling
from relay.core.rate import Rate
from relay.errors import UpstreamRateLimited
from tests.doubles.relay import OFFER, PARTNER, TERMS, RelayDouble
from tests.doubles.upstream import ANSWER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

pytestmark = pytest.mark.anyio

SIX_A_MINUTE = Rate(6, 60)


@pytest.fixture(name="build")
def _build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RelayDouble]]:
    """Builds relays and closes their stores."""
    built: list[RelayDouble] = []

    def build(**changes: Any) -> RelayDouble:
        ceiling = Ceiling(**{"total": 50, "per_caller": 0, **changes.pop("ceiling", {})})
        built.append(
            RelayDouble(tmp_path_factory.mktemp("state"), terms=replace(TERMS, ceiling=ceiling), **changes)
        )
        return built[-1]

    yield build
    for relay in built:
        asyncio.run(relay.store.close())


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
    build: Callable[..., RelayDouble],
) -> None:
    relay = build(rate=SIX_A_MINUTE)
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


async def test_quota_01_a_refused_request_is_not_read(build: Callable[..., RelayDouble]) -> None:
    relay = build(rate=Rate(1, 60))
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
    build: Callable[..., RelayDouble],
) -> None:
    relay = build(rate=Rate(1, 60))
    wrong = await relay.ask("POST", "/connect", content=b"x", headers={"Content-Type": "text/plain"})

    assert wrong.status_code == 415
    assert (await relay.connect()).status_code == 201


async def test_quota_02_of_200_racing_connects_of_one_caller_exactly_two_succeed(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build(ceiling={"per_caller": 2}, most_in_flight=500)
    relay.upstream.placing.clear()
    racing = [asyncio.create_task(relay.connect()) for _ in range(200)]
    await asyncio.sleep(0.5)
    relay.upstream.placing.set()
    answers = await asyncio.gather(*racing)

    codes = [response.json()["code"] for response in answers if response.status_code != 201]
    assert codes == ["too_many_calls_of_caller"] * 198
    assert {response.status_code for response in answers} == {201, 429}
    assert relay.upstream.paid_requests == 2


@pytest.mark.parametrize("stage", ["form", "offer", "mint", "answer", "patience"])
async def test_quota_03_a_failed_attempt_holds_no_place_and_counts_for_the_rate(
    build: Callable[..., RelayDouble], stage: str
) -> None:
    ceiling = {"total": 1, "per_caller": 1, "day_seconds_per_caller": 600}
    relay = build(rate=Rate(3, 60), ceiling=ceiling, patience_seconds=0.05)
    if stage == "form":
        assert (await relay.connect(nonsense="x")).status_code == 400
    elif stage == "offer":
        assert (await relay.connect(sdp="v=0\r\n")).status_code == 422
    elif stage == "mint":
        relay.upstream.refuses = UpstreamRateLimited("later", retry_after=1)
        assert (await relay.connect()).status_code == 503
        relay.upstream.refuses = None
    elif stage == "answer":
        relay.upstream.answer = "no SDP"
        assert (await relay.connect()).status_code == 502
        relay.upstream.answer = ANSWER
    else:
        relay.upstream.minting.clear()
        assert (await relay.connect()).status_code == 504
        relay.upstream.minting.set()
    await relay.settle()
    relay.exchange.draining = False

    assert (await relay.store.counts()).open == 0
    assert (await relay.connect()).status_code == 201  # nothing of the ten minutes is missing
    assert (await relay.connect()).json()["code"] == "too_many_calls_of_caller"
    assert (await relay.connect()).json()["code"] == "rate_limited"


async def test_quota_05_a_direct_client_that_rotates_forwarded_addresses_is_one_caller(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build(rate=SIX_A_MINUTE)
    answers = [await _ask(relay, "192.0.2.7", forwarded=f"1.2.3.{n}") for n in range(7)]

    assert answers == [201] * 6 + [429]


async def test_quota_06_behind_a_listed_proxy_the_last_hop_it_saw_counts_and_not_what_was_prepended(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build(rate=SIX_A_MINUTE)
    proxy = {"listed": "10.0.0.1"}
    answers = [await _ask(relay, "10.0.0.1", forwarded=f"1.2.3.{n}, 192.0.2.7", **proxy) for n in range(7)]

    assert answers == [201] * 6 + [429]
    assert await _ask(relay, "10.0.0.1", forwarded="1.2.3.1, 192.0.2.8", **proxy) == 201
    assert await _ask(relay, "192.0.2.7", forwarded="192.0.2.99", **proxy) == 429  # not through the proxy


async def test_quota_07_behind_two_proxies_of_which_one_is_listed_all_are_the_outer_one(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build(rate=SIX_A_MINUTE)
    proxy = {"listed": "10.0.0.1"}
    answers = [await _ask(relay, "10.0.0.1", forwarded=f"192.0.2.{n}, 10.9.9.9", **proxy) for n in range(7)]

    assert answers == [201] * 6 + [429]


async def test_quota_08_one_ipv6_network_is_one_caller_however_many_addresses_it_has(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build(rate=SIX_A_MINUTE, ceiling={"per_caller": 0})
    answers = [await _ask(relay, f"2001:db8:0:1::{n:x}") for n in range(7)]

    assert answers == [201] * 6 + [429]
    assert await _ask(relay, "2001:db8:0:2::1") == 201


async def test_quota_10_without_the_store_nobody_is_let_in_and_everybody_is_told_soon(
    build: Callable[..., RelayDouble],
) -> None:
    for rate in (SIX_A_MINUTE, None):
        relay = build(rate=rate)
        path = relay.store._db.execute("PRAGMA database_list").fetchone()[2]
        with closing(sqlite3.connect(path, isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            refused = await relay.connect()
            first = time.monotonic() - began
            more = await asyncio.gather(*(relay.connect() for _ in range(10)))
            rest = time.monotonic() - began - first

        assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
        assert int(refused.headers["retry-after"]) > 0
        assert {response.status_code for response in more} == {503}
        assert first < 0.3
        assert rest < 0.3
        assert relay.upstream.paid_requests == 0
        assert (await relay.connect()).status_code == 201


async def test_quota_12_a_call_is_cut_to_what_is_left_and_the_next_is_refused(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build(ceiling={"day_seconds_per_caller": 900})
    first, second = await relay.connect(), await relay.connect()
    third = await relay.connect()
    described = [(await relay.ask("GET", r.headers["location"])).json() for r in (first, second)]

    assert [body["limits"]["max_seconds"] for body in described] == [600.0, 300.0]
    assert described[1]["seconds_left"] == 300.0
    assert (third.status_code, third.json()["code"]) == (429, "minutes_spent")
    assert int(third.headers["retry-after"]) == 60
    assert relay.upstream.paid_requests == 2


async def test_the_minutes_of_everybody_are_not_the_callers_fault(build: Callable[..., RelayDouble]) -> None:
    relay = build(ceiling={"day_seconds_total": 600})
    await relay.connect()
    refused = await relay.connect()

    assert (refused.status_code, refused.json()["code"]) == (503, "budget_exhausted")
    assert int(refused.headers["retry-after"]) > 0


async def test_quota_15_a_pause_by_another_process_refuses_everybody_at_once(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build(rate=SIX_A_MINUTE)
    await relay.store.set_paused(paused=True)
    refused = await relay.connect()

    assert (refused.status_code, refused.json()["code"]) == (503, "paused")
    assert relay.upstream.paid_requests == 0


async def test_client_secrets_for_pages_are_rated_too(build: Callable[..., RelayDouble]) -> None:
    relay = build(rate=Rate(2, 60), direct=True)
    answers = [await relay.ask("POST", "/api/session", json={}) for _ in range(3)]

    assert [response.status_code for response in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit"] == '"connects";r=1;t=61'
    assert (await relay.connect()).status_code == 429  # one rate for both


async def test_a_page_of_another_origin_can_read_the_headers(build: Callable[..., RelayDouble]) -> None:
    relay = build(rate=Rate(1, 60), origins=frozenset({PARTNER}))
    await relay.connect()
    refused = await relay.connect(headers={"Origin": PARTNER})

    exposed = refused.headers["access-control-expose-headers"].split(", ")
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(exposed)
    assert refused.headers["access-control-allow-origin"] == PARTNER


async def test_the_page_learns_the_limits(build: Callable[..., RelayDouble]) -> None:
    bounded = build(rate=SIX_A_MINUTE, ceiling={"per_caller": 2, "day_seconds_per_caller": 3600})
    free = build()
    told = [(await relay.ask("GET", "/config")).json()["limits"] for relay in (bounded, free)]
    names = ("connects", "calls_per_caller", "minutes_per_day")

    assert [told[0][name] for name in names] == [{"most": 6, "seconds": 60}, 2, 60]
    assert [told[1][name] for name in names] == [None, None, None]
