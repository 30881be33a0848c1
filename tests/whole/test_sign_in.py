"""Signing in to a real relay: over sockets, through several workers, and after a restart."""

from __future__ import annotations

import base64
import subprocess
import sys
import urllib.parse
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.doubles.process import ROOT, Program, RelayProcess
from tests.secrecy import PROXY_SECRETS, SHARED_TOKENS, TICKET_KEY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.doubles.process import SimulatorProcess

OFFER = (ROOT / "tests/core/offers/chromium-audio-data.sdp").read_bytes().decode()
TOKEN = SHARED_TOKENS[0]
PROXY_SECRET = PROXY_SECRETS[0]
SECRETS = (TOKEN, TICKET_KEY, PROXY_SECRET)


def post(relay: RelayProcess, headers: dict[str, str]) -> httpx.Response:
    return relay.client.post("/connect", files={"sdp": (None, OFFER)}, headers=headers)


def make_ticket(*words: str, key: str = TICKET_KEY) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "relay", "ticket", *words],
        env={
            "RELAY_AUTH": "ticket",
            "RELAY_TICKET_KEY": key,
            "PYTHONPATH": str(ROOT),
            "PATH": "/usr/bin:/bin",
        },
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_relay_with_a_token_takes_nobody_without_it_and_keeps_it_to_itself(
    simulator: SimulatorProcess,
) -> None:
    settings = {"RELAY_AUTH": "token", "RELAY_AUTH_TOKEN": TOKEN, "RELAY_LOG_LEVEL": "debug"}
    shown = {"Authorization": f"Bearer {TOKEN}"}
    with RelayProcess({**simulator.relay_environment(), **settings}) as relay:
        assert relay.client.get("/config").json()["sign_in"] == {"kind": "token"}
        answers = [post(relay, headers) for headers in ({}, {"Authorization": f"Bearer {TOKEN}x"}, shown)]
        location = answers[2].headers["location"]
        answers += [relay.client.delete(location), relay.client.delete(location, headers=shown)]
        relay.stop()

        assert [answer.status_code for answer in answers] == [401, 401, 201, 401, 204]
        said = relay.output + "".join(f"{answer.headers}{answer.text}" for answer in answers)
    assert found_in(said) == []


def test_auth_09_a_ticket_opens_one_call_in_all_workers_and_after_a_restart(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    settings = {
        "RELAY_AUTH": "ticket",
        "RELAY_TICKET_KEY": TICKET_KEY,
        "RELAY_STATE_DIR": str(tmp_path / "state"),
        "RELAY_LOG_LEVEL": "debug",
    }
    made = make_ticket("--sub", "alice", "--max-seconds", "90")
    assert (made.returncode, made.stderr) == (0, "")
    shown = {"Authorization": f"Bearer {made.stdout.strip()}"}
    said = ""
    with Workers({**simulator.relay_environment(), **settings}) as relay:
        statuses = [relay.post(shown).status_code for _ in range(12)]
        said += relay.output
    with RelayProcess({**simulator.relay_environment(), **settings}) as relay:
        after = post(relay, shown)
        relay.stop()
        said += relay.output

    assert sorted(statuses) == [201, *[401] * 11]
    assert (after.status_code, after.json()["code"]) == (401, "ticket_used")
    assert found_in(said) == []
    assert made.stdout.strip() not in said
    assert "alice" not in said


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--sub", ""), "No relay would take it"),
        (("--sub", "two\nlines"), "No relay would take it"),
        (("--sub", "alice", "--profile", ""), "No relay would take it"),
        (("--sub", "alice", "--origin", "app.example.com"), "--origin is one origin"),
        (("--sub", "alice", "--origin", "https://a.example,https://b.example"), "--origin is one origin"),
    ],
)
def test_a_ticket_that_no_relay_would_take_is_not_signed(words: tuple[str, ...], why: str) -> None:
    made = make_ticket(*words)

    assert (made.returncode, made.stdout) == (2, "")
    assert made.stderr.startswith(why)


def test_a_ticket_cannot_be_signed_with_what_is_no_key() -> None:
    for key in ("", "canary-too-short"):
        made = make_ticket("--sub", "alice", key=key)

        assert (made.returncode, made.stdout) == (2, "")
        assert "RELAY_TICKET_KEY" in made.stderr
        assert "canary" not in made.stderr


PROXY = {
    "RELAY_AUTH": "proxy",
    "RELAY_PROXY_USER_HEADER": "X-Forwarded-User",
    "RELAY_PROXY_SECRET": PROXY_SECRET,
    "RELAY_SIGN_IN_URL": "/oauth2/start",
    "RELAY_LOG_LEVEL": "debug",
}
NAMED = {"X-Forwarded-User": "alice", "X-Relay-Proxy-Secret": PROXY_SECRET, "Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize(
    ("trusted", "status"), [("127.0.0.1", 201), ("203.0.113.0/24", 401), ("10.0.0.0/8", 401)]
)
def test_auth_13_the_peer_is_who_is_connected_and_not_who_is_forwarded(
    simulator: SimulatorProcess, trusted: str, status: int
) -> None:
    """Trusting 203.0.113.0/24 would let anybody in who wrote such an address into X-Forwarded-For."""
    settings = {**PROXY, "RELAY_TRUSTED_PROXIES": trusted}
    forwarded = {**NAMED, "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    with RelayProcess({**simulator.relay_environment(), **settings}) as relay:
        assert relay.client.get("/config").json()["sign_in"] == {"kind": "link", "url": "/oauth2/start"}
        answer = post(relay, forwarded)
        plain = post(relay, NAMED)
        relay.stop()
        said = relay.output

    assert (answer.status_code, plain.status_code) == (status, status)
    assert ("strict-transport-security" in answer.headers) is (status == 201)
    assert ("an identity header came from a peer" in said) is (status == 401)
    assert found_in(said) == []
    assert "alice" not in said


def test_auth_16_a_relay_that_would_believe_everybody_does_not_start() -> None:
    with Program(
        *("-m", "relay", "serve", "--port", "0"),
        environment={**PROXY, "RELAY_TRUSTED_PROXIES": "0.0.0.0/1,128.0.0.0/1"},
    ) as relay:
        assert relay.process.wait(20) == 2
        relay.stop()

    assert "RELAY_TRUSTED_PROXIES" in relay.output
    assert "Traceback" not in relay.output
    assert found_in(relay.output) == []


class Workers(RelayProcess):
    """A relay of three processes, asked over a new connection each time so that any of them may answer."""

    def __init__(self, environment: dict[str, str]) -> None:
        super().__init__(environment, workers=3)

    def post(self, headers: dict[str, str]) -> httpx.Response:
        address = f"http://127.0.0.1:{self.port}/connect"
        return httpx.post(address, files={"sdp": (None, OFFER)}, headers=headers, trust_env=False, timeout=20)


def found_in(said: str) -> list[str]:
    """SEC-01: which secrets stand in a text, plain, encoded, or by a piece of twelve characters."""
    return [
        secret
        for secret in SECRETS
        if any(
            form in said
            for form in (
                *(secret[place : place + 12] for place in range(len(secret) - 11)),
                base64.b64encode(secret.encode()).decode().rstrip("="),
                urllib.parse.quote(secret, safe=""),
            )
        )
    ]
