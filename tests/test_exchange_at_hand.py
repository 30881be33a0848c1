"""The answer that comes along with its call: both are recorded in one step, and nothing else changes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from relay.core.call import Event, ImpossibleEvent, Reason, State
from relay.core.upstream import CallRef
from relay.errors import StoreUnavailable
from tests.doubles.attended import PLANNED
from tests.doubles.call import BEGINNING, a_call, a_caller
from tests.doubles.relay import RelayDouble
from tests.doubles.upstream import ANSWER
from tests.store.opened import admit, opened, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(name="relay")
def _relay(tmp_path: Path) -> Iterator[RelayDouble]:
    relay = RelayDouble(tmp_path)
    relay.upstream.at_hand = True
    yield relay
    run(relay.store.close())


async def kinds(relay: RelayDouble) -> list[tuple[State, Reason | None]]:
    return [(call.state, call.reason) for call in await relay.store.recent(10, only_open=False)]


@pytest.mark.anyio
async def test_the_call_is_live_and_its_name_is_known(relay: RelayDouble) -> None:
    response = await relay.connect()

    assert (response.status_code, response.text) == (201, ANSWER)
    (call,) = await relay.store.recent(10, only_open=True)
    assert (call.state, call.upstream_id) == (State.LIVE, "rtc_1")
    assert call.answered == call.seen == relay.clock.now()


@pytest.mark.anyio
async def test_up_21_a_call_without_a_usable_answer_is_named_all_the_same_and_hung_up(
    relay: RelayDouble,
) -> None:
    relay.upstream.answer = "v=0\r\n"
    response = await relay.connect()
    await relay.settle()

    assert response.json()["code"] == "upstream_bad_answer"
    assert relay.upstream.hung_up == ["rtc_1"]
    assert await kinds(relay) == [(State.ENDED, Reason.BAD_ANSWER)]


@pytest.mark.anyio
async def test_a_store_that_fails_between_lets_the_call_be_hung_up_by_its_name(
    relay: RelayDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    for method in ("hand_over", "record", "claim_hang_up"):
        monkeypatch.setattr(relay.store, method, away)
    response = await relay.connect()
    await relay.settle()

    assert response.json()["code"] == "store_unavailable"
    assert relay.upstream.hung_up == ["rtc_1"]


@pytest.mark.anyio
async def test_what_cannot_be_recorded_at_once_is_recorded_step_by_step(
    relay: RelayDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def impossible(*_: object, **__: object) -> None:
        raise ImpossibleEvent

    monkeypatch.setattr(relay.store, "hand_over", impossible)

    assert (await relay.connect()).status_code == 201
    assert await kinds(relay) == [(State.LIVE, None)]


@pytest.mark.anyio
@pytest.mark.parametrize("turns", [1, 2], ids=["before it is written", "after it is written"])
async def test_a_call_that_is_ended_while_its_answer_is_handed_over_is_hung_up(
    relay: RelayDouble, turns: int
) -> None:
    supervisor = relay.supervisor
    _, call = await supervisor.intend(a_caller(), PLANNED, presence=False)
    relay.upstream.live.add("rtc_1")
    handing = asyncio.ensure_future(supervisor.handed_over(call.key, CallRef("d", "rtc_1")))
    for _ in range(turns):
        await asyncio.sleep(0)
    assert not handing.done()
    await supervisor.end(call.key, Reason.LEFT)

    assert not await handing
    await relay.settle()
    assert relay.upstream.hung_up == ["rtc_1"]
    assert await kinds(relay) == [(State.ENDED, Reason.LEFT)]
    assert supervisor.open_calls == 0


@pytest.mark.anyio
async def test_a_call_that_is_ended_as_the_store_goes_away_while_it_is_handed_over_is_hung_up(
    relay: RelayDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    supervisor = relay.supervisor
    _, call = await supervisor.intend(a_caller(), PLANNED, presence=False)
    relay.upstream.live.add("rtc_1")
    handing = asyncio.ensure_future(supervisor.handed_over(call.key, CallRef("d", "rtc_1")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # it is written, and nobody knows yet
    for method in ("record", "get", "claim_hang_up"):
        monkeypatch.setattr(relay.store, method, away)
    await supervisor.end(call.key, Reason.LEFT)

    with pytest.raises(StoreUnavailable):
        await handing
    await supervisor.look()
    await relay.settle()
    assert relay.upstream.hung_up == ["rtc_1"]


def test_both_steps_leave_what_two_would(tmp_path: Path) -> None:
    with opened(tmp_path / "one.sqlite3") as one, opened(tmp_path / "two.sqlite3") as two:
        key = admit(one, a_call()).key
        admit(two, a_call())
        run(one.hand_over(key, BEGINNING, upstream_id="rtc_x"))
        run(two.record(key, Event.NAMED, BEGINNING, upstream_id="rtc_x"))
        run(two.record(key, Event.ANSWERED, BEGINNING))

        assert run(one.get(key)) == run(two.get(key))
        assert run(one.entries(key)) == run(two.entries(key))
        assert run(one.counts()) == run(two.counts())
        assert run(one.hand_over("unknown", BEGINNING, upstream_id="rtc_x")) is None


def test_a_call_that_was_ended_meanwhile_is_not_live(tmp_path: Path) -> None:
    with opened(tmp_path / "one.sqlite3") as store:
        key = admit(store, a_call()).key
        run(store.record(key, Event.REASON, BEGINNING, reason=Reason.LEFT))
        both = run(store.hand_over(key, BEGINNING, upstream_id="rtc_x"))

        assert both is not None
        assert both[1].call.state is State.ENDING
        assert not both[1].call.wanted
