"""Real WebRTC: an aiortc client plays the browser."""

from __future__ import annotations

import asyncio
import time
from array import array
from typing import TYPE_CHECKING

import pytest

from relay.simulator.peer import loudness_db

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.simulator.conftest import Browser, Running

    Runner = Callable[..., AbstractAsyncContextManager[Running]]
    Browsing = Callable[..., AbstractAsyncContextManager[Browser]]

pytestmark = pytest.mark.anyio


async def test_a_whole_spoken_turn(running: Runner, browsing: Browsing) -> None:
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


async def test_speaking_over_the_reply_silences_it(running: Runner, browsing: Browsing) -> None:
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


async def test_a_call_is_connected_within_a_second(running: Runner, browsing: Browsing) -> None:
    async with running() as simulator:
        async with browsing(simulator) as first:
            await first.connect()
        async with browsing(simulator) as browser:
            started = time.monotonic()
            await browser.connect()
            waited = time.monotonic() - started
        ledger = await simulator.ended()

    assert waited < 1
    assert ledger["ended_by"] == {"browser_left": 2}


async def test_openai_s_ice_lite_answer_connects_too(running: Runner, browsing: Browsing) -> None:
    async with running(flavour="openai") as simulator, browsing(simulator) as browser:
        await browser.connect()

    assert "a=ice-lite" in browser.answer


async def test_a_server_that_vanishes_says_nothing(running: Runner, browsing: Browsing) -> None:
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


async def test_a_mute_server_never_connects(running: Runner, browsing: Browsing) -> None:
    async with running(connect_seconds=1) as simulator, browsing(simulator) as browser:
        await simulator.fault(step="media", kind="mute")
        await browser.place()
        ledger = await simulator.ended(3)

    assert ledger["ended_by"] == {"never_connected": 1}
    assert not browser.connected.is_set()


async def test_an_offer_the_library_cannot_take_is_refused_and_leaves_no_call(
    running: Runner, browsing: Browsing
) -> None:
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
