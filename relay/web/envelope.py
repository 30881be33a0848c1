"""What surrounds every request: its id and the access line.

The access line carries no query string and no call id: the first may hold instructions, the second is
the right to end a call.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from relay.telemetry import log

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_access = logging.getLogger("relay.access")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9-]{1,64}")
_PATH = re.compile(r"[\x21-\x7e]{1,120}")


class Envelope:
    """The outermost layer of the application.

    Args:
        app: Everything else.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the request, pass it on, write its line."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        scope["app"] = self  # Starlette's routes then raise instead of answering in plain text
        started = time.perf_counter()
        status = 0

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_named)
        except ClientDisconnect:
            status = status or 499  # the customary word of access logs for a client that left
        finally:
            log(
                _access,
                logging.INFO,
                "request",
                method=scope["method"][:16],
                path=_path(scope["path"]),
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
                code=scope["state"].get("code"),
                request_id=request_id,
                call=scope["state"].get("call"),
            )


def _request_id(scope: Scope) -> str:
    """Take the proxy's request id where it has the shape of one, else make our own."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return secrets.token_hex(8)


def _path(path: str) -> str:
    if path.startswith("/calls/"):
        return "/calls/…" + ("/events" if path.endswith("/events") else "")
    return path if _PATH.fullmatch(path) else "(unprintable)"
