"""``POST /api/session``: a client secret for a page that exchanges the offer with the upstream itself.

Off unless RELAY_EPHEMERAL_KEYS is on: what a browser does with a client secret cannot be limited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from relay.errors import NotFound
from relay.web.form import SESSION_FIELDS, check_head, read_connect_request

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from relay.core.caller import Caller
    from relay.exchange import Exchange
    from relay.web.form import FormBounds
    from relay.web.pace import Pace


async def direct_is_off(_request: Request) -> Response:
    """Say how it would be switched on."""
    raise NotFound("Client secrets for browsers are off; RELAY_EPHEMERAL_KEYS=on switches them on.")


class Direct:
    """The handler.

    Args:
        exchange: Mints.
        bounds: Of the form.
        exchange_url: Where the browser is to post its offer.
        pace: How often a caller may ask.
    """

    def __init__(self, exchange: Exchange, bounds: FormBounds, exchange_url: str, pace: Pace) -> None:
        self._exchange = exchange
        self._bounds = bounds
        self._exchange_url = exchange_url
        self._pace = pace

    def check(self, request: Request) -> None:
        """Refuse what the head of a request says of its body."""
        check_head(request.headers, self._bounds, fields=SESSION_FIELDS)

    async def post(self, request: Request, caller: Caller) -> Response:
        """Mint and hand over."""
        async with self._pace.kept(caller.id) as standing:
            wanted = await read_connect_request(request, self._bounds, fields=SESSION_FIELDS)
            secret, config = await self._exchange.mint(caller, wanted)
        body = {
            "value": secret.value,
            "expires_at": secret.expires_at,
            "calls_url": self._exchange_url,
            "session": {"model": config.deployment, "voice": config.voice},
        }
        return JSONResponse(body, headers={"Cache-Control": "no-store", **standing})
