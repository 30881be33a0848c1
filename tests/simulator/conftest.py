"""What the simulator's tests share: a conversation under a clock of its own, and a running simulator."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import time
from array import array
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from relay.simulator.app import create_app
from relay.simulator.conversation import Conversation
from relay.simulator.ice import adapt_aioice
from relay.simulator.peer import loudness_db
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

    async def ended(self, seconds: float = 8) -> dict[str, Any]:
        """Wait until no call is live; give the ledger."""
        async with asyncio.timeout(seconds):
            while (ledger := await self.ledger())["live"]:
                await asyncio.sleep(0.05)
        return ledger

    async def ledger(self) -> dict[str, Any]:
        shown: dict[str, Any] = (await self.http.get("/simulator/calls")).json()
        return shown


_WAVE = array("h", [int(9000 * math.sin(n / 480 * math.tau * 3)) for n in range(960)]).tobytes()


class Microphone(MediaStreamTrack):
    """Silence, or a tone while `loud`."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.loud = False
        self._frames = 0
        self._began = 0.0

    async def recv(self) -> AudioFrame:
        if not self._frames:
            self._began = time.monotonic()
        await asyncio.sleep(max(0.0, self._began + self._frames * 0.02 - time.monotonic()))
        frame = AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(_WAVE if self.loud else bytes(1920))
        frame.sample_rate = 48000
        frame.pts = self._frames * 960
        frame.time_base = Fraction(1, 48000)
        self._frames += 1
        return frame


class Browser:
    """The browser's side of a call."""

    def __init__(self, simulator: Running, *, speaks: bool = True, label: str = "oai-events") -> None:
        self.simulator = simulator
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.microphone = Microphone()
        self.loudest_db = -100.0
        self.events: list[dict[str, Any]] = []
        self.connected = asyncio.Event()
        self.closed = asyncio.Event()
        self.call_id = ""
        self.answer = ""
        if speaks:
            self.connection.addTrack(self.microphone)
        else:
            self.connection.addTransceiver("audio", direction="recvonly")
        self.channel = self.connection.createDataChannel(label)
        self.channel.on("message", lambda message: self.events.append(json.loads(message)))
        self.channel.on("open", self.connected.set)
        self.channel.on("close", self.closed.set)
        self.connection.on("track", lambda track: asyncio.ensure_future(self._listen(track)))

    async def _listen(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, AudioFrame)
            self.loudest_db = max(self.loudest_db, loudness_db(bytes(frame.planes[0])))

    async def place(self, session: dict[str, Any] | None = None, **query: str) -> int:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        secret = await self.simulator.mint(**(session or {}))
        answer = await self.simulator.exchange_offer(secret, self.connection.localDescription.sdp, **query)
        self.answer = answer.text
        if answer.status_code == 201:
            self.call_id = answer.headers["location"].rsplit("/", 1)[1]
            await self.connection.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        return answer.status_code

    async def connect(self, session: dict[str, Any] | None = None, **query: str) -> None:
        assert await self.place(session, **query) == 201
        async with asyncio.timeout(5):
            await self.connected.wait()

    def send(self, kind: str, **fields: Any) -> None:
        self.channel.send(json.dumps({"type": kind, **fields}))

    async def until(self, kind: str, seconds: float = 8) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            while not (found := [event for event in self.events if event["type"] == kind]):
                await asyncio.sleep(0.01)
        return found[-1]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


@contextlib.asynccontextmanager
async def _browsing(simulator: Running, **options: Any) -> AsyncIterator[Browser]:
    browser = Browser(simulator, **options)
    try:
        yield browser
    finally:
        await browser.connection.close()


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
    return Talk


@pytest.fixture
def running() -> Callable[..., contextlib.AbstractAsyncContextManager[Running]]:
    return _running


@pytest.fixture
def client() -> type[Client]:
    return Client


@pytest.fixture
def browsing() -> Callable[..., contextlib.AbstractAsyncContextManager[Browser]]:
    return _browsing
