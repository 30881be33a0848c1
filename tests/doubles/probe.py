"""An application for tests of the server under it: it answers in every way that matters to a connection."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from relay.errors import BodyTooLarge
from relay.web.envelope import Envelope
from relay.web.headers import SecurityHeaders
from relay.web.problems import Refusals

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

MEDIUM = bytes(50_000)
BIG = 4 * 1024 * 1024
STREAM_STEPS = 8
STREAM_PAUSE = 0.1


class Probe:
    """Remembers what reached it.

    `/echo` reads the body; `/unread` does not; `/early` refuses it unread; `/hold` reads it and waits to be
    released or left; `/stuck` does neither and never answers; `/stream` takes its time; `/medium` sends
    less than uvicorn holds back, `/big` more than any buffer takes.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.left = 0
        self.held = 0
        self.release = threading.Event()

    @property
    def asgi(self) -> ASGIApp:
        """Under the same layers as the relay's routes."""
        return Envelope(SecurityHeaders(Refusals(self)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(f"{scope['method']} {scope['path']}")
        path = scope["path"]
        if path == "/early":
            raise BodyTooLarge("A body may have 0 bytes.")
        if path == "/stream":
            await self._stream(send)
        elif path == "/stuck":
            await asyncio.Event().wait()
        elif path == "/big":
            await self._big(receive, send)
        else:
            body = b"" if path == "/unread" else await self._read(receive)
            self.bodies.append(body)
            if path == "/hold":
                await self._hold(receive)
            await _answer(send, MEDIUM if path == "/medium" else b"%d" % len(body))
        self.headers.append({str(name, "latin-1"): str(value, "latin-1") for name, value in scope["headers"]})

    async def _read(self, receive: Receive) -> bytes:
        body = b""
        while True:
            message = await receive()
            body += bytes(message.get("body", b""))
            if not message.get("more_body"):
                return body

    async def _hold(self, receive: Receive) -> None:
        gone = asyncio.ensure_future(receive())
        self.held += 1
        while not (gone.done() or self.release.is_set()):
            await asyncio.sleep(0.005)
        self.held -= 1
        self.left += gone.done()
        gone.cancel()

    async def _stream(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(STREAM_STEPS):
            await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
            await asyncio.sleep(STREAM_PAUSE)
        await send({"type": "http.response.body", "body": b"end", "more_body": False})

    async def _big(self, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        piece = bytes(65536)
        for _ in range(BIG // len(piece)):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        self.left += (await receive())["type"] == "http.disconnect"


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
