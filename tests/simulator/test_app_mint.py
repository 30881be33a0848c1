"""Minting client secrets over HTTP (fact 2), and paths that do not exist."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Client

pytestmark = pytest.mark.anyio

API = "/openai/v1/realtime"
SESSION: dict[str, Any] = {"type": "realtime", "model": "gpt-realtime"}


async def test_a_mint_answers_as_recorded(client: type[Client]) -> None:
    async with client() as http:
        answer = await http.mint(
            {"session": SESSION, "expires_after": {"anchor": "created_at", "seconds": 60}}
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
async def test_an_unstated_life_is_what_the_provider_gives(
    client: type[Client], flavour: str, seconds: int
) -> None:
    async with client(flavour=flavour) as http:
        body = (await http.mint()).json()

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
async def test_a_mint_that_does_not_fit_is_refused(
    client: type[Client], body: object, status: int, code: str
) -> None:
    async with client() as http:
        answer = await http.mint(body) if body else await http.post(f"{API}/client_secrets", json={})

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_a_body_that_is_no_json_is_refused(client: type[Client]) -> None:
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
async def test_who_may_mint(
    client: type[Client], headers: dict[str, str], settings: dict[str, str], status: int
) -> None:
    async with client(**settings) as http:
        del http.headers["api-key"]
        answer = await http.mint(headers=headers)

    assert answer.status_code == status


async def test_a_wrong_key_and_a_wrong_token_have_different_shapes(client: type[Client]) -> None:
    async with client(api_key="right", access_token="right") as http:
        wrong_key = (await http.mint(headers={"api-key": "wrong"})).json()
        del http.headers["api-key"]
        wrong_token = (await http.mint(headers={"authorization": "Bearer wrong"})).json()

    assert wrong_key["error"]["code"] == "401"
    assert wrong_token["statusCode"] == 401


async def test_an_api_version_is_refused(client: type[Client]) -> None:
    async with client() as http:
        answer = await http.mint(params={"api-version": "2025-08-28"})

    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/", "/openai/realtime", "/v1/realtime/calls", f"{API}/translations/calls"])
async def test_any_other_path_is_404_as_the_gateway_says_it(client: type[Client], path: str) -> None:
    async with client() as http:
        answer = await http.post(path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "404")


async def test_openai_answers_without_the_openai_prefix(client: type[Client]) -> None:
    async with client(flavour="openai") as http:
        answer = await http.post("/v1/realtime/client_secrets", json={"session": SESSION})

    assert answer.status_code == 200
