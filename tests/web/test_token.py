"""The shared token: who has it may call, and nobody learns how near a guess was."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import pytest

from relay.web.host import OriginRule
from relay.web.token import is_one_of
from tests.doubles.relay import OFFER
from tests.doubles.sign_in import SHOWN_ON_PURPOSE, by_token, shown
from tests.secrecy import SHARED_TOKENS as TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.doubles.relay import RelayDouble

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("token", TOKENS)
async def test_any_of_several_tokens_opens_a_call(relays: Callable[..., RelayDouble], token: str) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE)

    assert (await relay.connect(shown(token))).status_code == 201


async def test_without_a_token_nothing_is_read_and_the_answer_says_how(
    relays: Callable[..., RelayDouble],
) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE)

    response = await relay.connect()

    assert (response.status_code, response.json()["code"]) == (401, "auth_required")
    assert response.headers["www-authenticate"] == 'Bearer realm="sdp-relay"'
    assert response.headers["cache-control"] == "no-store"
    assert relay.upstream.plans == []


WRONG = [
    "wrong",
    TOKENS[0][:-1],
    TOKENS[0] + "x",
    TOKENS[0].upper(),
    ",".join(TOKENS),
    "",
    " ",
    "two words",
    "ümlaut-token-00000001",
    "a" * 8193,
    "\x00",
]


@pytest.mark.parametrize("wrong", WRONG)
async def test_auth_10_whatever_is_wrong_has_one_answer(
    relays: Callable[..., RelayDouble], wrong: str
) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE)

    headers = [(b"authorization", b"Bearer " + wrong.encode())]
    response = await relay.ask("POST", "/connect", json={"sdp": OFFER}, headers=headers)

    body = response.json()
    assert (response.status_code, body["code"], body["detail"]) == (401, "auth_invalid", "")
    assert response.headers["www-authenticate"] == 'Bearer realm="sdp-relay", error="invalid_token"'


async def test_auth_05_two_authorization_headers_are_one_too_many(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE)
    twice = [("Authorization", f"Bearer {TOKENS[0]}"), ("Authorization", f"Bearer {TOKENS[0]}")]

    assert (await relay.connect(twice)).status_code == 401


async def test_another_scheme_shows_nothing_to_us(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE)

    response = await relay.connect({"Authorization": f"Basic {TOKENS[0]}"})

    assert (response.status_code, response.json()["code"]) == (401, "auth_required")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
async def test_the_scheme_is_understood_in_any_case(relays: Callable[..., RelayDouble], scheme: str) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE)

    assert (await relay.connect({"Authorization": f"{scheme} {TOKENS[0]}"})).status_code == 201


async def test_web_14_a_call_is_touched_with_the_token_and_its_id(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE)
    location = (await relay.connect(shown(TOKENS[0]))).headers["location"]

    without = await relay.ask("DELETE", location)
    elsewhere = await relay.ask("GET", location, headers=shown(TOKENS[1]), peer="192.0.2.9")
    hung_up = await relay.ask("DELETE", location, headers=shown(TOKENS[1]), peer="192.0.2.9")

    assert (without.status_code, elsewhere.status_code, hung_up.status_code) == (401, 200, 204)


async def test_quota_a_tokens_calls_are_counted_by_address(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(sign_in=by_token, rule=SHOWN_ON_PURPOSE)
    for peer in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        await relay.connect(shown(TOKENS[0]), peer=peer)

    calls = await relay.store.recent(10, only_open=True)
    assert len({call.caller for call in calls}) == 2
    assert {call.holder for call in calls} == {"token"}


@pytest.mark.parametrize("rule", [SHOWN_ON_PURPOSE, OriginRule(allowed=frozenset(), without_origin=False)])
async def test_web_01_a_foreign_page_is_refused_before_its_token_is_looked_at(
    relays: Callable[..., RelayDouble], rule: OriginRule
) -> None:
    relay = relays(sign_in=by_token, rule=rule)

    response = await relay.connect({**shown(TOKENS[0]), "Origin": "https://evil.example"})

    assert (response.status_code, response.json()["code"]) == (403, "origin_refused")


def test_auth_10_a_near_guess_takes_as_long_as_a_far_one() -> None:
    tokens = ("t" * 64,)

    def seconds(guess: bytes) -> float:
        began = time.thread_time()
        for _ in range(2_000):
            is_one_of(guess, tokens)
        return time.thread_time() - began

    near, far = (
        statistics.median(seconds(guess) for _ in range(9)) for guess in (b"t" * 63 + b"x", b"x" + b"t" * 63)
    )
    assert abs(near - far) / max(near, far) < 0.5  # a comparison byte by byte differs by far more


def test_auth_10_every_token_is_compared_whole_whichever_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return one == other

    monkeypatch.setattr("relay.web.token.hmac.compare_digest", compare)

    assert is_one_of(TOKENS[0].encode(), TOKENS)
    assert not is_one_of(b"short", TOKENS)
    assert compared == [(32, 32)] * 4
