"""Places and minutes at the web edge: what is refused, and what the caller is told."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from relay.core.rate import Rate
from relay.errors import UpstreamRateLimited
from tests.doubles.attended import PLANNED
from tests.doubles.call import a_caller
from tests.doubles.upstream import ANSWER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.doubles.relay import RelayDouble

pytestmark = pytest.mark.anyio

SIX_A_MINUTE = Rate(6, 60)


async def test_quota_02_of_200_racing_connects_of_one_caller_exactly_two_succeed(
    limited: Callable[..., RelayDouble],
) -> None:
    relay = limited(ceiling={"per_caller": 2}, most_in_flight=500)
    relay.upstream.placing.clear()
    racing = [asyncio.create_task(relay.connect()) for _ in range(200)]
    await asyncio.sleep(0.5)
    relay.upstream.placing.set()
    answers = await asyncio.gather(*racing)

    codes = [response.json()["code"] for response in answers if response.status_code != 201]
    assert codes == ["too_many_calls_of_caller"] * 198
    assert {response.status_code for response in answers} == {201, 429}
    assert relay.upstream.paid_requests == 2


@pytest.mark.parametrize("stage", ["form", "offer", "mint", "answer", "patience"])
async def test_quota_03_a_failed_attempt_holds_no_place_and_counts_for_the_rate(
    limited: Callable[..., RelayDouble], stage: str
) -> None:
    ceiling = {"total": 1, "per_caller": 1, "day_seconds_per_caller": 600}
    relay = limited(rate=Rate(3, 60), ceiling=ceiling, patience_seconds=0.05)
    if stage == "form":
        assert (await relay.connect(nonsense="x")).status_code == 400
    elif stage == "offer":
        assert (await relay.connect(sdp="v=0\r\n")).status_code == 422
    elif stage == "mint":
        relay.upstream.refuses = UpstreamRateLimited("later", retry_after=1)
        assert (await relay.connect()).status_code == 503
        relay.upstream.refuses = None
    elif stage == "answer":
        relay.upstream.answer = "no SDP"
        assert (await relay.connect()).status_code == 502
        relay.upstream.answer = ANSWER
    else:
        relay.upstream.minting.clear()
        assert (await relay.connect()).status_code == 504
        relay.upstream.minting.set()
    await relay.settle()
    relay.exchange.draining = False

    assert (await relay.store.counts()).open == 0
    assert (await relay.connect()).status_code == 201  # nothing of the ten minutes is missing
    assert (await relay.connect()).json()["code"] == "too_many_calls_of_caller"
    assert (await relay.connect()).json()["code"] == "rate_limited"


async def test_quota_10_without_the_store_nobody_is_let_in_and_everybody_is_told_soon(
    limited: Callable[..., RelayDouble],
) -> None:
    waits = []
    for rate in (SIX_A_MINUTE, None, SIX_A_MINUTE, None):
        relay = limited(rate=rate)
        path = relay.store._db.execute("PRAGMA database_list").fetchone()[2]
        with closing(sqlite3.connect(path, isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            refused = await relay.connect()
            first = time.monotonic() - began
            began = time.monotonic()
            more = await asyncio.gather(*(relay.connect() for _ in range(10)))
            waits.append(max(first, time.monotonic() - began))

        assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
        assert int(refused.headers["retry-after"]) > 0
        assert {response.status_code for response in more} == {503}
        assert relay.upstream.paid_requests == 0
        assert (await relay.connect()).status_code == 201
    assert min(waits) < 0.3  # the least: other tests may have kept the machine busy


async def test_quota_12_a_call_is_cut_to_what_is_left_and_the_next_is_refused(
    limited: Callable[..., RelayDouble],
) -> None:
    relay = limited(ceiling={"day_seconds_per_caller": 900})
    first, second = await relay.connect(), await relay.connect()
    third = await relay.connect()
    described = [(await relay.ask("GET", r.headers["location"])).json() for r in (first, second)]

    assert [body["limits"]["max_seconds"] for body in described] == [600.0, 300.0]
    assert described[1]["seconds_left"] == 300.0
    assert (third.status_code, third.json()["code"]) == (429, "minutes_spent")
    assert int(third.headers["retry-after"]) == 60
    assert relay.upstream.paid_requests == 2


async def test_quota_12_a_call_that_was_cut_is_hung_up_when_its_time_is_over(
    limited: Callable[..., RelayDouble],
) -> None:
    relay = limited(ceiling={"day_seconds_per_caller": 900})
    whole, cut = await relay.connect(), await relay.connect()
    relay.clock.advance(301)
    await relay.supervisor.look()
    await relay.settle()
    states = [(await relay.ask("GET", r.headers["location"])).json()["state"] for r in (whole, cut)]

    assert states == ["live", "ended"]


async def test_quota_12_a_call_that_was_cut_is_not_sent_when_its_time_is_over(
    limited: Callable[..., RelayDouble],
) -> None:
    relay = limited(ceiling={"day_seconds_per_caller": 630})
    ask = relay.supervisor.intend
    whole, cut = [(await ask(a_caller(), PLANNED, presence=False))[1] for _ in range(2)]
    relay.clock.advance(31)
    await relay.supervisor.look()

    assert (whole.max_seconds, cut.max_seconds) == (600.0, 30.0)
    assert relay.supervisor.wanted(whole.key)
    assert not relay.supervisor.wanted(cut.key)


async def test_the_minutes_of_everybody_are_not_the_callers_fault(
    limited: Callable[..., RelayDouble],
) -> None:
    relay = limited(ceiling={"day_seconds_total": 600})
    await relay.connect()
    refused = await relay.connect()

    assert (refused.status_code, refused.json()["code"]) == (503, "budget_exhausted")
    assert int(refused.headers["retry-after"]) > 0


async def test_quota_15_a_pause_by_another_process_refuses_everybody_at_once(
    limited: Callable[..., RelayDouble],
) -> None:
    relay = limited(rate=SIX_A_MINUTE)
    await relay.store.set_paused(paused=True)
    refused = await relay.connect()

    assert (refused.status_code, refused.json()["code"]) == (503, "paused")
    assert relay.upstream.paid_requests == 0


async def test_quota_15_a_pause_keeps_client_secrets_in_too(limited: Callable[..., RelayDouble]) -> None:
    relay = limited(direct=True)
    await relay.store.set_paused(paused=True)
    refused = await relay.ask("POST", "/api/session", json={})

    assert (refused.status_code, refused.json()["code"]) == (503, "paused")
    assert int(refused.headers["retry-after"]) == 60


async def test_what_is_refused_after_it_was_counted_tells_how_its_caller_stands(
    limited: Callable[..., RelayDouble],
) -> None:
    relay = limited(rate=SIX_A_MINUTE, ceiling={"per_caller": 1})
    await relay.connect()
    too_many = await relay.connect()
    wrong = await relay.ask("POST", "/connect", json={"sdp": "no"})

    assert (too_many.status_code, wrong.status_code) == (429, 422)
    assert too_many.headers["ratelimit"] == '"connects";r=4;t=61'
    assert wrong.headers["ratelimit"] == '"connects";r=3;t=61'
    assert too_many.headers["ratelimit-policy"] == wrong.headers["ratelimit-policy"]


async def test_nobody_is_sent_back_before_the_rate_lets_it_in(limited: Callable[..., RelayDouble]) -> None:
    relay = limited(rate=Rate(2, 60), ceiling={"per_caller": 1})
    await relay.connect()
    refused = await relay.connect()

    assert refused.json()["code"] == "too_many_calls_of_caller"
    assert int(refused.headers["retry-after"]) == refused.json()["retry_after"] == 61


async def test_the_page_learns_the_limits(limited: Callable[..., RelayDouble]) -> None:
    bounded = limited(rate=SIX_A_MINUTE, ceiling={"per_caller": 2, "day_seconds_per_caller": 3600})
    free = limited()
    told = [(await relay.ask("GET", "/config")).json()["limits"] for relay in (bounded, free)]
    names = ("connects", "calls_per_caller", "minutes_per_day")

    assert [told[0][name] for name in names] == [{"most": 6, "seconds": 60}, 2, 60]
    assert [told[1][name] for name in names] == [None, None, None]
