"""``/calls/{id}``: a call as a resource. Its caller, and nobody else, may read it and end it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from relay.core.account import told
from relay.core.call import Reason
from relay.core.caller import may_touch
from relay.core.clocks import seconds_left, seconds_used
from relay.errors import MalformedRequest, NotFound
from relay.web.event_stream import EventStream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from relay.clock import Clock
    from relay.core.account import Account
    from relay.core.caller import Caller
    from relay.core.record import Call
    from relay.supervisor import Supervisor

_NO_STORE = {"Cache-Control": "no-store"}
_MAX_SEQ_DIGITS = 12


class Calls:
    """The handlers.

    Args:
        supervisor: Keeps the calls.
        clock: Tells how long they have lasted.
        currency: Of what they cost.
        shows_cost: Whether a profile of this name shows what its calls cost.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        clock: Clock,
        *,
        currency: str = "USD",
        shows_cost: Callable[[str], bool],
    ) -> None:
        self._currency = currency
        self._shows_cost = shows_cost
        self._supervisor = supervisor
        self._clock = clock

    async def delete(self, request: Request, caller: Caller) -> Response:
        """Hang up; again is harmless. Answers once it is recorded; the upstream follows."""
        call = await self._call(request, caller)
        await self._supervisor.end(call.key, Reason.CALLER)
        self._supervisor.check_effective(call.key)
        return Response(status_code=204, headers=_NO_STORE)

    async def get(self, request: Request, caller: Caller) -> Response:
        """Tell how the call stands; an ended one stays readable for RELAY_RETENTION_DAYS."""
        call = await self._call(request, caller)
        account = await self._supervisor.account(call.key)
        now = self._clock.now()
        body = {
            "state": call.state,
            "reason": call.reason,
            "profile": call.profile,
            "created_at": datetime.fromtimestamp(call.created.wall_seconds, UTC).isoformat(
                timespec="seconds"
            ),
            "seconds_used": round(seconds_used(call, now), 1),
            "seconds_left": round(seconds_left(call, now), 1),
            "usage": self._usage(call, account),
            "limits": {"max_seconds": call.max_seconds, "presence_seconds": call.presence_seconds},
        }
        return JSONResponse(body, headers=_NO_STORE)

    async def transcript(self, request: Request, caller: Caller) -> Response:
        """Give back what was said, where the profile keeps it; RELAY_TRANSCRIPT_DAYS long."""
        call = await self._call(request, caller)
        lines = await self._supervisor.lines(call.key)
        if not lines:
            raise NotFound("Nothing is kept of what was said in this call.")
        said = [
            {"who": line.who, "at": line.at, "text": line.text, "item_id": line.item_id} for line in lines
        ]
        return JSONResponse({"recorded": True, "lines": said}, headers=_NO_STORE)

    async def events(self, request: Request, caller: Caller) -> Response:
        """Open the call's event stream; doing so is the caller's sign of life."""
        call = await self._call(request, caller)
        return EventStream(
            self._supervisor,
            call.key,
            after_seq=_last_event_id(request),
            over=not call.open,
            seconds=call.presence_seconds or self._supervisor.terms.presence_seconds,
        )

    def _usage(self, call: Call, account: Account | None) -> Mapping[str, object] | None:
        shows_cost = self._shows_cost(call.profile)
        return None if account is None else told(account, self._currency, shows_cost=shows_cost)

    async def _call(self, request: Request, caller: Caller) -> Call:
        """Find the call; one that is somebody else's is not there (WEB-14)."""
        call = await self._supervisor.call(request.path_params["id"])
        if not may_touch(caller, call):
            raise NotFound("There is no call of this id.")
        request.scope["state"]["call"] = call.tag
        return call


def _last_event_id(request: Request) -> int:
    value = request.headers.get("last-event-id") or "0"
    if not (value.isascii() and value.isdigit() and len(value) <= _MAX_SEQ_DIGITS):
        raise MalformedRequest("Last-Event-ID is the number of an event of this stream.")
    return int(value)
