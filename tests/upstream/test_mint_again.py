"""Minting once more, or not: what is repeated, and what each fault is called."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

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
from relay.upstream.credential import ApiKeyCredential
from tests.secrecy import ACCESS_TOKEN, CLIENT_SECRET
from tests.upstream.parts import MINT_URL, PLAN, SECRET_BODY, CredentialDouble, build_upstream, in_seconds

if TYPE_CHECKING:
    from pytest_httpx import HTTPXMock

    from relay.core.upstream import ClientSecret
    from relay.upstream.realtime import RealtimeUpstream

pytestmark = pytest.mark.anyio


async def mint(upstream: RealtimeUpstream, *, seconds: float = 10) -> ClientSecret:
    return await upstream.mint(PLAN, life_seconds=60, deadline=in_seconds(seconds))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"code": "OpperationNotSupported"}}, UpstreamMisconfigured),
        (400, {"error": {"code": "OperationNotSupported"}}, UpstreamMisconfigured),
        (400, {"error": {"code": "InvalidSessionType"}}, UpstreamMisconfigured),
        (400, {"error": {"code": "invalid_value"}}, UpstreamRejectedOffer),
        (422, {}, UpstreamRejectedOffer),
        (403, {}, UpstreamAuth),
        (404, {"error": {"code": "DeploymentNotFound"}}, UpstreamMisconfigured),
        (409, {}, UpstreamError),
    ],
)
async def test_up_11_14_15_a_refusal_is_named_and_not_repeated(
    upstream: RealtimeUpstream,
    httpx_mock: HTTPXMock,
    status: int,
    body: dict[str, object],
    kind: type[UpstreamProblem],
) -> None:
    httpx_mock.add_response(url=MINT_URL, status_code=status, json=body)

    with pytest.raises(kind) as raised:
        await mint(upstream)

    assert not raised.value.in_doubt
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_up_17_a_failing_mint_is_asked_for_once_more(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, status: int
) -> None:
    httpx_mock.add_response(url=MINT_URL, status_code=status)
    httpx_mock.add_response(url=MINT_URL, json=SECRET_BODY)

    assert (await mint(upstream)).value == CLIENT_SECRET


async def test_up_17_a_mint_is_never_asked_for_a_third_time(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(url=MINT_URL, status_code=500, is_reusable=True)

    with pytest.raises(UpstreamError) as raised:
        await mint(upstream)

    assert len(httpx_mock.get_requests()) == 2
    assert not raised.value.in_doubt


FAILURES: list[tuple[httpx.TransportError, type[UpstreamProblem]]] = [
    (httpx.ConnectError("refused"), UpstreamUnreachable),
    (httpx.ConnectTimeout("slow"), UpstreamTimeout),
    (httpx.ReadTimeout("slow"), UpstreamTimeout),
    (httpx.ReadError("reset"), UpstreamError),
    (httpx.RemoteProtocolError("Server disconnected without sending a response."), UpstreamError),
    (httpx.WriteError("broken"), UpstreamError),
]


@pytest.mark.parametrize("failure", [failure for failure, _ in FAILURES])
async def test_up_01_06_08_a_mint_that_got_no_status_is_asked_for_once_more(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, failure: Exception
) -> None:
    httpx_mock.add_exception(failure, url=MINT_URL)
    httpx_mock.add_response(url=MINT_URL, json=SECRET_BODY)

    assert (await mint(upstream)).value == CLIENT_SECRET


@pytest.mark.parametrize(("failure", "kind"), FAILURES)
async def test_up_01_03_06_08_a_mint_that_fails_twice_is_named(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, failure: Exception, kind: type[UpstreamProblem]
) -> None:
    httpx_mock.add_exception(failure, url=MINT_URL, is_reusable=True)

    with pytest.raises(kind) as raised:
        await mint(upstream)

    assert not raised.value.in_doubt
    assert len(httpx_mock.get_requests()) == 2


@pytest.mark.parametrize(
    "headers", [{"retry-after-ms": "20"}, {"retry-after": "0"}, {"retry-after-ms": "20", "retry-after": "60"}]
)
async def test_up_16_a_short_wait_is_waited_for(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, headers: dict[str, str]
) -> None:
    httpx_mock.add_response(url=MINT_URL, status_code=429, headers=headers)
    httpx_mock.add_response(url=MINT_URL, json=SECRET_BODY)

    assert (await mint(upstream)).value == CLIENT_SECRET


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "999999"}, 60),
        ({"retry-after-ms": "6500"}, 7),
        ({"retry-after": "Fri, 31 Dec 2100 00:00:00 GMT"}, 60),
    ],
)
async def test_up_16_a_long_wait_is_passed_on(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, headers: dict[str, str], told: int
) -> None:
    httpx_mock.add_response(url=MINT_URL, status_code=429, headers=headers)

    with pytest.raises(UpstreamRateLimited) as raised:
        await mint(upstream)

    assert raised.value.retry_after == told
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.parametrize("headers", [{}, {"retry-after": "-1"}, {"retry-after": "garbage"}])
async def test_up_16_without_a_usable_word_a_second_is_too_long_for_a_short_deadline(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, headers: dict[str, str]
) -> None:
    httpx_mock.add_response(url=MINT_URL, status_code=429, headers=headers)

    with pytest.raises(UpstreamRateLimited) as raised:
        await mint(upstream, seconds=0.5)

    assert raised.value.retry_after == 5


async def test_up_06_a_mint_that_hangs_is_asked_for_again_within_the_deadline(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    async def hang(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    httpx_mock.add_callback(hang, url=MINT_URL)
    httpx_mock.add_response(url=MINT_URL, json=SECRET_BODY)

    assert (await mint(upstream, seconds=1)).value == CLIENT_SECRET


async def test_up_12_a_refused_access_token_is_replaced_once(httpx_mock: HTTPXMock) -> None:
    upstream = build_upstream(credential=CredentialDouble())
    httpx_mock.add_response(
        url=MINT_URL, status_code=401, match_headers={"Authorization": f"Bearer {ACCESS_TOKEN}1"}
    )
    httpx_mock.add_response(
        url=MINT_URL, json=SECRET_BODY, match_headers={"Authorization": f"Bearer {ACCESS_TOKEN}2"}
    )

    assert (await mint(upstream)).value == CLIENT_SECRET

    await upstream.close()


async def test_up_12_a_second_refusal_is_upstream_auth(httpx_mock: HTTPXMock) -> None:
    upstream = build_upstream(credential=CredentialDouble(replacements=5))
    httpx_mock.add_response(url=MINT_URL, status_code=401, is_reusable=True)

    with pytest.raises(UpstreamAuth):
        await mint(upstream)

    assert len(httpx_mock.get_requests()) == 2
    await upstream.close()


async def test_up_13_a_refused_api_key_is_upstream_auth_at_once(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(url=MINT_URL, status_code=401, json={"statusCode": 401, "message": "no"})

    with pytest.raises(UpstreamAuth) as raised:
        await mint(upstream)

    assert raised.value.upstream is not None
    assert raised.value.upstream.code == "401"
    assert len(httpx_mock.get_requests()) == 1


async def test_tok_11_a_rotated_api_key_is_read_again_and_used(httpx_mock: HTTPXMock) -> None:
    keys = iter(["key-1", "key-2"])
    upstream = build_upstream(credential=ApiKeyCredential(lambda: next(keys)))
    httpx_mock.add_response(url=MINT_URL, status_code=401, match_headers={"api-key": "key-1"})
    httpx_mock.add_response(url=MINT_URL, json=SECRET_BODY, match_headers={"api-key": "key-2"})

    assert (await mint(upstream)).value == CLIENT_SECRET

    await upstream.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["https://evil.example/x", MINT_URL, "http://evil.example/x"])
async def test_up_24_a_redirect_of_the_mint_is_not_followed(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, status: int, target: str
) -> None:
    httpx_mock.add_response(url=MINT_URL, status_code=status, headers={"location": target})

    with pytest.raises(UpstreamBadAnswer):
        await mint(upstream)

    assert len(httpx_mock.get_requests()) == 1
