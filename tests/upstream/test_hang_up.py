"""Ending a call: what is sent, and what is known afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from pytest_httpx import IteratorStream

from relay.core.upstream import CallRef, HungUp
from relay.upstream.credential import ApiKeyCredential
from relay.upstream.http_client import Clients, Way
from tests.secrecy import API_KEY
from tests.upstream.parts import (
    CALL_ID,
    CALLS_URL,
    HANG_UP_URL,
    HEADERS,
    CredentialDouble,
    build_upstream,
    in_seconds,
)

if TYPE_CHECKING:
    from pytest_httpx import HTTPXMock

    from relay.upstream.realtime import RealtimeUpstream

pytestmark = pytest.mark.anyio

REF = CallRef(deployment="gpt-realtime", id=CALL_ID)


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

    def accept(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=IteratorStream([b""]))

    exchange, hang_up = ClosingTransport(refuse), ClosingTransport(accept)
    clients = Clients(exchange=Way(exchange, HEADERS), hang_up=Way(hang_up, HEADERS))
    upstream = build_upstream(clients=clients)

    assert await upstream.hang_up(REF, deadline=in_seconds(5)) is HungUp.ENDED

    await upstream.close()
    assert exchange.is_closed
    assert hang_up.is_closed


class ClosingTransport(httpx.MockTransport):
    """Remembers that it was closed."""

    is_closed = False

    async def aclose(self) -> None:
        self.is_closed = True
