"""Tokens of an OpenID provider, against one that answers over TLS."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.doubles.issuer import public_jwk
from tests.doubles.sign_in import (
    EC,
    ED,
    OTHER_RSA,
    RSA,
    SHOWN_BY_ITSELF,
    SHOWN_ON_PURPOSE,
    by_ticket,
    shown,
    ticket,
    unsigned,
)
from tests.web.oidc_parts import Ticks, issuer_keys, verifier

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.doubles.issuer import Issuer
    from tests.doubles.relay import RelayDouble

pytestmark = pytest.mark.anyio

NOW = 1_700_000_000.0


@pytest.fixture(name="opened")
def _opened(relays: Callable[..., RelayDouble], issuer: Issuer, ca_file: str) -> Callable[..., Any]:
    @asynccontextmanager
    async def opened(header: str = "authorization", **changes: Any) -> AsyncIterator[RelayDouble]:
        keys = issuer_keys(issuer, ca_file, Ticks())
        yield relays(
            sign_in=lambda it: [verifier(issuer, keys, it, header=header)],
            **{"rule": SHOWN_ON_PURPOSE, **changes},
        )
        await keys.close()

    return opened


async def code(relay: RelayDouble, credential: str) -> tuple[int, str]:
    response = await relay.connect(shown(credential))
    return response.status_code, "" if response.status_code == 201 else response.json()["code"]


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(RSA, "RS256"), (RSA, "RS512"), (RSA, "PS256"), (EC, "ES256"), (ED, "EdDSA")],
)
async def test_a_token_signed_by_the_issuer_opens_a_call(
    opened: Callable[..., Any], issuer: Issuer, key: Any, algorithm: str
) -> None:
    issuer.keys = [public_jwk(OTHER_RSA, "else"), public_jwk(key, "k")]
    async with opened() as relay:
        assert await code(relay, issuer.token(key, "k", algorithm, NOW)) == (201, "")


async def test_a_token_without_kid_is_understood_when_there_is_one_key(
    opened: Callable[..., Any], issuer: Issuer
) -> None:
    async with opened() as relay:
        assert await code(relay, issuer.token(RSA, None, "RS256", NOW)) == (201, "")
    issuer.keys.append(public_jwk(OTHER_RSA, "rsa-2"))
    async with opened() as relay:
        assert await code(relay, issuer.token(RSA, None, "RS256", NOW)) == (401, "auth_invalid")


async def test_auth_01_the_public_key_is_no_shared_secret(opened: Callable[..., Any], issuer: Issuer) -> None:
    pem = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, claims, _ = issuer.token(RSA, "rsa-1", "RS256", NOW).split(".")
    forged = jwt.api_jws.PyJWS().encode  # PyJWT itself refuses to sign so
    with pytest.raises(jwt.InvalidKeyError):
        forged(b"{}", pem, "HS256")
    body = jwt.decode(f"{head}.{claims}.", options={"verify_signature": False})
    by_hand = _hs256(pem, body)
    async with opened() as relay:
        assert await code(relay, by_hand) == (401, "auth_invalid")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", "RS256"])
async def test_auth_01_an_unsigned_token_is_refused(
    opened: Callable[..., Any], issuer: Issuer, algorithm: str
) -> None:
    claims = jwt.decode(issuer.token(RSA, "rsa-1", "RS256", NOW), options={"verify_signature": False})
    async with opened() as relay:
        assert await code(relay, unsigned(claims, alg=algorithm, kid="rsa-1")) == (401, "auth_invalid")


async def test_auth_01_a_key_is_good_for_its_own_algorithm_only(
    opened: Callable[..., Any], issuer: Issuer
) -> None:
    issuer.keys = [public_jwk(RSA, "rsa-1", alg="RS256")]
    async with opened() as relay:
        assert await code(relay, issuer.token(RSA, "rsa-1", "RS256", NOW)) == (201, "")
        assert await code(relay, issuer.token(RSA, "rsa-1", "RS512", NOW)) == (401, "auth_invalid")


async def test_auth_01_another_key_under_the_issuers_name_is_refused(
    opened: Callable[..., Any], issuer: Issuer
) -> None:
    async with opened() as relay:
        assert await code(relay, issuer.token(OTHER_RSA, "rsa-1", "RS256", NOW)) == (401, "auth_invalid")


CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"exp": NOW - 31}, "auth_expired"),
    ({"exp": None}, "auth_invalid"),
    ({"exp": "never"}, "auth_invalid"),
    ({"nbf": NOW + 31}, "auth_invalid"),
    ({"iat": NOW + 31}, "auth_invalid"),
    ({"aud": None}, "auth_invalid"),
    ({"aud": "relay2"}, "auth_invalid"),
    ({"aud": "Relay"}, "auth_invalid"),
    ({"aud": ["else"]}, "auth_invalid"),
    ({"aud": []}, "auth_invalid"),
    ({"aud": {"relay": 1}}, "auth_invalid"),
    ({"iss": None}, "auth_invalid"),
    ({"iss": "https://evil.example"}, "auth_invalid"),
    ({"sub": None}, "auth_invalid"),
    ({"sub": ""}, "auth_invalid"),
    ({"sub": " "}, "auth_invalid"),
]


@pytest.mark.parametrize(("claims", "expected"), CLAIMS)
async def test_auth_02_auth_03_what_a_token_must_say(
    opened: Callable[..., Any], issuer: Issuer, claims: dict[str, Any], expected: str
) -> None:
    async with opened() as relay:
        assert await code(relay, issuer.token(RSA, "rsa-1", "RS256", NOW, **claims)) == (401, expected)


async def test_auth_03_an_issuer_with_a_slash_is_another(opened: Callable[..., Any], issuer: Issuer) -> None:
    async with opened() as relay:
        slash = issuer.token(RSA, "rsa-1", "RS256", NOW, iss=f"{issuer.url}/")
        assert await code(relay, slash) == (401, "auth_invalid")
        assert issuer.asked == []


@pytest.mark.parametrize("audience", ["relay", "relay-too", ["else", "relay"]])
async def test_auth_03_one_of_our_audiences_is_enough(
    opened: Callable[..., Any], issuer: Issuer, audience: Any
) -> None:
    async with opened() as relay:
        assert await code(relay, issuer.token(RSA, "rsa-1", "RS256", NOW, aud=audience)) == (201, "")


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c"])
async def test_auth_04_where_a_token_says_its_key_is_is_not_looked(
    opened: Callable[..., Any], issuer: Issuer, name: str
) -> None:
    claims = jwt.decode(issuer.token(RSA, "rsa-1", "RS256", NOW), options={"verify_signature": False})
    own_key = {"jwk": public_jwk(OTHER_RSA, "rsa-1"), "x5c": ["MIIB"]}.get(name, f"{issuer.url}/evil")
    forged = jwt.encode(claims, OTHER_RSA, algorithm="RS256", headers={"kid": "rsa-1", name: own_key})
    async with opened() as relay:
        assert await code(relay, forged) == (401, "auth_invalid")
        assert "/evil" not in issuer.asked


@pytest.mark.parametrize(
    "credential", ["a.b.c", "a.b", "x" * 8192, "x" * 8193, "..", "e30.e30.e30", "ey.\x00.x"]
)
async def test_auth_05_garbage_is_refused_quickly_and_the_issuer_is_not_asked(
    opened: Callable[..., Any], issuer: Issuer, credential: str
) -> None:
    async with opened() as relay:
        began = time.process_time()
        headers = [(b"authorization", b"Bearer " + credential.encode())]
        response = await relay.ask("POST", "/connect", json={}, headers=headers)
        assert (response.status_code, response.json()["code"]) == (401, "auth_invalid")
        assert time.process_time() - began < 0.05  # with the client's own time
        assert issuer.asked == []


async def test_groups_and_roles_decide_about_profiles(opened: Callable[..., Any], issuer: Issuer) -> None:
    from dataclasses import replace  # noqa: PLC0415 - here alone

    from tests.doubles.relay import PROFILE  # noqa: PLC0415 - here alone

    async with opened(profile=replace(PROFILE, allow=("groups=staff", "roles=Voice.User"))) as relay:
        by_group = issuer.token(RSA, "rsa-1", "RS256", NOW, groups=["staff"])
        by_role = issuer.token(RSA, "rsa-1", "RS256", NOW, roles=["Voice.User"])
        neither = issuer.token(RSA, "rsa-1", "RS256", NOW, groups=["Staff"])
        assert await code(relay, by_group) == (201, "")
        assert await code(relay, by_role) == (201, "")
        assert await code(relay, neither) == (403, "profile_refused")


async def test_web_14_a_call_is_its_callers(opened: Callable[..., Any], issuer: Issuer) -> None:
    alice = issuer.token(RSA, "rsa-1", "RS256", NOW)
    again = issuer.token(RSA, "rsa-1", "RS256", NOW, exp=NOW + 7200)
    bob = issuer.token(RSA, "rsa-1", "RS256", NOW, sub="bob")
    async with opened() as relay:
        location = (await relay.connect(shown(alice))).headers["location"]
        assert (await relay.ask("GET", location, headers=shown(bob))).status_code == 404
        assert (await relay.ask("GET", f"{location}/events", headers=shown(bob))).status_code == 404
        assert (await relay.ask("DELETE", location, headers=shown(bob))).status_code == 404
        assert (
            await relay.ask("DELETE", location, headers=shown(again), peer="192.0.2.7")
        ).status_code == 204


@pytest.mark.parametrize("header", ["x-pomerium-jwt-assertion", "cf-access-jwt-assertion"])
async def test_a_proxys_signed_assertion_is_read_from_its_header(
    opened: Callable[..., Any], issuer: Issuer, header: str
) -> None:
    token = issuer.token(RSA, "rsa-1", "RS256", NOW)
    page = {"Origin": "http://localhost"}
    async with opened(header, rule=SHOWN_BY_ITSELF) as relay:
        assert (await relay.connect({header: token, **page})).status_code == 201
        assert (await relay.connect({**shown(token), **page})).status_code == 401
        assert (await relay.connect([(header, token), (header, token), *page.items()])).status_code == 401


async def test_web_05_a_proxys_assertion_without_a_page_is_refused(
    opened: Callable[..., Any], issuer: Issuer
) -> None:
    token = issuer.token(RSA, "rsa-1", "RS256", NOW)
    header = "x-pomerium-jwt-assertion"
    async with opened(header, rule=SHOWN_ON_PURPOSE) as relay:
        response = await relay.connect({header: token})
        assert (response.status_code, response.json()["code"]) == (403, "origin_refused")
        assert (await relay.connect({header: token, "Sec-Fetch-Site": "same-origin"})).status_code == 201


async def test_a_ticket_beside_a_provider_does_not_ask_it(
    relays: Callable[..., RelayDouble], issuer: Issuer, ca_file: str
) -> None:
    keys = issuer_keys(issuer, ca_file, Ticks())
    relay = relays(sign_in=lambda it: [verifier(issuer, keys, it), *by_ticket(it)], rule=SHOWN_ON_PURPOSE)
    assert await code(relay, ticket(relay)) == (201, "")
    assert await code(relay, ticket(relay, exp=0)) == (401, "auth_expired")
    assert issuer.asked == []
    assert await code(relay, issuer.token(RSA, "rsa-1", "RS256", NOW)) == (201, "")
    await keys.close()


def _hs256(key: bytes, claims: dict[str, Any]) -> str:
    """Sign as PyJWT refuses to: with a public key as if it were a shared one."""
    import hashlib  # noqa: PLC0415 - here alone
    import hmac  # noqa: PLC0415 - here alone
    from base64 import urlsafe_b64encode  # noqa: PLC0415 - here alone

    signed = unsigned(claims, alg="HS256", kid="rsa-1").rstrip(".")
    signature = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"
