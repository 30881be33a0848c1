"""``POST /connect``: an offer comes in, an answer goes out."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from relay.exchange import BrowserLeft
from relay.stopwatch import Stopwatch
from relay.web.form import check_head, read_connect_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relay.core.caller import Caller
    from relay.exchange import Exchange
    from relay.web.form import FormBounds
    from relay.web.pace import Pace

ACCEPT_POST = "multipart/form-data, application/json, application/sdp"


class Connect:
    """The handler.

    Args:
        exchange: Places the call.
        bounds: Of the form.
        pace: How often a caller may ask.
    """

    def __init__(self, exchange: Exchange, bounds: FormBounds, pace: Pace) -> None:
        self._exchange = exchange
        self._bounds = bounds
        self._pace = pace

    def check(self, request: Request) -> None:
        """Refuse what the head of a request says of its body."""
        check_head(request.headers, self._bounds)

    async def post(self, request: Request, caller: Caller) -> Response:
        """Place a call for the browser that sent the offer."""

        async def left() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass

        stopwatch = Stopwatch(time.perf_counter)
        async with AsyncExitStack() as stack:
            with stopwatch.step("store"):
                standing = await stack.enter_async_context(self._pace.kept(caller.id))
            wanted = await read_connect_request(request, self._bounds)
            try:
                connected = await self._exchange.connect(caller, wanted, left=left)
            except BrowserLeft:
                raise ClientDisconnect from None
        request.scope["state"]["call"] = connected.tag
        stopwatch.take(connected.timings)
        return Response(
            connected.answer,
            status_code=201,
            headers={
                "Content-Type": "application/sdp",
                "Location": f"/calls/{connected.call_id}",
                "Link": f'</calls/{connected.call_id}/events>; rel="events"',
                "Server-Timing": server_timing(stopwatch.milliseconds),
                "Cache-Control": "no-store",
                **standing,
            },
        )


def server_timing(timings: Mapping[str, float]) -> str:
    """Write milliseconds per step as a Server-Timing header."""
    return ", ".join(f"{step};dur={milliseconds:.1f}" for step, milliseconds in timings.items())
