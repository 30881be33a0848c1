"""``/calls/{id}``: a call as a resource. Whoever knows its id may end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

    from relay.supervisor import Supervisor


class Calls:
    """The handlers.

    Args:
        supervisor: Keeps the calls.
    """

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    async def delete(self, request: Request) -> Response:
        """Hang up; again is harmless. The upstream follows after the answer."""
        call = self._supervisor.find(request.path_params["id"])
        request.scope["state"]["call"] = call.tag
        self._supervisor.end(call.id, reason="caller")
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
