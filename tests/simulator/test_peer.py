"""Calls with real WebRTC: an aiortc client plays the browser."""

from __future__ import annotations

import asyncio
import json
import math
import time
from array import array
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from relay.simulator.peer import loudness_db

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from tests.simulator.conftest import Running

    Runner = Callable[..., AbstractAsyncContextManager[Running]]

pytestmark = pytest.mark.anyio

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
            while not (found := [event for event in self.events if event["type"] == kind]):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return found[-1]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


@asynccontextmanager
async def browsing(simulator: Running, **options: Any) -> AsyncIterator[Browser]:
    browser = Browser(simulator, **options)
    try:
        yield browser
    finally:
        await browser.connection.close()


async def ended(simulator: Running, seconds: float = 8) -> dict[str, Any]:
    """Wait until no call is live; give the ledger."""
    async with asyncio.timeout(seconds):
        while (ledger := await simulator.ledger())["live"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return ledger


async def test_a_whole_spoken_turn(running: Runner) -> None:
    transcribed = {"audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}}
    async with running() as simulator, browsing(simulator) as browser:
        await browser.connect(transcribed)
        await asyncio.sleep(0.3)
        browser.microphone.loud = True
        await asyncio.sleep(1.2)
        browser.microphone.loud = False
        done = await browser.until("response.done")
        await browser.until("output_audio_buffer.stopped")
        ledger = await simulator.ledger()

    assert browser.types[0] == "session.created"
    assert done["response"]["status"] == "completed"
    said = (await browser.until("response.output_audio_transcript.done"))["transcript"]
    assert said == "You spoke for about one second."
    heard = (await browser.until("conversation.item.input_audio_transcription.completed"))["transcript"]
    assert heard.endswith("seconds of speech)")
    assert browser.loudest_db > -30
    assert ledger["calls"][0]["usage"]["responses"] == 1


async def test_speaking_over_the_reply_silences_it(running: Runner) -> None:
    async with running() as simulator, browsing(simulator) as browser:
        await browser.connect()
        browser.send("response.create")
        await browser.until("output_audio_buffer.started")
        await asyncio.sleep(0.8)
        browser.microphone.loud = True
        await browser.until("output_audio_buffer.cleared", 2)
        truncated = await browser.until("conversation.item.truncated", 2)
        done = await browser.until("response.done", 2)
        await asyncio.sleep(0.4)
        browser.loudest_db = -100.0
        await asyncio.sleep(0.3)

    assert browser.loudest_db < -60
    assert 600 < truncated["audio_end_ms"] < 1500
    assert done["response"]["status_details"]["reason"] == "turn_detected"


async def test_text_is_answered_and_a_hang_up_closes_the_peer(running: Runner) -> None:
    async with running() as simulator, browsing(simulator, speaks=False) as browser:
        await browser.connect({"output_modalities": ["text"]})
        content = [{"type": "input_text", "text": "How are you?"}]
        browser.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
        browser.send("response.create")
        done = await browser.until("response.output_text.done")
        answer = await simulator.http.post(f"/openai/v1/realtime/calls/{browser.call_id}/hangup")
        async with asyncio.timeout(2):
            await browser.closed.wait()
        ledger = await simulator.ledger()

    assert "a=sendonly" in browser.answer
    assert done["text"].startswith('You wrote "How are you?"')
    assert answer.status_code == 200
    assert ledger["ended_by"] == {"hung_up": 1}


async def test_the_filter_lets_only_its_events_through(running: Runner) -> None:
    async with running() as simulator, browsing(simulator, label="realtime-channel") as browser:
        await browser.connect(webrtcfilter="on")
        browser.send("response.create")
        await browser.until("response.output_audio_transcript.delta")
        (call,) = (await simulator.ledger())["calls"]

    assert set(browser.types) == {
        "conversation.item.added",
        "response.output_audio_transcript.delta",
        "output_audio_buffer.started",
    }
    assert call["webrtcfilter"] is True


async def test_a_call_is_connected_within_a_second(running: Runner) -> None:
    async with running() as simulator:
        async with browsing(simulator) as first:
            await first.connect()
        async with browsing(simulator) as browser:
            started = time.monotonic()
            await browser.connect()
            waited = time.monotonic() - started
        ledger = await ended(simulator)

    assert waited < 1
    assert ledger["ended_by"] == {"browser_left": 2}


async def test_a_call_whose_browser_never_comes_is_dropped(running: Runner) -> None:
    async with running(connect_seconds=0.3) as simulator, browsing(simulator) as browser:
        await browser.connection.setLocalDescription(await browser.connection.createOffer())
        await simulator.exchange_offer(await simulator.mint(), browser.connection.localDescription.sdp)
        ledger = await ended(simulator, 2)

    assert (ledger["ended_by"], ledger["connected"]) == ({"never_connected": 1}, 0)


async def test_too_many_calls_are_refused_with_words(running: Runner) -> None:
    async with running(max_calls=1) as simulator, browsing(simulator) as one, browsing(simulator) as two:
        await one.connect()
        status = await two.place()

    assert status == 429
    assert "at most 1 calls" in json.loads(two.answer)["error"]["message"]


async def test_a_vanished_browser_is_missed_within_seconds(running: Runner) -> None:
    async with running() as simulator, browsing(simulator) as browser:
        await browser.connect()
        ice = browser.connection.getTransceivers()[0].receiver.transport.transport.iceGatherer._connection
        for protocol in ice._protocols:
            protocol.datagram_received = lambda *_: None  # type: ignore[method-assign]
        started = time.monotonic()
        ledger = await ended(simulator)

    assert ledger["ended_by"] == {"browser_vanished": 1}
    assert time.monotonic() - started < 7


async def test_the_time_limit_tells_and_closes(running: Runner) -> None:
    async with running(session_seconds=1) as simulator, browsing(simulator) as browser:
        await browser.connect()
        expired = await browser.until("error", 3)
        async with asyncio.timeout(3):
            await browser.closed.wait()
        ledger = await ended(simulator)

    assert expired["error"]["code"] == "session_expired"
    assert ledger["ended_by"] == {"session_expired": 1}


async def test_openai_s_ice_lite_answer_connects_too(running: Runner) -> None:
    async with running(flavour="openai") as simulator, browsing(simulator) as browser:
        await browser.connect()

    assert "a=ice-lite" in browser.answer


async def test_a_server_that_vanishes_says_nothing(running: Runner) -> None:
    async with running() as simulator, browsing(simulator) as browser:
        await simulator.fault(step="media", kind="vanish", delay_ms=300)
        await browser.connect()
        await browser.until("session.created")
        await asyncio.sleep(0.4)
        before = len(browser.events)
        browser.send("response.create")
        await asyncio.sleep(0.4)
        live = (await simulator.ledger())["live"]

    assert (len(browser.events), live) == (before, 1)


async def test_a_mute_server_never_connects(running: Runner) -> None:
    async with running(connect_seconds=1) as simulator, browsing(simulator) as browser:
        await simulator.fault(step="media", kind="mute")
        await browser.place()
        ledger = await ended(simulator, 3)

    assert ledger["ended_by"] == {"never_connected": 1}
    assert not browser.connected.is_set()


async def test_a_silent_server_connects_and_sends_no_events(running: Runner) -> None:
    async with running() as simulator, browsing(simulator) as browser:
        await simulator.fault(step="media", kind="no_events")
        await browser.connect()
        await asyncio.sleep(0.2)

    assert browser.events == []


async def test_nothing_of_a_closed_call_stays_behind(running: Runner) -> None:
    async with running(connect_seconds=0.2) as simulator:
        before = asyncio.all_tasks()
        async with browsing(simulator) as browser:
            await browser.connect()
        async with browsing(simulator) as browser:
            await browser.connection.setLocalDescription(await browser.connection.createOffer())
            await simulator.exchange_offer(await simulator.mint(), browser.connection.localDescription.sdp)
        await ended(simulator)
        await asyncio.sleep(0.3)
        left = asyncio.all_tasks() - before

    assert left == set()


async def test_an_offer_the_library_cannot_take_is_refused_and_leaves_no_call(running: Runner) -> None:
    async with running() as simulator, browsing(simulator) as browser:
        await browser.connection.setLocalDescription(await browser.connection.createOffer())
        broken = browser.connection.localDescription.sdp.replace("a=rtcp-mux\r\n", "")
        answer = await simulator.exchange_offer(await simulator.mint(), broken)
        ledger = await simulator.ledger()

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_offer")
    assert ledger["live"] == 0


def test_loudness_is_told_in_decibels_of_full_scale() -> None:
    assert loudness_db(bytes(1920)) == -100
    assert loudness_db(array("h", [32767, -32767] * 480).tobytes()) > -0.1
    assert loudness_db(b"") == -100
