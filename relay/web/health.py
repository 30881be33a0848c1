"""``/healthz``: alive. ``/readyz``: able to take a call. Both answer without naming anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from relay.errors import StoreUnavailable

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from relay.core.upstream import Upstream
    from relay.exchange import Exchange
    from relay.supervisor import Supervisor

_NO_STORE = {"Cache-Control": "no-store"}


class Health:
    """Tells a load balancer whether to send calls here.

    Args:
        upstream: Asked whether its credential can be had.
        exchange: Asked whether it is draining.
        supervisor: Asked whether calls can be written down, and how many there are.
    """

    def __init__(self, upstream: Upstream, exchange: Exchange, supervisor: Supervisor) -> None:
        self._upstream = upstream
        self._exchange = exchange
        self._supervisor = supervisor

    async def alive(self, _request: Request) -> Response:
        """The process answers."""
        return JSONResponse({"status": "ok"}, headers=_NO_STORE)

    async def ready(self, _request: Request) -> Response:
        """A call could be placed, as far as can be told without spending anything."""
        checks = {
            "credential": await self._upstream.ready(),
            "not_draining": not self._exchange.draining,
            "store": True,
            "room": True,
        }
        counts: dict[str, int] = {}
        paused: bool | None = None
        try:
            found = await self._supervisor.counts()
            counts = {"live": found.live, "in_doubt": found.in_doubt, "unkilled": found.unkilled}
            paused = await self._supervisor.paused()
            checks["room"] = self._supervisor.has_room(found)
        except StoreUnavailable:
            checks["store"] = False
        ready = all(checks.values())
        body = {
            "status": "ready" if ready else "not ready",
            "checks": checks,
            "calls": counts,
            "paused": paused,
        }
        return JSONResponse(body, status_code=200 if ready else 503, headers=_NO_STORE)
