"""Identities that a proxy names: believed from listed peers alone, and read without mercy."""

from __future__ import annotations

import base64
import ipaddress
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.errors import AuthInvalid
from relay.web.easy_auth import read_principal
from relay.web.proxy_identity import ProxyVerifier
from tests.doubles.sign_in import SHOWN_BY_ITSELF, by_proxy
from tests.secrecy import PROXY_SECRETS as SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.doubles.relay import Headers, RelayDouble

pytestmark = pytest.mark.anyio

PROXY = "10.0.0.5"
LISTED = [ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("fd00::/64")]
PAGE = {"Origin": "http://localhost"}


@pytest.fixture(name="build")
def _build(relays: Callable[..., RelayDouble]) -> Callable[..., RelayDouble]:
    def build(**options: Any) -> RelayDouble:
        return relays(sign_in=lambda _: [by_proxy(LISTED, **options)], rule=SHOWN_BY_ITSELF, proxies=LISTED)

    return build


async def code(relay: RelayDouble, headers: Headers, peer: str = PROXY) -> tuple[int, str]:
    pairs = [*(headers.items() if isinstance(headers, dict) else headers), *PAGE.items()]
    response = await relay.connect(pairs, peer=peer)
    return response.status_code, "" if response.status_code == 201 else response.json()["code"]


@pytest.mark.parametrize("peer", [PROXY, "::ffff:10.0.0.5", "fd00::7"])
async def test_a_listed_proxy_names_the_caller(build: Callable[..., RelayDouble], peer: str) -> None:
    relay = build()

    assert await code(relay, {"X-Forwarded-User": "alice@example.com"}, peer) == (201, "")
    assert await code(relay, {"X-Forwarded-User": "bob"}, peer) == (201, "")
    calls = await relay.store.recent(10, only_open=True)
    assert len({call.caller for call in calls}) == 2


@pytest.mark.parametrize("peer", ["10.0.1.5", "127.0.0.1", "192.0.2.1", "::1", "testclient", ""])
async def test_auth_13_from_anybody_else_the_header_is_ignored_and_warned_of_once(
    build: Callable[..., RelayDouble], peer: str, caplog: pytest.LogCaptureFixture
) -> None:
    relay = build()

    for _ in range(3):
        assert await code(relay, {"X-Forwarded-User": "canary"}, peer) == (401, "auth_required")

    warned = [record for record in caplog.records if record.name == "relay.auth"]
    assert [record.levelno for record in warned] == [logging.WARNING]
    assert relay.upstream.plans == []


@pytest.mark.parametrize(
    "forwarded",
    [
        {"X-Forwarded-For": PROXY},
        {"X-Forwarded-For": f"192.0.2.1, {PROXY}"},
        {"Forwarded": f"for={PROXY}"},
        {"X-Real-IP": PROXY},
    ],
)
async def test_auth_13_nobody_becomes_a_proxy_by_saying_so(
    build: Callable[..., RelayDouble], forwarded: dict[str, str]
) -> None:
    headers = {"X-Forwarded-User": "alice", **forwarded}

    assert await code(build(), headers, "192.0.2.1") == (401, "auth_required")


async def test_auth_13_a_proxy_stays_one_when_it_forwards_an_address(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build()
    headers = {"X-Forwarded-User": "alice", "X-Forwarded-For": "203.0.113.9"}

    assert await code(relay, headers) == (201, "")


UNUSUAL: list[tuple[str, list[tuple[str, str]]]] = [
    ("twice", [("X-Forwarded-User", "alice"), ("x-forwarded-user", "alice")]),
    ("twice, one empty", [("X-Forwarded-User", ""), ("X-Forwarded-User", "alice")]),
    ("with a look-alike", [("X-Forwarded-User", "alice"), ("X_Forwarded_User", "admin")]),
    ("with half a look-alike", [("X-Forwarded-User", "alice"), ("X-Forwarded_User", "admin")]),
    ("a look-alike alone", [("X_Forwarded_User", "admin")]),
    ("empty", [("X-Forwarded-User", "")]),
    ("blank", [("X-Forwarded-User", " \t ")]),
    ("10 KB", [("X-Forwarded-User", "a" * 10_240)]),
    ("a character too many", [("X-Forwarded-User", "a" * 257)]),
    ("joined from two", [("X-Forwarded-User", "admin, alice")]),
    ("CRLF in disguise", [("X-Forwarded-User", "alice%0d%0aX-Admin: 1")]),
    ("LF in disguise", [("X-Forwarded-User", "alice%0Aadmin")]),
    ("a NUL in disguise", [("X-Forwarded-User", "alice%00")]),
    ("a control character", [("X-Forwarded-User", "al\x7fice")]),
]


@pytest.mark.parametrize("headers", [case[1] for case in UNUSUAL], ids=[case[0] for case in UNUSUAL])
async def test_auth_14_what_no_proxy_writes_is_refused(
    build: Callable[..., RelayDouble], headers: list[tuple[str, str]]
) -> None:
    relay = build()

    assert await code(relay, headers) == (401, "auth_invalid")
    assert relay.upstream.plans == []


async def test_auth_14_a_name_that_is_no_text_is_refused(build: Callable[..., RelayDouble]) -> None:
    relay = build()
    headers = [(b"x-forwarded-user", b"al\xffice"), (b"origin", b"http://localhost")]

    response = await relay.ask("POST", "/connect", json={}, headers=headers, peer=PROXY)

    assert response.status_code == 401


async def test_a_proxy_that_names_nobody_sends_the_page_to_sign_in(
    build: Callable[..., RelayDouble],
) -> None:
    assert await code(build(), {}) == (401, "auth_required")


SECRET_HEADERS: list[tuple[str, list[tuple[str, str]], int]] = [
    ("none", [], 401),
    ("wrong", [("X-Relay-Proxy-Secret", "wrong")], 401),
    ("empty", [("X-Relay-Proxy-Secret", "")], 401),
    ("twice", [("X-Relay-Proxy-Secret", SECRETS[0])] * 2, 401),
    ("a look-alike", [("X_Relay_Proxy_Secret", SECRETS[0])], 401),
    ("right", [("X-Relay-Proxy-Secret", SECRETS[0])], 201),
    ("right, the other", [("X-Relay-Proxy-Secret", SECRETS[1])], 201),
]


@pytest.mark.parametrize(
    ("headers", "status"), [case[1:] for case in SECRET_HEADERS], ids=[case[0] for case in SECRET_HEADERS]
)
async def test_a_proxy_that_must_prove_itself_does(
    build: Callable[..., RelayDouble], headers: list[tuple[str, str]], status: int
) -> None:
    relay = build(secrets=SECRETS)

    assert (await code(relay, [("X-Forwarded-User", "alice"), *headers]))[0] == status


async def test_a_secret_from_elsewhere_proves_nothing(build: Callable[..., RelayDouble]) -> None:
    headers = {"X-Forwarded-User": "alice", "X-Relay-Proxy-Secret": SECRETS[0]}

    assert await code(build(secrets=SECRETS), headers, "192.0.2.1") == (401, "auth_required")


async def test_web_05_an_identity_that_shows_itself_needs_a_page_of_ours(
    build: Callable[..., RelayDouble],
) -> None:
    relay = build()
    named = {"X-Forwarded-User": "alice"}

    without = await relay.connect(named, peer=PROXY)
    foreign = await relay.connect({**named, "Origin": "https://evil.example"}, peer=PROXY)

    assert (without.status_code, foreign.status_code) == (403, 403)
    assert relay.upstream.plans == []


async def test_web_14_a_call_is_its_callers(build: Callable[..., RelayDouble]) -> None:
    relay = build()
    alice, bob = {"X-Forwarded-User": "alice", **PAGE}, {"X-Forwarded-User": "bob", **PAGE}
    location = (await relay.connect(alice, peer=PROXY)).headers["location"]

    assert (await relay.ask("GET", location, headers=bob, peer=PROXY)).status_code == 404
    assert (await relay.ask("DELETE", location, headers=bob, peer=PROXY)).status_code == 404
    assert (await relay.ask("DELETE", location, headers=alice, peer=PROXY)).status_code == 204


def test_auth_16_a_verifier_that_trusts_nobody_is_not_built() -> None:
    with pytest.raises(ValueError, match="no proxy"):
        ProxyVerifier(header="x-user", trusted=[], secrets=None, caller_key=b"k" * 32)


# --- Easy Auth

OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
NAME_ID = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"


def principal(*claims: tuple[str, str], **more: Any) -> bytes:
    listed = [{"typ": name, "val": value} for name, value in claims]
    return base64.b64encode(json.dumps({"auth_typ": "aad", "claims": listed, **more}).encode())


async def test_easy_auth_names_the_caller_by_its_object_id(build: Callable[..., RelayDouble]) -> None:
    relay = build(header="x-ms-client-principal")
    value = principal((OBJECT_ID, "guid"), ("name", "Alice"), ("groups", "staff"), ("groups", "ops"))

    assert await code(relay, {"X-MS-CLIENT-PRINCIPAL": value.decode()}) == (201, "")


def test_easy_auths_claims_are_read_by_their_short_names() -> None:
    subject, claims = read_principal(
        principal(
            (NAME_ID, "sub"), (OBJECT_ID, "guid"), ("groups", "a"), ("groups", "b"), ("r", "x"), role_typ="r"
        )
    )

    assert subject == "guid"
    said = {name: sorted(claims[name]) for name in ("groups", "roles", "sub")}
    assert said == {"groups": ["a", "b"], "roles": ["x"], "sub": ["sub"]}


def test_easy_auth_without_an_object_id_goes_by_the_subject() -> None:
    assert read_principal(principal((NAME_ID, "abc")))[0] == "abc"


BAD_PRINCIPALS: list[tuple[str, bytes]] = [
    ("no base64", b"!!!"),
    ("base64 of no text", base64.b64encode(b"\xff\xfe")),
    ("an array", base64.b64encode(b"[]")),
    ("a string", base64.b64encode(b'"alice"')),
    ("deep", base64.b64encode(b"[" * 20_000)),
    ("claims that are no list", base64.b64encode(b'{"claims": {"oid": "x"}}')),
    ("claims that are no objects", base64.b64encode(b'{"claims": ["oid"]}')),
    ("values that are no text", base64.b64encode(b'{"claims": [{"typ": "oid", "val": 1}]}')),
    ("no claims", principal()),
    ("no id claim", principal(("name", "Alice"), ("email", "alice@example.com"))),
    ("an empty id", principal((OBJECT_ID, ""))),
    ("two ids", principal((OBJECT_ID, "a"), (OBJECT_ID, "b"))),
    ("100 KB", principal((OBJECT_ID, "a" * 100_000))),
    ("empty", b""),
]


@pytest.mark.parametrize(
    "value", [case[1] for case in BAD_PRINCIPALS], ids=[case[0] for case in BAD_PRINCIPALS]
)
async def test_auth_15_a_principal_that_names_nobody_is_refused(
    build: Callable[..., RelayDouble], value: bytes
) -> None:
    relay = build(header="x-ms-client-principal")

    assert await code(relay, {"X-MS-CLIENT-PRINCIPAL": value.decode()}) == (401, "auth_invalid")


@given(st.binary())
def test_auth_15_any_header_is_a_principal_or_refused(value: bytes) -> None:
    for header in (value, base64.b64encode(value)):
        try:
            subject, _ = read_principal(header)
        except AuthInvalid:
            continue
        assert subject
