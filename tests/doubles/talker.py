"""A caller that is no browser: aiortc posts its offer with plain HTTP, types messages and takes events in."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
from aiortc import RTCPeerConnection, RTCSessionDescription

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_PATIENCE_SECONDS = 20.0


class Talker:
    """One call. Made by `talking`."""

    def __init__(self, client: httpx.AsyncClient, connection: RTCPeerConnection) -> None:
        self.client = client
        self.connection = connection
        self.location = ""
        self.events: list[dict[str, Any]] = []
        self._news = asyncio.Condition()
        self.channel = connection.createDataChannel("oai-events")
        self.channel.on("message", self._take)
        self._notes: set[asyncio.Task[None]] = set()

    def send(self, **event: Any) -> None:
        """Send a client event."""
        self.channel.send(json.dumps(event))

    async def type(self, text: str, *, respond: bool = True) -> dict[str, Any]:
        """Type a message and wait for the response to be over; returns its ``response.done``."""
        heard = len(self.of("response.done"))
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        self.send(type="conversation.item.create", item=item)
        if respond:
            self.send(type="response.create")
        return (await self.wait("response.done", heard + 1))[-1]

    async def wait_typed(self, text: str) -> None:
        """Type a message and wait for the sound of the answer to begin; all that a filtered page can see."""
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        self.send(type="conversation.item.create", item=item)
        await self.wait("response.output_audio_transcript.done")

    async def wait(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until so many events of a kind came, and give them back."""
        async with asyncio.timeout(_PATIENCE_SECONDS), self._news:
            await self._news.wait_for(lambda: len(self.of(kind)) >= count)
        return self.of(kind)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The events of a kind so far."""
        return [event for event in self.events if event["type"] == kind]

    async def call(self) -> dict[str, Any]:
        """Ask the relay how the call stands."""
        found: dict[str, Any] = (await self.client.get(self.location)).json()
        return found

    def _take(self, message: str) -> None:
        self.events.append(json.loads(message))
        task = asyncio.ensure_future(self._tell())
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The relay placed no call; `problem` says why."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem)
        self.problem = problem


@asynccontextmanager
async def talking(address: str, **fields: str) -> AsyncIterator[Talker]:
    """Place a call and wait until its data channel is open; hang up at the end.

    Args:
        address: Of the relay.
        fields: Of the request, but for the offer.

    Raises:
        Refused: There is no call.
    """
    connection = RTCPeerConnection()
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=_PATIENCE_SECONDS) as client:
        talker = Talker(client, connection)
        connection.addTransceiver("audio", direction="recvonly")
        opened = asyncio.Event()
        talker.channel.on("open", opened.set)
        try:
            await connection.setLocalDescription(await connection.createOffer())
            placed = await client.post("/connect", json={"sdp": connection.localDescription.sdp, **fields})
            if placed.status_code != httpx.codes.CREATED:
                raise Refused(placed.json())
            talker.location = placed.headers["location"]
            await connection.setRemoteDescription(RTCSessionDescription(placed.text, "answer"))
            await asyncio.wait_for(opened.wait(), _PATIENCE_SECONDS)
            yield talker
            await client.delete(talker.location)
        finally:
            await connection.close()
