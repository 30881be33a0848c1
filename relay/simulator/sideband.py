"""The control WebSocket of a running call (fact 4.2): every event, no greeting, no sound.

Decides who may attach and how it closes; what an event does is the conversation's business.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.websockets import WebSocket, WebSocketDisconnect

from relay.simulator.broken import TRANSPORT, break_connection, refusal_of
from relay.simulator.credentials import check_standing_credential
from relay.simulator.errors import Refusal, invalid_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from relay.simulator.exchange import Exchange
    from relay.simulator.faults import Fault

_QUEUED = 10_000
_AFTERWARDS = frozenset({"close", "cut", "huge", "garbage", "slow"})
_GARBAGE = (
    "",
    "not json",
    "[]",
    "7",
    "null",
    '{"type":7}',
    '{"type":"response.done"}',
    '{"type":"nonsense"}',
)


class Sideband:
    """One attached WebSocket; events wait in a queue, so that a slow reader never slows the call."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str | tuple[int, str]] = asyncio.Queue(_QUEUED)

    def server_event(self, message: str) -> None:
        """Queue an event; a reader that is ten thousand behind loses it."""
        if not self._queue.full():
            self._queue.put_nowait(message)

    def call_over(self, code: int, reason: str) -> None:
        """Queue the end."""
        while self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait((code, reason))

    async def send_all(self, websocket: WebSocket, pause_seconds: float = 0) -> None:
        """Send what is queued, with pauses between, until the end comes."""
        while isinstance(queued := await self._queue.get(), str):
            await websocket.send_text(queued)
            await asyncio.sleep(pause_seconds)
        await websocket.close(*queued)


async def attach(websocket: WebSocket, exchange: Exchange, refuse: Callable[[Refusal], Response]) -> None:
    """Serve one sideband from its handshake to its end.

    Args:
        websocket: The handshake.
        exchange: Where the call is found.
        refuse: Turns a refusal into the HTTP answer that is sent instead of the upgrade.
    """
    exchange.ledger.asked("sideband")
    fault = exchange.faults.take("sideband")
    try:
        if fault is not None and await _misbehaved(fault, websocket):
            return
        check_standing_credential(websocket, exchange.settings)
        call_id = websocket.query_params.get("call_id")
        if call_id is None:
            message = "Missing query parameter: 'call_id'. The simulator serves running calls only."
            raise invalid_request("missing_required_parameter", message, "call_id")
        call = exchange.live(call_id)
    except Refusal as refusal:
        await websocket.send_denial_response(refuse(refusal))
        return
    sideband = Sideband()
    await websocket.accept()
    call.observe(sideband)
    slow = fault is not None and fault.kind == "slow"
    pause_seconds = fault.interval_ms / 1000 if fault is not None and slow else 0
    sending = asyncio.create_task(sideband.send_all(websocket, pause_seconds))
    if fault is not None:
        asyncio.get_running_loop().call_later(fault.delay_ms / 1000, _misbehave, fault, sideband, websocket)
    try:
        while True:
            call.client_event(await websocket.receive_text())
    except (WebSocketDisconnect, KeyError):
        pass  # the other end closed, or sent bytes
    finally:
        call.leave(sideband)
        sending.cancel()
        await asyncio.wait([sending])


def _misbehave(fault: Fault, sideband: Sideband, websocket: WebSocket) -> None:
    """Carry out a fault on an attached sideband."""
    if fault.kind == "close":
        sideband.call_over(fault.status or 1011, fault.message or "")
    elif fault.kind == "cut":
        break_connection(websocket.scope["extensions"][TRANSPORT]["transport"])
    elif fault.kind == "huge":
        sideband.server_event("x" * (fault.size or 2_000_000))
    elif fault.kind == "garbage":
        for frame in _GARBAGE:
            sideband.server_event(frame)


async def _misbehaved(fault: Fault, websocket: WebSocket) -> bool:
    """Carry out a fault on the handshake; tells whether that was the end of it."""
    if fault.kind in _AFTERWARDS:
        return False
    await asyncio.sleep(fault.delay_ms / 1000)
    if fault.kind in ("refuse", "rate_limited", "redirect"):
        raise refusal_of(fault)
    if fault.kind == "reset":
        break_connection(websocket.scope["extensions"][TRANSPORT]["transport"])
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass
        return True
    return False
