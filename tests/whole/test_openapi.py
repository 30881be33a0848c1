"""schemathesis reads the OpenAPI document and asks a real relay whatever it allows, and what it does not."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from relay import __version__
from relay.web.openapi import openapi_document
from tests.core.recorded_offers import OFFERS
from tests.doubles.process import RelayProcess
from tests.secrecy import SHARED_TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.doubles.process import SimulatorProcess

    Case = schemathesis.Case[Any]

DOCUMENT: Final = openapi_document(version=__version__, direct=True, bearer=False)
API: Final = schemathesis.openapi.from_dict(DOCUMENT)
OFFER: Final = OFFERS["chromium-audio-data"]
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BRIEFLY: Final = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
AS_DESCRIBED: Final = settings(BRIEFLY, phases=[Phase.generate])
GOOD: Final = schemathesis.openapi.from_dict(DOCUMENT)
GOOD.config.generation.update(modes=[schemathesis.GenerationMode.POSITIVE])


@pytest.fixture(scope="module", name="described")
def _described(busy_simulator: SimulatorProcess) -> Iterator[RelayProcess]:
    settings = {"RELAY_EPHEMERAL_KEYS": "on", "RELAY_CALLS_TOTAL": "0", "RELAY_PRESENCE_SECONDS": "1"}
    with RelayProcess({**busy_simulator.relay_environment(), **settings}) as relay:
        yield relay


@pytest.fixture(name="calls")
def _calls(described: RelayProcess) -> Iterator[str]:
    """Calls that live, and then one that is over."""
    live, over = (described.connect(OFFER).headers["location"].removeprefix("/calls/") for _ in range(2))
    described.client.delete(f"/calls/{over}")
    return itertools.chain([live, live], itertools.repeat(over))


@schemathesis.serializer("application/sdp")
def _as_text(_context: schemathesis.SerializationContext, value: object) -> bytes:
    return str(value).encode(errors="surrogatepass")


def test_a_relay_serves_its_own_description(described: RelayProcess) -> None:
    assert described.client.get("/openapi.json").json() == DOCUMENT


def test_a_relay_that_asks_who_calls_says_how_to_sign_in(busy_simulator: SimulatorProcess) -> None:
    settings = {"RELAY_AUTH": "token", "RELAY_AUTH_TOKEN": SHARED_TOKENS[0]}
    with RelayProcess({**busy_simulator.relay_environment(), **settings}) as relay:
        served = relay.client.get("/openapi.json").json()

    assert served == openapi_document(version=__version__, direct=False, bearer=True)


@API.parametrize()
@BRIEFLY
def test_whatever_is_asked_is_answered_as_described(case: Case, described: RelayProcess) -> None:
    case.call_and_validate(base_url=described.url, checks=CHECKS)


@GOOD.include(path="/connect").parametrize()
@AS_DESCRIBED
def test_whatever_is_wished_with_a_good_offer_is_answered_as_described(
    case: Case, described: RelayProcess
) -> None:
    chosen = {"voice": "ash", "profile": "default"}
    if isinstance(case.body, dict):
        case.body = {**case.body, "sdp": OFFER, **chosen}
        case.query = {}
    else:
        case.body = OFFER
        case.query = {**case.query, **chosen}
    response = case.call_and_validate(base_url=described.url, checks=CHECKS)

    assert response.status_code in (201, 422), response.text  # 422: control characters in the instructions
    if response.status_code == 201:
        assert described.client.delete(response.headers["location"][0]).status_code == 204


@GOOD.include(path_regex="^/calls/").parametrize()
@AS_DESCRIBED
def test_a_call_that_there_is_is_told_of_as_described(
    case: Case, described: RelayProcess, calls: Iterator[str]
) -> None:
    case.path_parameters = {"id": next(calls)}
    response = case.call_and_validate(base_url=described.url, checks=CHECKS)

    assert response.status_code in (200, 204, 400)
