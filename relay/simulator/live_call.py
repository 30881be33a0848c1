"""One call while it lives: carries a conversation's effects to the browser, the sidebands and the ledger.

Decides when a call ends and what closes with it. The conversation decides what is said; `peer.py` how it
travels.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Literal, Protocol

from relay.simulator.conversation import SESSION_EXPIRED, Conversation
from relay.simulator.faults import json_text
from relay.simulator.filter import reaches_browser
from relay.simulator.stage import Effect, Emit, Expired, Hush, Play, Stage, Used

if TYPE_CHECKING:
    from collections.abc import Callable

    from relay.simulator.calls import CallRecord, EndReason, Ledger
    from relay.simulator.events import Event
    from relay.simulator.faults import Fault
    from relay.simulator.sdp import Offer
    from relay.simulator.speech import Utterance

_CHANNEL_FIRST_SECONDS = 0.5  # at the time limit the channel closes first, the media follows


class Media(Protocol):
    """What a call needs of its browser's end; `peer.Peer` is the real one."""

    async def answer(self, offer: Offer) -> str:
        """Take the offer, give the answer."""

    def send(self, message: str) -> None:
        """Send a server event over the data channel."""

    def play(self, utterance: Utterance) -> None:
        """Begin to send an utterance."""

    def hush(self) -> None:
        """Stop sending it."""

    def mute_checks(self) -> None:
        """Never answer a connectivity check."""

    def vanish(self) -> None:
        """Fall silent without a word."""

    async def close(self, *, channel_first: float = 0) -> None:
        """Close everything."""


class Observer(Protocol):
    """A sideband: gets every event, and is told when the call is over."""

    def server_event(self, message: str) -> None:
        """Send one event on."""

    def call_over(self, code: int, reason: str) -> None:
        """Close with this WebSocket code."""


class LiveCall:
    """A call from its answer to its end.

    Args:
        record: Its entry in the ledger.
        ledger: Where its fate is entered.
        make_stage: Builds the conversation's state, once somebody is there to converse with.
        over: Called once when the call has ended.
        limit_seconds: How long it may last.
        connect_seconds: How long it may wait for its browser; ``None`` for ever.
    """

    def __init__(
        self,
        record: CallRecord,
        ledger: Ledger,
        make_stage: Callable[[], Stage],
        over: Callable[[LiveCall], None],
        *,
        limit_seconds: float,
        connect_seconds: float | None,
    ) -> None:
        self.record = record
        self._ledger = ledger
        self._make_stage = make_stage
        self._over = over
        self._loop = asyncio.get_running_loop()
        self._conversation: Conversation | None = None
        self._media: Media | None = None
        self._observers: list[Observer] = []
        self._silent = False
        self._closing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._clocks = [self._loop.call_later(limit_seconds, self.expire)]
        if connect_seconds is not None:
            self._clocks.append(self._loop.call_later(connect_seconds, self._never_connected))

    @property
    def conversation(self) -> Conversation:
        """The conversation; it begins when somebody first asks for it."""
        if self._conversation is None:
            self._conversation = Conversation(self._make_stage())
        return self._conversation

    async def answer(self, media: Media, offer: Offer, fault: Fault | None) -> str:
        """Take the offer with this media end, misbehaving as a ``media`` fault says."""
        self._media = media
        written = await media.answer(offer)
        if fault is not None and fault.kind == "mute":
            media.mute_checks()
        elif fault is not None and fault.kind == "no_events":
            self._silent = True
        elif fault is not None and fault.kind == "vanish":
            self._clocks.append(self._loop.call_later(fault.delay_ms / 1000, media.vanish))
        return written

    def observe(self, observer: Observer) -> None:
        """Let a sideband follow the call."""
        self.record.sidebands += 1
        self._observers.append(observer)

    def leave(self, observer: Observer) -> None:
        """Let a sideband go; the call goes on."""
        if observer in self._observers:
            self._observers.remove(observer)

    def client_event(self, message: str) -> None:
        """Take a client event, from whichever side."""
        if self.record.ended_at is None:
            self._carry_out(self.conversation.client_event(message, self._loop.time()))

    def browser_connected(self) -> None:
        """Note that the browser is there (see `peer.Audience`)."""
        self._ledger.connected(self.record, time.time())

    def channel_opened(self) -> None:
        """Greet the data channel."""
        self.record.channel_opened_at = time.time()
        self._to_browser(self.conversation.created_event())

    def browser_sent(self, message: str) -> None:
        """Take a client event from the data channel."""
        self.client_event(message)

    def browser_heard(self, at_ms: float, level_db: float) -> None:
        """Take 20 ms of sound."""
        if self.record.ended_at is None:
            self._carry_out(self.conversation.hear(at_ms, level_db, self._loop.time()))

    def browser_gone(self, how: Literal["browser_left", "browser_vanished"]) -> None:
        """End the call because its browser is gone."""
        self.end(how if self.record.connected_at is not None else "never_connected")

    def _never_connected(self) -> None:
        if self.record.connected_at is None:
            self.end("never_connected")

    def expire(self) -> None:
        """Reach the time limit."""
        if self.record.ended_at is None:
            self._carry_out(self.conversation.expire())

    def end(self, reason: EndReason) -> None:
        """End the call; a second time changes nothing."""
        if self.record.ended_at is not None:
            return
        self._ledger.ended(self.record, reason, time.time())
        for clock in (*self._clocks, self._timer):
            if clock is not None:
                clock.cancel()
        expired = reason == "session_expired"
        code, words = (1001, SESSION_EXPIRED) if expired else (1000, "")
        for observer in self._observers:
            observer.call_over(code, words)
        self._observers.clear()
        if self._media is not None:
            closing = self._media.close(channel_first=_CHANNEL_FIRST_SECONDS if expired else 0)
            self._closing = self._loop.create_task(closing)
        self._over(self)

    async def closed(self) -> None:
        """Wait until the media end is gone too."""
        if self._closing is not None:
            await asyncio.wait([self._closing])

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Emit):
                self._send(effect.event)
            elif isinstance(effect, Used):
                self._ledger.used(self.record, effect.counts)
                self.record.turns += effect.counts.get("responses", 0)
            elif isinstance(effect, Expired):
                self.end("session_expired")
            elif self._media is not None and isinstance(effect, Play):
                self._media.play(effect.utterance)
            elif self._media is not None and isinstance(effect, Hush):
                self._media.hush()
        self._set_timer()

    def _send(self, event: Event) -> None:
        message = json_text(event)
        for observer in self._observers:
            observer.server_event(message)
        self._to_browser(event, message)

    def _to_browser(self, event: Event, message: str | None = None) -> None:
        filtered = self.record.webrtcfilter
        if self._media is not None and not self._silent and reaches_browser(event["type"], filtered=filtered):
            self._media.send(message or json_text(event))

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.conversation.due
        if due is not None and self.record.ended_at is None:
            self._timer = self._loop.call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._carry_out(self.conversation.advance(self._loop.time()))
