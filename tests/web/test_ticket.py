"""Tickets: one call each, within what they say, and good for that call to its end."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from relay.errors import StoreUnavailable
from tests.doubles.relay import OFFER, PARTNER
from tests.doubles.sign_in import EC, ED, RSA, SHOWN_ON_PURPOSE, by_ticket, by_token, shown, ticket, unsigned
from tests.secrecy import TICKET_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.doubles.relay import RelayDouble

pytestmark = pytest.mark.anyio


@pytest.fixture(name="relay")
def _relay(relays: Callable[..., RelayDouble]) -> RelayDouble:
    return relays(sign_in=by_ticket, rule=SHOWN_ON_PURPOSE, origins=frozenset({PARTNER}))


async def code(relay: RelayDouble, credential: str, **fields: str) -> tuple[int, str]:
    response = await relay.connect(shown(credential), **fields)
    return response.status_code, "" if response.status_code == 201 else response.json()["code"]


async def test_a_ticket_opens_a_call_in_its_subjects_name(relay: RelayDouble) -> None:
    assert await code(relay, ticket(relay)) == (201, "")
    assert await code(relay, ticket(relay)) == (201, "")
    assert await code(relay, ticket(relay, sub="bob")) == (201, "")

    calls = await relay.store.recent(10, only_open=True)
    assert len({call.caller for call in calls}) == 2
    assert not any("alice" in call.caller for call in calls)


async def test_auth_09_a_second_call_with_the_same_ticket_is_refused(relay: RelayDouble) -> None:
    one = ticket(relay)
    again = ticket(relay, jti=jwt.decode(one, options={"verify_signature": False})["jti"], sub="bob")

    assert await code(relay, one) == (201, "")
    assert await code(relay, one) == (401, "ticket_used")
    assert await code(relay, again) == (401, "ticket_used")
    assert relay.upstream.paid_requests == 1


async def test_auth_09_a_spent_ticket_is_refused_before_the_form_is_judged(relay: RelayDouble) -> None:
    one = ticket(relay)
    await code(relay, one)

    assert await code(relay, one, voice="nobody") == (401, "ticket_used")


async def test_auth_09_of_many_at_once_one_gets_the_call(relay: RelayDouble) -> None:
    one = ticket(relay)

    answers = await asyncio.gather(*(code(relay, one) for _ in range(8)))

    assert sorted(answers) == [(201, ""), *[(401, "ticket_used")] * 7]


async def test_a_request_that_was_refused_leaves_the_ticket_unspent(relay: RelayDouble) -> None:
    one = ticket(relay)

    assert await code(relay, one, voice="nobody") == (422, "bad_voice")
    assert await code(relay, one, sdp="v=0") == (422, "bad_sdp")
    assert await code(relay, one) == (201, "")


async def test_auth_09_without_the_store_no_ticket_opens_a_call(
    relay: RelayDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> bool:
        raise StoreUnavailable("away")

    monkeypatch.setattr(relay.store, "ticket_spent", away)

    assert await code(relay, ticket(relay)) == (503, "store_unavailable")
    assert relay.upstream.plans == []


async def test_a_spent_and_expired_ticket_still_serves_its_own_call(relay: RelayDouble) -> None:
    one, other = ticket(relay), ticket(relay)
    mine = (await relay.connect(shown(one))).headers["location"]
    hers = (await relay.connect(shown(other))).headers["location"]
    relay.clock.advance(550)

    read = await relay.ask("GET", mine, headers=shown(one))
    foreign = await relay.ask("DELETE", hers, headers=shown(one))
    hung_up = await relay.ask("DELETE", mine, headers=shown(one))

    assert (read.status_code, foreign.status_code, hung_up.status_code) == (200, 404, 204)
    assert await code(relay, one) == (401, "auth_expired")


async def test_a_spent_ticket_hangs_its_call_up_while_the_store_is_away(
    relay: RelayDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = ticket(relay)
    mine = (await relay.connect(shown(one))).headers["location"]

    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    for name in ("ticket_spent", "get", "record"):
        monkeypatch.setattr(relay.store, name, away)

    assert (await relay.ask("DELETE", mine, headers=shown(one))).status_code == 204


async def test_a_fresh_ticket_serves_every_call_of_its_subject_and_is_not_spent_by_it(
    relay: RelayDouble,
) -> None:
    mine = (await relay.connect(shown(ticket(relay)))).headers["location"]
    fresh, foreign = ticket(relay), ticket(relay, sub="bob")

    assert (await relay.ask("GET", mine, headers=shown(foreign))).status_code == 404
    assert (await relay.ask("DELETE", mine, headers=shown(fresh))).status_code == 204
    assert await code(relay, fresh) == (201, "")


async def test_web_14_anothers_call_looks_like_none(relay: RelayDouble) -> None:
    hers = (await relay.connect(shown(ticket(relay)))).headers["location"]

    foreign = await relay.ask("DELETE", hers, headers=shown(ticket(relay, sub="bob")))
    missing = await relay.ask("DELETE", "/calls/guess", headers=shown(ticket(relay, sub="bob")))

    alike = [{**answer.json(), "request_id": ""} for answer in (foreign, missing)]
    assert alike[0] == alike[1]
    assert relay.upstream.live == {"rtc_1"}


async def test_auth_02_an_expired_ticket_says_so(relay: RelayDouble) -> None:
    now = relay.clock.now().wall_seconds

    assert await code(relay, ticket(relay, exp=now - 29)) == (201, "")
    assert await code(relay, ticket(relay, exp=now - 31)) == (401, "auth_expired")


BAD: list[dict[str, Any]] = [
    {"exp": None},
    {"exp": "soon"},
    {"jti": None},
    {"sub": None},
    {"sub": ""},
    {"sub": 7},
    {"aud": "somebody-else"},
    {"nbf": 1_700_000_100},
    {"iat": 1_700_000_100},
    {"exp": 1_700_000_400},
    {"max_seconds": -1},
    {"origin": "https://evil.example"},
    {"key": "another-key-" + "k" * 32},
]


@pytest.mark.parametrize("changes", BAD)
async def test_auth_02_auth_11_whatever_is_wrong_with_a_ticket_has_one_answer(
    relay: RelayDouble, changes: dict[str, Any]
) -> None:
    response = await relay.connect(shown(ticket(relay, **changes)))

    assert (response.status_code, response.json()["code"]) == (401, "auth_invalid")
    assert response.json()["detail"] == ""


@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA"), (TICKET_KEY, "HS512")]
)
async def test_auth_01_a_ticket_of_another_algorithm_is_refused(
    relay: RelayDouble, key: Any, algorithm: str
) -> None:
    assert await code(relay, ticket(relay, key=key, algorithm=algorithm)) == (401, "auth_invalid")


@pytest.mark.parametrize("algorithm", ["none", "None", "", "HS256"])
async def test_auth_01_an_unsigned_ticket_is_refused(relay: RelayDouble, algorithm: str) -> None:
    claims = {"sub": "alice", "jti": "1", "exp": relay.clock.now().wall_seconds + 60}

    assert await code(relay, unsigned(claims, alg=algorithm)) == (401, "auth_invalid")


@pytest.mark.parametrize(
    "garbage",
    [
        "a.b.c.d",
        "...",
        "..",
        "a" * 8000,
        "." * 8000,
        ("[" * 4000 + ".").ljust(8000, "[") + ".x",
        "eyJhbGciOiJIUzI1NiJ9.e30.",
        "a" * 1_000_000,
        "é.é.é",
    ],
)
async def test_auth_05_garbage_is_refused_within_five_milliseconds(relay: RelayDouble, garbage: str) -> None:
    headers = [(b"authorization", b"Bearer " + garbage.encode())]
    await relay.ask("POST", "/connect", json={"sdp": OFFER}, headers=headers)  # what is loaded once is loaded
    began = time.process_time()
    response = await relay.ask("POST", "/connect", json={"sdp": OFFER}, headers=headers)

    assert (response.status_code, response.json()["code"]) == (401, "auth_invalid")
    assert time.process_time() - began < 0.05  # with the client's own time


async def test_auth_05_a_critical_extension_is_not_passed_over(relay: RelayDouble) -> None:
    claims = {"sub": "alice", "jti": "1", "exp": relay.clock.now().wall_seconds + 60}
    head = {"crit": ["exp"], "exp": 1}
    odd = jwt.encode(claims, TICKET_KEY, algorithm="HS256", headers=head)

    assert await code(relay, odd) == (401, "auth_invalid")


async def test_auth_11_a_ticket_for_one_page_is_good_there_alone(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(sign_in=by_ticket, origins=frozenset({PARTNER}))
    there = {"Origin": PARTNER}

    elsewhere = await relay.connect({**shown(ticket(relay, origin=PARTNER)), "Origin": "http://localhost"})
    nowhere = await relay.connect(shown(ticket(relay, origin=PARTNER)))
    right = await relay.connect({**shown(ticket(relay, origin=PARTNER)), **there})

    assert (elsewhere.status_code, nowhere.status_code, right.status_code) == (401, 401, 201)


@pytest.mark.parametrize(("asked", "seconds"), [(30, 30.0), (86_400, 600.0), (None, 600.0)])
async def test_auth_11_a_ticket_shortens_the_call_and_never_lengthens_it(
    relay: RelayDouble, asked: int | None, seconds: float
) -> None:
    one = ticket(relay, max_seconds=asked)
    location = (await relay.connect(shown(one))).headers["location"]

    limits = (await relay.ask("GET", location, headers=shown(one))).json()["limits"]
    assert limits["max_seconds"] == seconds


async def test_auth_11_a_ticket_for_one_profile_gets_no_other(relay: RelayDouble) -> None:
    assert await code(relay, ticket(relay, profile="default"), profile="default") == (201, "")
    assert await code(relay, ticket(relay, profile="default")) == (201, "")
    assert await code(relay, ticket(relay, profile="sales"), profile="default") == (403, "profile_refused")
    assert await code(relay, ticket(relay, profile="sales")) == (404, "not_found")


async def test_direct_mode_spends_the_ticket_too(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(sign_in=by_ticket, rule=SHOWN_ON_PURPOSE, direct=True)
    one = ticket(relay)

    answers = [
        (await relay.ask("POST", "/api/session", json=body, headers=shown(one))).status_code
        for body in ({"voice": "nobody"}, {"voice": "ash"}, {"voice": "ash"})
    ]

    assert answers == [422, 200, 401]
    assert await code(relay, one) == (401, "ticket_used")


async def test_of_several_ways_the_first_that_proves_a_caller_counts(
    relays: Callable[..., RelayDouble],
) -> None:
    relay = relays(sign_in=lambda it: [*by_token(it), *by_ticket(it)], rule=SHOWN_ON_PURPOSE)
    expired = ticket(relay, exp=relay.clock.now().wall_seconds - 100)

    assert await code(relay, ticket(relay)) == (201, "")
    assert await code(relay, "canary-token-old-0001") == (201, "")
    assert await code(relay, expired) == (401, "auth_expired")
    assert await code(relay, "neither") == (401, "auth_invalid")
