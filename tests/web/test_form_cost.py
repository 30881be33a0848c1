"""What a hostile request costs, and that a refusal repeats nothing of it."""

from __future__ import annotations

import asyncio
from time import process_time

import pytest

from relay.errors import Problem
from relay.web.form import FormBounds, read_connect_request
from tests.web.asgi_request import KINDS, asgi_request, read, request_in

_BOUNDS = FormBounds()
_SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=Gespräch\r\n"


_PART = b'Content-Disposition: form-data; name="sdp"\r\n\r\n'


@pytest.mark.parametrize(
    ("what", "content_type", "body"),
    [
        ("BAD-11 headerless parts", "multipart/form-data; boundary=a", b"--a\r\n\r\n\r\n" * 13000 + b"--a--"),
        ("BAD-11 named parts", "multipart/form-data; boundary=a", (b"--a\r\n" + _PART) * 2000 + b"--a--"),
        (
            "almost boundaries",
            "multipart/form-data; boundary=a",
            b"--a\r\n" + _PART + b"\r\n--a\r" * 21000 + b"\r\n--a--",
        ),
        (
            "padded boundary",
            "multipart/form-data; boundary=a",
            b"--a\r\n" + _PART + b"\r\n--a" + b" " * 130000,
        ),
        (
            "semicolons",
            "multipart/form-data; boundary=a",
            b"--a\r\nContent-Disposition: form-data" + b";" * 4000 + b"\r\n\r\n",
        ),
        ("line ends before it", "multipart/form-data; boundary=a", b"\r\n" * 65000),
        ("JSON brackets", "application/json", b"[" * 131072),
        ("JSON objects", "application/json", b'{"a":' * 26000),
        ("JSON integers", "application/json", b"[" + (b"9" * 4300 + b",") * 30 + b"9]"),
        ("JSON digits", "application/json", b"[" + b"9" * 130000 + b".5]"),
        ("JSON members", "application/json", b"{" + b'"a":"",' * 18000 + b'"a":""}'),
        ("JSON escapes", "application/json", b'{"sdp":"' + b"\\u00e9" * 21000 + b'"}'),
        ("raw bytes", "application/sdp", b"\xc3\xa9" * 65536),
    ],
)
def test_bad_11_a_hostile_body_of_128_kib_costs_little(what: str, content_type: str, body: bytes) -> None:
    assert len(body) <= 131072
    assert min(_seconds(body, content_type) for _ in range(3)) < 0.05


def test_bad_20_a_hostile_content_type_costs_little() -> None:
    hostile = [
        "application/json" + ";" * 30000,
        "application/json; a=" + '"' * 30000,
        "application/json;" + " " * 30000 + "x",
    ]

    assert min(sum(_seconds(b"{}", content_type) for content_type in hostile) for _ in range(3)) < 0.05


def _seconds(body: bytes, content_type: str) -> float:
    async def measure() -> float:
        begin = process_time()
        with pytest.raises(Problem):
            await read_connect_request(asgi_request(body, content_type), _BOUNDS)
        return process_time() - begin

    return asyncio.run(measure())


def test_a_refusal_of_a_form_repeats_nothing_of_it() -> None:
    for kind in KINDS:
        for fields in (
            {"CANARY": "x"},
            {"voice": "CANARY" * 20},
            {"presence": "CANARY" * 9},
            {"profile": "CANARY" * 20},
        ):
            with pytest.raises(Problem) as refusal:
                read(request_in(kind, sdp=_SDP, **fields))
            assert "CANARY" not in f"{refusal.value!r} {refusal.value} {refusal.value.headers}"
