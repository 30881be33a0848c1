"""What is refused by the head of a request, and how much of a body is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from relay.errors import (
    BadCharset,
    BadMultipart,
    BodyTooLarge,
    FieldTooLarge,
    MalformedRequest,
    UnexpectedField,
    UnsupportedMediaType,
)
from relay.web.form import SESSION_FIELDS, FormBounds, check_head
from tests.web.asgi_request import MULTIPART, Body, asgi_request, form, part, read

if TYPE_CHECKING:
    from relay.core.request import ConnectRequest

_BOUNDS = FormBounds()
_SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=Gespräch\r\n"


def _read_json(body: str | bytes) -> ConnectRequest:
    return read(asgi_request(body.encode() if isinstance(body, str) else body, "application/json"))


@pytest.mark.parametrize(
    "charset", ["utf-16", "latin-1", "utf8", "utf_8", "nonsense", '""', '"utf-16"', "UTF-7", "utf-8,x"]
)
@pytest.mark.parametrize("content_type", [MULTIPART, "application/json", "application/sdp"])
def test_bad_20_another_charset_is_refused_before_reading(content_type: str, charset: str) -> None:
    body = Body([b"{}"])

    with pytest.raises(BadCharset) as refusal:
        read(asgi_request(body, f"{content_type}; charset={charset}"))

    assert body.bytes_read == 0
    assert refusal.value.status == 415


def test_bad_20_a_second_charset_does_not_hide_behind_the_first() -> None:
    with pytest.raises(BadCharset):
        read(asgi_request(b"{}", "application/json; charset=utf-8; charset=utf-16"))


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', '"Utf\\-8"'])
def test_utf_8_may_be_named(charset: str) -> None:
    request = asgi_request(json.dumps({"sdp": _SDP}).encode(), f"application/json; charset={charset}")

    assert read(request).sdp == _SDP


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "application/problem+json",
        "application/json, text/plain",
        "application/json; =",
        "application/json; charset=",
        "multipart/form-data; boundary=",
        'application/json; a="',
        "multipart/mixed; boundary=x",
        "*/*",
        "\xff",
    ],
)
def test_bad_21_another_content_type_is_refused_and_told_which_are_read(content_type: str | None) -> None:
    body = Body([b"sdp=v%3D0"])

    with pytest.raises(UnsupportedMediaType) as refusal:
        read(asgi_request(body, content_type))

    assert body.bytes_read == 0
    assert refusal.value.headers == {"Accept-Post": "multipart/form-data, application/json, application/sdp"}


def test_bad_21_two_content_types_are_refused() -> None:
    with pytest.raises(UnsupportedMediaType):
        read(asgi_request(b"{}", "application/json", headers=[("content-type", "application/json")]))


def test_bad_21_a_route_without_an_offer_reads_no_raw_sdp() -> None:
    with pytest.raises(UnsupportedMediaType) as refusal:
        read(asgi_request(b"v=0", "application/sdp"), SESSION_FIELDS)

    assert refusal.value.headers == {"Accept-Post": "multipart/form-data, application/json"}


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip", "nonsense", ""])
def test_bad_22_an_encoded_body_is_refused_before_reading(encoding: str) -> None:
    body = Body([b"{}"])

    with pytest.raises(UnsupportedMediaType):
        read(asgi_request(body, "application/json", headers=[("content-encoding", encoding)]))

    assert body.bytes_read == 0


def test_a_body_said_to_be_unencoded_is_read() -> None:
    request = asgi_request(b'{"sdp":"v=0"}', "application/json", headers=[("content-encoding", "Identity")])

    assert read(request).sdp == "v=0"


def test_bad_09_a_declared_length_over_the_bound_is_refused_before_reading() -> None:
    body = Body([b"x" * 1_000_000])

    with pytest.raises(BodyTooLarge) as refusal:
        read(asgi_request(body, MULTIPART, headers=[("content-length", "1000000")]))

    assert body.bytes_read == 0
    assert refusal.value.headers == {"Connection": "close"}


@pytest.mark.parametrize(
    ("length", "fits"), [("131072", True), ("0000131072", True), ("131073", False), ("9" * 5000, False)]
)
def test_bad_09_the_declared_length_is_bounded(length: str, fits: bool) -> None:
    headers = Headers({"content-type": "application/json", "content-length": length})

    if fits:
        assert check_head(headers, _BOUNDS).media_type == "application/json"
    else:
        with pytest.raises(BodyTooLarge):
            check_head(headers, _BOUNDS)


@pytest.mark.parametrize("length", ["", "-1", "+3", "3, 3", "0x10", "1e3", "\xb2"])
def test_bad_09_a_declared_length_that_is_no_number_is_refused(length: str) -> None:
    with pytest.raises(MalformedRequest):
        read(asgi_request(b"{}", "application/json", headers=[("content-length", length)]))


@pytest.mark.parametrize("content_type", [MULTIPART, "application/json", "application/sdp"])
def test_bad_10_a_body_without_a_length_is_read_no_further_than_the_bound(content_type: str) -> None:
    body = Body(b"x" * 1024 for _ in range(1024))

    with pytest.raises(BodyTooLarge) as refusal:
        read(asgi_request(body, content_type))

    assert body.bytes_read == 131072 + 1024
    assert refusal.value.headers == {"Connection": "close"}


def test_bad_10_a_body_at_the_bound_is_read() -> None:
    document = json.dumps({"sdp": _SDP})

    assert _read_json(document.ljust(131072)).sdp == _SDP
    with pytest.raises(BodyTooLarge):
        _read_json(document.ljust(131073))


def test_bad_15_a_client_that_leaves_while_sending_is_starlettes_affair() -> None:
    body = Body([form(part("sdp", _SDP))[:-10]], leaves=True)

    with pytest.raises(ClientDisconnect):
        read(asgi_request(body, MULTIPART, headers=[("content-length", "200")]))


def test_bad_13_a_boundary_is_wanted() -> None:
    with pytest.raises(BadMultipart):
        read(asgi_request(form(part("sdp", _SDP)), "multipart/form-data"))


@pytest.mark.parametrize("content_type", [MULTIPART, "application/json"])
@pytest.mark.parametrize("query", [b"voice=alloy", b"instructions=CANARY", b"x", b"&", b"%"])
def test_bad_23_a_query_beside_a_form_or_json_is_refused_before_reading(
    content_type: str, query: bytes
) -> None:
    body = Body([b'{"sdp":"v=0"}'])

    with pytest.raises(UnexpectedField):
        read(asgi_request(body, content_type, query=query))

    assert body.bytes_read == 0


def test_bad_23_a_long_query_is_refused_before_reading() -> None:
    body = Body([b"v=0"])

    with pytest.raises(FieldTooLarge):
        read(asgi_request(body, "application/sdp", query=b"voice=" + b"x" * 32763))

    assert body.bytes_read == 0
