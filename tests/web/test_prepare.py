"""``POST /prepare`` at the web edge: the checks of every door, what it counts, and what it never does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relay.core.rate import Rate
from relay.core.upstream import Traits
from relay.errors import UpstreamError
from tests.doubles.relay import OFFER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.doubles.relay import RelayDouble

pytestmark = pytest.mark.anyio


async def test_what_is_prepared_is_what_the_call_will_be(relays: Callable[..., RelayDouble]) -> None:
    relay = relays()
    prepared = await relay.ask("POST", "/prepare", json={"voice": "ash", "instructions": "Be brief."})
    await relay.connect(voice="ash", instructions="Be brief.")

    assert (prepared.status_code, prepared.content) == (204, b"")
    assert prepared.headers["cache-control"] == "no-store"
    assert relay.upstream.prepared == relay.upstream.plans


async def test_preparing_places_nothing(relays: Callable[..., RelayDouble]) -> None:
    relay = relays()
    await relay.ask("POST", "/prepare", files={"voice": (None, "ash")})

    assert relay.upstream.paid_requests == 0
    assert (await relay.store.counts()).open == 0


async def test_an_offer_is_not_taken(relays: Callable[..., RelayDouble]) -> None:
    response = await relays().ask("POST", "/prepare", json={"sdp": OFFER})

    assert (response.status_code, response.json()["code"]) == (400, "unexpected_field")


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Origin": "https://evil.example"}, 403), ({"Host": "evil.example"}, 421)],
)
async def test_web_01_07_the_door_is_the_same(
    relays: Callable[..., RelayDouble], headers: dict[str, str], status: int
) -> None:
    relay = relays()

    assert (await relay.ask("POST", "/prepare", json={}, headers=headers)).status_code == status
    assert relay.upstream.prepared == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"voice": "nobody"}, "bad_voice"),
        ({"profile": "other"}, "not_found"),
        ({"presence": "sometimes"}, "malformed_request"),
    ],
)
async def test_what_a_call_would_be_refused_for_is_refused(
    relays: Callable[..., RelayDouble], fields: dict[str, str], code: str
) -> None:
    relay = relays()

    assert (await relay.ask("POST", "/prepare", json=fields)).json()["code"] == code
    assert relay.upstream.prepared == []


async def test_what_the_upstream_says_is_told(relays: Callable[..., RelayDouble]) -> None:
    relay = relays()
    relay.upstream.refuses = UpstreamError("The upstream failed.")

    assert (await relay.ask("POST", "/prepare", json={})).json()["code"] == "upstream_error"


async def test_a_draining_relay_prepares_nothing(relays: Callable[..., RelayDouble]) -> None:
    relay = relays()
    relay.exchange.draining = True

    assert (await relay.ask("POST", "/prepare", json={})).json()["code"] == "draining"


async def test_quota_15_a_paused_relay_prepares_nothing(relays: Callable[..., RelayDouble]) -> None:
    relay = relays()
    await relay.supervisor.pause(True)

    assert (await relay.ask("POST", "/prepare", json={})).json()["code"] == "paused"
    assert relay.upstream.prepared == []


async def test_where_nothing_is_kept_nothing_is_prepared(relays: Callable[..., RelayDouble]) -> None:
    relay = relays()
    relay.upstream.traits = Traits(api="realtime", max_call_seconds=3600, exchange_url=None)

    assert (await relay.ask("POST", "/prepare", json={})).status_code == 404


async def test_quota_01_preparing_and_placing_a_call_count_once(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(rate=Rate(2, 60))
    statuses = []
    for _ in range(2):
        statuses.append((await relay.ask("POST", "/prepare", json={})).status_code)
        statuses.append((await relay.connect()).status_code)
    refused = [await relay.ask("POST", "/prepare", json={}), await relay.connect()]

    assert statuses == [204, 201, 204, 201]
    assert [response.status_code for response in refused] == [429, 429]


async def test_quota_01_preparing_alone_is_rated(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(rate=Rate(2, 60))
    answers = [await relay.ask("POST", "/prepare", json={}) for _ in range(3)]

    assert [response.status_code for response in answers] == [204, 204, 429]
    assert answers[0].headers["ratelimit"] == '"connects";r=1;t=61'
    assert (await relay.connect()).status_code == 201


async def test_preparations_are_bounded_like_exchanges(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(most_in_flight=0)

    assert (await relay.ask("POST", "/prepare", json={})).json()["code"] == "busy"


async def test_config_tells_whether_it_is_there(relays: Callable[..., RelayDouble]) -> None:
    assert (await relays().ask("GET", "/config")).json()["prepare"] is True
