"""The control WebSocket of a running call (fact 4.2)."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tests.simulator.conftest import Running

    Runner = Callable[..., AbstractAsyncContextManager[Running]]

pytestmark = pytest.mark.anyio


def attach(simulator: Running, call_id: str, **headers: str) -> websockets.connect:
    url = f"ws://127.0.0.1:{simulator.port}/openai/v1/realtime?call_id={call_id}"
    return websockets.connect(url, additional_headers=headers or {"api-key": "any"})


async def a_call(simulator: Running) -> str:
    answer = await simulator.exchange_offer(await simulator.mint())
    return str(answer.headers["location"].rsplit("/", 1)[1])


async def until(websocket: websockets.ClientConnection, kind: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(5):
        while not events or events[-1]["type"] != kind:
            events.append(json.loads(await websocket.recv()))
    return events


async def test_nothing_is_sent_on_attach_and_an_update_is_answered(running: Runner) -> None:
    async with running(media=False) as simulator, attach(simulator, await a_call(simulator)) as websocket:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await websocket.recv()
        await websocket.send(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
        (updated,) = await until(websocket, "session.updated")

    assert updated["session"]["expires_at"] > 0


async def test_a_turn_runs_over_the_sideband_before_any_browser_is_there(running: Runner) -> None:
    async with running(media=False) as simulator, attach(simulator, await a_call(simulator)) as websocket:
        response = {"output_modalities": ["text"]}
        await websocket.send(json.dumps({"type": "response.create", "response": response}))
        events = await until(websocket, "response.done")
        ledger = await simulator.ledger()

    assert events[-1]["response"]["status"] == "completed"
    assert ledger["usage"]["responses"] == 1
    assert ledger["calls"][0]["usage"]["total_tokens"] == events[-1]["response"]["usage"]["total_tokens"]


async def test_every_sideband_sees_the_same(running: Runner) -> None:
    async with running(media=False) as simulator:
        call_id = await a_call(simulator)
        async with attach(simulator, call_id) as one, attach(simulator, call_id) as other:
            await one.send("{}")

            assert await until(one, "error") == await until(other, "error")


async def test_a_hang_up_closes_with_1000(running: Runner) -> None:
    async with running(media=False) as simulator:
        call_id = await a_call(simulator)
        async with attach(simulator, call_id) as websocket:
            await simulator.http.post(f"/openai/v1/realtime/calls/{call_id}/hangup")
            with pytest.raises(ConnectionClosed) as closed:
                await websocket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


async def test_the_time_limit_is_an_error_and_closes_with_1001(running: Runner) -> None:
    async with running(media=False, session_seconds=0.3) as simulator:
        async with attach(simulator, await a_call(simulator)) as websocket:
            (expired,) = await until(websocket, "error")
            with pytest.raises(ConnectionClosed) as closed:
                await websocket.recv()
        ledger = await simulator.ledger()

    assert expired["error"]["code"] == "session_expired"
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    assert closed.value.rcvd.reason == "Your session hit the maximum duration of 60 minutes."
    assert ledger["ended_by"] == {"session_expired": 1}


async def test_a_switch_lets_the_time_limit_come_now(running: Runner) -> None:
    async with running(media=False) as simulator, attach(simulator, await a_call(simulator)) as websocket:
        await simulator.fault(step="session", kind="expire")

        assert (await until(websocket, "error"))[0]["error"]["code"] == "session_expired"


@pytest.mark.parametrize(
    ("call_id", "headers", "status", "flavour"),
    [
        ("rtc_unknown", {"api-key": "any"}, 404, "azure"),
        ("rtc_unknown", {"authorization": "Bearer ek_1"}, 401, "azure"),
        ("rtc_unknown", {"authorization": "Bearer ek_1"}, 404, "openai"),
        ("rtc_unknown", {"x": "y"}, 401, "azure"),
    ],
)
async def test_who_may_not_attach_is_told_before_the_upgrade(
    running: Runner, call_id: str, headers: dict[str, str], status: int, flavour: str
) -> None:
    async with running(media=False, flavour=flavour) as simulator:
        with pytest.raises(InvalidStatus) as refused:
            await attach(simulator, call_id, **headers)

    assert refused.value.response.status_code == status


async def test_an_access_token_may_attach(running: Runner) -> None:
    async with running(media=False) as simulator:
        call_id = await a_call(simulator)
        async with attach(simulator, call_id, authorization="Bearer a.b.c") as websocket:
            await websocket.send("{}")

            assert (await until(websocket, "error"))[0]["type"] == "error"


async def test_a_handshake_can_be_refused_or_reset(running: Runner) -> None:
    async with running(media=False) as simulator:
        call_id = await a_call(simulator)
        await simulator.fault(step="sideband", status=503)
        with pytest.raises(InvalidStatus):
            await attach(simulator, call_id)
        await simulator.fault(step="sideband", kind="reset")
        with pytest.raises((OSError, ConnectionClosed, websockets.InvalidHandshake)):
            await attach(simulator, call_id)
        async with attach(simulator, call_id) as websocket:
            assert websocket.protocol.state.name == "OPEN"


async def test_a_sideband_can_be_closed_from_the_other_end(running: Runner) -> None:
    async with running(media=False) as simulator:
        call_id = await a_call(simulator)
        await simulator.fault(step="sideband", kind="close", delay_ms=50, status=1011)
        async with attach(simulator, call_id) as websocket:
            with pytest.raises(ConnectionClosed) as closed:
                await websocket.recv()
        ledger = await simulator.ledger()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011
    assert ledger["live"] == 1


async def test_a_sideband_can_be_cut_without_a_close(running: Runner) -> None:
    async with running(media=False) as simulator:
        call_id = await a_call(simulator)
        await simulator.fault(step="sideband", kind="cut", delay_ms=50)
        async with attach(simulator, call_id) as websocket:
            with pytest.raises(ConnectionClosed) as closed:
                await websocket.recv()
        ledger = await simulator.ledger()

    assert closed.value.rcvd is None
    assert ledger["live"] == 1


async def test_a_sideband_can_send_a_huge_frame_and_garbage(running: Runner) -> None:
    async with running(media=False) as simulator:
        call_id = await a_call(simulator)
        await simulator.fault(step="sideband", kind="huge", size=5000)
        async with attach(simulator, call_id) as websocket:
            huge = await websocket.recv()
        await simulator.fault(step="sideband", kind="garbage")
        async with attach(simulator, call_id) as websocket:
            garbage = [await websocket.recv() for _ in range(3)]

    assert len(huge) == 5000
    assert garbage == ["", "not json", "[]"]


async def test_a_sideband_can_be_slow(running: Runner) -> None:
    async with running(media=False) as simulator:
        call_id = await a_call(simulator)
        await simulator.fault(step="sideband", kind="slow", interval_ms=150)
        async with attach(simulator, call_id) as websocket:
            began = asyncio.get_running_loop().time()
            await websocket.send("{}")
            await websocket.send("{}")
            await websocket.recv()
            await websocket.recv()
            took = asyncio.get_running_loop().time() - began

    assert took >= 0.15


async def test_a_test_can_play_the_browser_of_a_call(running: Runner) -> None:
    async with running(media=False) as simulator:
        call_id = await a_call(simulator)
        async with attach(simulator, call_id) as websocket:
            route = f"/simulator/calls/{call_id}"
            typed = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
            await simulator.http.post(route, json=[{"type": "conversation.item.create", "item": typed}])
            (added,) = await until(websocket, "conversation.item.added")
            left = await simulator.http.delete(route)
            await websocket.wait_closed()
        again = await simulator.http.post(route, json={})

    assert added["item"]["content"] == typed["content"]
    assert left.json()["end_reason"] == "browser_left"
    assert again.status_code == 404
