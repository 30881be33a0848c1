"""Minting: what is sent, what is repeated, and what each fault is called."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pytest_httpx import IteratorStream

from relay.errors import (
    UpstreamBadAnswer,
    UpstreamMisconfigured,
    UpstreamTimeout,
)
from tests.secrecy import API_KEY, CLIENT_SECRET, INSTRUCTIONS
from tests.upstream.parts import MINT_URL, PLAN, SECRET_BODY, in_seconds

if TYPE_CHECKING:
    from pytest_httpx import HTTPXMock

    from relay.core.upstream import ClientSecret
    from relay.upstream.realtime import RealtimeUpstream

pytestmark = pytest.mark.anyio


async def mint(upstream: RealtimeUpstream, *, seconds: float = 10) -> ClientSecret:
    return await upstream.mint(PLAN, life_seconds=60, deadline=in_seconds(seconds))


async def test_the_mint_shows_the_credential_and_the_plan(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(url=MINT_URL, method="POST", json=SECRET_BODY)

    secret = await mint(upstream)

    assert (secret.value, secret.expires_at) == (CLIENT_SECRET, 1784859437)
    (request,) = httpx_mock.get_requests()
    assert request.headers["api-key"] == API_KEY
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["user-agent"] == "sdp-relay/0.1.0"
    assert "openai-beta" not in request.headers
    assert request.url.query == b""
    body = json.loads(request.content)
    assert body["expires_after"]["seconds"] == 60
    assert body["session"]["instructions"] == INSTRUCTIONS


@pytest.mark.parametrize("caller", [None, "0123456789abcdef"])
async def test_the_upstream_is_told_a_hash_of_the_caller_only_when_it_is_to_be(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, caller: str | None
) -> None:
    httpx_mock.add_response(url=MINT_URL, method="POST", status_code=500)
    httpx_mock.add_response(url=MINT_URL, method="POST", json=SECRET_BODY)

    await upstream.mint(replace(PLAN, caller=caller), life_seconds=60, deadline=in_seconds(10))

    told = [request.headers.get("OpenAI-Safety-Identifier") for request in httpx_mock.get_requests()]
    assert told == [caller, caller]


async def test_up_20_any_success_with_a_good_body_serves(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(url=MINT_URL, status_code=201, json=SECRET_BODY)

    assert (await mint(upstream)).value == CLIENT_SECRET


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"<html></html>", {"content-type": "text/html"}),
        (b'{"value": 1}', {}),
        (b" " * 65537, {}),
    ],
)
async def test_up_21_an_unusable_mint_answer_is_not_asked_for_again(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, body: bytes, headers: dict[str, str]
) -> None:
    httpx_mock.add_response(url=MINT_URL, content=body, headers={**headers, "apim-request-id": "r-1"})

    with pytest.raises(UpstreamBadAnswer) as raised:
        await mint(upstream)

    assert len(httpx_mock.get_requests()) == 1
    assert raised.value.upstream is not None
    assert raised.value.upstream.request_id == "r-1"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity, br", "rot13"])
async def test_up_25_an_encoded_mint_answer_is_not_decoded(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, encoding: str
) -> None:
    body = IteratorStream([json.dumps(SECRET_BODY).encode()])
    httpx_mock.add_response(url=MINT_URL, stream=body, headers={"content-encoding": encoding})

    with pytest.raises(UpstreamBadAnswer):
        await mint(upstream)


async def test_a_mint_answer_of_exactly_64_kib_is_read(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(url=MINT_URL, content=json.dumps(SECRET_BODY).encode().ljust(65536))

    assert (await mint(upstream)).value == CLIENT_SECRET


async def test_the_upstreams_facts_are_told_and_its_text_is_not(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(
        url=MINT_URL,
        status_code=404,
        json={"error": {"code": "DeploymentNotFound", "message": f"no {INSTRUCTIONS}"}},
        headers={"apim-request-id": "0f3c-11"},
    )

    with pytest.raises(UpstreamMisconfigured) as raised:
        await mint(upstream)

    facts = raised.value.upstream
    assert facts is not None
    assert (facts.status, facts.code, facts.request_id) == (404, "DeploymentNotFound", "0f3c-11")
    assert INSTRUCTIONS not in f"{raised.value} {raised.value!r} {raised.value.detail}"


async def test_no_request_is_sent_after_the_deadline(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    with pytest.raises(UpstreamTimeout):
        await mint(upstream, seconds=-1)

    assert httpx_mock.get_requests() == []
