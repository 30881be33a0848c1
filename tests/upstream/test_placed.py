"""Reading the answer of a call that has its name already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pytest_httpx import IteratorStream

from relay.errors import UpstreamBadAnswer, UpstreamFacts
from tests.secrecy import UFRAG
from tests.upstream.parts import ANSWER, CALLS_URL, LOCATION, MINT_URL, SECRET_BODY, place

if TYPE_CHECKING:
    from pytest_httpx import HTTPXMock

    from relay.upstream.realtime import RealtimeUpstream

pytestmark = pytest.mark.anyio


def answers(httpx_mock: HTTPXMock, content: bytes, headers: dict[str, str]) -> None:
    httpx_mock.add_response(url=MINT_URL, json=SECRET_BODY)
    httpx_mock.add_response(url=CALLS_URL, status_code=201, content=content, headers=headers)


@pytest.mark.parametrize(
    "content_type", ["text/plain; charset=utf-8", "application/sdp", "application/octet-stream", "text/html"]
)
async def test_the_answer_counts_whatever_it_is_called(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, content_type: str
) -> None:
    answers(httpx_mock, ANSWER.encode(), {"location": LOCATION, "content-type": content_type})

    assert await (await place(upstream)).answer() == ANSWER


async def test_the_answer_is_given_byte_for_byte(upstream: RealtimeUpstream, httpx_mock: HTTPXMock) -> None:
    answers(httpx_mock, b"v=0\ns=\xc3\xa9  \n\n", {"location": LOCATION, "content-encoding": "Identity"})

    assert await (await place(upstream)).answer() == "v=0\ns=é  \n\n"


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"", {}),
        (b"<html>", {"content-type": "text/html"}),
        (b'{"sdp": "v=0"}', {}),
        (b" v=0\r\n", {}),
        (b"v=0\r\ns=\xff\xfe\r\n", {}),
        (b"v=0\r\n".ljust(65537), {}),
        (b"v=0\r\n".ljust(1_000_000), {}),
    ],
)
async def test_up_21_an_unusable_answer_leaves_the_call_known(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, content: bytes, headers: dict[str, str]
) -> None:
    answers(httpx_mock, content, {**headers, "location": LOCATION, "apim-request-id": "r-9"})
    placed = await place(upstream)

    with pytest.raises(UpstreamBadAnswer) as raised:
        await placed.answer()

    assert placed.ref is not None
    assert not raised.value.in_doubt
    assert raised.value.upstream == UpstreamFacts(status=201, request_id="r-9")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity, br", "rot13"])
async def test_up_25_an_encoded_answer_is_not_decoded(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock, encoding: str
) -> None:
    httpx_mock.add_response(url=MINT_URL, json=SECRET_BODY)
    httpx_mock.add_response(
        url=CALLS_URL,
        status_code=201,
        stream=IteratorStream([ANSWER.encode()]),
        headers={"location": LOCATION, "content-encoding": encoding},
    )

    with pytest.raises(UpstreamBadAnswer):
        await (await place(upstream)).answer()


async def test_an_unusable_answer_of_a_call_without_a_name_is_in_doubt(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    answers(httpx_mock, b"<html>", {})
    placed = await place(upstream)

    with pytest.raises(UpstreamBadAnswer) as raised:
        await placed.answer()

    assert raised.value.in_doubt


async def test_an_answer_of_exactly_64_kib_is_read(upstream: RealtimeUpstream, httpx_mock: HTTPXMock) -> None:
    answers(httpx_mock, b"v=0\r\n".ljust(65536), {"location": LOCATION})

    assert len(await (await place(upstream)).answer()) == 65536


async def test_letting_go_twice_is_harmless_and_nothing_is_shown(
    upstream: RealtimeUpstream, httpx_mock: HTTPXMock
) -> None:
    answers(httpx_mock, ANSWER.encode(), {"location": LOCATION})
    placed = await place(upstream)

    await placed.close()
    await placed.close()

    assert repr(placed) == "<RealtimePlaced 201 named>"
    assert UFRAG not in repr(placed)
