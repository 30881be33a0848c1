"""An issuer's keys: fetched seldom, one at a time, and kept while the issuer is away."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa

from relay.errors import AuthInvalid, AuthUnavailable
from relay.upstream.http_client import build_client, trusted_context
from relay.web.jwks import MOST_BYTES, IssuerKeys
from relay.web.key_set import read_key_set
from tests.doubles.issuer import DISCOVERY, KEYS, Issuer, public_jwk
from tests.doubles.sign_in import EC, OTHER_RSA, RSA
from tests.web.oidc_parts import Ticks, issuer_keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_httpx import HTTPXMock

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(issuer: Issuer, ca_file: str, **options: bool) -> AsyncIterator[tuple[IssuerKeys, Ticks]]:
    ticks = Ticks()
    keys = issuer_keys(issuer, ca_file, ticks, **options)
    try:
        yield keys, ticks
    finally:
        await keys.close()


async def found(keys: IssuerKeys, kid: str | None = "rsa-1", algorithm: str = "RS256") -> str:
    try:
        await keys.find(kid, algorithm)
    except (AuthInvalid, AuthUnavailable) as problem:
        return problem.code
    return "found"


async def settle(keys: IssuerKeys) -> None:
    while keys._fetching is not None:
        await asyncio.sleep(0.005)


async def test_keys_are_asked_of_the_issuer_once(issuer: Issuer, ca_file: str) -> None:
    async with opened(issuer, ca_file) as (keys, _):
        for _ in range(3):
            assert await found(keys) == "found"

    assert issuer.asked == [DISCOVERY, KEYS]


async def test_an_issuer_without_discovery_is_asked_for_its_keys_alone(issuer: Issuer, ca_file: str) -> None:
    async with opened(issuer, ca_file, discover=False) as (keys, _):
        assert await found(keys) == "found"

    assert issuer.asked == [KEYS]


async def test_keys_are_there_before_the_first_caller(issuer: Issuer, ca_file: str) -> None:
    async with opened(issuer, ca_file) as (keys, _):
        keys.start()
        await settle(keys)
        issuer.stop()

        assert await found(keys) == "found"


async def test_auth_06_ten_thousand_unknown_keys_are_one_fetch_in_thirty_seconds(
    issuer: Issuer, ca_file: str
) -> None:
    async with opened(issuer, ca_file) as (keys, ticks):
        await found(keys)
        before = issuer.fetches
        for number in range(10_000):
            ticks.seconds += 0.006  # a minute in all
            assert await found(keys, f"kid-{number}") == "auth_invalid"

        assert issuer.fetches - before <= 2


async def test_auth_06_waiters_share_one_fetch_and_one_that_leaves_does_not_end_it(
    issuer: Issuer, ca_file: str
) -> None:
    issuer.seconds = 0.1
    async with opened(issuer, ca_file) as (keys, _):
        waiters = [asyncio.create_task(found(keys)) for _ in range(50)]
        await asyncio.sleep(0.02)
        waiters.pop(0).cancel()

        assert set(await asyncio.gather(*waiters)) == {"found"}
    assert issuer.fetches == 1


async def test_auth_06_an_algorithm_no_key_can_have_asks_nobody(issuer: Issuer, ca_file: str) -> None:
    async with opened(issuer, ca_file) as (keys, ticks):
        await found(keys)
        ticks.seconds += 100
        for algorithm in ("HS256", "none", "RSA-OAEP"):
            assert await found(keys, "other", algorithm) == "auth_invalid"

    assert issuer.fetches == 1


async def test_auth_07_a_new_key_is_accepted_after_the_cooldown(issuer: Issuer, ca_file: str) -> None:
    async with opened(issuer, ca_file) as (keys, ticks):
        await found(keys)
        issuer.keys.append(public_jwk(OTHER_RSA, "rsa-2"))
        ticks.seconds += 29
        early = await found(keys, "rsa-2")
        ticks.seconds += 2

        assert (early, await found(keys, "rsa-2"), await found(keys)) == ("auth_invalid", "found", "found")


async def test_auth_07_an_old_key_is_refused_once_it_has_left_the_set(issuer: Issuer, ca_file: str) -> None:
    async with opened(issuer, ca_file) as (keys, ticks):
        await found(keys)
        issuer.keys = [public_jwk(OTHER_RSA, "rsa-2")]
        ticks.seconds += 601
        meanwhile = await found(keys)
        await settle(keys)

        assert (meanwhile, await found(keys)) == ("found", "auth_invalid")


GOOD = json.dumps({"keys": [public_jwk(RSA, "rsa-1")]}).encode()
TROUBLE: list[tuple[str, dict[str, Any]]] = [
    ("unavailable", {"status": 503}),
    ("HTML", {"body": b"<html>sign in</html>"}),
    ("no set", {"body": b"[]"}),
    ("deep", {"body": b"[" * 100_000}),
    ("no keys", {"keys": []}),
    ("10 MB", {"body": GOOD.ljust(10_000_000)}),
    ("a byte too many", {"body": GOOD.ljust(MOST_BYTES + 1)}),
    ("a redirect", {"status": 302, "headers": {"Location": "/elsewhere"}}),
    ("encoded", {"headers": {"Content-Encoding": "gzip"}}),
    ("of another issuer", {"document": {"issuer": "https://evil.example"}}),
    ("not by https", {"document": {"jwks_uri": "http://127.0.0.1/keys"}}),
    ("in a file", {"document": {"jwks_uri": "file:///etc/passwd"}}),
    ("nowhere", {"document": {"jwks_uri": None}}),
]


@pytest.mark.parametrize("trouble", [case[1] for case in TROUBLE], ids=[case[0] for case in TROUBLE])
async def test_auth_08_the_last_good_keys_serve_for_an_hour_and_then_nobody_signs_in(
    issuer: Issuer, ca_file: str, trouble: dict[str, Any]
) -> None:
    async with opened(issuer, ca_file) as (keys, ticks):
        assert await found(keys) == "found"
        for name, value in trouble.items():
            setattr(issuer, name, value)
        ticks.seconds += 3590
        late = await found(keys)
        await settle(keys)
        ticks.seconds += 31
        too_late = await found(keys)

        assert (late, too_late) == ("found", "auth_unavailable")
        assert "/elsewhere" not in issuer.asked


@pytest.mark.parametrize("trouble", [case[1] for case in TROUBLE], ids=[case[0] for case in TROUBLE])
async def test_auth_08_without_any_keys_nobody_signs_in(
    issuer: Issuer, ca_file: str, trouble: dict[str, Any]
) -> None:
    usual = {name: getattr(issuer, name) for name in trouble}
    for name, value in trouble.items():
        setattr(issuer, name, value)
    async with opened(issuer, ca_file) as (keys, ticks):
        assert await found(keys) == "auth_unavailable"
        asked = len(issuer.asked)
        assert await found(keys) == "auth_unavailable"
        assert len(issuer.asked) == asked  # not again so soon
        for name, value in usual.items():
            setattr(issuer, name, value)
        ticks.seconds += 6
        assert await found(keys) == "found"


async def test_auth_08_keys_of_the_largest_size_are_read(issuer: Issuer, ca_file: str) -> None:
    issuer.body = GOOD.ljust(MOST_BYTES)
    async with opened(issuer, ca_file) as (keys, _):
        assert await found(keys) == "found"


@pytest.mark.parametrize(
    "address", ["http://issuer.example/keys", "ftp://issuer.example/keys", "https:///keys", 7]
)
async def test_auth_08_keys_are_fetched_by_https_alone(address: object, httpx_mock: HTTPXMock) -> None:
    document = {"issuer": "https://issuer.example", "jwks_uri": address}
    httpx_mock.add_response(url="https://issuer.example/.well-known/openid-configuration", json=document)
    keys = IssuerKeys(
        issuer="https://issuer.example",
        jwks_url=None,
        client=build_client("0", trusted_context(), None),
        monotonic=Ticks(),
    )

    assert await found(keys) == "auth_unavailable"
    assert len(httpx_mock.get_requests()) == 1
    await keys.close()


async def test_auth_08_a_slow_issuer_is_given_up(
    issuer: Issuer, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.web.jwks.FETCH_SECONDS", 0.1)
    issuer.seconds = 1.0
    async with opened(issuer, ca_file) as (keys, _):
        assert await found(keys) == "auth_unavailable"


async def test_auth_08_an_issuer_with_a_strangers_certificate_is_not_believed(
    issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = tmp_path_factory.mktemp("ca") / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(str(stranger))
    async with opened(issuer, str(stranger)) as (keys, _):
        assert await found(keys) == "auth_unavailable"
    assert issuer.asked == []


async def test_auth_08_a_refusal_says_when_to_ask_again(issuer: Issuer, ca_file: str) -> None:
    issuer.status = 503
    async with opened(issuer, ca_file) as (keys, _):
        with pytest.raises(AuthUnavailable) as caught:
            await keys.find("rsa-1", "RS256")
    assert caught.value.retry_after == 5


async def test_keys_that_cannot_be_used_are_passed_over(issuer: Issuer, ca_file: str) -> None:
    weak = public_jwk(rsa.generate_private_key(65537, 1024), "weak")
    issuer.keys = [
        {"kty": "oct", "kid": "shared", "k": "a" * 43},
        public_jwk(RSA, "encrypting", use="enc"),
        public_jwk(RSA, "other", alg="RSA-OAEP"),
        {"kty": "RSA", "kid": "broken"},
        weak,
        public_jwk(EC, "ec"),
    ]
    async with opened(issuer, ca_file) as (keys, _):
        assert await found(keys, "ec", "ES256") == "found"
        for kid in ("shared", "encrypting", "other", "broken", "weak"):
            assert await found(keys, kid, "RS256") == "auth_invalid"
        assert await found(keys, "shared", "HS256") == "auth_invalid"
        assert await found(keys, "ec", "ES384") == "auth_invalid"


def test_auth_08_of_a_huge_key_set_only_the_first_keys_are_looked_at() -> None:
    listed = [{"kty": "RSA", "kid": f"broken-{number}"} for number in range(64)]

    with pytest.raises(ValueError, match="no key that could be used"):
        read_key_set(json.dumps({"keys": [*listed, public_jwk(RSA, "rsa-1")]}).encode())
    assert read_key_set(json.dumps({"keys": [*listed[1:], public_jwk(RSA, "rsa-1")]}).encode())
