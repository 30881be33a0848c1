"""Sends the assistant's sound: Opus packets made beforehand, one every 20 ms, as they are.

Decides the pace, and what is sent between two answers; never encodes, which quarters the cost of a call.
"""

from __future__ import annotations

import asyncio
from collections import deque
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from aiortc import MediaStreamTrack
from av.packet import Packet

if TYPE_CHECKING:
    from relay.simulator.speech import Utterance

SILENCE = b"\xf8\xff\xfe"
"""20 ms of digital silence, mono, full band (RFC 6716 section 3.1: CELT, one frame)."""

ASLEEP = b"\xf8"
"""The same header with nothing behind it: discontinuous transmission, after which a receiver makes its own
silence and counts none of it as lost (Chromium: up to two bytes)."""

_PACKET_SECONDS = 0.02
_PACKET_SAMPLES = 960
_TAIL_PACKETS = 5  # silence in full pace after an answer, so that its end is clean
_IDLE_PACKETS = 20  # then one packet in 400 ms, the rhythm of Opus DTX, keeps the receiver awake
_TIME_BASE = Fraction(1, 48_000)
_LATE_SECONDS = 0.2


class Player(MediaStreamTrack):
    """The track the browser hears. aiortc's sender passes an ``av.Packet`` on without touching it."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._packets: deque[bytes] = deque()
        self._tail = _TAIL_PACKETS
        self._started_at: float | None = None
        self._tick = 0
        self._woken = asyncio.Event()

    def play(self, utterance: Utterance) -> None:
        """Begin an utterance; one that is being sent is cut off."""
        self._packets = deque(utterance.packets)
        self._woken.set()

    def hush(self) -> None:
        """Send no more of what was begun."""
        self._packets.clear()
        self._tail = _TAIL_PACKETS

    async def recv(self) -> Packet[Any]:
        """Give the next packet when it is due; its timestamp is the wall clock's, gaps included."""
        loop = asyncio.get_running_loop()
        if self._started_at is None:
            self._started_at = loop.time()
        self._tick += 1
        if not self._packets and self._tail <= 0:
            await self._rest()
        late = loop.time() - self._started_at - self._tick * _PACKET_SECONDS
        if late > _LATE_SECONDS:
            self._tick += int(late / _PACKET_SECONDS)
        elif late < 0:
            await asyncio.sleep(-late)
        if self._packets:
            payload, self._tail = self._packets.popleft(), _TAIL_PACKETS
        else:
            payload = SILENCE if self._tail > 0 else ASLEEP
            self._tail -= 1
        packet = Packet(payload)
        packet.pts = self._tick * _PACKET_SAMPLES
        packet.time_base = _TIME_BASE
        return packet

    async def _rest(self) -> None:
        """Wait for the next packet of the idle rhythm, or for something to play."""
        self._woken.clear()
        assert self._started_at is not None  # noqa: S101 - set by `recv`
        loop = asyncio.get_running_loop()
        until = self._started_at + (self._tick + _IDLE_PACKETS - 1) * _PACKET_SECONDS
        try:
            async with asyncio.timeout_at(until):
                await self._woken.wait()
        except TimeoutError:
            pass
        self._tick = max(self._tick, round((loop.time() - self._started_at) / _PACKET_SECONDS))
