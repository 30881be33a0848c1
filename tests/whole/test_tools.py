"""Profiles with tools, run whole: the simulator asks, the relay runs, the call goes on with the result."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
import websockets

from tests.doubles.process import Program, RelayProcess, SimulatorProcess
from tests.doubles.relay import OFFER
from tests.doubles.webhook import WebhookServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

pytestmark = pytest.mark.anyio

PROMPT = "You are Zanzibar, the quokka of the support desk. Speak with {sub|the caller}."
SECRET = "a-secret-of-the-tests"
CONFIG = """
[profiles.default]
title = "Conversation"

[profiles.support]
title = "Support desk"
private = true
instructions_file = "support.md"
tools = ["shop:get_weather", "get_order", "stuck_tool"]
limits = { max_call_seconds = 300 }

[profiles.moderated]
moderation = "shop:judge"
modalities = ["text"]

[profiles.written]
modalities = ["text"]
tools = ["shop:get_weather"]

[tools.get_order]
url = "WEBHOOK"
description = "Tells what became of an order"
parameters = { type = "object", properties = { number = { type = "integer" } }, required = ["number"] }
secret_env = "SHOP_SECRET"

[tools.stuck_tool]
python = "shop:stuck"
timeout_seconds = 0.3
"""
SHOP = '''
import time

async def get_weather(place: str) -> dict:
    """Tells the weather of a place."""
    return {"place": place, "sky": "blue"}

def judge(who: str, text: str) -> str | None:
    """Ends a call in which somebody speaks of secrets."""
    return "hang_up" if "secret" in text else None

def stuck() -> str:
    """Never comes back."""
    time.sleep(3600)
'''


class Typist:
    """Types into a call over a second sideband, as a browser would over its data channel."""

    def __init__(self, websocket: websockets.ClientConnection) -> None:
        self.websocket = websocket

    async def type(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self._send(type="conversation.item.create", item=item)
        await self._send(type="response.create", response={"output_modalities": ["text"]})

    async def until(self, kind: str, **fields: object) -> dict[str, Any]:
        """Wait for a server event whose item or response has these fields."""
        async with asyncio.timeout(15):
            async for message in self.websocket:
                event: dict[str, Any] = json.loads(message)
                inner = event.get("item") or event.get("response") or {}
                if event["type"] == kind and fields.items() <= inner.items():
                    return event
        raise AssertionError("the call ended")

    async def _send(self, **event: object) -> None:
        await self.websocket.send(json.dumps(event))


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "support.md").write_text(PROMPT)
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "relay.toml").write_text(CONFIG.replace("WEBHOOK", "http://127.0.0.1:9/"))
    return tmp_path


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess("--no-media") as simulator:
        yield simulator


def relay_of(simulator: SimulatorProcess, folder: Path, *, workers: int = 1) -> RelayProcess:
    environment = {
        **simulator.relay_environment(),
        "RELAY_CONFIG": str(folder / "relay.toml"),
        "SHOP_SECRET": SECRET,
        "RELAY_PRESENCE_SECONDS": "1",
    }
    return RelayProcess(environment, workers=workers)


def typing_into(simulator: SimulatorProcess) -> websockets.connect:
    """Attach to the only call of the simulator."""
    (call,) = [call for call in simulator.ledger()["calls"] if call["ended_at"] is None]  # type: ignore[attr-defined]
    url = f"{simulator.url.replace('http', 'ws')}/openai/v1/realtime?call_id={call['id']}"
    return websockets.connect(url, additional_headers={"api-key": "key-of-the-tests"}, proxy=None)


def events_of(relay: RelayProcess, connected: httpx.Response, *, until: str) -> str:
    """Read the call's event stream until something is in it."""
    for _ in range(15):
        told = relay.client.get(f"{connected.headers['location']}/events").text  # ends after a second
        if until in told:
            return told
    raise AssertionError(f"no {until} in:\n{told}\n{relay.output}")


async def test_tools_run_at_the_relay_and_their_results_return_into_the_call(
    simulator: SimulatorProcess, folder: Path
) -> None:
    with WebhookServer(answer={"state": "sent"}) as shop:
        (folder / "relay.toml").write_text(CONFIG.replace("WEBHOOK", shop.url))
        with relay_of(simulator, folder) as relay:
            connected = relay.connect(OFFER, profile="support", instructions="")
            assert connected.status_code == 201, connected.text
            events_of(relay, connected, until='"attached"')
            async with typing_into(simulator) as websocket:
                typist = Typist(websocket)
                await typist.type("What is the weather in Lisbon?")
                weather = await typist.until("conversation.item.added", type="function_call_output")
                await typist.until("response.done", status="completed")
                await typist.type("What became of my order?")
                order = await typist.until("conversation.item.added", type="function_call_output")
                await typist.until("response.done", status="completed")
                await typist.type("Use the stuck one.")
                stuck = await typist.until("conversation.item.added", type="function_call_output")
                await typist.until("response.done", status="completed")
            events = events_of(relay, connected, until='"timeout"')

    call = simulator.ledger()["calls"][0]  # type: ignore[index]
    assert call["webrtcfilter"] is True
    assert json.loads(weather["item"]["output"]) == {"place": "Lisbon", "sky": "blue"}
    assert json.loads(order["item"]["output"]) == {"state": "sent"}
    assert "too long" in json.loads(stuck["item"]["output"])["error"]
    told = [json.loads(line[6:]) for line in events.splitlines() if line.startswith('data: {"id":"call_')]
    assert [(body["name"], body["state"]) for body in told] == [
        (name, state)
        for name, end in (("get_weather", "done"), ("get_order", "done"), ("stuck_tool", "timeout"))
        for state in ("asked", end)
    ]
    ((headers, body),) = shop.requests
    assert json.loads(body)["arguments"] == {"number": 1}
    assert headers["webhook-signature"] == shop.signature(SECRET, headers, body)
    public = connected.text + events
    assert not [word for word in ("Zanzibar", "quokka", "shop:") if word in public + relay.output]


async def test_the_answer_tells_what_the_tool_said(simulator: SimulatorProcess, folder: Path) -> None:
    with relay_of(simulator, folder) as relay:
        connected = relay.connect(OFFER, profile="written", instructions="")
        events_of(relay, connected, until='"attached"')
        async with typing_into(simulator) as websocket:
            typist = Typist(websocket)
            await typist.type("What is the weather in Lisbon?")
            await typist.until("conversation.item.added", type="function_call_output")
            done = await typist.until("conversation.item.done", role="assistant")

    (content,) = done["item"]["content"]
    assert content["text"].startswith('The tool said: {"place": "Lisbon", "sky": "blue"}')


async def test_moderation_hears_what_is_said_and_may_end_the_call(
    simulator: SimulatorProcess, folder: Path
) -> None:
    with relay_of(simulator, folder) as relay:
        connected = relay.connect(OFFER, profile="moderated", instructions="")
        events_of(relay, connected, until='"attached"')
        async with typing_into(simulator) as websocket:
            await Typist(websocket).type("Is this a secret of yours?")
            events = events_of(relay, connected, until='"reason":"moderation"')

        assert '"verdict":"hang_up"' in events
        assert "secret" not in events + relay.output


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_tool_that_cannot_be_had_keeps_the_relay_from_starting_and_is_told_once(
    folder: Path, workers: str
) -> None:
    (folder / "relay.toml").write_text('[profiles.a]\ntools = ["shop:nothing"]\n')
    words = ("-m", "relay", "serve", "--port", "0", "--workers", workers)
    environment = {"RELAY_CONFIG": str(folder / "relay.toml"), "RELAY_STATE_DIR": "state"}

    with Program(*words, environment=environment) as program:
        assert program.process.wait(30) == 2
        program.stop()

    told = "profiles.a.tools (relay.toml line 2) names a module without that function"
    assert program.output.count(told) == 1
    assert "Traceback" not in program.output
