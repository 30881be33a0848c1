"""Signed tokens: what the signature, the issuer and the audience must be, each by itself."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from relay.errors import AuthInvalid
from relay.web.signed import unverified_claims, unverified_head, verified_claims

KEY = "k" * 64
CLAIMS = {"iss": "issuer", "aud": "relay", "sub": "alice", "exp": 1}


def read(token: str, **changes: Any) -> dict[str, Any]:
    given = {"algorithms": ["HS256"], "required": ["exp", "sub"], "issuer": "issuer", "audience": ["relay"]}
    return verified_claims(token.encode(), KEY.encode(), **{**given, **changes})


def token(**changes: Any) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return jwt.encode(claims, KEY, algorithm="HS256")


def test_claims_are_given_whatever_their_times() -> None:
    assert read(token()) == CLAIMS


@pytest.mark.parametrize("changes", [{"sub": None}, {"exp": None}, {"aud": None}, {"iss": None}])
def test_auth_02_auth_03_a_claim_that_must_be_there_is(changes: dict[str, None]) -> None:
    with pytest.raises(AuthInvalid):
        read(token(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "issuer/"},
        {"issuer": "Issuer"},
        {"audience": ["relay2"]},
        {"audience": None},
        {"audience": []},
        {"algorithms": ["HS512"]},
        {"algorithms": []},
    ],
)
def test_auth_01_auth_03_what_is_asked_for_is_asked_exactly(changes: dict[str, Any]) -> None:
    with pytest.raises(AuthInvalid):
        read(token(), **changes)


def test_auth_01_a_changed_claim_breaks_the_signature() -> None:
    head, _, signature = token().split(".")
    other = token(sub="admin").split(".")[1]

    with pytest.raises(AuthInvalid):
        read(f"{head}.{other}.{signature}")


@pytest.mark.parametrize("garbage", [b"", b".", b"..", b"a.b.c", b"a.b.c.d", b"e30.e30.", b"\xff.\xff.\xff"])
def test_auth_05_garbage_has_neither_head_nor_claims(garbage: bytes) -> None:
    with pytest.raises(AuthInvalid):
        unverified_head(garbage)
    if garbage != b"e30.e30.":  # a token without a signature has claims, which prove nothing
        with pytest.raises(AuthInvalid):
            unverified_claims(garbage)
