"""Carries out a fault on an HTTP request: late, altered, cut off or never answered.

Decides how each kind of `faults.py` looks on the connection; never which fault is due. A connection is
broken through its transport, which `server.py` puts into the request's scope.
"""

from __future__ import annotations

import asyncio
import gzip
import http
import socket
import struct
from typing import TYPE_CHECKING

from starlette.responses import Response

from relay.simulator.errors import Refusal, Shape, client_secret_invalid

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.requests import HTTPConnection, Request
    from starlette.types import Receive, Scope, Send

    from relay.simulator.faults import Fault

TRANSPORT = "simulator.transport"
"""The name under which the request's scope carries its connection (ASGI extensions)."""

_DRAIN_SECONDS = 0.03  # lets the peer read what was written before the reset overtakes it


def refusal_of(fault: Fault) -> Refusal:
    """Build the error that a ``refuse`` or ``rate_limited`` fault asks for."""
    status = fault.status or (429 if fault.kind == "rate_limited" else 500)
    codes = {429: "429", 500: "InternalServerError", 503: "ServiceUnavailable", 408: "Timeout"}
    headers = {name: value for name, value in fault.headers.items() if value is not None}
    message = fault.message or ("Rate limit is exceeded." if status == 429 else "A fault of the simulator.")
    code = fault.code or codes.get(status, str(status))
    return Refusal(status, code, message, shape=Shape(fault.shape), headers=headers)


async def serve(
    fault: Fault,
    request: Request,
    work: Callable[[Request], Awaitable[Response]],
    refuse: Callable[[Refusal], Response],
) -> Response:
    """Answer one request the way the fault says.

    Args:
        fault: What is to go wrong.
        request: The request; its body is read here, unless the fault comes before.
        work: Does what the request asks for and gives the true answer.
        refuse: Turns a refusal into an answer.
    """
    late = fault.delay_ms / 1000
    if fault.when not in ("after", "before_body"):
        await request.body()
    if fault.when != "after":
        await asyncio.sleep(late)
    if fault.kind == "reset" and fault.when in ("before_body", "after_body", None):
        return Severed(request, [], reset=True)
    instead = _instead_of_work(fault, refuse)
    if instead is not None:
        return instead
    answer = await work(request)
    if fault.when == "after":
        await asyncio.sleep(late)
    if fault.kind in ("reset", "drip"):
        return _cut(fault, request, answer)
    return answer if answer.status_code >= 400 else _altered(fault, answer)


def _instead_of_work(fault: Fault, refuse: Callable[[Refusal], Response]) -> Response | None:
    if fault.kind in ("refuse", "rate_limited"):
        answer = refuse(refusal_of(fault))
        if fault.body is not None:
            kind = fault.content_type or "application/json"
            answer = _replaced(answer, fault.body.encode(), {"content-type": kind})
        return answer
    if fault.kind == "redirect":
        return Response(status_code=fault.status or 307, headers={"Location": fault.location or "/"})
    if fault.kind == "expired_secret":
        return refuse(client_secret_invalid())
    return None


def _altered(fault: Fault, answer: Response) -> Response:
    body = bytes(answer.body)
    changes: dict[str, str | None] = dict(fault.headers)
    if fault.content_type is not None:
        changes["content-type"] = fault.content_type
    if fault.kind == "empty":
        body = b""
    elif fault.kind == "html":
        body, changes["content-type"] = b"<!doctype html><title>Sign in</title>", "text/html"
    elif fault.kind == "malformed_json":
        body = body[: len(body) // 2]
    elif fault.kind == "not_sdp":
        body = b"this is not a session description\r\n"
    elif fault.kind == "huge":
        body = body.ljust(fault.size or 2_000_000, b"x")
    elif fault.kind == "gzip":
        body, changes["content-encoding"] = gzip.compress(bytes(fault.size or 1 << 26), 1), "gzip"
    elif fault.kind == "encoded":
        changes["content-encoding"] = "x-unheard-of"
    elif fault.kind == "no_location":
        changes["location"] = None
    elif fault.kind == "bad_location":
        changes["location"] = fault.location or "/v1/realtime/calls/"
    elif fault.kind == "sdp_type":
        changes["content-type"] = "application/sdp"
    if fault.kind == "alter" and fault.body is not None:
        body = fault.body.encode()
    status = fault.status or (200 if fault.kind == "status_200" else answer.status_code)
    return _replaced(answer, body, changes, status)


def _replaced(answer: Response, body: bytes, changes: dict[str, str | None], status: int = 0) -> Response:
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    for name, value in changes.items():
        headers.pop(name.lower(), None)
        if value is not None:
            headers[name.lower()] = value
    return Response(body, status or answer.status_code, headers)


def _cut(fault: Fault, request: Request, answer: Response) -> Response:
    """Send a part of the answer and then break the connection, or all of it a byte at a time."""
    head, body = _head(answer), bytes(answer.body)
    if fault.kind == "drip":
        start = 0 if fault.when == "head" else len(head)
        whole = head + body
        pieces = [whole[:start]] * bool(start) + [whole[at : at + 1] for at in range(start, len(whole))]
        return Severed(request, pieces, interval=fault.interval_ms / 1000)
    cuts = {"after_work": 0, "mid_head": len(head) // 2, "after_head": len(head)}
    end = cuts.get(fault.when or "", len(head) + len(body) // 2)
    return Severed(request, [(head + body)[:end]] * bool(end), reset=True)


def _head(answer: Response) -> bytes:
    phrase = http.HTTPStatus(answer.status_code).phrase
    lines = [f"HTTP/1.1 {answer.status_code} {phrase}".encode()]
    lines += [name + b": " + value for name, value in answer.raw_headers]
    return b"\r\n".join([*lines, b"", b""])


class Severed(Response):
    """An answer written past the HTTP server, after which the connection is gone.

    Args:
        request: Whose connection it is.
        pieces: What is still written.
        interval: Seconds between two pieces.
        reset: Whether the connection ends with a reset, or is closed in order.
    """

    def __init__(
        self, request: HTTPConnection, pieces: Iterable[bytes], *, interval: float = 0, reset: bool = False
    ) -> None:
        super().__init__()
        self._transport: asyncio.Transport = request.scope["extensions"][TRANSPORT]["transport"]
        self._pieces = pieces
        self._interval = interval
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Write the pieces, end the connection, and wait until the HTTP server has noticed."""
        for piece in self._pieces:
            if self._transport.is_closing():
                break
            self._transport.write(piece)
            await asyncio.sleep(self._interval)
        if self._reset:
            await asyncio.sleep(_DRAIN_SECONDS)
            break_connection(self._transport)
        else:
            self._transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def break_connection(transport: asyncio.Transport) -> None:
    """End a TCP connection with a reset instead of an orderly close."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
