"""An upstream that misbehaves, over real sockets: the problem it becomes, and that no call is left behind."""

from __future__ import annotations

import secrets
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.ledger import only_call
from tests.browser.waiting import eventually
from tests.core.recorded_offers import OFFERS
from tests.doubles.process import RelayProcess
from tests.secrecy import API_KEY

if TYPE_CHECKING:
    from tests.doubles.process import SimulatorProcess

_OFFER = OFFERS["chromium-audio-data"]

# What goes wrong; status and code for the browser; how often /calls was asked; calls made; of these hung up
_CASES: dict[str, tuple[dict[str, Any], int, str, int, int, int]] = {
    "UP-08 reset after the offer": ({"kind": "reset"}, 502, "upstream_error", 1, 0, 0),
    "UP-08 reset after the call was made": (
        {"kind": "reset", "when": "after_work"},
        *(502, "upstream_error", 1, 1, 0),
    ),
    "UP-09 answer cut off": ({"kind": "reset", "when": "mid_body"}, 502, "upstream_bad_answer", 1, 1, 1),
    "UP-11 offer refused": (
        {"status": 400, "code": "invalid_offer"},
        422,
        "upstream_rejected_offer",
        1,
        0,
        0,
    ),
    "UP-13 forbidden": ({"status": 403}, 502, "upstream_auth", 1, 0, 0),
    "UP-14 no deployment": ({"status": 404}, 502, "upstream_misconfigured", 1, 0, 0),
    "UP-16 limits": ({"kind": "rate_limited"}, 503, "upstream_rate_limited", 1, 0, 0),
    "UP-18 server error": ({"status": 500}, 502, "upstream_error", 1, 0, 0),
    "UP-21 empty": ({"kind": "empty"}, 502, "upstream_bad_answer", 1, 1, 1),
    "UP-21 no SDP": ({"kind": "not_sdp"}, 502, "upstream_bad_answer", 1, 1, 1),
    "UP-21 huge": ({"kind": "huge"}, 502, "upstream_bad_answer", 1, 1, 1),
    "UP-22 no Location": ({"kind": "no_location"}, 502, "upstream_no_call_id", 1, 1, 0),
    "UP-24 redirect": ({"kind": "redirect"}, 502, "upstream_bad_answer", 1, 0, 0),
    "UP-25 gzip bomb": ({"kind": "gzip"}, 502, "upstream_bad_answer", 1, 1, 1),
    "UP-25 unknown encoding": ({"kind": "encoded"}, 502, "upstream_bad_answer", 1, 1, 1),
    "UP-27 byte by byte": ({"kind": "drip"}, 504, "upstream_timeout", 1, 1, 1),
}


@pytest.mark.parametrize("case", _CASES)
def test_a_fault_of_the_exchange_becomes_a_named_problem_and_leaves_no_call(
    case: str, relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    fault, status, code, asked, created, hung_up = _CASES[case]
    simulator.fault(step="calls", **fault)

    response = relay.connect(_OFFER)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    ledger = simulator.ledger()
    requests = ledger["requests"]
    assert isinstance(requests, dict)
    assert (requests["calls"], ledger["created"]) == (asked, created)
    if hung_up:
        eventually(lambda: simulator.ledger()["hung_up"] == hung_up, otherwise="the call was left behind")


@pytest.mark.parametrize("kind", ["status_200", "sdp_type"])
def test_up_20_answers_that_only_look_odd_are_taken(
    kind: str, relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    simulator.fault(step="calls", kind=kind)

    assert relay.connect(_OFFER).status_code == 201


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"kind": "reset"}, {"kind": "rate_limited"}],
    ids=["UP-17 server error", "UP-08 reset", "UP-16 limits"],
)
def test_a_mint_is_repeated_once(
    fault: dict[str, Any], relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    simulator.fault(step="mint", **fault)  # met by words for which no client secret is kept

    response = relay.connect(_OFFER, instructions=secrets.token_hex())

    requests = simulator.ledger()["requests"]
    assert isinstance(requests, dict)
    assert (response.status_code, requests["mint"], requests["calls"]) == (201, 2, 1)


def test_up_13_a_refused_key_is_not_shown_a_second_time(
    relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    simulator.fault(step="mint", status=401)

    response = relay.connect(_OFFER, instructions=secrets.token_hex())

    requests = simulator.ledger()["requests"]
    assert isinstance(requests, dict)
    assert (response.status_code, response.json()["code"]) == (502, "upstream_auth")
    assert (requests["mint"], requests["calls"]) == (1, 0)


def test_up_12_a_spent_client_secret_is_replaced_and_the_offer_sent_once_more(
    relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    simulator.fault(step="calls", kind="expired_secret")

    assert relay.connect(_OFFER).status_code == 201
    assert simulator.ledger()["created"] == 1


@pytest.mark.parametrize(
    ("said", "told"), [({"Retry-After": "7"}, 7), ({"retry-after-ms": "2100"}, 3), ({}, 5)]
)
def test_up_16_the_browser_is_told_how_long_to_wait(
    said: dict[str, str], told: int, relay: RelayProcess, simulator: SimulatorProcess
) -> None:
    simulator.fault(
        step="calls", kind="rate_limited", headers={"Retry-After": None, "retry-after-ms": None, **said}
    )

    response = relay.connect(_OFFER)

    assert (response.headers["retry-after"], response.json()["retry_after"]) == (str(told), told)


def test_up_31_a_hang_up_is_tried_until_it_succeeds(relay: RelayProcess, simulator: SimulatorProcess) -> None:
    placed = relay.connect(_OFFER)
    simulator.fault(step="hangup", status=500)
    simulator.fault(step="hangup", kind="reset")

    assert relay.client.delete(placed.headers["location"]).status_code == 204
    assert relay.client.delete(placed.headers["location"]).status_code == 204
    eventually(lambda: only_call(simulator)["end_reason"] == "hung_up", otherwise="the call was left behind")


def test_up_02_an_upstream_that_is_not_there_is_told(relay: RelayProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    settings = {"AZURE_OPENAI_BASE_URL": nobody, "AZURE_OPENAI_API_KEY": API_KEY}
    with RelayProcess(settings) as lost:
        response = lost.connect(_OFFER)

    assert (response.status_code, response.json()["code"]) == (502, "upstream_unreachable")
    assert nobody.removeprefix("http://") not in response.text
