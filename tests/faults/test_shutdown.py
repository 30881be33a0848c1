"""SIGTERM at every bad moment: what is under way finishes, calls are ended or left to others, exit 0."""

from __future__ import annotations

import asyncio
import signal
import socket
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.faults.house import Relay, eventually, is_running, offer_of
from tests.faults.visitor import Deed, Storm, Visit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.house import Upstream

WITHIN_SECONDS = 25.0


def _end(relay: Relay, seconds: float = WITHIN_SECONDS + 5) -> tuple[int, float]:
    """Send SIGTERM; the exit code, and how long it took."""
    began = time.monotonic()
    code = relay.stop(signal.SIGTERM, seconds)
    return code, time.monotonic() - began


async def _fifty(relay: Relay, upstream: Upstream) -> tuple[list[Visit], httpx.Response, httpx.Response]:
    """Fifty exchanges in flight; SIGTERM; what new ones and /readyz are told; then the fifty are answered."""
    visits = [Visit(marker, Deed.AFTER_ANSWER, 0, 0) for marker in range(1, 51)]
    coming = asyncio.create_task(Storm(relay.port, visits, presence=False).run())
    await asyncio.to_thread(eventually, lambda: len(relay.rows()) == 50, 10, "not all came")
    relay.process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(
        eventually, lambda: relay.client.get("/readyz").status_code == 503, 3, "/readyz does not tell"
    )
    ready = await asyncio.to_thread(relay.client.get, "/readyz")
    refused = await asyncio.to_thread(relay.connect, 99)
    await asyncio.to_thread(upstream.set, held=False)
    await coming
    return visits, refused, ready


def test_term_01_exchanges_in_flight_finish_and_new_ones_are_refused(
    relay: Relay, upstream: Upstream
) -> None:
    upstream.set(held=True)

    visits, refused, ready = asyncio.run(_fifty(relay, upstream))

    assert [visit.status for visit in visits] == [201] * 50
    assert (refused.status_code, refused.json()["code"]) == (503, "draining")
    assert (ready.status_code, ready.json()["checks"]["not_draining"]) == (503, False)
    assert relay.process.wait(WITHIN_SECONDS) == 0
    assert len(upstream.calls()) == 50
    assert upstream.live() == []
    assert "Traceback" not in relay.output


def test_term_02_a_slow_body_does_not_hold_the_exit(relay: Relay) -> None:
    with socket.create_connection(("127.0.0.1", relay.port)) as slow:
        slow.sendall(
            b"POST /connect HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\n"
            b"Content-Length: 2000\r\n\r\nv=0\r\n"
        )
        time.sleep(0.2)
        code, took = _end(relay)

    assert code == 0
    assert took < WITHIN_SECONDS
    assert "Traceback" not in relay.output


def test_term_02_a_reader_that_never_reads_does_not_hold_the_exit(relay: Relay) -> None:
    place = relay.place(1, presence="events")
    with socket.create_connection(("127.0.0.1", relay.port)) as deaf:
        deaf.sendall(f"GET {place}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(0.2)
        code, took = _end(relay)

    assert code == 0
    assert took < WITHIN_SECONDS


def test_term_02_an_upstream_that_never_answers_does_not_keep_live_calls_from_being_hung_up(
    upstream: Upstream, tmp_path: Path
) -> None:
    with Relay(upstream, tmp_path, {"RELAY_SHUTDOWN_SECONDS": "5"}) as relay:
        relay.place(1)
        upstream.set(held=True)
        relay.client.timeout = 0.3
        with pytest.raises(httpx.ReadTimeout):
            relay.connect(2)
        code, took = _end(relay)

    assert code == 0
    assert took < 7
    assert upstream.live() == []


def test_term_03_a_hang_up_that_fails_at_the_end_is_left_to_the_next_process(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.set(hang_up_always=500)
    with Relay(upstream, tmp_path, {"RELAY_SHUTDOWN_SECONDS": "5"}) as relay:
        place = relay.place(1)
        relay.client.delete(place)
        code, took = _end(relay)
    assert code == 0
    assert took < 7
    assert len(upstream.live()) == 1
    upstream.set(hang_up_always=None)

    with Relay(upstream, tmp_path) as relay:
        took = eventually(lambda: not upstream.live(), 10, "the call was left behind")
        assert relay.client.get(place).json()["reason"] == "caller"
    assert took < 3


@pytest.mark.parametrize(
    ("setting", "other_lives", "left"),
    [
        ("hangup", False, 0),
        ("hangup", True, 0),
        ("keep", False, 2),
        ("keep", True, 2),
        ("auto", False, 0),
        ("auto", True, 2),
    ],
)
def test_term_04_live_calls_are_hung_up_or_left_to_others_as_the_operator_says(
    setting: str, other_lives: bool, left: int, upstream: Upstream, tmp_path: Path
) -> None:
    settings = {"RELAY_ON_STOP": setting}
    with Relay(upstream, tmp_path, settings) as relay, Relay(upstream, tmp_path, settings) as other:
        if not other_lives:
            other.stop()
        places = [relay.place(1), relay.place(2)]

        assert _end(relay)[0] == 0
        assert len(upstream.live()) == left
        if other_lives and left:
            assert other.client.get(places[0]).json()["state"] == "live"
            other.client.delete(places[0])
            eventually(lambda: len(upstream.live()) == 1, 4, "nobody acts for the calls that were left")


def test_term_05_a_second_signal_is_immediate_and_leaves_a_sound_store(
    upstream: Upstream, tmp_path: Path
) -> None:
    with Relay(upstream, tmp_path) as relay:
        relay.place(1)
        upstream.set(held=True)
        relay.client.timeout = 0.3
        with pytest.raises(httpx.ReadTimeout):
            relay.connect(2)
        relay.process.send_signal(signal.SIGTERM)
        relay.wait_for("stopping")
        code, took = _end(relay)
    upstream.set(held=False)
    (path,) = tmp_path.glob("calls-*.sqlite3")
    with closing(sqlite3.connect(path)) as db:
        sound = db.execute("PRAGMA integrity_check").fetchone()

    assert code == 0
    assert took < 2
    assert sound == ("ok",)
    with Relay(upstream, tmp_path) as relay:
        eventually(
            lambda: relay.ready()["calls"]["in_doubt"] == 1, 8, "the exchange that was cut is not in doubt"
        )


async def _connects(first: Relay, second: Relay, count: int, tell: asyncio.Event) -> list[int]:
    """Connect one by one, as through a balancer; half way through the first relay is told to stop."""
    statuses = []
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for number in range(count):
            if number == count // 2:
                tell.set()
            statuses.append(await _balanced(client, (first, second), number))
    return statuses


async def _balanced(client: httpx.AsyncClient, relays: tuple[Relay, Relay], number: int) -> int:
    """Ask one relay, and the other when that is gone or draining."""
    for relay in (relays[number % 2], relays[1 - number % 2]):
        try:
            response = await client.post(
                f"http://127.0.0.1:{relay.port}/connect", json={"sdp": offer_of(number + 1)}
            )
        except httpx.ConnectError:
            continue
        if response.status_code != 503:
            return response.status_code
    return 0


def test_term_07_of_two_relays_one_may_be_replaced_under_load(upstream: Upstream, tmp_path: Path) -> None:
    async def run(first: Relay, second: Relay) -> list[int]:
        tell = asyncio.Event()
        connecting = asyncio.create_task(_connects(first, second, 60, tell))
        await tell.wait()
        first.process.send_signal(signal.SIGTERM)
        return await connecting

    upstream.set(place=(0.01, 0.1))
    with Relay(upstream, tmp_path) as first, Relay(upstream, tmp_path) as second:
        statuses = asyncio.run(run(first, second))
        assert first.process.wait(WITHIN_SECONDS) == 0

        assert statuses == [201] * 60
        assert len(upstream.live()) == 60
        eventually(lambda: second.ready()["calls"]["live"] == 60, 6, "calls were lost")


def test_term_with_two_workers_every_call_is_hung_up_and_nobody_is_left(
    upstream: Upstream, tmp_path: Path
) -> None:
    with Relay(upstream, tmp_path, workers=2) as relay:
        for marker in range(1, 9):
            relay.place(marker)
        workers = relay.workers()

        assert len(workers) == 2
        assert _end(relay)[0] == 0
        assert upstream.live() == []
        assert not any(is_running(pid) for pid in workers)
        assert "Traceback" not in relay.output


def test_term_05_with_two_workers_a_second_signal_is_immediate(upstream: Upstream, tmp_path: Path) -> None:
    with Relay(upstream, tmp_path, workers=2) as relay:
        upstream.set(held=True)
        relay.client.timeout = 0.3
        with pytest.raises(httpx.ReadTimeout):
            relay.connect(1)
        workers = relay.workers()
        relay.process.send_signal(signal.SIGTERM)
        relay.wait_for("stopping the workers")
        time.sleep(0.3)
        code, took = _end(relay)

    assert code == 0
    assert took < 2
    assert not any(is_running(pid) for pid in workers)
