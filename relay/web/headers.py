"""The security headers of every response (WEB-08), fixed at start."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send


_HTTPS_ONLY = [(b"strict-transport-security", b"max-age=31536000")]


def content_security_policy(connect: Sequence[str] = (), scripts: Sequence[str] = ()) -> str:
    """Build the policy under which every page of ours runs.

    Args:
        connect: Origins beside our own that the page may fetch from (direct mode).
        scripts: What else may run beside files of ours: hashes of the scripts that stand inside our pages.
    """
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self'", *scripts]),
            "style-src 'self'",
            " ".join(["connect-src 'self'", *connect]),
            "media-src 'self' blob:",
            "img-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ]
    )


class SecurityHeaders:
    """Adds the fixed headers; HSTS only where the browser really came by https.

    Args:
        app: What makes the response.
        connect: See `content_security_policy`.
        scripts: Likewise.
    """

    def __init__(self, app: ASGIApp, *, connect: Sequence[str] = (), scripts: Sequence[str] = ()) -> None:
        self._app = app
        fixed = {
            "content-security-policy": content_security_policy(connect, scripts),
            "permissions-policy": "microphone=(self), camera=(), geolocation=()",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
        }
        self._fixed = [(name.encode("ascii"), value.encode("ascii")) for name, value in fixed.items()]
        self._names = frozenset(name for name, _ in self._fixed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; complete its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        https = scope["scheme"] == "https"

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The raw list at once: setting one by one looks through all of them for each.
                kept = [pair for pair in message.get("headers", ()) if pair[0] not in self._names]
                message["headers"] = kept + self._fixed + (_HTTPS_ONLY if https else [])
            await send(message)

        await self._app(scope, receive, send_secured)
