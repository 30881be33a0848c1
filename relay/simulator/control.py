"""The routes for those who test with the simulator: switches to set, and the ledger to look into.

Decides what is shown of a running simulator; the API itself is in `app.py`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from relay.simulator.errors import Refusal
from relay.simulator.faults import FaultUnreadable, faults_from, json_text

if TYPE_CHECKING:
    from starlette.requests import Request

    from relay.simulator.exchange import Exchange


class Control:
    """The routes for those who test with the simulator."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def faults(self, request: Request) -> Response:
        """Set, list or clear switches; one for ``session`` works at once and is not kept."""
        faults = self._exchange.faults
        if request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            try:
                wanted = faults_from(json.loads(await request.body()))
            except ValueError as problem:
                words = str(problem) if isinstance(problem, FaultUnreadable) else "the body is not JSON"
                return JSONResponse({"error": words}, 400)
            now = [fault for fault in wanted if fault.step == "session"]
            faults.add(tuple(fault for fault in wanted if fault.step != "session"))
            try:
                for fault in now:
                    self._exchange.expire(fault.call_id)
            except Refusal as refusal:
                return JSONResponse(refusal.body(), refusal.status)
        return JSONResponse({"faults": faults.listed()})

    async def calls(self, request: Request) -> Response:
        """Show the ledger (``?summary``: without the calls), or end every call and start a new one."""
        if request.method == "DELETE":
            await self._exchange.end_all("reset")
            self._exchange.ledger.clear()
        return JSONResponse(self._exchange.ledger.summary(with_calls="summary" not in request.query_params))

    async def call(self, request: Request) -> Response:
        """Play the browser of a call: POST sends its client events, one or a list; DELETE lets it leave."""
        try:
            call = self._exchange.live(request.path_params["call_id"])
        except Refusal as refusal:
            return JSONResponse(refusal.body(), refusal.status)
        if request.method == "DELETE":
            call.end("browser_left")
            return JSONResponse(call.record.described())
        try:
            sent = json.loads(await request.body())
        except ValueError:
            return JSONResponse({"error": "the body is not JSON"}, 400)
        for event in sent if isinstance(sent, list) else [sent]:
            call.browser_sent(json_text(event))
        return JSONResponse(call.record.described())

    async def health(self, _: Request) -> Response:
        """Tell that this is the simulator."""
        settings = self._exchange.settings
        shown = {"simulator": True, "flavour": settings.flavour, "media": settings.media}
        return JSONResponse(shown | {"deployments": list(settings.deployments)})
