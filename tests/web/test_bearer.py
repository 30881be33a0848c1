"""Reading what a request shows of itself: one header, of bytes that a credential may have."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from relay.errors import AuthInvalid
from relay.web.bearer import MOST_BYTES, bearer, only_header


def _request(*values: bytes, name: bytes = b"authorization") -> Request:
    return Request({"type": "http", "headers": [(name, value) for value in values]})


@pytest.mark.parametrize(
    "value",
    [
        b"Bearer a b",
        b"Bearer caf\xe9",
        b"Bearer \x00",
        b"Bearer a\x7f",
        b"Bearer",
        b"Bearer ",
        b"bearer\ta",
        b"Bearerx",
    ],
)
def test_auth_05_odd_bytes_are_no_credential(value: bytes) -> None:
    with pytest.raises(AuthInvalid):
        bearer(_request(value))


@pytest.mark.parametrize("value", [b"", b" ", b"a b", b"caf\xe9"])
def test_auth_05_neither_in_a_header_of_a_proxy_s(value: bytes) -> None:
    with pytest.raises(AuthInvalid):
        bearer(_request(value, name=b"x-assertion"), "x-assertion")


def test_auth_05_a_credential_is_read_once_and_up_to_its_bound() -> None:
    longest = b"Bearer " + b"a" * (MOST_BYTES - 7)

    assert bearer(_request(longest)) == longest[7:]
    for odd in ((longest + b"a",), (b"Bearer a", b"Bearer a")):
        with pytest.raises(AuthInvalid):
            bearer(_request(*odd))


def test_another_scheme_is_not_ours_to_judge() -> None:
    assert bearer(_request(b"Basic YTpi")) is None
    assert only_header(_request(), "authorization") is None
