"""The OpenAPI document says what there is: every route, every problem, every answer; no more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from relay.core.call import State
from relay.core.request import ConnectRequest
from relay.errors import all_problems
from relay.web.form import CONNECT_FIELDS, SESSION_FIELDS
from relay.web.openapi import openapi_document
from tests.doubles.relay import PARTNER, RelayDouble
from tests.readme import first_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.anyio

DOCUMENT = openapi_document(version="1.2.3", direct=True, bearer=True)


def operations(document: dict[str, Any] = DOCUMENT) -> dict[str, dict[str, Any]]:
    """Every operation, by method and path."""
    return {
        f"{method.upper()} {path}": item[method]
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }


def references(value: object) -> Iterator[str]:
    """Every reference in the document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def problems_of(operation: dict[str, Any]) -> dict[str, str]:
    """Slug to status of the problems an operation may answer with."""
    return {
        slug: status
        for status, response in operation["responses"].items()
        if "$ref" in response
        for slug in response["description"].split(", ")
    }


def test_every_route_is_described_and_no_other() -> None:
    assert set(operations()) == set(first_cells("Routes"))  # which a test compares with the route table


async def test_what_is_served_is_what_is_described(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(direct=True)

    served = (await relay.ask("GET", "/openapi.json")).json()

    assert served == openapi_document(version="0", direct=True, bearer=False)


async def test_a_route_that_is_off_is_not_described(relays: Callable[..., RelayDouble]) -> None:
    described = (await relays().ask("GET", "/openapi.json")).json()["paths"]

    assert set(DOCUMENT["paths"]) - set(described) == {"/api/session"}


def test_only_a_relay_that_reads_bearer_credentials_describes_them() -> None:
    none = openapi_document(version="0", direct=True, bearer=False)
    guarded = {name for name, operation in operations().items() if "security" in operation}

    assert guarded == {
        "POST /connect",
        "POST /prepare",
        "GET /calls/{id}",
        "DELETE /calls/{id}",
        "GET /calls/{id}/events",
        "GET /calls/{id}/transcript",
        "POST /api/session",
    }
    assert "securitySchemes" not in none["components"]
    assert not any("security" in operation for operation in operations(none).values())


def test_every_reference_leads_somewhere_and_everything_described_is_used() -> None:
    named = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses", "parameters")
        for name in DOCUMENT["components"][kind]
    }

    assert set(references(DOCUMENT)) == named


def test_every_problem_is_told_of_under_its_own_status_by_some_operation() -> None:
    known = {kind.slug: str(kind.status) for kind in all_problems() if kind.__module__.startswith("relay.")}
    told: dict[str, str] = {}
    for operation in operations().values():
        told |= problems_of(operation)

    assert {**told, "method-not-allowed": "405"} == known  # the last is for what is no operation
    codes = DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert set(codes) >= {slug.replace("-", "_") for slug in known}


def test_the_forms_are_those_that_are_read() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    query = {entry["name"] for entry in operations()["POST /connect"]["parameters"]}

    assert set(schemas["Offer"]["properties"]) == CONNECT_FIELDS == set(ConnectRequest.__dataclass_fields__)
    assert set(schemas["Wishes"]["properties"]) == SESSION_FIELDS == query


def test_a_call_has_the_states_that_calls_have() -> None:
    assert DOCUMENT["components"]["schemas"]["Call"]["properties"]["state"]["enum"] == list(State)


async def test_config_has_what_is_described_and_no_more(relays: Callable[..., RelayDouble]) -> None:
    described = DOCUMENT["components"]["schemas"]["Config"]

    told = (await relays().ask("GET", "/config")).json()

    assert set(told) == set(described["properties"]) == set(described["required"])
    assert set(told["profiles"][0]) == set(described["properties"]["profiles"]["items"]["required"])


async def test_it_is_small_and_kept_and_not_sent_twice(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(direct=True)

    first = await relay.ask("GET", "/openapi.json")
    again = [
        await relay.ask("GET", "/openapi.json", headers={"If-None-Match": known})
        for known in (first.headers["etag"], f'"x", W/{first.headers["etag"]}', "*")
    ]
    other = await relay.ask("GET", "/openapi.json", headers={"If-None-Match": '"x"'})

    assert first.headers["content-type"] == "application/json"
    assert re.fullmatch(r"public, max-age=\d+", first.headers["cache-control"])
    assert len(first.content) < 24_000
    assert [(answer.status_code, answer.content) for answer in again] == [(304, b"")] * 3
    assert other.status_code == 200


async def test_web_04_it_stands_behind_the_same_door(relays: Callable[..., RelayDouble]) -> None:
    relay = relays(origins=frozenset({PARTNER}))

    strange = await relay.ask("GET", "/openapi.json", headers={"Host": "evil.example"})
    partner = await relay.ask("GET", "/openapi.json", headers={"Origin": PARTNER})
    posted = await relay.ask("POST", "/openapi.json")

    assert (strange.status_code, posted.status_code) == (421, 405)
    assert partner.headers["access-control-allow-origin"] == PARTNER
