"""What the simulator's tests share: a conversation under a clock of its own, and a running simulator."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from relay.simulator.app import create_app
from relay.simulator.conversation import Conversation
from relay.simulator.ice import adapt_aioice
from relay.simulator.server import SimulatorServer, listening_socket
from relay.simulator.session_config import full_session, read_session
from relay.simulator.settings import Settings
from relay.simulator.speech import load_utterances
from relay.simulator.stage import Effect, Emit, Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from relay.simulator.exchange import Exchange

STOCK = load_utterances()
LOUD, QUIET = -20.0, -90.0


class Talk:
    """A conversation whose clock moves only by `wait`, `say` and `pause`."""

    def __init__(self, session: dict[str, Any] | None = None, **stage: Any) -> None:
        given = read_session({"type": "realtime", "model": "gpt-realtime", **(session or {})})
        full = full_session(given, session_id="sess_1", expires_at=3600)
        self.stage = Stage(full, STOCK, transcribers=("gpt-4o-transcribe", "gpt-realtime-whisper"), **stage)
        self.conversation = Conversation(self.stage)
        self.now = 100.0
        self.audio_ms = 0.0
        self.effects: list[Effect] = []

    @property
    def events(self) -> list[dict[str, Any]]:
        return [effect.event for effect in self.effects if isinstance(effect, Emit)]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def last(self, kind: str) -> dict[str, Any]:
        return next(event for event in reversed(self.events) if event["type"] == kind)

    def send(self, kind: str, **fields: Any) -> None:
        self.send_text(json.dumps({"type": kind, **fields}))

    def send_text(self, text: str) -> None:
        self.effects += self.conversation.client_event(text, self.now)

    def type_text(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        self.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.effects += self.conversation.advance(self.now)

    def say(self, seconds: float, level_db: float = LOUD) -> None:
        for _ in range(round(seconds / 0.02)):
            self.now += 0.02
            self.effects += self.conversation.hear(self.audio_ms, level_db, self.now)
            self.audio_ms += 20

    def pause(self, seconds: float) -> None:
        self.say(seconds, QUIET)

    def clear(self) -> None:
        self.effects.clear()


API = "/openai/v1/realtime"
SESSION: dict[str, Any] = {"type": "realtime", "model": "gpt-realtime"}
OFFER = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=ice-ufrag:aaaa\r\na=ice-pwd:bbbbbbbbbbbbbbbbbbbbbb\r\n"
    "a=fingerprint:sha-256 AB:CD\r\na=setup:actpass\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sctp-port:5000\r\n"
)


class Client(httpx.AsyncClient):
    """A client of a simulator without media and without sockets, with an API key."""

    offer = OFFER

    def __init__(self, **settings: Any) -> None:
        transport = httpx.ASGITransport(create_app(Settings(media=False, **settings)))
        super().__init__(transport=transport, base_url="http://simulator", headers={"api-key": "any"})

    async def mint(self, body: object = None, **options: Any) -> httpx.Response:
        return await self.post(f"{API}/client_secrets", json=body or {"session": SESSION}, **options)

    async def secret(self) -> str:
        return str((await self.mint()).json()["value"])

    async def place(self, value: str, offer: str = OFFER, **changes: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {value}", "content-type": "application/sdp", **changes}
        del self.headers["api-key"]
        try:
            return await self.post(f"{API}/calls", content=offer, headers=headers)
        finally:
            self.headers["api-key"] = "any"

    async def placed(self) -> str:
        answer = await self.place(await self.secret())
        return str(answer.headers["location"].rsplit("/", 1)[1])


class Running:
    """A simulator that listens on a port of its own."""

    offer = OFFER

    def __init__(self, server: SimulatorServer, port: int) -> None:
        self.exchange: Exchange = server.app.state.exchange
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self.http = httpx.AsyncClient(base_url=self.base, headers={"api-key": "any"}, timeout=10)

    async def mint(self, **session: Any) -> str:
        body = {"session": {"type": "realtime", "model": "gpt-realtime", **session}}
        answer = await self.http.post("/openai/v1/realtime/client_secrets", json=body)
        value: str = answer.json()["value"]
        return value

    async def fault(self, **fault: Any) -> None:
        answer = await self.http.post("/simulator/faults", json=fault)
        assert answer.status_code == 200, answer.text

    async def exchange_offer(self, secret: str, offer: str = OFFER, **query: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/sdp"}
        async with httpx.AsyncClient(base_url=self.base, timeout=10) as client:
            url = "/openai/v1/realtime/calls"
            return await client.post(url, content=offer, headers=headers, params=query)

    async def ledger(self) -> dict[str, Any]:
        shown: dict[str, Any] = (await self.http.get("/simulator/calls")).json()
        return shown


@contextlib.asynccontextmanager
async def _running(**settings: Any) -> AsyncIterator[Running]:
    adapt_aioice()
    listening = listening_socket("127.0.0.1", 0)
    server = SimulatorServer(Settings(**settings))
    started = asyncio.Event()
    server.on_started = started.set
    serving = asyncio.create_task(server.serve([listening]))
    await started.wait()
    running = Running(server, listening.getsockname()[1])
    try:
        yield running
    finally:
        await running.http.aclose()
        server.should_exit = True
        await serving


@pytest.fixture
def talk() -> type[Talk]:
    """A conversation to talk with, without any I/O."""
    return Talk


@pytest.fixture
def running() -> Callable[..., contextlib.AbstractAsyncContextManager[Running]]:
    """A simulator on a real socket."""
    return _running


@pytest.fixture
def client() -> type[Client]:
    """A client of a simulator inside the test's own process."""
    return Client
