"""uvicorn's HTTP protocol with bounds on time, size and number, which it lacks (reliability §0.3).

Decides when a connection has had enough time or bytes, which connection makes room for another, and what
a client is told then. Never looks at a route, a name or a body. One request at a time: what a client sends
before it has its answer is thrown away and the connection closed after the answer (RFC 9112 section 9.3.2
has clients send it again), because queued requests hide from uvicorn that the client of the first has left.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from relay.errors import Busy, MalformedRequest, Problem
from relay.web.alarm import Alarm
from relay.web.lone_answer import Outlet, lone_cycle, refusing
from relay.web.request_head import check_request_head

if TYPE_CHECKING:
    import asyncio

    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from uvicorn._types import ASGI3Application
    from uvicorn.config import Config
    from uvicorn.server import ServerState

_RETRY_SECONDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionBounds:
    """What one client may cost before anything is known of it (reliability §2.3).

    Args:
        head_bytes: Of the request line and headers with every line end; also of what surrounds the data of
            a chunked body: sizes, extensions, trailers.
        head_fields: Headers of a request.
        head_seconds: From the connection, or from the first byte of a later request, to the end of the head.
        body_seconds: From the end of the head to the end of the body.
        connections: At once in this process; beyond it, see `guarded_protocol`.
        stall_seconds: For which a client may take nothing of what is waiting for it.
        leave_seconds: For a refused client to stop sending and read its answer.
    """

    head_bytes: int = 32768
    head_fields: int = 100
    head_seconds: float = 10.0
    body_seconds: float = 15.0
    connections: int = 1000
    stall_seconds: float = 15.0
    leave_seconds: float = 2.0


def guarded_protocol(bounds: ConnectionBounds) -> type[HttpToolsProtocol]:
    """Make the protocol class of one server, for uvicorn's ``http`` argument.

    When one connection too many comes in, the longest waiting of those that owe us a head, a body or their
    leave is closed, so that silent clients cannot keep others out. Where all are being answered, the new
    client is refused as busy.

    Args:
        bounds: Of every connection; the number is counted over the connections of this class.
    """

    class Guarded(_Guarded):
        _bounds = bounds
        _spare: ClassVar[dict[_Guarded, None]] = {}

    return Guarded


class _HeadTooLarge(MalformedRequest):
    """The head is over its bound (RFC 6585 section 5)."""

    status = 431


class _BodyTooLate(MalformedRequest):
    """The body did not arrive in time (RFC 9110 section 15.5.9)."""

    status = 408


class _Phase(Enum):
    """What a connection is doing."""

    HEAD = auto()  # waiting for a request, or for the rest of its head
    BODY = auto()  # the head was good; the application runs, the body is not whole
    ANSWER = auto()  # the request is whole; no clock of ours runs
    DEAF = auto()  # whatever still comes in is thrown away


class _Guarded(HttpToolsProtocol):
    """One connection; uvicorn's internals are relied on, so its version is pinned and every rule tested."""

    _bounds: ClassVar[ConnectionBounds]
    _spare: ClassVar[dict[_Guarded, None]]  # may be closed to make room; the longest waiting first

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._inner = cast("ASGIApp", self.app)
        self.app = cast("ASGI3Application", self._attend)
        self._phase = _Phase.HEAD
        self._clock = Alarm(self.loop)
        self._stall_clock = Alarm(self.loop)
        self._head_bytes = 0
        self._framing_bytes = 0
        self._may_keep_alive = True
        self._fault: Problem | None = None

    # --- the connection ---------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn's
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # any unsent byte pauses writing, which starts a clock
        while len(self.connections) > self._bounds.connections and self._spare:
            oldest = next(iter(self._spare))
            del self._spare[oldest]
            self.connections.discard(oldest)
            oldest.transport.abort()
        self._spare[self] = None
        self._clock.set(self._bounds.head_seconds, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._clock.stop()
        self._stall_clock.stop()
        self._unset_keepalive_if_required()
        self._spare.pop(self, None)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        self._may_keep_alive = False
        super().shutdown()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall_clock.set(self._bounds.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        self._stall_clock.stop()
        super().resume_writing()

    # --- what comes in ----------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        while data and self._phase is _Phase.HEAD:
            if not self._clock.is_set:
                self._clock.set(self._bounds.head_seconds, self.transport.abort)
            left = self._bounds.head_bytes - self._head_bytes
            piece, data = data[:left], data[left:]
            self._head_bytes += len(piece)
            self._feed(piece)
            if self._is(_Phase.HEAD) and self._head_bytes == self._bounds.head_bytes:
                self._refuse(_HeadTooLarge(f"A request's head may have {self._bounds.head_bytes} bytes."))
        if data and self._phase is not _Phase.DEAF:
            self._framing_bytes += len(data)
            self._feed(data)
            if self._is(_Phase.BODY) and self._framing_bytes > self._bounds.head_bytes:
                self._refuse(MalformedRequest("The body has more framing than data."))

    def _is(self, phase: _Phase) -> bool:
        """Look again: the parser's callbacks move the phase."""
        return self._phase is phase

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._hear_no_more()  # answered as if it had not asked; what follows may be another protocol
        except httptools.HttpParserError as error:
            if self._phase is _Phase.ANSWER:
                self._hear_no_more()
            else:
                cause = error.__context__
                self._refuse(cause if isinstance(cause, Problem) else MalformedRequest())

    def on_message_begin(self) -> None:
        if self._phase is not _Phase.HEAD:
            raise MalformedRequest  # stops the parser; `_feed` sees by the phase that it is no refusal
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._phase is _Phase.BODY:
            return  # a trailer: uvicorn would add it to the headers that the application is already reading
        super().on_header(name, value)
        if len(self.headers) > self._bounds.head_fields:
            raise _HeadTooLarge(f"A request may have {self._bounds.head_fields} headers.")

    def on_headers_complete(self) -> None:
        check_request_head(self.parser.get_method(), self.url, self.parser.get_http_version(), self.headers)
        if len(self.connections) > self._bounds.connections:
            raise Busy("Too many connections are open.", retry_after=_RETRY_SECONDS)
        super().on_headers_complete()
        self._phase = _Phase.BODY
        self._fault = None
        # An answer that begins before the request is whole is the last of its connection.
        self._may_keep_alive, self.cycle.keep_alive = self.cycle.keep_alive, False
        self.cycle.transport = Outlet(self.transport, self._leave)
        self._clock.set(self._bounds.body_seconds, self._body_is_late)

    def on_body(self, body: bytes) -> None:
        self._framing_bytes = max(0, self._framing_bytes - len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._phase = _Phase.ANSWER
        self._clock.stop()
        self._spare.pop(self, None)
        if not self.cycle.response_started:
            self.cycle.keep_alive = self._may_keep_alive

    # --- what goes out ----------------------------------------------------------------------------------

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._phase is not _Phase.ANSWER:
            self._unset_keepalive_if_required()
            return
        self._phase = _Phase.HEAD
        self._head_bytes = self._framing_bytes = 0
        self._spare[self] = None

    async def _attend(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; a fault of the body reaches it where it reads, so that it answers as ever."""
        cycle = self.cycle

        async def receive_whole() -> Message:
            message = await receive()
            if self._fault is not None and not cycle.response_started:
                raise self._fault
            return message

        await self._inner(scope, receive_whole, send)

    def _body_is_late(self) -> None:
        self._refuse(_BodyTooLate("The request's body did not arrive in time."))

    def _refuse(self, problem: Problem) -> None:
        """Tell the client what is wrong, in the application's voice where it has begun, and hear no more."""
        before = self._phase
        self._phase = _Phase.DEAF
        self._clock.set(self._bounds.leave_seconds, self.transport.abort)
        if before is _Phase.HEAD:
            self._answer_alone(problem)
        else:
            self._fault = problem
            self.cycle.message_event.set()

    def _answer_alone(self, problem: Problem) -> None:
        """Answer a request that the application never saw."""
        self.cycle = lone_cycle(self, Outlet(self.transport, self._leave))
        self._start_asgi_task(self.cycle, refusing(problem))

    def _hear_no_more(self) -> None:
        self._phase = _Phase.DEAF
        self._may_keep_alive = self.cycle.keep_alive = False

    def _leave(self) -> None:
        """Close; a client that may still be sending is let finish, else a reset would eat its answer."""
        if self._phase is _Phase.ANSWER or self.transport.is_closing():
            self.transport.close()
            return
        self._phase = _Phase.DEAF
        self.transport.write_eof()
        self._clock.set(self._bounds.leave_seconds, self.transport.abort)
        self._spare[self] = None
