"""The paid request is sent once: what a second one would need, and what stays in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from relay.core.upstream import CallRef, NotWanted
from relay.errors import (
    UpstreamAuth,
    UpstreamBadAnswer,
    UpstreamError,
    UpstreamMisconfigured,
    UpstreamProblem,
    UpstreamRateLimited,
    UpstreamRejectedOffer,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from tests.secrecy import CLIENT_SECRET
from tests.upstream.parts import (
    ANSWER,
    CALL_ID,
    CALLS_URL,
    LOCATION,
    MINT_URL,
    OFFER,
    PLAN,
    SECRET_BODY,
    connect,
    in_seconds,
    place,
)

if TYPE_CHECKING:
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


async def test_a_browser_that_left_is_asked_after_before_each_exchange(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    can_mint(httpx_mock)
    httpx_mock.add_response(url=CALLS_URL, status_code=401)
    wanted = iter([True, False])

    with pytest.raises(NotWanted):
        await upstream.place(OFFER, PLAN, deadline=in_seconds(5), wanted=lambda: next(wanted))

    assert len(calls(httpx_mock)) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("target", ["https://evil.example/x", LOCATION, "http://evil.example/x"])
async def test_up_24_a_redirect_of_the_exchange_is_not_followed(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, status: int, target: str
) -> None:
    can_mint(httpx_mock)
    httpx_mock.add_response(url=CALLS_URL, status_code=status, headers={"location": target})

    with pytest.raises(UpstreamBadAnswer) as raised:
        await place(upstream)

    assert not raised.value.in_doubt
    assert len(httpx_mock.get_requests()) == 2


@pytest.mark.parametrize(
    ("status", "headers", "kind", "in_doubt"),
    [
        (400, {}, UpstreamRejectedOffer, False),
        (403, {}, UpstreamAuth, False),
        (404, {}, UpstreamMisconfigured, False),
        (408, {}, UpstreamTimeout, True),
        (409, {}, UpstreamError, False),
        (422, {}, UpstreamRejectedOffer, False),
        (429, {}, UpstreamRateLimited, False),
        (429, {"retry-after": "1"}, UpstreamRateLimited, False),
        (500, {}, UpstreamError, True),
        (502, {}, UpstreamError, True),
        (503, {}, UpstreamError, True),
        (503, {"retry-after": "1"}, UpstreamRateLimited, False),
    ],
)
async def test_up_11_14_15_16_18_no_refused_exchange_is_repeated(
    upstream: RealtimeUpstream,
    httpx_mock: HTTPXMock,
    status: int,
    headers: dict[str, str],
    kind: type[UpstreamProblem],
    *,
    in_doubt: bool,
) -> None:
    can_mint(httpx_mock)
    httpx_mock.add_response(url=CALLS_URL, status_code=status, headers=headers)

    with pytest.raises(kind) as raised:
        await place(upstream)

    assert raised.value.in_doubt is in_doubt
    assert len(calls(httpx_mock)) == 1


async def test_up_12_a_refused_client_secret_is_minted_afresh(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(url=MINT_URL, json=SECRET_BODY)
    httpx_mock.add_response(url=MINT_URL, json={**SECRET_BODY, "value": f"{CLIENT_SECRET}_2"})
    httpx_mock.add_response(url=CALLS_URL, status_code=401)
    answers(httpx_mock)

    assert await connect(upstream) == ANSWER

    shown = [request.headers["authorization"] for request in calls(httpx_mock)]
    assert shown == [f"Bearer {CLIENT_SECRET}", f"Bearer {CLIENT_SECRET}_2"]


async def test_up_12_a_second_401_is_upstream_auth(upstream: RealtimeUpstream, httpx_mock: HTTPXMock) -> None:
    can_mint(httpx_mock)
    httpx_mock.add_response(url=CALLS_URL, status_code=401, is_reusable=True)

    with pytest.raises(UpstreamAuth) as raised:
        await place(upstream)

    assert not raised.value.in_doubt
    assert len(calls(httpx_mock)) == 2


@pytest.mark.parametrize(
    "failure",
    [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x"), httpx.ProxyError("x")],
    ids=lambda failure: type(failure).__name__,
)
async def test_up_01_02_03_an_exchange_that_was_not_sent_is_sent_once_more(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, failure: Exception
) -> None:
    can_mint(httpx_mock)
    httpx_mock.add_exception(failure, url=CALLS_URL)
    answers(httpx_mock)

    assert await connect(upstream) == ANSWER


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ConnectError("x"), UpstreamUnreachable),
        (httpx.ConnectTimeout("x"), UpstreamTimeout),
        (httpx.PoolTimeout("x"), UpstreamTimeout),
        (httpx.ProxyError("x"), UpstreamUnreachable),
    ],
)
async def test_up_01_02_03_an_exchange_that_cannot_be_sent_is_not_in_doubt(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, failure: Exception, kind: type[UpstreamProblem]
) -> None:
    can_mint(httpx_mock)
    httpx_mock.add_exception(failure, url=CALLS_URL, is_reusable=True)

    with pytest.raises(kind) as raised:
        await place(upstream)

    assert not raised.value.in_doubt
    assert len(calls(httpx_mock)) == 2


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ReadTimeout("x"), UpstreamTimeout),
        (httpx.WriteTimeout("x"), UpstreamTimeout),
        (httpx.ReadError("x"), UpstreamError),
        (httpx.WriteError("x"), UpstreamError),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), UpstreamError),
    ],
)
async def test_up_07_08_10_an_exchange_that_may_have_been_read_is_in_doubt_and_sent_once(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, failure: Exception, kind: type[UpstreamProblem]
) -> None:
    can_mint(httpx_mock)
    httpx_mock.add_exception(failure, url=CALLS_URL)

    with pytest.raises(kind) as raised:
        await place(upstream)

    assert raised.value.in_doubt
    assert len(calls(httpx_mock)) == 1
