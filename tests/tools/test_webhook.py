"""Webhooks as tools, against real servers on loopback: signed, bounded, never led elsewhere."""

from __future__ import annotations

import base64
import json
import logging
import socket
import ssl
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from relay.core.tool import FunctionTool
from relay.tools.tool import Ran, run_tool
from relay.tools.webhook import Webhook, signed, webhook_key
from relay.upstream.http_client import build_client
from tests.doubles.webhook import WebhookServer
from tests.tools.asked import ASKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio

SECRET = "a-secret-of-the-tests"
PARAMETERS = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}


@asynccontextmanager
async def webhook(url: str, *, timeout_seconds: float = 5.0, kind: str = "tool") -> AsyncIterator[Webhook]:
    client = build_client("0", ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), None)
    try:
        yield Webhook(
            offer=FunctionTool("weather", "Tells the weather", PARAMETERS),
            url=url,
            kind=kind,
            secret=SECRET.encode(),
            client=lambda: client,
            wall_seconds=lambda: 1_700_000_000.9,
            timeout_seconds=timeout_seconds,
            max_bytes=1000,
        )
    finally:
        await client.aclose()


async def run(url: str, *, timeout_seconds: float = 5.0) -> Ran:
    async with webhook(url, timeout_seconds=timeout_seconds) as tool:
        return await run_tool(tool, '{"place": "Lisbon"}', ASKING)


async def test_a_webhook_is_asked_with_a_signed_post_and_its_answer_is_the_result() -> None:
    with WebhookServer(answer={"sky": "blue"}) as server:
        ran = await run(server.url)

    ((headers, body),) = server.requests
    assert (ran.state, json.loads(ran.output)) == ("done", {"sky": "blue"})
    assert json.loads(body) == {
        "type": "tool",
        "name": "weather",
        "arguments": {"place": "Lisbon"},
        "call": "c0ffee",
        "caller": "somebody",
        "profile": "support",
    }
    assert headers["webhook-id"] == ASKING.id
    assert headers["webhook-timestamp"] == "1700000000"
    assert headers["webhook-signature"] == server.signature(SECRET, headers, body)
    assert headers["content-type"] == "application/json"
    assert headers["accept-encoding"] == "identity"
    assert "authorization" not in headers


def test_the_signature_is_that_of_standard_webhooks() -> None:
    # The example of the specification's own libraries: secret, id, time and body are theirs.
    key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    headers = signed(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_behind_whsec_must_be_base64() -> None:
    with pytest.raises(ValueError, match=r"base64|padding|Only"):
        webhook_key("whsec_not base64")
    assert webhook_key("plain") == b"plain"
    assert webhook_key("whsec_" + base64.b64encode(b"k").decode()) == b"k"


async def test_no_content_is_a_result() -> None:
    with WebhookServer(answer=b"", status=204) as server:
        assert (await run(server.url)).output == "null"


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("an error", {"answer": {"canary": 1}, "status": 500}, "The tool failed."),
    ("a refusal", {"answer": {"canary": 1}, "status": 401}, "The tool failed."),
    ("a redirect", {"status": 302, "headers": {"Location": "ELSEWHERE"}}, "The tool failed."),
    ("a kept method redirect", {"status": 307, "headers": {"Location": "ELSEWHERE"}}, "The tool failed."),
    ("no JSON", {"answer": b"canary{"}, "The tool failed."),
    ("a page", {"answer": b"<canary>", "headers": {"Content-Type": "text/html"}}, "The tool failed."),
    ("JSON by another name", {"answer": 1, "headers": {"Content-Type": "text/plain"}}, "The tool failed."),
    ("compressed", {"answer": b"1", "headers": {"Content-Encoding": "gzip"}}, "The tool failed."),
    ("nesting", {"answer": b"[" * 900}, "The tool failed."),
    ("too much", {"answer": "x" * 5_000_000}, "The tool's answer was too long to be used."),
    ("not a number", {"answer": b"NaN"}, "The tool failed."),
]


@pytest.mark.parametrize(("server", "words"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
async def test_a_bad_answer_becomes_an_output_and_nothing_of_it_is_told(
    server: dict[str, Any], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    with WebhookServer(answer={"stolen": True}) as elsewhere:
        headers = {
            name: value.replace("ELSEWHERE", elsewhere.url)
            for name, value in server.get("headers", {}).items()
        }
        with WebhookServer(**{**server, "headers": headers}) as bad, caplog.at_level(logging.DEBUG):
            ran = await run(bad.url)

    assert (ran.state, json.loads(ran.output)) == ("failed", {"error": words})
    assert elsewhere.requests == []
    assert len(bad.requests) == 1
    told = " ".join(str(vars(record)) for record in caplog.records if record.name.startswith("relay"))
    assert "canary" not in told
    assert "Lisbon" not in told


@pytest.mark.parametrize("slow", [{"delay": 5.0}, {"drip": 0.05, "answer": "x" * 500}])
async def test_a_slow_webhook_is_given_up_at_its_time(slow: dict[str, Any]) -> None:
    began = time.monotonic()
    with WebhookServer(**slow) as server:
        ran = await run(server.url, timeout_seconds=0.3)

    assert ran.state == "timeout"
    assert time.monotonic() - began < 2


async def test_a_webhook_that_is_not_there_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    assert (await run(f"http://127.0.0.1:{port}/")).state == "failed"


async def test_arguments_that_do_not_fit_are_not_sent() -> None:
    with WebhookServer(answer=1) as server:
        async with webhook(server.url) as tool:
            ran = await run_tool(tool, '{"place": 7}', ASKING)

    assert (ran.state, server.requests) == ("failed", [])


async def test_text_that_is_no_unicode_is_sent_all_the_same() -> None:
    with WebhookServer(answer=1) as server:
        async with webhook(server.url) as tool:
            ran = await run_tool(tool, '{"place": "\\ud800"}', ASKING)

    assert ran.state == "done"


def test_secret_and_address_are_in_no_repr() -> None:
    tool = Webhook(
        offer=FunctionTool("weather", "canary", PARAMETERS),
        url="https://canary.example/?key=canary",
        secret=b"canary",
        client=lambda: build_client("0", ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), None),
        wall_seconds=time.time,
        timeout_seconds=1,
        max_bytes=1,
    )

    assert "canary" not in repr(tool)
