"""A call by a client that is no browser: aiortc posts its offer with plain HTTP and talks."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
from aiortc import RTCPeerConnection, RTCSessionDescription

from tests.browser.ledger import only_call, wait_for_hang_up
from tests.doubles.process import RelayProcess, SimulatorProcess

if TYPE_CHECKING:
    from aiortc import MediaStreamTrack


async def _call(address: str, simulator: SimulatorProcess) -> tuple[list[str], int]:
    """Make a call, type a message, take the answer in; hang up; give back event types and frames of sound."""
    connection = RTCPeerConnection()
    channel = connection.createDataChannel("oai-events")
    connection.addTransceiver("audio", direction="recvonly")
    kinds: list[str] = []
    done = asyncio.Event()
    frames = 0

    @channel.on("message")
    def on_message(message: str) -> None:
        event: dict[str, Any] = json.loads(message)
        kinds.append(event["type"])
        if event["type"] == "session.created":
            content = [{"type": "input_text", "text": "Goodbye"}]
            item = {"type": "message", "role": "user", "content": content}
            channel.send(json.dumps({"type": "conversation.item.create", "item": item}))
            channel.send(json.dumps({"type": "response.create"}))
        if event["type"] == "output_audio_buffer.stopped":
            done.set()

    async def take(track: MediaStreamTrack) -> None:
        nonlocal frames
        while True:
            await track.recv()
            frames += 1

    tasks: list[asyncio.Task[None]] = []
    connection.on("track", lambda track: tasks.append(asyncio.create_task(take(track))))
    await connection.setLocalDescription(await connection.createOffer())
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=20) as client:
        headers = {"Content-Type": "application/sdp"}
        offer = connection.localDescription.sdp
        placed = await client.post("/connect?voice=ash", content=offer, headers=headers)
        assert placed.status_code == 201, placed.text
        await connection.setRemoteDescription(RTCSessionDescription(placed.text, "answer"))
        await asyncio.wait_for(done.wait(), 20)
        assert (await client.delete(placed.headers["location"])).status_code == 204
        await asyncio.to_thread(wait_for_hang_up, simulator)
    for task in tasks:
        task.cancel()
    await connection.close()
    return kinds, frames


def test_a_call_without_a_browser_hears_the_answer_and_is_hung_up() -> None:
    with SimulatorProcess() as simulator, RelayProcess(simulator.relay_environment()) as relay:
        kinds, frames = asyncio.run(_call(f"http://127.0.0.1:{relay.port}", simulator))

        assert kinds[0] == "session.created"
        assert "response.output_audio_transcript.delta" in kinds
        assert frames > 50
        call = only_call(simulator)
        assert (call["end_reason"], call["turns"]) == ("hung_up", 1)
