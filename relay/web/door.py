"""The door: host, origin and cross-origin headers, before any route is looked up or any body read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.responses import Response

from relay.errors import MalformedRequest
from relay.web.host import OriginRule, check_host, check_origin

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NO_HOST_CHECK = frozenset({"/healthz", "/readyz"})  # asked by address, and they tell no names
_EXPOSED = "Location, Link, Server-Timing, X-Request-ID, Retry-After, RateLimit, RateLimit-Policy"
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "authorization, content-type, last-event-id",
    "Access-Control-Max-Age": "600",
}


class Door:
    """Lets in what asks for one of our names, from one of our pages.

    Args:
        app: What stands behind the door.
        hosts: The names we answer to.
        rule: The pages that may make us act.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], rule: OriginRule) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._rule = rule

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request, then pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = scope["headers"]
        host = ""
        if scope["path"] not in _NO_HOST_CHECK:
            host = check_host([value for name, value in headers if name == b"host"], self._hosts)
        origin = _only(headers, b"origin")
        check_origin(
            self._rule,
            method=scope["method"],
            host=host,
            origin=origin,
            fetch_site=_only(headers, b"sec-fetch-site"),
        )
        if not self._rule.allowed:
            await self._app(scope, receive, send)
            return
        listed = origin if origin in self._rule.allowed else None

        async def send_with_origin(message: Message) -> None:
            if message["type"] == "http.response.start":
                response_headers = MutableHeaders(scope=message)
                response_headers.add_vary_header("Origin")
                if listed:
                    response_headers["Access-Control-Allow-Origin"] = listed
                    response_headers["Access-Control-Expose-Headers"] = _EXPOSED
            await send(message)

        if listed and scope["method"] == "OPTIONS" and _only(headers, b"access-control-request-method"):
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send_with_origin)
            return
        await self._app(scope, receive, send_with_origin)


def _only(headers: list[tuple[bytes, bytes]], wanted: bytes) -> str | None:
    """Give the one value of a header: which of two is believed must not depend on who reads them."""
    values = [value for name, value in headers if name == wanted]
    if len(values) > 1:
        raise MalformedRequest(f"Send {wanted.decode().title()} once.")
    return values[0].decode("latin-1") if values else None
