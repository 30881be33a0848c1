"""Placing, counting and ending calls over HTTP (facts 3 and 4)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Client

pytestmark = pytest.mark.anyio

API = "/openai/v1/realtime"
SESSION: dict[str, Any] = {"type": "realtime", "model": "gpt-realtime"}

OFFERS = Path(__file__).parents[1] / "core" / "offers"
RECORDED = sorted(path for name in ("aiortc", "chromium", "firefox") for path in OFFERS.glob(f"{name}*.sdp"))


async def test_a_call_is_answered_as_recorded(client: type[Client]) -> None:
    async with client() as http:
        value = await http.secret()
        answer = await http.place(value)

    assert answer.status_code == 201
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["location"].startswith("/v1/realtime/calls/rtc_")
    assert len(answer.headers["location"]) == len("/v1/realtime/calls/rtc_") + 32
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == "Location,X-Request-Id"
    assert answer.text.startswith("v=0\r\n")
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\n" in answer.text


@pytest.mark.parametrize("flavour", ["azure", "openai"])
async def test_a_secret_opens_several_calls_each_with_an_id_of_its_own(
    client: type[Client], flavour: str
) -> None:
    async with client(flavour=flavour) as http:
        value = await http.secret()
        first, second = await http.place(value), await http.place(value)

    assert first.headers["location"] != second.headers["location"]
    assert first.text != second.text


@pytest.mark.parametrize(
    "changes",
    [
        {"authorization": ""},
        {"authorization": "Bearer standing-key"},
        {"authorization": "Bearer ek_unknown"},
        {"api-key": "any"},
    ],
)
async def test_a_call_takes_a_live_client_secret_and_nothing_else(
    client: type[Client], changes: dict[str, str]
) -> None:
    async with client() as http:
        value = await http.secret()
        answer = await http.place(value, http.offer, **changes)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "Unauthorized")


def _without(offer: str, part: str) -> str:
    return offer.replace(part, "").rstrip() if part.endswith("\n") else offer.replace(part, "", 1)


@pytest.mark.parametrize(
    ("content_type", "left_out", "code"),
    [
        ("application/json", "", "unsupported_content_type"),
        ("multipart/form-data; boundary=x", "", "unsupported_content_type"),
        ("application/sdp; charset=utf-8", "v=0", "invalid_offer"),
        ("application/sdp", "a=sctp-port:5000\r\n", "invalid_offer"),
        ("application/sdp", "a=fingerprint:", "invalid_offer"),
    ],
)
async def test_an_offer_that_cannot_be_answered_is_refused(
    client: type[Client], content_type: str, left_out: str, code: str
) -> None:
    async with client() as http:
        value = await http.secret()
        answer = await http.place(value, _without(http.offer, left_out), **{"content-type": content_type})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


async def test_a_preflight_lets_browsers_place_calls_themselves(client: type[Client]) -> None:
    async with client() as http:
        answer = await http.options(f"{API}/calls")

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "authorization,content-type"


async def test_the_ledger_counts_every_route_and_can_be_cleared(client: type[Client]) -> None:
    async with client() as http:
        await http.placed()
        await http.mint({"session": {}})
        before = (await http.get("/simulator/calls?summary")).json()
        after = (await http.delete("/simulator/calls")).json()

    assert (before["created"], before["live"], before["connected"]) == (1, 1, 0)
    assert before["requests"] == {"mint": 2, "calls": 1, "hangup": 0, "sideband": 0}
    assert "calls" not in before
    assert (after["created"], after["live"], after["requests"]["mint"]) == (0, 0, 0)


async def test_without_media_no_number_of_calls_is_too_many(client: type[Client]) -> None:
    async with client(max_calls=1) as http:
        assert await http.placed() != await http.placed()


@pytest.mark.parametrize("offer", [path.read_bytes().decode() for path in RECORDED])
async def test_every_recorded_offer_is_answered(client: type[Client], offer: str) -> None:
    async with client() as http:
        value = await http.secret()
        answer = await http.place(value, offer)

    assert answer.status_code == 201
    assert answer.text.count("\r\nm=") == offer.count("\r\nm=")


async def test_openai_takes_offer_and_session_in_one_form_with_a_standing_key(client: type[Client]) -> None:
    async with client(flavour="openai") as http:
        form = {"sdp": (None, http.offer), "session": (None, json.dumps(SESSION))}
        answer = await http.post(f"{API}/calls", files=form)
        unknown = {"sdp": (None, http.offer), "session": (None, '{"type":"realtime","model":"x"}')}
        refused = await http.post(f"{API}/calls", files=unknown)

    assert answer.status_code == 201
    assert answer.headers["location"].startswith("/v1/realtime/calls/rtc_u0_")
    assert "a=ice-lite" in answer.text
    assert refused.status_code == 404
