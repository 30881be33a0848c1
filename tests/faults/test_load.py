"""More than the relay takes, browsers that leave at every stage, and two relays on one store."""

from __future__ import annotations

import asyncio
import resource
import statistics
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.faults.house import Relay, Upstream, eventually, offer_of
from tests.faults.visitor import Deed, Storm, Visit

if TYPE_CHECKING:
    from pathlib import Path

CAPACITY = 200
BURST = 1_000


async def _burst(relay: Relay, upstream: Upstream) -> list[Visit]:
    """Let many come at once, and none of them be answered before the others are refused."""
    visits = [Visit(marker, Deed.AFTER_ANSWER, 0, 0) for marker in range(1, BURST + 1)]
    coming = asyncio.create_task(Storm(relay.port, visits, presence=False).run())
    for _ in range(600):
        await asyncio.sleep(0.05)
        if sum(visit.status == 503 for visit in visits) == BURST - CAPACITY:
            break
    await asyncio.to_thread(upstream.set, held=False)
    await coming
    return visits


def test_load_01_a_burst_beyond_capacity_is_refused_at_once(upstream: Upstream, tmp_path: Path) -> None:
    upstream.set(held=True)
    settings = {"RELAY_IN_FLIGHT": str(CAPACITY), "RELAY_EXCHANGE_SECONDS": "60"}
    with Relay(upstream, tmp_path, settings) as relay:
        visits = asyncio.run(_burst(relay, upstream))

        answered = [visit for visit in visits if visit.status == 201]
        refused = [visit.code for visit in visits if visit.status == 503]
        assert (len(answered), len(refused), set(refused)) == (CAPACITY, BURST - CAPACITY, {"busy"})
        assert len(upstream.calls()) == CAPACITY
        assert relay.is_up()
        for visit in answered:
            assert relay.client.delete(visit.location).status_code == 204
        eventually(lambda: not upstream.live(), 10, "a call was left behind")


async def _refusals(port: int, count: int) -> list[float]:
    """Refusals one after the other, while the relay is full."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        seconds = []
        for marker in range(count):
            began = time.monotonic()
            response = await client.post("/connect", json={"sdp": offer_of(marker)})
            seconds.append(time.monotonic() - began)
            assert (response.status_code, response.json()["code"]) == (503, "busy")
            assert int(response.headers["retry-after"]) > 0
        return seconds


def test_load_01_a_refusal_takes_no_time(upstream: Upstream, tmp_path: Path) -> None:
    upstream.set(held=True)

    async def run(port: int) -> list[float]:
        waiting = Storm(port, [Visit(n, Deed.AFTER_ANSWER, 0, 9) for n in range(1, 21)], presence=False)
        filling = asyncio.create_task(waiting.run())
        await asyncio.sleep(1)
        seconds = await _refusals(port, 100)
        await asyncio.to_thread(upstream.set, held=False)
        await filling
        return seconds

    with Relay(upstream, tmp_path, {"RELAY_IN_FLIGHT": "20"}) as relay:
        seconds = asyncio.run(run(relay.port))

    assert statistics.quantiles(seconds, n=10)[0] < 0.05  # what delays each delays the fastest tenth, too


def test_more_calls_than_allowed_are_refused_and_a_hang_up_makes_room(
    upstream: Upstream, tmp_path: Path
) -> None:
    with Relay(upstream, tmp_path, {"RELAY_CALLS_TOTAL": "3"}) as relay:
        places = [relay.place(marker) for marker in (1, 2, 3)]
        refused = relay.connect(4)
        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_calls")
        relay.client.delete(places[0])
        eventually(lambda: len(upstream.live()) == 2, 5, "not hung up")

        eventually(lambda: relay.connect(5).status_code == 201, 2, "no room was made")


@pytest.mark.parametrize("deed", [Deed.HALF_BODY, Deed.WAITING, Deed.MID_ANSWER, Deed.AFTER_ANSWER])
@pytest.mark.parametrize("marker", [1, 2], ids=["reset", "closed"])
def test_load_03_a_browser_may_leave_at_any_stage(
    deed: Deed, marker: int, relay: Relay, upstream: Upstream
) -> None:
    upstream.set(place=(1.5, 1.5))
    visit = Visit(marker, deed, 0, patience=1.0)

    asyncio.run(Storm(relay.port, [visit]).run())
    left = time.monotonic()
    if deed is Deed.HALF_BODY:
        time.sleep(0.5)
        assert upstream.ledger()["mints"] == 0
    else:
        eventually(upstream.calls, 3, "no call came into being")

    eventually(lambda: not upstream.live(), 5, "the call was left behind")
    assert len(upstream.calls()) <= 1
    assert time.monotonic() - left < 7
    assert relay.ready()["calls"] == {"live": 0, "in_doubt": 0, "unkilled": 0}


def test_load_03_a_browser_that_leaves_during_the_mint_costs_nothing(
    relay: Relay, upstream: Upstream
) -> None:
    upstream.set(mint=(0.5, 0.5))

    asyncio.run(Storm(relay.port, [Visit(1, Deed.WAITING, 0, patience=0.2)]).run())
    eventually(lambda: upstream.ledger()["mints"] == 1, 2, "nothing was minted")
    time.sleep(0.3)

    assert upstream.calls() == []
    assert [row["state"] for row in relay.rows()] == ["ended"]


def test_load_06_two_relays_on_one_file_hang_an_expired_call_up_once(
    upstream: Upstream, tmp_path: Path
) -> None:
    limit = {"RELAY_MAX_CALL_SECONDS": "2"}
    with Relay(upstream, tmp_path, limit) as first, Relay(upstream, tmp_path, limit) as second:
        places = [relay.place(marker) for marker, relay in enumerate((first, second) * 5, start=1)]
        assert second.client.get(places[0]).json()["state"] == "live"
        eventually(lambda: not upstream.live(), 6, "a call was left behind")
        time.sleep(1)

        assert [len(call["hang_ups"]) for call in upstream.calls()] == [1] * 10
        assert first.client.get(places[1]).json()["reason"] == "max_duration"


def test_load_06_the_calls_of_a_killed_relay_are_ended_by_the_other_one(
    upstream: Upstream, tmp_path: Path
) -> None:
    with Relay(upstream, tmp_path) as survivor, Relay(upstream, tmp_path) as victim:
        places = [victim.place(marker) for marker in range(1, 6)]
        victim.kill()
        for place in places:
            assert survivor.client.delete(place).status_code == 204
        took = eventually(lambda: not upstream.live(), 8, "a call was left behind")

        assert [len(call["hang_ups"]) for call in upstream.calls()] == [1] * 5
    assert took < 6


def test_load_07_a_call_is_hung_up_within_two_seconds_of_its_limit(
    upstream: Upstream, tmp_path: Path
) -> None:
    with Relay(upstream, tmp_path, {"RELAY_MAX_CALL_SECONDS": "2"}) as relay:
        began = time.monotonic()
        place = relay.place(1)
        eventually(lambda: not upstream.live(), 6, "the call was left behind")
        reason = relay.client.get(place).json()["reason"]
        audit = eventually(lambda: '"reason": "max_duration"' in relay.output, 2, relay.output)

    lasted = upstream.calls()[0]["hung_up"] - began
    assert 2.0 <= lasted < 4.0
    assert reason == "max_duration"
    assert audit < 2


def test_load_10_hang_ups_do_not_queue_behind_connects(upstream: Upstream, tmp_path: Path) -> None:
    """The connects wait until every hang-up is done; one that waited for them would wait for ever."""
    count = 100
    placed = [Visit(marker, Deed.KEEP, 0, 0) for marker in range(1, count + 1)]
    behind = [Visit(marker, Deed.AFTER_ANSWER, 0, 0) for marker in range(1001, 1001 + count)]

    async def run(port: int) -> None:
        storm = Storm(port, placed)
        staying = asyncio.create_task(storm.run())
        await asyncio.to_thread(eventually, lambda: all(visit.answered for visit in placed), 50, "no answer")
        upstream.set(held=True)
        waiting = asyncio.create_task(Storm(port, behind).run())
        minted = 2 * count
        await asyncio.to_thread(eventually, lambda: upstream.ledger()["mints"] >= minted, 50, "no connect")
        storm.over.set()
        await staying
        await asyncio.to_thread(eventually, lambda: not upstream.live(), 50, "not every call was hung up")
        assert not any(visit.status for visit in behind)
        upstream.set(held=False)
        await waiting

    settings = {"RELAY_EXCHANGE_SECONDS": "60", "RELAY_KEEP_SECRETS": "off"}  # mints count the connects
    with Relay(upstream, tmp_path, settings) as relay:
        asyncio.run(run(relay.port))
        eventually(lambda: not upstream.live(), 15, "not every call was hung up")

    assert [visit.status for visit in placed + behind] == [201] * 2 * count
    assert [len(call["hang_ups"]) for call in upstream.calls()] == [1] * 2 * count


def test_load_12_few_file_descriptors_refuse_and_do_not_kill(upstream: Upstream, tmp_path: Path) -> None:
    upstream.set(place=(0.5, 0.5))
    with Relay(upstream, tmp_path, {"RELAY_IN_FLIGHT": "40"}) as relay:
        resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE, (64, 64))
        visits = [Visit(marker, Deed.AFTER_ANSWER, 0, 9) for marker in range(1, 121)]
        with suppress(TimeoutError):
            asyncio.run(asyncio.wait_for(Storm(relay.port, visits).run(), 15))

        eventually(lambda: _answers(relay), 10, "the relay does not recover")
        eventually(lambda: not upstream.live(), 13, "a call was left behind")
        assert relay.connect(999).status_code == 201


def _answers(relay: Relay) -> bool:
    with suppress(httpx.TransportError):
        return relay.is_up()
    return False
