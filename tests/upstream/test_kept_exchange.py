"""The exchange with kept client secrets: one request upstream, and what a 401 does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import pytest

from relay.errors import UpstreamAuth, UpstreamError
from relay.upstream.secrets import KeptSecrets
from tests.secrecy import CLIENT_SECRET
from tests.upstream.parts import (
    ANSWER,
    CALLS_URL,
    LOCATION,
    MINT_URL,
    PLAN,
    build_upstream,
    connect,
    in_seconds,
    place,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_httpx import HTTPXMock

    from relay.upstream.realtime import RealtimeUpstream

pytestmark = pytest.mark.anyio


@pytest.fixture(name="upstream")
async def _upstream() -> AsyncIterator[RealtimeUpstream]:
    upstream = build_upstream(secrets=lambda mint: KeptSecrets(mint, clock=time.monotonic))
    yield upstream
    await upstream.close()


def mints(httpx_mock: HTTPXMock, *values: str) -> None:
    for value in values:
        body = {"value": value, "expires_at": int(time.time()) + 600}
        httpx_mock.add_response(url=MINT_URL, json=body)


def answers(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(
        url=CALLS_URL, status_code=201, headers={"location": LOCATION}, text=ANSWER, is_reusable=True
    )


def shown(httpx_mock: HTTPXMock) -> list[str]:
    return [request.headers["authorization"] for request in httpx_mock.get_requests(url=CALLS_URL)]


async def test_the_second_call_of_a_plan_is_one_request(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    mints(httpx_mock, CLIENT_SECRET)
    answers(httpx_mock)

    assert [await connect(upstream) for _ in range(3)] == [ANSWER] * 3

    assert len(httpx_mock.get_requests(url=MINT_URL)) == 1


async def test_a_prepared_call_is_one_request(upstream: RealtimeUpstream, httpx_mock: HTTPXMock) -> None:
    mints(httpx_mock, CLIENT_SECRET)
    answers(httpx_mock)
    await upstream.prepare(PLAN, deadline=in_seconds(5))
    asked = len(httpx_mock.get_requests())
    placed = await place(upstream)

    assert len(httpx_mock.get_requests()) == asked + 1
    assert "credential" not in placed.timings
    await placed.close()


async def test_up_12_a_kept_client_secret_that_is_refused_is_dropped_and_minted_once_more(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    mints(httpx_mock, CLIENT_SECRET, f"{CLIENT_SECRET}_2")
    await upstream.prepare(PLAN, deadline=in_seconds(5))
    httpx_mock.add_response(url=CALLS_URL, status_code=401)
    answers(httpx_mock)

    assert [await connect(upstream), await connect(upstream)] == [ANSWER] * 2

    assert shown(httpx_mock) == [f"Bearer {CLIENT_SECRET}"] + [f"Bearer {CLIENT_SECRET}_2"] * 2


async def test_up_12_two_refusals_are_upstream_auth_and_neither_client_secret_is_kept(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    mints(httpx_mock, CLIENT_SECRET, f"{CLIENT_SECRET}_2", f"{CLIENT_SECRET}_3")
    for _ in range(2):
        httpx_mock.add_response(url=CALLS_URL, status_code=401)
    with pytest.raises(UpstreamAuth):
        await place(upstream)
    answers(httpx_mock)
    await connect(upstream)

    assert shown(httpx_mock)[-1] == f"Bearer {CLIENT_SECRET}_3"


async def test_up_08_a_lost_exchange_is_sent_once_with_a_kept_client_secret_too(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    mints(httpx_mock, CLIENT_SECRET)
    await upstream.prepare(PLAN, deadline=in_seconds(5))
    httpx_mock.add_exception(httpx.RemoteProtocolError("x"), url=CALLS_URL)

    with pytest.raises(UpstreamError) as raised:
        await place(upstream)

    assert raised.value.in_doubt
    assert len(shown(httpx_mock)) == 1
