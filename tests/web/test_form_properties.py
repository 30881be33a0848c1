"""Whatever arrives at the form reader, it is read as it was sent or refused by name, and quickly.

``RELAY_TEST_EXAMPLES=100000`` runs the tests for the record.
"""

from __future__ import annotations

import asyncio
import json
import os
from time import process_time
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.core.request import ConnectRequest
from relay.errors import BadRequest
from relay.web.form import CONNECT_FIELDS, FormBounds, read_connect_request
from tests.web.asgi_request import (
    BOUNDARY,
    KINDS,
    MULTIPART,
    Body,
    asgi_request,
    form,
    part,
    read,
    request_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

_BOUNDS = FormBounds()
_EXAMPLES = settings(max_examples=int(os.environ.get("RELAY_TEST_EXAMPLES", "300")), deadline=None)

_EDGE = f"--{BOUNDARY}".encode()
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=16)
_FIELDS = st.fixed_dictionaries(
    {"sdp": st.just("v=0\r\n")},
    optional={name: _TEXT.filter(lambda text: len(text.encode()) <= 16) for name in CONNECT_FIELDS - {"sdp"}},
)
_PIECES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        [_EDGE, _EDGE + b"\r\n", _EDGE + b"--", b"\r\n", b"\r", b"\n", b"--", b"; ", b": ", b'"', b"="]
    ),
    st.sampled_from(
        [
            b'Content-Disposition: form-data; name="sdp"\r\n\r\n',
            b'; filename="a"',
            b"Content-Type: text/plain; charset=utf-16\r\n",
            b"Content-Transfer-Encoding: base64\r\n",
        ]
    ),
)
_CONTENT_TYPES = st.one_of(
    st.sampled_from(
        [MULTIPART, "multipart/form-data; boundary=a", "application/json", "application/sdp", "text/plain"]
    ),
    st.text(st.characters(max_codepoint=255), max_size=40),
    st.text(st.characters(max_codepoint=255), max_size=20).map(lambda text: f"application/json;{text}"),
    st.text(st.characters(max_codepoint=255), max_size=20).map(
        lambda text: f"multipart/form-data; boundary={text}"
    ),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*CONNECT_FIELDS, "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@st.composite
def _edited_forms(draw: st.DrawFn) -> bytes:
    """Take a good form and cut, insert, repeat or overwrite in it a few times."""
    body = form(*(part(name, value) for name, value in draw(_FIELDS).items()))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        to = at + draw(st.integers(0, 40))
        piece = draw(st.one_of(_PIECES, st.just(body[at:to] * draw(st.sampled_from([1, 2, 300])))))
        body = body[:at] + piece + body[draw(st.sampled_from([at, to])) :]
    return body


def _outcome(request: Callable[[], Request]) -> ConnectRequest | None:
    """Read the request; up to three times if it takes long, for a busy machine may spoil one measurement."""

    async def measure() -> tuple[float, ConnectRequest | None]:
        begin = process_time()
        try:
            outcome = await read_connect_request(request(), _BOUNDS)
        except BadRequest:
            outcome = None
        return process_time() - begin, outcome

    seconds, outcome = asyncio.run(measure())
    for _ in range(2):
        if seconds >= 0.05:
            seconds, outcome = asyncio.run(measure())
    assert seconds < 0.05
    return outcome


@given(fields=_FIELDS, kind=st.sampled_from(KINDS))
@_EXAMPLES
def test_any_text_arrives_as_it_was_sent_in_all_three_forms(fields: dict[str, str], kind: str) -> None:
    assert read(request_in(kind, **fields)) == ConnectRequest(**fields)


@given(body=_edited_forms())
@_EXAMPLES
def test_an_edited_form_is_read_or_refused_by_name(body: bytes) -> None:
    _outcome(lambda: asgi_request(body, MULTIPART))


@given(body=_edited_forms(), sizes=st.lists(st.integers(1, 200), min_size=1, max_size=20))
@_EXAMPLES
def test_how_a_body_is_cut_into_chunks_changes_nothing(body: bytes, sizes: list[int]) -> None:
    chunks, rest = [], body
    for size in sizes:
        chunks.append(rest[:size])
        rest = rest[size:]

    assert _outcome(lambda: asgi_request(Body([*chunks, rest]), MULTIPART)) == _outcome(
        lambda: asgi_request(body, MULTIPART)
    )


@given(
    body=st.one_of(
        st.binary(), st.lists(_PIECES, max_size=40).map(b"".join), _PIECES.map(lambda piece: piece * 3000)
    ),
    content_type=_CONTENT_TYPES,
    query=st.one_of(st.just(b""), st.binary(max_size=60), st.text(max_size=60).map(str.encode)),
)
@_EXAMPLES
def test_any_request_is_read_or_refused_by_name(body: bytes, content_type: str, query: bytes) -> None:
    _outcome(lambda: asgi_request(body, content_type, query=query))


@given(document=_JSON, cut=st.integers(0, 400))
@_EXAMPLES
def test_any_json_is_read_or_refused_by_name(document: object, cut: int) -> None:
    body = json.dumps(document).encode()

    _outcome(lambda: asgi_request(body, "application/json"))
    _outcome(lambda: asgi_request(body[:cut], "application/json"))
