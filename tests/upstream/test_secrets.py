"""Kept client secrets: how many are minted, when, for whom, and when one is let go of."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relay.core.upstream import ClientSecret, Plan
from relay.errors import UpstreamError, UpstreamTimeout
from relay.stopwatch import Stopwatch
from relay.upstream import secrets
from relay.upstream.secrets import KEPT_LIFE_SECONDS, MARGIN_SECONDS, KeptSecrets
from tests.secrecy import CLIENT_SECRET
from tests.upstream.parts import PLAN, in_seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from relay.errors import UpstreamProblem

pytestmark = pytest.mark.anyio

START = 1_000.0
WALL = 1_800_000_000.0
OTHER = replace(PLAN, deployment="other")


class MintDouble:
    """Mints numbered client secrets; held while `open` is not set."""

    def __init__(self) -> None:
        self.minted: list[Plan] = []
        self.fails: UpstreamProblem | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.life = float(KEPT_LIFE_SECONDS)
        self.asked_life: int | None = None

    async def client_secret(
        self, plan: Plan, *, life_seconds: int, deadline: float, stopwatch: Stopwatch
    ) -> ClientSecret:
        self.minted.append(plan)
        self.asked_life = life_seconds
        number = len(self.minted)
        await self.open.wait()
        if self.fails is not None:
            raise self.fails
        return ClientSecret(f"{CLIENT_SECRET}{number}", int(WALL + self.life))


class House:
    """Kept client secrets on a clock that is moved by hand, and sleeps that end when they are told to."""

    def __init__(self) -> None:
        self.mint = MintDouble()
        self.now = START
        self.wall = WALL
        self.woken = asyncio.Event()
        self.kept = KeptSecrets(
            self.mint,  # type: ignore[arg-type] # a double
            clock=lambda: self.now,
            wall=lambda: self.wall + self.now - START,
            sleep=self._sleep,
            draw=lambda: 0.0,
        )

    async def _sleep(self, _seconds: float) -> None:
        self.woken.clear()
        await self.woken.wait()

    async def get(self, plan: Plan = PLAN, *, seconds: float = 5) -> str:
        stopwatch = Stopwatch(asyncio.get_running_loop().time)
        return (await self.kept.get(plan, deadline=in_seconds(seconds), stopwatch=stopwatch)).value

    async def look(self) -> None:
        """Let the task that keeps warm look once."""
        self.woken.set()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture(name="house")
async def _house() -> AsyncIterator[House]:
    house = House()
    yield house
    house.mint.open.set()
    await house.kept.close()


async def test_one_client_secret_serves_every_call_of_a_plan(house: House) -> None:
    shown = {await house.get() for _ in range(5)}

    assert shown == {f"{CLIENT_SECRET}1"}
    assert house.mint.asked_life == KEPT_LIFE_SECONDS


async def test_another_plan_gets_another_one(house: House) -> None:
    assert await house.get() != await house.get(OTHER)


async def test_one_mint_serves_however_many_wait(house: House) -> None:
    house.mint.open.clear()
    waiting = [asyncio.create_task(house.get()) for _ in range(500)]
    await house.settle()
    house.mint.open.set()

    assert set(await asyncio.gather(*waiting)) == {f"{CLIENT_SECRET}1"}
    assert len(house.mint.minted) == 1


async def test_who_stops_waiting_takes_nothing_from_the_others(house: House) -> None:
    house.mint.open.clear()
    leaving, staying = asyncio.create_task(house.get()), asyncio.create_task(house.get())
    await house.settle()
    leaving.cancel()
    await house.settle()
    house.mint.open.set()

    assert await staying == f"{CLIENT_SECRET}1"


async def test_a_waiter_waits_no_longer_than_its_own_deadline(house: House) -> None:
    house.mint.open.clear()

    with pytest.raises(UpstreamTimeout):
        await house.get(seconds=0.01)


async def test_every_waiter_is_told_what_kept_it_from_being_minted_in_a_problem_of_its_own(
    house: House,
) -> None:
    house.mint.fails = UpstreamError("The upstream failed.")
    told = await asyncio.gather(house.get(), house.get(), return_exceptions=True)

    assert [type(problem) for problem in told] == [UpstreamError] * 2
    assert told[0] is not told[1]
    assert len(house.mint.minted) == 1


async def test_a_failure_is_not_kept(house: House) -> None:
    house.mint.fails = UpstreamError("The upstream failed.")
    with pytest.raises(UpstreamError):
        await house.get()
    house.mint.fails = None

    assert await house.get() == f"{CLIENT_SECRET}2"


async def test_it_is_minted_again_ahead_and_nobody_waits_for_it(house: House) -> None:
    await house.get()
    house.now = START + KEPT_LIFE_SECONDS - MARGIN_SECONDS - 30
    house.mint.open.clear()
    in_the_meantime = [await house.get(), await house.get()]
    house.mint.open.set()
    await house.settle()

    assert in_the_meantime == [f"{CLIENT_SECRET}1"] * 2
    assert await house.get() == f"{CLIENT_SECRET}2"
    assert len(house.mint.minted) == 2


async def test_none_is_shown_that_could_expire_while_the_exchange_lasts(house: House) -> None:
    await house.get()
    house.now = START + KEPT_LIFE_SECONDS - MARGIN_SECONDS

    assert await house.get() == f"{CLIENT_SECRET}2"


async def test_a_failed_renewal_pauses_and_the_old_one_serves_on(house: House) -> None:
    await house.get()
    house.now = START + KEPT_LIFE_SECONDS - MARGIN_SECONDS - 30
    house.mint.fails = UpstreamError("The upstream failed.")
    for _ in range(10):
        assert await house.get() == f"{CLIENT_SECRET}1"
        await house.settle()

    assert len(house.mint.minted) == 2


@pytest.mark.parametrize("life", [7200.0, 1e6])
async def test_a_longer_life_than_was_asked_for_is_not_relied_on(house: House, life: float) -> None:
    house.mint.life = life
    await house.get()
    house.now = START + KEPT_LIFE_SECONDS - MARGIN_SECONDS

    assert await house.get() == f"{CLIENT_SECRET}2"


@pytest.mark.parametrize("life", [-600.0, 10.0, MARGIN_SECONDS])
async def test_one_that_lives_too_short_serves_who_waits_and_is_not_kept(house: House, life: float) -> None:
    house.mint.life = life

    assert [await house.get(), await house.get()] == [f"{CLIENT_SECRET}1", f"{CLIENT_SECRET}2"]


async def test_load_08_a_wall_clock_that_jumps_keeps_none_too_long(house: House) -> None:
    await house.get()
    house.wall -= 3600
    house.now = START + KEPT_LIFE_SECONDS - MARGIN_SECONDS

    assert await house.get() == f"{CLIENT_SECRET}2"


async def test_one_that_was_refused_is_not_given_again(house: House) -> None:
    first = await house.get()
    house.kept.refused(PLAN, ClientSecret(first, int(WALL + KEPT_LIFE_SECONDS)))

    assert await house.get() == f"{CLIENT_SECRET}2"


async def test_a_late_refusal_of_the_one_before_takes_nothing_away(house: House) -> None:
    first = ClientSecret(await house.get(), int(WALL + KEPT_LIFE_SECONDS))
    house.kept.refused(PLAN, first)
    second = await house.get()
    house.kept.refused(PLAN, first)

    assert await house.get() == second


async def test_their_number_is_bounded_and_the_one_wanted_longest_ago_goes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "MOST_KEPT", 3)
    plans = [replace(PLAN, deployment=f"d{number}") for number in range(4)]
    for plan in plans[:3]:
        await house.get(plan)
    await house.get(plans[0])
    await house.get(plans[3])
    minted = len(house.mint.minted)
    await house.get(plans[0])
    assert len(house.mint.minted) == minted
    await house.get(plans[1])

    assert len(house.mint.minted) == minted + 1


async def test_a_fixed_plan_is_warm_from_the_start_and_stays_so(house: House) -> None:
    house.kept.keep_warm([PLAN])
    house.kept.start()
    await house.settle()
    for _ in range(100):
        house.now += 30
        house.mint.life = house.now - START + KEPT_LIFE_SECONDS
        await house.look()
        minted = len(house.mint.minted)
        await house.get()
        assert len(house.mint.minted) == minted, "a caller had to wait for a mint"

    assert 3000 / KEPT_LIFE_SECONDS < len(house.mint.minted) <= 9


async def test_a_warm_plan_is_not_let_go_of_for_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "MOST_KEPT", 2)
    house.kept.keep_warm([PLAN])
    house.kept.start()
    await house.settle()
    for number in range(5):
        await house.get(replace(PLAN, deployment=f"d{number}"))
    minted = len(house.mint.minted)
    await house.get()

    assert len(house.mint.minted) == minted


async def test_an_upstream_that_fails_is_said_once_and_asked_again(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.kept.keep_warm([PLAN])
    house.mint.fails = UpstreamError("The upstream failed.")
    house.kept.start()
    await house.settle()
    for _ in range(3):
        await house.look()
    house.mint.fails = None
    await house.look()

    assert len(house.mint.minted) == 5
    assert [record.message for record in caplog.records].count("no client secret is to be had") == 1
    assert await house.get() == f"{CLIENT_SECRET}5"


async def test_a_fault_of_ours_reaches_the_log_and_who_waits(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.mint.client_secret = None  # type: ignore[assignment,method-assign]

    with pytest.raises(TypeError):
        await house.get()
    assert "minting failed unexpectedly" in caplog.text


async def test_sec_03_nothing_that_is_printed_shows_one(house: House) -> None:
    await house.get()

    assert CLIENT_SECRET not in repr(house.kept) + repr(vars(house.kept))


async def test_closing_ends_a_mint_under_way(house: House) -> None:
    house.mint.open.clear()
    waiting = asyncio.create_task(house.get())
    await house.settle()
    await house.kept.close()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_one_that_lives_shorter_than_was_asked_is_not_due_at_once(house: House) -> None:
    house.mint.life = MARGIN_SECONDS + 40
    await house.get()
    house.now += 19
    await house.get()
    await house.settle()
    assert len(house.mint.minted) == 1

    house.now += 2
    await house.get()
    await house.settle()
    assert len(house.mint.minted) == 2


async def test_what_is_kept_warm_anew_is_looked_at_at_once(house: House) -> None:
    house.kept.start()
    await house.settle()
    house.kept.keep_warm([PLAN])
    await house.settle()

    assert house.mint.minted == [PLAN]


async def test_no_more_is_kept_warm_than_can_be_kept_and_that_is_said(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(secrets, "MOST_KEPT", 3)
    house.kept.keep_warm([replace(PLAN, deployment=f"d{number}") for number in range(5)])
    house.kept.start()
    await house.settle()
    for _ in range(3):
        await house.look()

    assert [plan.deployment for plan in house.mint.minted] == ["d0", "d1", "d2"]
    assert "not every profile is kept warm" in caplog.text


async def test_many_that_are_kept_warm_are_minted_a_few_at_once(house: House) -> None:
    house.mint.open.clear()
    house.kept.keep_warm([replace(PLAN, deployment=f"d{number}") for number in range(20)])
    house.kept.start()
    await house.settle()
    assert len(house.mint.minted) == 8

    house.mint.open.set()
    for _ in range(5):
        await house.settle()
    assert len(house.mint.minted) == 20
