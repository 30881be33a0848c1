"""A slice of the storm with ``kill -9``; the whole is `make storm`."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.faults.house import Relay, Upstream, eventually
from tests.faults.kill import Lane, run_lanes
from tests.faults.verdict import judge
from tests.faults.visitor import Deed, Visit

if TYPE_CHECKING:
    from pathlib import Path


def test_load_04_no_call_of_a_killed_relay_outlives_its_reason() -> None:
    lanes = [
        Lane("the process", 1, kills=1, max_seconds=6, quick=True),
        Lane("one of 2 workers", 2, kills=1, workers=2, quick=True),
        Lane("the parent of 2 workers", 3, kills=1, workers=2, quick=True),
    ]
    outcomes = asyncio.run(run_lanes(lanes))

    for outcome in outcomes:
        assert outcome.holds, outcome
        assert outcome.verdict.created > 5


def test_load_04_a_call_named_and_not_answered_is_hung_up_after_the_crash(tmp_path: Path) -> None:
    with Upstream() as upstream:
        upstream.set(place=(0, 0), place_faults=["half"])
        with Relay(upstream, tmp_path) as relay, ThreadPoolExecutor(1) as pool:
            asking = pool.submit(relay.connect, 1)  # and goes on waiting: one that leaves ends its call
            eventually(lambda: [row["state"] for row in relay.rows()] == ["named"], 5, "it was not named")
            relay.kill()
            with pytest.raises(httpx.HTTPError):
                asking.result(10)
        assert len(upstream.live()) == 1
        with Relay(upstream, tmp_path) as relay:
            took = eventually(lambda: not upstream.live(), 10, "the call was left behind")
            (row,) = relay.rows()

    assert row["reason"] == "crash"
    assert took < 6


def test_an_intent_of_a_killed_relay_is_in_doubt_and_shown(tmp_path: Path) -> None:
    with Upstream() as upstream:
        upstream.set(place=(5, 5))
        with Relay(upstream, tmp_path) as relay:
            relay.client.timeout = 0.5
            with pytest.raises(httpx.ReadTimeout):
                relay.connect(1)
            relay.kill()
        with Relay(upstream, tmp_path) as relay:
            eventually(lambda: relay.ready()["calls"]["in_doubt"] == 1, 8, "the doubt is not shown")
            assert relay.ready()["status"] == "ready"
            assert "a call is in doubt" in relay.output


def test_a_call_goes_on_through_a_crash_and_keeps_its_clock(tmp_path: Path) -> None:
    limits = {"RELAY_MAX_CALL_SECONDS": "9"}
    with Upstream() as upstream:
        upstream.quick()
        with Relay(upstream, tmp_path, limits) as relay:
            began = time.monotonic()
            place = relay.place(1)
            relay.kill()
        with Relay(upstream, tmp_path, limits) as relay:
            time.sleep(5)
            assert relay.client.get(place).json()["state"] == "live"
            eventually(lambda: not upstream.live(), 12, "the call was left behind")
            lasted = upstream.calls()[0]["hung_up"] - began

            assert relay.client.get(place).json()["reason"] == "max_duration"
    assert 8.9 < lasted < 11


def test_the_judge_tells_an_orphan_a_wrong_end_and_a_double() -> None:
    stayed = Visit(1, Deed.HANG_UP, 0, 1, status=201, sent=1, answered=2, asked_to_end=10, left=10)
    gone = Visit(2, Deed.WAITING, 0, 1, sent=1, left=2)
    ended_early = {
        "id": "a",
        "marker": 1,
        "created": 1.5,
        "answered": 2,
        "hung_up": 5,
        "hang_ups": [(5, 200)],
    }
    never_ended = {"id": "b", "marker": 2, "created": 1.5, "answered": 3, "hung_up": None, "hang_ups": []}
    again = {**never_ended, "id": "c", "hung_up": 3.5, "hang_ups": [(3.5, 200), (4, 404)]}

    verdict = judge([stayed, gone], [ended_early, never_ended, again], [], [(0, 60)], presence_seconds=3)

    assert len(verdict.orphans) == 1
    assert len(verdict.wrongly_ended) == 1
    assert (verdict.doubles, verdict.asked_twice) == (1, 1)
    assert verdict.seconds["left"] == [0.5]
