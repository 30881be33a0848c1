"""Switches on the HTTP routes (UP-*)."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from relay.simulator.faults import faults_from

if TYPE_CHECKING:
    from tests.simulator.conftest import Client

pytestmark = pytest.mark.anyio

API = "/openai/v1/realtime"
SESSION: dict[str, Any] = {"type": "realtime", "model": "gpt-realtime"}


async def test_a_hang_up_works_once(client: type[Client]) -> None:
    async with client() as http:
        call_id = await http.placed()
        first = await http.post(f"{API}/calls/{call_id}/hangup")
        second = await http.post(f"{API}/calls/{call_id}/hangup")
        (shown,) = (await http.get("/simulator/calls")).json()["calls"]

    assert (first.status_code, first.content) == (200, b"")
    assert (second.status_code, second.json()["error"]["code"]) == (404, "call_id_not_found")
    assert (shown["state"], shown["end_reason"], shown["hang_ups"]) == ("ended", "hung_up", 2)


async def test_a_hang_up_needs_a_standing_credential(client: type[Client]) -> None:
    async with client(api_key="right") as http:
        answer = await http.post(f"{API}/calls/rtc_1/hangup", headers={"api-key": "wrong"})

    assert answer.status_code == 401


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
    client: type[Client], step: str, fault: dict[str, Any], status: int, told: dict[str, Any]
) -> None:
    paths = {"mint": "client_secrets", "calls": "calls", "hangup": "calls/rtc_1/hangup"}
    async with client() as http:
        await http.post("/simulator/faults", json={"step": step, **fault})
        answer = await http.post(f"{API}/{paths[step]}")

    assert (answer.status_code, answer.json()) == (status, told)


@pytest.mark.parametrize(
    "headers", [{"Retry-After": "2"}, {"retry-after-ms": "350"}, {"Retry-After": "soon"}, {}]
)
async def test_up_16_a_rate_limit_carries_the_headers_it_is_told(
    client: type[Client], headers: dict[str, str]
) -> None:
    async with client() as http:
        await http.post(
            "/simulator/faults", json={"step": "calls", "kind": "rate_limited", "headers": headers}
        )
        answer = await http.place("ek_1")

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
    client: type[Client], fault: dict[str, Any], expected: dict[str, Any]
) -> None:
    async with client() as http:
        value = await http.secret()
        await http.post("/simulator/faults", json={"step": "calls", **fault})
        answer = await http.place(value)
        ledger = (await http.get("/simulator/calls")).json()
    got: dict[str, Any] = {**{name: answer.headers.get(name) for name in ("location", *expected)}}
    got |= {"status": answer.status_code, "body": answer.text}

    assert {name: got[name] for name in expected} == expected
    assert ledger["live"] == 1


async def test_up_25_a_packed_answer_is_far_larger_than_it_looks(client: type[Client]) -> None:
    async with client() as http:
        value = await http.secret()
        await http.post("/simulator/faults", json={"step": "calls", "kind": "gzip", "size": 1_000_000})
        answer = await http.place(value)

    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 10_000
    assert len(answer.content) == 1_000_000


async def test_malformed_json_is_half_of_the_answer(client: type[Client]) -> None:
    async with client() as http:
        await http.post("/simulator/faults", json={"step": "mint", "kind": "malformed_json"})
        answer = await http.mint()

    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


async def test_up_24_a_redirect_goes_where_it_is_told_and_nothing_is_made(client: type[Client]) -> None:
    fault = {"step": "calls", "kind": "redirect", "status": 308, "location": "http://other.example/"}
    async with client() as http:
        await http.post("/simulator/faults", json=fault)
        answer = await http.place("ek_1")
        ledger = (await http.get("/simulator/calls")).json()

    assert (answer.status_code, answer.headers["location"]) == (308, "http://other.example/")
    assert ledger["created"] == 0


async def test_a_client_secret_can_be_spent(client: type[Client]) -> None:
    async with client() as http:
        value = await http.secret()
        await http.post("/simulator/faults", json={"step": "calls", "kind": "expired_secret"})
        first, second = await http.place(value), await http.place(value)

    assert (first.status_code, second.status_code) == (401, 201)


@pytest.mark.parametrize(("when", "created"), [("before", 0), ("after", 1)])
async def test_a_step_can_be_slow_before_or_after_its_work(
    client: type[Client], when: str, created: int
) -> None:
    async with client() as http:
        value = await http.secret()
        await http.post("/simulator/faults", json={"step": "calls", "delay_ms": 200, "when": when})
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await http.place(value)
        ledger = (await http.get("/simulator/calls")).json()

    assert ledger["created"] == created


async def test_faults_can_be_set_at_the_start_listed_and_cleared(client: type[Client]) -> None:
    async with client(faults=faults_from({"step": "mint", "status": 500})) as http:
        listed = (await http.get("/simulator/faults")).json()["faults"]
        cleared = (await http.delete("/simulator/faults")).json()["faults"]
        answer = await http.mint()

    assert (listed[0]["step"], cleared, answer.status_code) == ("mint", [], 200)


@pytest.mark.parametrize("body", ["{", '{"step":"nowhere"}'])
async def test_a_fault_that_cannot_be_read_is_told(client: type[Client], body: str) -> None:
    async with client() as http:
        answer = await http.post("/simulator/faults", content=body)

    assert answer.status_code == 400
    assert answer.json()["error"]
