"""The answer to a request that the application never sees, because its head is no good or came too late.

It is made by the same layers as every other answer, so that it has the same shape, the same headers and
its line in the access log; only the method and the path are unknown there.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from relay.web.envelope import Envelope
from relay.web.headers import SecurityHeaders
from relay.web.problems import Refusals

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send
    from uvicorn._types import ASGI3Application, HTTPScope
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    from relay.errors import Problem


class Outlet(asyncio.Transport):
    """What uvicorn's request cycle writes to, with a close of our own.

    Args:
        transport: The real one.
        leave: Closes it.
    """

    def __init__(self, transport: asyncio.Transport, leave: Callable[[], None]) -> None:
        super().__init__()
        self._transport = transport
        self._leave = leave

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write to the real one."""
        self._transport.write(data)

    def is_closing(self) -> bool:
        """Ask the real one."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Close as its owner wishes."""
        self._leave()


def lone_cycle(protocol: HttpToolsProtocol, outlet: Outlet) -> RequestResponseCycle:
    """Make a cycle for a request that was not understood; the connection closes after it.

    Args:
        protocol: Whose connection it is.
        outlet: Where the answer goes.
    """
    scope = cast(
        "HTTPScope",
        {"type": "http", "method": "-", "path": "-", "headers": [], "scheme": protocol.scheme},
    )
    return RequestResponseCycle(
        scope=scope,
        transport=outlet,
        flow=protocol.flow,
        logger=protocol.logger,
        access_logger=protocol.access_logger,
        access_log=False,
        default_headers=protocol.server_state.default_headers,
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=False,
        on_response=protocol.on_response_complete,
    )


def refusing(problem: Problem) -> ASGI3Application:
    """Build an application that answers everything with one problem."""

    async def refuse(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise problem

    app: ASGIApp = Envelope(SecurityHeaders(Refusals(refuse)))
    return cast("ASGI3Application", app)
