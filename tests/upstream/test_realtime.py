"""Placing a call and ending it: what is sent, how often, and what is known afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from relay.core.upstream import CallRef, HungUp, NotWanted
from relay.errors import (
    UpstreamAuth,
    UpstreamAuthUnavailable,
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
from relay.upstream.http_client import Clients
from tests.upstream.parts import (
    ANSWER,
    API_KEY,
    CALL_ID,
    CALLS_URL,
    CLIENT_SECRET,
    HANG_UP_URL,
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


async def test_a_browser_that_left_is_asked_after_before_each_exchange(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    can_mint(httpx_mock)
    httpx_mock.add_response(url=CALLS_URL, status_code=401)
    wanted = iter([True, False])

    with pytest.raises(NotWanted):
        await upstream.place(OFFER, PLAN, deadline=in_seconds(5), wanted=lambda: next(wanted))

    assert len(calls(httpx_mock)) == 1


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


async def test_a_hang_up_shows_the_standing_credential(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(url=HANG_UP_URL, method="POST")

    assert await upstream.hang_up(REF, deadline=in_seconds(5)) is HungUp.ENDED

    (request,) = httpx_mock.get_requests()
    assert request.headers["api-key"] == API_KEY
    assert "authorization" not in request.headers
    assert request.content == b""


@pytest.mark.parametrize(
    ("status", "expected"),
    [(204, HungUp.ENDED), (404, HungUp.GONE)]
    + [(status, HungUp.UNSURE) for status in (302, 401, 403, 409, 429, 500, 503)],
)
async def test_up_31_what_a_hang_up_came_to(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, status: int, expected: HungUp
) -> None:
    httpx_mock.add_response(url=HANG_UP_URL, status_code=status)

    assert await upstream.hang_up(REF, deadline=in_seconds(5)) is expected
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.parametrize(
    "failure",
    [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.RemoteProtocolError("x"), httpx.PoolTimeout("x")],
)
async def test_up_31_a_hang_up_that_got_no_status_is_unsure(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, failure: Exception
) -> None:
    httpx_mock.add_exception(failure, url=HANG_UP_URL)

    assert await upstream.hang_up(REF, deadline=in_seconds(5)) is HungUp.UNSURE


async def test_up_12_a_hang_up_renews_a_refused_access_token_once(httpx_mock: HTTPXMock) -> None:
    upstream = build_upstream(credential=CredentialDouble())
    httpx_mock.add_response(url=HANG_UP_URL, status_code=401)
    httpx_mock.add_response(url=HANG_UP_URL)

    assert await upstream.hang_up(REF, deadline=in_seconds(5)) is HungUp.ENDED

    await upstream.close()


async def test_a_hang_up_without_a_credential_is_unsure(httpx_mock: HTTPXMock) -> None:
    upstream = build_upstream(credential=ApiKeyCredential(lambda: ""))

    assert await upstream.hang_up(REF, deadline=in_seconds(5)) is HungUp.UNSURE

    await upstream.close()


async def test_the_id_of_a_call_cannot_leave_its_place_in_the_path(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(url=f"{CALLS_URL}/rtc_1%2F..%3Fx/hangup", status_code=404)

    assert await upstream.hang_up(CallRef("d", "rtc_1/..?x"), deadline=in_seconds(5)) is HungUp.GONE


async def test_load_10_hang_ups_go_through_a_client_of_their_own() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError

    clients = Clients(
        exchange=httpx.AsyncClient(transport=httpx.MockTransport(refuse)),
        hang_up=httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200))),
    )
    upstream = build_upstream(clients=clients)

    assert await upstream.hang_up(REF, deadline=in_seconds(5)) is HungUp.ENDED

    await upstream.close()
    assert clients.exchange.is_closed
    assert clients.hang_up.is_closed


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
