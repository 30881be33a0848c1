"""The HTTP face: what the four routes take, refuse and answer (facts 1 to 4)."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from relay.simulator.app import create_app
from relay.simulator.faults import faults_from
from relay.simulator.settings import Settings

pytestmark = pytest.mark.anyio

API = "/openai/v1/realtime"
SESSION: dict[str, Any] = {"type": "realtime", "model": "gpt-realtime"}
OFFER = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=ice-ufrag:aaaa\r\na=ice-pwd:bbbbbbbbbbbbbbbbbbbbbb\r\n"
    "a=fingerprint:sha-256 AB:CD\r\na=setup:actpass\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sctp-port:5000\r\n"
)


def client(**settings: Any) -> httpx.AsyncClient:
    """A client of a simulator without media, with an API key."""
    app = create_app(Settings(media=False, **settings))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://simulator", headers={"api-key": "any"}
    )


async def mint(http: httpx.AsyncClient, body: object = None, **options: Any) -> httpx.Response:
    return await http.post(f"{API}/client_secrets", json=body or {"session": SESSION}, **options)


async def place(http: httpx.AsyncClient, value: str, offer: str = OFFER, **changes: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {value}", "content-type": "application/sdp", **changes}
    del http.headers["api-key"]
    try:
        return await http.post(f"{API}/calls", content=offer, headers=headers)
    finally:
        http.headers["api-key"] = "any"


async def placed(http: httpx.AsyncClient) -> str:
    answer = await place(http, (await mint(http)).json()["value"])
    return str(answer.headers["location"].rsplit("/", 1)[1])


async def test_a_mint_answers_as_recorded() -> None:
    async with client() as http:
        answer = await mint(
            http, {"session": SESSION, "expires_after": {"anchor": "created_at", "seconds": 60}}
        )
    body = answer.json()

    assert answer.status_code == 200
    assert list(body) == ["value", "expires_at", "session"]
    assert body["value"].startswith("ek_")
    assert 58 <= body["expires_at"] - time.time() <= 61
    assert body["session"]["expires_at"] == 0
    assert body["session"]["id"].startswith("sess_")
    assert {"apim-request-id", "openai-processing-ms", "azureml-served-by-cluster"} <= set(answer.headers)
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(("flavour", "seconds"), [("azure", 7200), ("openai", 600)])
async def test_an_unstated_life_is_what_the_provider_gives(flavour: str, seconds: int) -> None:
    async with client(flavour=flavour) as http:
        body = (await mint(http)).json()

    assert abs(body["expires_at"] - time.time() - seconds) < 3


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"session": {"type": "realtime", "model": "nothing"}}, 404, "DeploymentNotFound"),
        ({"session": {"type": "realtime", "model": "gpt-4o"}}, 400, "OpperationNotSupported"),
        ({"session": {"type": "translation", "model": "gpt-realtime"}}, 400, "InvalidSessionType"),
        ({"session": {"model": "gpt-realtime"}}, 400, "InvalidSessionType"),
        ({"expires_after": {}}, 400, "InvalidSessionType"),
        ({"session": {"type": "realtime"}}, 400, "missing_required_parameter"),
        ({"type": "realtime", "model": "gpt-realtime"}, 400, "unknown_parameter"),
        ({"session": SESSION | {"temperature": 1}}, 400, "unknown_parameter"),
        ({"session": SESSION, "expires_after": {"seconds": 9}}, 400, "invalid_value"),
        ({"session": SESSION, "expires_after": {"seconds": 7201}}, 400, "invalid_value"),
        ({"session": SESSION, "expires_after": {"anchor": "now"}}, 400, "invalid_value"),
        ([], 400, "InvalidSessionType"),
        ([1], 400, "invalid_type"),
    ],
)
async def test_a_mint_that_does_not_fit_is_refused(body: object, status: int, code: str) -> None:
    async with client() as http:
        answer = await mint(http, body) if body else await http.post(f"{API}/client_secrets", json={})

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_a_body_that_is_no_json_is_refused() -> None:
    async with client() as http:
        answer = await http.post(f"{API}/client_secrets", content=b"{")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")


@pytest.mark.parametrize(
    ("headers", "settings", "status"),
    [
        ({"api-key": "right"}, {"api_key": "right"}, 200),
        ({"api-key": "wrong"}, {"api_key": "right"}, 401),
        ({"api-key": ""}, {}, 401),
        ({"authorization": "Bearer a.b.c"}, {}, 200),
        ({"authorization": "Bearer a.b.c"}, {"access_token": "a.b.c"}, 200),
        ({"authorization": "Bearer other"}, {"access_token": "a.b.c"}, 401),
        ({"authorization": "Bearer ek_1"}, {}, 401),
        ({"authorization": "Basic abc"}, {}, 401),
        ({}, {}, 401),
    ],
)
async def test_who_may_mint(headers: dict[str, str], settings: dict[str, str], status: int) -> None:
    async with client(**settings) as http:
        del http.headers["api-key"]
        answer = await mint(http, headers=headers)

    assert answer.status_code == status


async def test_a_wrong_key_and_a_wrong_token_have_different_shapes() -> None:
    async with client(api_key="right", access_token="right") as http:
        wrong_key = (await mint(http, headers={"api-key": "wrong"})).json()
        del http.headers["api-key"]
        wrong_token = (await mint(http, headers={"authorization": "Bearer wrong"})).json()

    assert wrong_key["error"]["code"] == "401"
    assert wrong_token["statusCode"] == 401


async def test_an_api_version_is_refused() -> None:
    async with client() as http:
        answer = await mint(http, params={"api-version": "2025-08-28"})

    assert answer.status_code == 401


async def test_a_call_is_answered_as_recorded() -> None:
    async with client() as http:
        value = (await mint(http)).json()["value"]
        answer = await place(http, value)

    assert answer.status_code == 201
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["location"].startswith("/v1/realtime/calls/rtc_")
    assert len(answer.headers["location"]) == len("/v1/realtime/calls/rtc_") + 32
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == "Location,X-Request-Id"
    assert answer.text.startswith("v=0\r\n")
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\n" in answer.text


@pytest.mark.parametrize("flavour", ["azure", "openai"])
async def test_a_secret_opens_several_calls_each_with_an_id_of_its_own(flavour: str) -> None:
    async with client(flavour=flavour) as http:
        value = (await mint(http)).json()["value"]
        first, second = await place(http, value), await place(http, value)

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
async def test_a_call_takes_a_live_client_secret_and_nothing_else(changes: dict[str, str]) -> None:
    async with client() as http:
        value = (await mint(http)).json()["value"]
        answer = await place(http, value, OFFER, **changes)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "Unauthorized")


@pytest.mark.parametrize(
    ("content_type", "offer", "code"),
    [
        ("application/json", OFFER, "unsupported_content_type"),
        ("multipart/form-data; boundary=x", OFFER, "unsupported_content_type"),
        ("application/sdp; charset=utf-8", "", "invalid_offer"),
        ("application/sdp", OFFER.rstrip(), "invalid_offer"),
        ("application/sdp", OFFER.replace("a=fingerprint", "a=finger"), "invalid_offer"),
    ],
)
async def test_an_offer_that_cannot_be_answered_is_refused(content_type: str, offer: str, code: str) -> None:
    async with client() as http:
        value = (await mint(http)).json()["value"]
        answer = await place(http, value, offer, **{"content-type": content_type})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


async def test_a_preflight_lets_browsers_place_calls_themselves() -> None:
    async with client() as http:
        answer = await http.options(f"{API}/calls")

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "authorization,content-type"


async def test_a_hang_up_works_once() -> None:
    async with client() as http:
        call_id = await placed(http)
        first = await http.post(f"{API}/calls/{call_id}/hangup")
        second = await http.post(f"{API}/calls/{call_id}/hangup")
        (shown,) = (await http.get("/simulator/calls")).json()["calls"]

    assert (first.status_code, first.content) == (200, b"")
    assert (second.status_code, second.json()["error"]["code"]) == (404, "call_id_not_found")
    assert (shown["state"], shown["end_reason"], shown["hang_ups"]) == ("ended", "hung_up", 2)


async def test_a_hang_up_needs_a_standing_credential() -> None:
    async with client(api_key="right") as http:
        answer = await http.post(f"{API}/calls/rtc_1/hangup", headers={"api-key": "wrong"})

    assert answer.status_code == 401


async def test_the_ledger_counts_every_route_and_can_be_cleared() -> None:
    async with client() as http:
        await placed(http)
        await mint(http, {"session": {}})
        before = (await http.get("/simulator/calls?summary")).json()
        after = (await http.delete("/simulator/calls")).json()

    assert (before["created"], before["live"], before["connected"]) == (1, 1, 0)
    assert before["requests"] == {"mint": 2, "calls": 1, "hangup": 0, "sideband": 0}
    assert "calls" not in before
    assert (after["created"], after["live"], after["requests"]["mint"]) == (0, 0, 0)


async def test_without_media_no_number_of_calls_is_too_many() -> None:
    async with client(max_calls=1) as http:
        assert await placed(http) != await placed(http)


@pytest.mark.parametrize("path", ["/", "/openai/realtime", "/v1/realtime/calls", f"{API}/translations/calls"])
async def test_any_other_path_is_404_as_the_gateway_says_it(path: str) -> None:
    async with client() as http:
        answer = await http.post(path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "404")


async def test_openai_answers_without_the_openai_prefix() -> None:
    async with client(flavour="openai") as http:
        answer = await http.post("/v1/realtime/client_secrets", json={"session": SESSION})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "told"),
    [
        (
            {"status": 503},
            503,
            {"error": {"code": "ServiceUnavailable", "message": "A fault of the simulator."}},
        ),
        ({"status": 401, "shape": 3, "message": "No."}, 401, {"statusCode": 401, "message": "No."}),
        (
            {"status": 500, "shape": 2, "code": "server_error", "message": "Oh."},
            500,
            {"error": {"message": "Oh.", "type": "server_error", "param": None, "code": "server_error"}},
        ),
        ({"status": 418, "body": {"made": "up"}}, 418, {"made": "up"}),
    ],
)
@pytest.mark.parametrize("step", ["mint", "calls", "hangup"])
async def test_any_step_can_refuse_in_any_shape(
    step: str, fault: dict[str, Any], status: int, told: dict[str, Any]
) -> None:
    paths = {"mint": "client_secrets", "calls": "calls", "hangup": "calls/rtc_1/hangup"}
    async with client() as http:
        await http.post("/simulator/faults", json={"step": step, **fault})
        answer = await http.post(f"{API}/{paths[step]}")

    assert (answer.status_code, answer.json()) == (status, told)


@pytest.mark.parametrize(
    "headers", [{"Retry-After": "2"}, {"retry-after-ms": "350"}, {"Retry-After": "soon"}, {}]
)
async def test_up_16_a_rate_limit_carries_the_headers_it_is_told(headers: dict[str, str]) -> None:
    async with client() as http:
        await http.post(
            "/simulator/faults", json={"step": "calls", "kind": "rate_limited", "headers": headers}
        )
        answer = await place(http, "ek_1")

    assert answer.status_code == 429
    assert {name: answer.headers.get(name) for name in ("retry-after", "retry-after-ms")} == {
        "retry-after": headers.get("Retry-After"),
        "retry-after-ms": headers.get("retry-after-ms"),
    }


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "no_location"}, {"location": None, "status": 201}),
        ({"kind": "bad_location"}, {"location": "/v1/realtime/calls/"}),
        ({"kind": "bad_location", "location": "https://elsewhere/x"}, {"location": "https://elsewhere/x"}),
        ({"kind": "status_200"}, {"status": 200}),
        ({"kind": "sdp_type"}, {"content-type": "application/sdp", "status": 201}),
        ({"kind": "html"}, {"content-type": "text/html", "body": "<!doctype html><title>Sign in</title>"}),
        ({"kind": "empty"}, {"body": "", "content-length": "0"}),
        ({"kind": "not_sdp"}, {"body": "this is not a session description\r\n"}),
        ({"kind": "huge", "size": 3000}, {"content-length": "3000"}),
        ({"kind": "encoded"}, {"content-encoding": "x-unheard-of"}),
        (
            {"kind": "alter", "body": "v=1", "headers": {"Location": None, "X": "y"}},
            {"body": "v=1", "x": "y"},
        ),
    ],
)
async def test_up_20_to_25_an_answer_can_be_altered_after_the_call_was_made(
    fault: dict[str, Any], expected: dict[str, Any]
) -> None:
    async with client() as http:
        value = (await mint(http)).json()["value"]
        await http.post("/simulator/faults", json={"step": "calls", **fault})
        answer = await place(http, value)
        ledger = (await http.get("/simulator/calls")).json()
    got: dict[str, Any] = {**{name: answer.headers.get(name) for name in ("location", *expected)}}
    got |= {"status": answer.status_code, "body": answer.text}

    assert {name: got[name] for name in expected} == expected
    assert ledger["live"] == 1


async def test_up_25_a_packed_answer_is_far_larger_than_it_looks() -> None:
    async with client() as http:
        value = (await mint(http)).json()["value"]
        await http.post("/simulator/faults", json={"step": "calls", "kind": "gzip", "size": 1_000_000})
        answer = await place(http, value)

    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 10_000
    assert len(answer.content) == 1_000_000


async def test_malformed_json_is_half_of_the_answer() -> None:
    async with client() as http:
        await http.post("/simulator/faults", json={"step": "mint", "kind": "malformed_json"})
        answer = await mint(http)

    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


async def test_up_24_a_redirect_goes_where_it_is_told_and_nothing_is_made() -> None:
    fault = {"step": "calls", "kind": "redirect", "status": 308, "location": "http://other.example/"}
    async with client() as http:
        await http.post("/simulator/faults", json=fault)
        answer = await place(http, "ek_1")
        ledger = (await http.get("/simulator/calls")).json()

    assert (answer.status_code, answer.headers["location"]) == (308, "http://other.example/")
    assert ledger["created"] == 0


async def test_a_client_secret_can_be_spent() -> None:
    async with client() as http:
        value = (await mint(http)).json()["value"]
        await http.post("/simulator/faults", json={"step": "calls", "kind": "expired_secret"})
        first, second = await place(http, value), await place(http, value)

    assert (first.status_code, second.status_code) == (401, 201)


@pytest.mark.parametrize(("when", "created"), [("before", 0), ("after", 1)])
async def test_a_step_can_be_slow_before_or_after_its_work(when: str, created: int) -> None:
    async with client() as http:
        value = (await mint(http)).json()["value"]
        await http.post("/simulator/faults", json={"step": "calls", "delay_ms": 200, "when": when})
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await place(http, value)
        ledger = (await http.get("/simulator/calls")).json()

    assert ledger["created"] == created


async def test_faults_can_be_set_at_the_start_listed_and_cleared() -> None:
    async with client(faults=faults_from({"step": "mint", "status": 500})) as http:
        listed = (await http.get("/simulator/faults")).json()["faults"]
        cleared = (await http.delete("/simulator/faults")).json()["faults"]
        answer = await mint(http)

    assert (listed[0]["step"], cleared, answer.status_code) == ("mint", [], 200)


@pytest.mark.parametrize("body", ["{", '{"step":"nowhere"}'])
async def test_a_fault_that_cannot_be_read_is_told(body: str) -> None:
    async with client() as http:
        answer = await http.post("/simulator/faults", content=body)

    assert answer.status_code == 400
    assert answer.json()["error"]


OFFERS = Path(__file__).parents[1] / "core" / "offers"
RECORDED = sorted(path for name in ("aiortc", "chromium", "firefox") for path in OFFERS.glob(f"{name}*.sdp"))


@pytest.mark.parametrize("offer", [path.read_bytes().decode() for path in RECORDED])
async def test_every_recorded_offer_is_answered(offer: str) -> None:
    async with client() as http:
        value = (await mint(http)).json()["value"]
        answer = await place(http, value, offer)

    assert answer.status_code == 201
    assert answer.text.count("\r\nm=") == offer.count("\r\nm=")
