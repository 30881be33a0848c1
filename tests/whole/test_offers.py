"""Offers of real browsers through the whole relay, over real sockets: byte for byte, and many at once."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.browser.ledger import only_call
from tests.browser.waiting import eventually
from tests.core.recorded_offers import OFFERS

if TYPE_CHECKING:
    from tests.doubles.process import RelayProcess, SimulatorProcess

_MANY = 50


@pytest.mark.parametrize("name", OFFERS)
def test_a_recorded_offer_reaches_the_upstream_byte_for_byte(
    name: str, relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    response = relay.connect(OFFERS[name], voice="verse")

    assert response.status_code == 201, response.text
    assert response.text.startswith("v=0\r\n")
    call = only_call(simulator)
    assert call["offer_sha256"] == hashlib.sha256(OFFERS[name].encode()).hexdigest()
    assert call["voice"] == "verse"
    assert str(call["id"]) not in response.headers["location"]


def test_fifty_connects_at_once_become_fifty_calls_and_fifty_hang_ups(
    relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    async def connect_all() -> list[str]:
        limits = httpx.Limits(max_connections=_MANY)
        address = f"http://127.0.0.1:{relay.port}"
        async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=30, limits=limits) as client:
            offer = {"sdp": OFFERS["chromium-audio-data"]}
            placed = await asyncio.gather(*(client.post("/connect", json=offer) for _ in range(_MANY)))
            assert {response.status_code for response in placed} == {201}
            places = [response.headers["location"] for response in placed]
            ended = await asyncio.gather(*(client.delete(place) for place in places))
            assert {response.status_code for response in ended} == {204}
            return places

    places = asyncio.run(connect_all())

    assert len(set(places)) == _MANY
    eventually(lambda: simulator.ledger()["hung_up"] == _MANY, otherwise="not every call was hung up")
    assert simulator.ledger()["live"] == 0
