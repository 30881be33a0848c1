"""The calls of this simulator: placing one, finding one, ending them.

Decides which offer becomes a call (facts 3.1 to 3.4, 9.3); the HTTP routes only carry text to and fro.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from typing import TYPE_CHECKING, Any

from relay.simulator.calls import CallRecord, EndReason, Ledger
from relay.simulator.client_secrets import ClientSecrets, Minted
from relay.simulator.errors import call_not_found, client_secret_invalid, too_many_calls
from relay.simulator.ids import base62, new_hex_id, new_id
from relay.simulator.live_call import LiveCall
from relay.simulator.sdp import AnsweringSide, Offer, read_offer, write_answer
from relay.simulator.session_config import full_session
from relay.simulator.speech import load_utterances
from relay.simulator.stage import Failure, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relay.simulator.faults import Faults
    from relay.simulator.settings import Settings
    from relay.simulator.speech import Utterance


class Exchange:
    """Every call that is live, with what they share."""

    def __init__(self, settings: Settings, faults: Faults) -> None:
        self.settings = settings
        self.faults = faults
        self.ledger = Ledger()
        self.client_secrets = ClientSecrets()
        self._live: dict[str, LiveCall] = {}
        self._ending: set[LiveCall] = set()
        self._stock: Mapping[str, Utterance] | None = None

    @property
    def stock(self) -> Mapping[str, Utterance]:
        """What the assistant can say; read from disk at the first need."""
        if self._stock is None:
            self._stock = load_utterances()
        return self._stock

    async def place(self, value: str, text: str, *, webrtcfilter: bool) -> tuple[CallRecord, str]:
        """Make a call of an offer.

        Args:
            value: The client secret.
            text: The offer.
            webrtcfilter: Whether the browser gets the filtered events only.

        Returns:
            The call and the SDP answer.

        Raises:
            Refusal: The secret is unknown or expired, the offer unanswerable, or there are too many calls.
        """
        minted = self.client_secrets.find(value, now=time.time())
        if minted is None:
            raise client_secret_invalid()
        return await self.place_minted(minted, text, webrtcfilter=webrtcfilter)

    async def place_minted(self, minted: Minted, text: str, *, webrtcfilter: bool) -> tuple[CallRecord, str]:
        """Make a call of an offer for a session that is known; see `place`."""
        offer = read_offer(text)
        settings = self.settings
        if settings.media and self.ledger.live >= settings.max_calls:
            raise too_many_calls(settings.max_calls)
        session_id = new_id("sess") if minted.used else minted.session_id
        record = self._record(minted, session_id, text, webrtcfilter=webrtcfilter)
        expires_at = int(record.created_at + settings.session_seconds)
        call = LiveCall(
            record,
            self.ledger,
            lambda: self._stage(
                full_session(dict(minted.session), session_id=session_id, expires_at=expires_at)
            ),
            self._forget,
            limit_seconds=settings.session_seconds,
            connect_seconds=settings.connect_seconds if settings.media else None,
        )
        self.ledger.created(record)
        self._live[record.id] = call
        minted.used = True
        if not settings.media:
            return record, write_answer(offer, _invented_side(self.settings))
        try:
            return record, await self._answer(call, offer)
        except BaseException:
            call.end("never_connected")
            raise

    async def _answer(self, call: LiveCall, offer: Offer) -> str:
        from relay.simulator.peer import Peer  # noqa: PLC0415 - aiortc only where media is wanted

        return await call.answer(Peer(call, self.settings.flavour), offer, self.faults.take("media"))

    def _record(self, minted: Minted, session_id: str, text: str, *, webrtcfilter: bool) -> CallRecord:
        output: Mapping[str, Any] = (minted.session.get("audio") or {}).get("output") or {}  # type: ignore[attr-defined]
        azure = self.settings.flavour == "azure"
        return CallRecord(
            id=new_hex_id("rtc", 32) if azure else f"rtc_u0_{base62(22)}",
            session_id=session_id,
            deployment=str(minted.session.get("model", "")),
            voice=str(output.get("voice", "alloy")),
            offer_sha256=hashlib.sha256(text.encode()).hexdigest(),
            created_at=time.time(),
            webrtcfilter=webrtcfilter,
        )

    def _stage(self, session: dict[str, Any]) -> Stage:
        return Stage(
            session,
            self.stock,
            flavour=self.settings.flavour,
            transcribers=self.settings.transcription_deployments,
            take_fault=self._failure,
        )

    def _failure(self, step: str) -> Failure | None:
        fault = self.faults.take(step)
        if fault is None:
            return None
        return fault.code or "server_error", fault.message or "The server had an error while processing."

    def live(self, call_id: str) -> LiveCall:
        """Find a live call.

        Raises:
            Refusal: 404; it is unknown or over.
        """
        call = self._live.get(call_id)
        if call is None:
            raise call_not_found()
        return call

    def hang_up(self, call_id: str) -> None:
        """End a call, or note that somebody wanted to.

        Raises:
            Refusal: 404; it is unknown or over.
        """
        record = self.ledger.find(call_id)
        if record is not None:
            record.hang_ups += 1
        self.live(call_id).end("hung_up")

    def expire(self, call_id: str | None) -> None:
        """Let one call, or every live one, reach its time limit now."""
        for call in [self.live(call_id)] if call_id else list(self._live.values()):
            call.expire()

    async def end_all(self, reason: EndReason) -> None:
        """End every call and wait until their media ends are gone."""
        for call in list(self._live.values()):
            call.end(reason)
        await asyncio.gather(*(call.closed() for call in list(self._ending)))

    def _forget(self, call: LiveCall) -> None:
        self._live.pop(call.record.id, None)
        if self.settings.media:
            self._ending.add(call)
            asyncio.get_running_loop().create_task(call.closed()).add_done_callback(
                lambda _: self._ending.discard(call)
            )


def _invented_side(settings: Settings) -> AnsweringSide:
    """Make up an answering side that nobody can reach: TEST-NET-3 (RFC 5737), unique in every answer."""
    number = secrets.randbits(62)
    digest = secrets.token_hex(32).upper()
    return AnsweringSide(
        origin=number,
        unix_seconds=int(time.time()),
        fingerprint=":".join(digest[at : at + 2] for at in range(0, 64, 2)),
        ufrag=base62(8) + "/realtime-api-vmss-simulator-local-4000005",
        pwd=base62(32),
        ssrc=number % 2**32,
        addresses=[(f"203.0.113.{number % 254 + 1}", 3478)],
        tcp_port=3478 if settings.flavour == "azure" else 443,
        flavour=settings.flavour,
    )
