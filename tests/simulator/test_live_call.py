"""How calls with real WebRTC go on and end."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.simulator.conftest import Browser, Running

    Runner = Callable[..., AbstractAsyncContextManager[Running]]
    Browsing = Callable[..., AbstractAsyncContextManager[Browser]]

pytestmark = pytest.mark.anyio


async def test_text_is_answered_and_a_hang_up_closes_the_peer(running: Runner, browsing: Browsing) -> None:
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


async def test_the_filter_lets_only_its_events_through(running: Runner, browsing: Browsing) -> None:
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


async def test_a_call_whose_browser_never_comes_is_dropped(running: Runner, browsing: Browsing) -> None:
    async with running(connect_seconds=0.3) as simulator, browsing(simulator) as browser:
        await browser.connection.setLocalDescription(await browser.connection.createOffer())
        await simulator.exchange_offer(await simulator.mint(), browser.connection.localDescription.sdp)
        ledger = await simulator.ended(2)

    assert (ledger["ended_by"], ledger["connected"]) == ({"never_connected": 1}, 0)


async def test_too_many_calls_are_refused_with_words(running: Runner, browsing: Browsing) -> None:
    async with running(max_calls=1) as simulator, browsing(simulator) as one, browsing(simulator) as two:
        await one.connect()
        status = await two.place()

    assert status == 429
    assert "at most 1 calls" in json.loads(two.answer)["error"]["message"]


async def test_a_vanished_browser_is_missed_within_seconds(running: Runner, browsing: Browsing) -> None:
    async with running() as simulator, browsing(simulator) as browser:
        await browser.connect()
        ice = browser.connection.getTransceivers()[0].receiver.transport.transport.iceGatherer._connection
        for protocol in ice._protocols:
            protocol.datagram_received = lambda *_: None  # type: ignore[method-assign]
        started = time.monotonic()
        ledger = await simulator.ended()

    assert ledger["ended_by"] == {"browser_vanished": 1}
    assert time.monotonic() - started < 7


async def test_the_time_limit_tells_and_closes(running: Runner, browsing: Browsing) -> None:
    async with running(session_seconds=1) as simulator, browsing(simulator) as browser:
        await browser.connect()
        expired = await browser.until("error", 3)
        async with asyncio.timeout(3):
            await browser.closed.wait()
        ledger = await simulator.ended()

    assert expired["error"]["code"] == "session_expired"
    assert ledger["ended_by"] == {"session_expired": 1}


async def test_a_silent_server_connects_and_sends_no_events(running: Runner, browsing: Browsing) -> None:
    async with running() as simulator, browsing(simulator) as browser:
        await simulator.fault(step="media", kind="no_events")
        await browser.connect()
        await asyncio.sleep(0.2)

    assert browser.events == []


async def test_nothing_of_a_closed_call_stays_behind(running: Runner, browsing: Browsing) -> None:
    async with running(connect_seconds=0.2) as simulator:
        before = asyncio.all_tasks()
        async with browsing(simulator) as browser:
            await browser.connect()
        async with browsing(simulator) as browser:
            await browser.connection.setLocalDescription(await browser.connection.createOffer())
            await simulator.exchange_offer(await simulator.mint(), browser.connection.localDescription.sdp)
        await simulator.ended()
        await asyncio.sleep(0.3)
        left = asyncio.all_tasks() - before

    assert left == set()
