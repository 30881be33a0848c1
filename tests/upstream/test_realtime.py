"""Placing a call and ending it: what is sent, how often, and what is known afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relay.core.upstream import CallRef, NotWanted
from relay.errors import (
    UpstreamAuthUnavailable,
    UpstreamMisconfigured,
)
from relay.upstream.credential import ApiKeyCredential
from tests.secrecy import API_KEY, CLIENT_SECRET
from tests.upstream.parts import (
    ANSWER,
    CALL_ID,
    CALLS_URL,
    LOCATION,
    MINT_URL,
    OFFER,
    PLAN,
    SECRET_BODY,
    CredentialDouble,
    build_upstream,
    connect,
    in_seconds,
    place,
)

if TYPE_CHECKING:
    import httpx
    from pytest_httpx import HTTPXMock

    from relay.upstream.realtime import RealtimeUpstream

pytestmark = pytest.mark.anyio

REF = CallRef(deployment="gpt-realtime", id=CALL_ID)


def can_mint(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=MINT_URL, json=SECRET_BODY, is_reusable=True)


def answers(httpx_mock: HTTPXMock, *, status: int = 201, headers: dict[str, str] | None = None) -> None:
    httpx_mock.add_response(
        url=CALLS_URL, status_code=status, text=ANSWER, headers=headers or {"location": LOCATION}
    )


def calls(httpx_mock: HTTPXMock) -> list[httpx.Request]:
    return httpx_mock.get_requests(url=CALLS_URL)


async def test_an_offer_becomes_an_answer_and_a_call_that_has_a_name(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    can_mint(httpx_mock)
    answers(httpx_mock)

    placed = await place(upstream)

    assert placed.ref == REF
    assert await placed.answer() == ANSWER
    assert set(placed.timings) == {"credential", "secret", "exchange"}
    assert all(milliseconds >= 0 for milliseconds in placed.timings.values())


async def test_the_exchange_carries_the_client_secret_alone(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    can_mint(httpx_mock)
    answers(httpx_mock)

    await connect(upstream)

    (request,) = calls(httpx_mock)
    assert request.headers["authorization"] == f"Bearer {CLIENT_SECRET}"
    assert request.headers["content-type"] == "application/sdp"
    assert request.headers["accept-encoding"] == "identity"
    assert "api-key" not in request.headers
    assert "cookie" not in request.headers
    assert request.url.query == b""
    assert request.content == OFFER.encode()


async def test_the_upstream_filters_what_reaches_the_browser_of_a_private_profile(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    can_mint(httpx_mock)
    url = f"{CALLS_URL}?webrtcfilter=on"
    httpx_mock.add_response(url=url, status_code=201, text=ANSWER, headers={"location": LOCATION})

    placed = await place(upstream, replace(PLAN, browser_filter=True))

    assert placed.ref == REF
    assert [request.url.query for request in httpx_mock.get_requests(url=url)] == [b"webrtcfilter=on"]


async def test_cookies_of_one_exchange_are_not_shown_in_the_next(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    can_mint(httpx_mock)
    for _ in range(2):
        answers(httpx_mock, headers={"location": LOCATION, "set-cookie": "affinity=1; Path=/"})

    await connect(upstream)
    await connect(upstream)

    assert [request.headers.get("cookie") for request in calls(httpx_mock)] == [None, None]


async def test_a_browser_that_left_during_the_mint_costs_nothing(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    can_mint(httpx_mock)

    with pytest.raises(NotWanted):
        await upstream.place(OFFER, PLAN, deadline=in_seconds(5), wanted=lambda: False)

    assert calls(httpx_mock) == []


@pytest.mark.parametrize("status", [200, 202])
async def test_up_20_another_success_than_201_is_accepted_and_logged_once(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    can_mint(httpx_mock)
    for _ in range(2):
        answers(httpx_mock, status=status)

    assert [await connect(upstream), await connect(upstream)] == [ANSWER, ANSWER]

    assert caplog.text.count("another status than 201") == 1


@pytest.mark.parametrize("location", [None, "/v1/realtime/calls/", "https://evil.example/"])
async def test_up_22_a_call_without_a_name_is_placed_and_says_so(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, location: str | None
) -> None:
    can_mint(httpx_mock)
    answers(httpx_mock, headers={"x": "y"} if location is None else {"location": location})

    placed = await place(upstream)

    assert placed.ref is None
    assert await placed.answer() == ANSWER


async def test_problems_of_the_mint_are_problems_of_placing(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(url=MINT_URL, status_code=404)

    with pytest.raises(UpstreamMisconfigured) as raised:
        await place(upstream)

    assert not raised.value.in_doubt
    assert calls(httpx_mock) == []


async def test_without_a_credential_nothing_is_sent(httpx_mock: HTTPXMock) -> None:
    upstream = build_upstream(credential=ApiKeyCredential(lambda: ""))

    with pytest.raises(UpstreamAuthUnavailable):
        await place(upstream)

    assert httpx_mock.get_requests() == []
    await upstream.close()


async def test_it_is_ready_when_a_credential_is_at_hand(upstream: RealtimeUpstream) -> None:
    keyless = build_upstream(credential=ApiKeyCredential(lambda: ""))

    assert await upstream.ready()
    assert not await keyless.ready()
    await keyless.close()


async def test_starting_and_closing_reach_the_credential() -> None:
    credential = CredentialDouble()
    upstream = build_upstream(credential=credential)

    upstream.start()
    await upstream.close()

    assert (credential.started, credential.closed) == (True, True)


async def test_its_traits_say_where_a_browser_could_go_by_itself(upstream: RealtimeUpstream) -> None:
    assert upstream.name == "azure"
    assert upstream.traits.exchange_url == CALLS_URL
    assert upstream.traits.max_call_seconds == 3600
    assert API_KEY not in repr(upstream)
