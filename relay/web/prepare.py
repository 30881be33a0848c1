"""``POST /prepare``: the page knows what the call will be like, though it has no offer yet.

What can be done upstream before the offer is there is done now, so that the call needs one request less.
Nothing is placed, nothing is spent, and nothing of it is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from relay.web.form import SESSION_FIELDS, check_head, read_connect_request

if TYPE_CHECKING:
    from starlette.requests import Request

    from relay.core.caller import Caller
    from relay.exchange import Exchange
    from relay.web.form import FormBounds
    from relay.web.pace import Pace

ACCEPT_PREPARE = "multipart/form-data, application/json"


class Prepare:
    """The handler.

    Args:
        exchange: Prepares the call.
        bounds: Of the form.
        pace: How often a caller may ask; the call that follows is not counted beside its preparation.
    """

    def __init__(self, exchange: Exchange, bounds: FormBounds, pace: Pace) -> None:
        self._exchange = exchange
        self._bounds = bounds
        self._pace = pace

    def check(self, request: Request) -> None:
        """Refuse what the head of a request says of its body."""
        check_head(request.headers, self._bounds, fields=SESSION_FIELDS)

    async def post(self, request: Request, caller: Caller) -> Response:
        """Prepare; answered once it is done."""
        async with self._pace.kept(caller.id, prepares=True) as standing:
            wanted = await read_connect_request(request, self._bounds, fields=SESSION_FIELDS)
            await self._exchange.prepare(caller, wanted)
        return Response(status_code=204, headers={"Cache-Control": "no-store", **standing})
