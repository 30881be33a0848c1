"""One address, its methods, and the right answer to all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from starlette.requests import Request
from starlette.responses import Response

from relay.errors import MethodNotAllowed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send


class Handler(Protocol):
    """Answers a request or raises a `relay.errors.Problem`."""

    async def __call__(self, request: Request, /) -> Response:
        """Answer."""


class Methods:
    """An ASGI application that hands a request to the handler of its method.

    HEAD is GET without the body (uvicorn drops it); OPTIONS lists what there is.

    Args:
        handlers: Method to handler.
        options: Further headers of the answer to OPTIONS, such as ``Accept-Post``.
    """

    def __init__(self, handlers: Mapping[str, Handler], *, options: Mapping[str, str] | None = None) -> None:
        self._handlers = dict(handlers)
        if "GET" in handlers:
            self._handlers["HEAD"] = handlers["GET"]
        self._allow = {"Allow": ", ".join(sorted([*self._handlers, "OPTIONS"])), **(options or {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the method."""
        method = scope["method"]
        handler = self._handlers.get(method)
        if handler is not None:
            response = await handler(Request(scope, receive))
        elif method == "OPTIONS":
            response = Response(status_code=204, headers=self._allow)
        else:
            raise MethodNotAllowed(f"Allowed: {self._allow['Allow']}.", headers=self._allow)
        await response(scope, receive, send)
