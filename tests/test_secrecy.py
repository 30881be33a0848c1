"""SEC-01: a secret that is let out is found, wherever it comes out, and named without being shown."""

from __future__ import annotations

import base64
import logging
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import pytest

from relay.errors import UpstreamError
from relay.web.problems import problem_response
from tests.doubles.process import ROOT, Program
from tests.doubles.upstream import ANSWER
from tests.secrecy import (
    API_KEY,
    CLIENT_SECRET,
    INSTRUCTIONS,
    MARKED,
    SHARED_TOKENS,
    check_answer,
    check_folder,
    check_output,
    found_in,
)

if TYPE_CHECKING:
    from pathlib import Path

VALUES = [(name, value) for name, values in MARKED.items() for value in values]
PLANTED = f"""
import logging
from tests.conftest import nothing_leaks
def test_that_is_quiet(): logging.getLogger("msal").debug("nothing")
def test_that_tells(): logging.getLogger("msal").debug("sent %s", {API_KEY!r})
"""


def taken(heard: list[str]) -> list[str]:
    """What was planted and heard; forgotten, so that this test does not fail by it."""
    names = [*heard]
    heard.clear()
    return names


def answer(status: int = 502, *, path: str = "/connect", **content: object) -> httpx.Response:
    request = httpx.Request("POST", f"http://localhost{path}")
    return httpx.Response(status, request=request, **content)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "value"), VALUES)
def test_every_marked_value_is_found_in_pieces_and_in_disguise(name: str, value: str) -> None:
    disguises = [
        value,
        f"x{value[3:15]}y",
        value[-12:],
        quote(value, safe=""),
        value.encode().hex(),
        *(base64.b64encode(f"{before}{value}, and so on".encode()).decode() for before in ("", "a", "ab")),
    ]

    assert [found_in(text) for text in disguises if name not in found_in(text)] == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("the word canary", "CANARY"),
        ("a client secret", "minted ek_4f6a0c9e7b"),
        ("a signed token", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"),
        ("credentials of an SDP", "a=ice-ufrag:to6Y"),
        ("credentials of an SDP", "a=fingerprint:sha-256 68:82:DF"),
        ("an address of an SDP", "a=candidate:1 1 udp 2 192.0.2.1 9 typ host"),
        ("an address of an SDP", "c=IN IP4 192.0.2.1"),
    ],
)
def test_what_has_no_mark_is_known_by_its_shape(name: str, told: str) -> None:
    assert found_in(told) == [name]


@pytest.mark.parametrize("told", ["", "the key is refused", "POST /openai/v1/realtime/client_secrets", "ek_"])
def test_what_is_no_secret_is_not_taken_for_one(told: str) -> None:
    assert found_in(told) == []


@pytest.mark.parametrize("logger", ["relay.web", "azure.identity", "msal", "httpx", "uvicorn.error"])
def test_a_leak_in_any_log_is_heard(logger: str, nothing_leaks: list[str]) -> None:
    logging.getLogger(logger).debug("sent %s", {"Authorization": f"Bearer {SHARED_TOKENS[0]}"})
    heard = taken(nothing_leaks)

    assert f"shared token in the log of {logger}" in heard
    assert SHARED_TOKENS[0] not in str(heard)


def test_a_leak_in_a_field_is_heard(nothing_leaks: list[str]) -> None:
    logging.getLogger("relay").info("call", extra={"fields": {"prompt": INSTRUCTIONS}})

    assert "instructions in the log of relay" in taken(nothing_leaks)


def test_a_leak_in_a_traceback_is_heard(nothing_leaks: list[str]) -> None:
    logging.getLogger("relay").error("a fault", exc_info=ValueError(CLIENT_SECRET))

    assert "client secret in the log of relay" in taken(nothing_leaks)


def test_a_leak_in_a_test_fails_that_test_by_name(tmp_path: Path) -> None:
    (tmp_path / "test_planted.py").write_text(PLANTED)
    words = ["-q", "-p", "no:cacheprovider", "--show-capture=no", "--tb=line", "-c", "pyproject.toml"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "--rootdir", str(ROOT), str(tmp_path / "test_planted.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "2 passed, 1 error" in ran.stdout
    assert "test_that_tells" in ran.stdout
    assert "API key in the log of msal" in ran.stdout
    assert API_KEY not in ran.stdout


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_leak_in_the_output_of_a_process_is_found(stream: str) -> None:
    program = Program("-c", f"import sys; print({API_KEY!r}, file=sys.{stream})")
    program.process.wait(10)

    with pytest.raises(AssertionError, match="tells: API key"):
        program.__exit__()


def test_a_leak_in_the_state_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "calls.sqlite3-wal").write_bytes(b"\0\1" + ANSWER.encode() + b"\0")

    with pytest.raises(AssertionError, match=r"calls\.sqlite3-wal tells: .*credentials of an SDP"):
        check_folder(tmp_path)


def test_a_leak_in_a_problem_or_a_header_is_found() -> None:
    problem = bytes(problem_response(UpstreamError(f"The upstream said {API_KEY}."), "id-1").body)

    with pytest.raises(AssertionError, match="the answer 502 to POST /connect tells: API key"):
        check_answer(answer(content=problem))
    with pytest.raises(AssertionError, match="the head of the answer 502"):
        check_answer(answer(headers={"X-Upstream": API_KEY}))


def test_what_goes_out_rightly_is_let_out() -> None:
    sdp = {"content-type": "application/sdp"}

    check_answer(answer(201, content=ANSWER.encode(), headers=sdp))
    check_answer(answer(200, path="/api/session", json={"value": CLIENT_SECRET}))
    with pytest.raises(AssertionError, match="SDP"):
        check_answer(answer(422, content=ANSWER.encode(), headers=sdp))


def test_the_message_does_not_show_what_it_names() -> None:
    with pytest.raises(AssertionError) as raised:
        check_output("the log", f"key {API_KEY}")

    assert API_KEY not in str(raised.value)
