"""The WebRTC end of one call, by aiortc: answers the offer, hears, plays, and notices who leaves.

Decides how aiortc is used and nothing about the conversation. Imported only where media is wanted.
"""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from array import array
from typing import TYPE_CHECKING, Literal, Protocol, cast

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.exceptions import InvalidAccessError, InvalidStateError
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import SessionDescription
from av import AudioFrame

from relay.simulator.ids import base62
from relay.simulator.player import Player
from relay.simulator.sdp import AnsweringSide, Offer, reduced_offer, unacceptable_offer, write_answer

if TYPE_CHECKING:
    from aioice.ice import Connection, StunProtocol
    from aiortc import MediaStreamTrack

    from relay.simulator.settings import Flavour
    from relay.simulator.speech import Utterance

UFRAG_SUFFIX = "/realtime-api-vmss-simulator-local-4000005"
"""Behind the eight random characters, as in the recorded answers (fact 6.2)."""

_SAMPLED = 16  # every 16th value is enough to tell how loud 20 ms are
_QUIETEST_DB = -100.0


class Audience(Protocol):
    """Who is told what happens at the browser's end."""

    def browser_connected(self) -> None:
        """ICE and DTLS are done."""

    def channel_opened(self) -> None:
        """The browser's data channel is open: events may be sent."""

    def browser_sent(self, message: str) -> None:
        """A client event came over the data channel."""

    def browser_heard(self, at_ms: float, level_db: float) -> None:
        """20 ms of sound came in, with its loudness in dBFS."""

    def browser_gone(self, how: Literal["browser_left", "browser_vanished"]) -> None:
        """The browser closed its end, or no longer answers."""


class Peer:
    """One peer connection, answering side."""

    def __init__(self, audience: Audience, flavour: Flavour = "azure") -> None:
        configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self._connection = RTCPeerConnection(configuration)
        self._audience = audience
        self._flavour = flavour
        self._player = Player()
        self._channel: RTCDataChannel | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._ice: Connection | None = None
        self._closed = False
        self._vanished = False

    async def answer(self, offer: Offer) -> str:
        """Take the offer and write the answer; checks from the browser are answered from now on.

        Raises:
            Refusal: 400; aiortc cannot make anything of the offer.
        """
        connection = self._connection
        connection.on("connectionstatechange", self._state_changed)
        connection.on("datachannel", self._channel_found)
        connection.on("track", self._track_found)
        try:
            await connection.setRemoteDescription(RTCSessionDescription(reduced_offer(offer), "offer"))
            connection.addTrack(self._player)
            self._name_like_azure()
            await connection.setLocalDescription(await connection.createAnswer())
        except (ValueError, KeyError, IndexError, InvalidAccessError, InvalidStateError) as problem:
            await self.close()
            raise unacceptable_offer() from problem
        return write_answer(offer, self._side())

    def _name_like_azure(self) -> None:
        """Give the ICE credentials the length and the routing suffix of the real ones."""
        ice = self._connection.getTransceivers()[0].receiver.transport.transport.iceGatherer._connection  # noqa: SLF001
        ice._local_username = base62(8) + UFRAG_SUFFIX  # noqa: SLF001
        ice._local_password = base62(32)  # noqa: SLF001
        self._ice = ice

    def _side(self) -> AnsweringSide:
        written = SessionDescription.parse(self._connection.localDescription.sdp)
        media = written.media[0]
        assert media.dtls is not None  # noqa: S101 - aiortc wrote it itself
        assert media.ice is not None  # noqa: S101
        fingerprint = next(one.value for one in media.dtls.fingerprints if one.algorithm == "sha-256")
        return AnsweringSide(
            origin=secrets.randbits(62),
            unix_seconds=int(time.time()),
            fingerprint=fingerprint,
            ufrag=str(media.ice.usernameFragment),
            pwd=str(media.ice.password),
            ssrc=media.ssrc[0].ssrc,
            addresses=[(one.ip, one.port) for one in media.ice_candidates],
            setup="active" if media.dtls.role == "client" else "passive",
            flavour=self._flavour,
        )

    def send(self, message: str) -> None:
        """Send a server event, when there is a channel that takes it."""
        if self._channel is not None and self._channel.readyState == "open":
            self._channel.send(message)

    def play(self, utterance: Utterance) -> None:
        """Let the browser hear an utterance."""
        self._player.play(utterance)

    def hush(self) -> None:
        """Stop the sound."""
        self._player.hush()

    def mute_checks(self) -> None:
        """Never answer the browser's connectivity checks: it stays in "checking"."""
        for protocol in self._ice_protocols():
            protocol.datagram_received = lambda *_: None  # type: ignore[method-assign]

    def vanish(self) -> None:
        """Neither send nor receive any more, without a word, and notice nothing: as when a server dies."""
        self._vanished = True
        if self._ice is not None and self._ice._query_consent_task is not None:  # noqa: SLF001
            self._ice._query_consent_task.cancel()  # noqa: SLF001
        self.mute_checks()
        for protocol in self._ice_protocols():
            if protocol.transport is not None:
                protocol.transport = cast("asyncio.DatagramTransport", _Mute(protocol.transport))

    def _ice_protocols(self) -> list[StunProtocol]:
        return [] if self._ice is None else self._ice._protocols  # noqa: SLF001

    async def close(self, *, channel_first: float = 0) -> None:
        """Close everything; a second time is harmless.

        Args:
            channel_first: Seconds between the end of the data channel and that of the connection.
        """
        if self._closed:
            return
        self._closed = True
        if channel_first and self._channel is not None and self._channel.readyState == "open":
            self._channel.close()
            await asyncio.sleep(channel_first)
        # Without the end of candidates aioice would look for checks for ever after the close.
        await self._connection.addIceCandidate(None)
        await self._connection.close()
        # aioice ends the checks of its own round only; one that the browser set off would go on sending.
        for pair in [] if self._ice is None else self._ice._check_list:  # noqa: SLF001
            if pair.task is not None:
                pair.task.cancel()
        if self._hearing is not None:
            self._hearing.cancel()

    def _state_changed(self) -> None:
        state = self._connection.connectionState
        if self._closed or self._vanished:
            return
        if state == "connected":
            self._audience.browser_connected()
        elif state in ("closed", "failed"):
            # aioice forgets its asking task only when the browser has stopped answering it.
            missed = self._ice is not None and self._ice._query_consent_task is None  # noqa: SLF001
            self._audience.browser_gone("browser_vanished" if missed else "browser_left")

    def _channel_found(self, channel: RTCDataChannel) -> None:
        if self._channel is not None:
            return
        self._channel = channel
        channel.on("message", self._message_came)
        self._audience.channel_opened()

    def _message_came(self, message: str | bytes) -> None:
        self._audience.browser_sent(message if isinstance(message, str) else message.decode(errors="replace"))

    def _track_found(self, track: MediaStreamTrack) -> None:
        self._hearing = asyncio.ensure_future(self._hear(track))

    async def _hear(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, AudioFrame) and frame.pts is not None:
                self._audience.browser_heard(frame.pts / 48, loudness_db(bytes(frame.planes[0])))


class _Mute:
    """Stands in for a datagram transport and sends nothing."""

    def __init__(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport

    def sendto(self, data: bytes, addr: object = None) -> None:
        """Lose a datagram."""

    def close(self) -> None:
        """Close the real one."""
        self._transport.close()


def loudness_db(samples: bytes) -> float:
    """Tell how loud 16-bit samples are, in dBFS; digital silence is -100."""
    values = array("h")
    values.frombytes(samples[: len(samples) // 2 * 2])
    some = values[::_SAMPLED]
    power = sum(value * value for value in some) / max(1, len(some)) / 32768**2
    return max(_QUIETEST_DB, 10 * math.log10(power)) if power > 0 else _QUIETEST_DB
