"""What a call's account books, tells and ends."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from relay.account import MOST_WAITING, CallAccount, Money
from relay.core.call import Reason
from relay.core.facts import ItemAdded, Tokens, Used
from relay.core.price import Price, picos_from
from relay.core.profile import ProfileLimits
from relay.errors import StoreUnavailable
from tests.doubles.attended import SUPPORT, Attending
from tests.store.opened import admit, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from relay.core.account import Account
    from relay.store.sqlite import SqliteStore

pytestmark = pytest.mark.anyio

PRICES = {
    "gpt-realtime": Price(
        text_in=Decimal(4), audio_in=Decimal(32), text_out=Decimal(16), audio_out=Decimal(64)
    ),
    "transcriber": Price(audio_in=Decimal(6), text_in=Decimal("2.5"), text_out=Decimal(10)),
}
DOLLAR = Tokens(text_in=250_000)
"""What costs one dollar."""


def response(number: int = 1, tokens: Tokens = DOLLAR) -> Used:
    return Used("response", f"resp_{number}", tokens)


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Iterator[SqliteStore]:
    with opened(tmp_path / "calls.db") as store:
        yield store


class Kept:
    """An account of a call that is in the store."""

    def __init__(self, store: SqliteStore, *, limits: ProfileLimits | None = None, **money: Any) -> None:
        self.store = store
        self.attending = Attending(
            profile=replace(
                SUPPORT,
                transcription={"model": "transcriber"},
                limits=limits or ProfileLimits(),
                shows_cost=True,
            )
        )
        self.slept: list[float] = []
        self.wake = asyncio.Event()
        self.key = self.attending.attended.call.key
        admit(store, self.attending.attended.call)
        self.part = self.part_again(Money(prices=PRICES, **money))

    def part_again(self, money: Money) -> CallAccount:
        return CallAccount(self.attending.attended, store=self.store, money=money, sleep=self._sleep)

    async def account(self) -> Account:
        return await self.store.account(self.key)

    @property
    def warnings(self) -> list[dict[str, object]]:
        return [body for kind, body in self.attending.published if kind == "warning"]

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.wake.wait()


class AwayStore:
    """A store that comes and goes."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.away = False

    def __getattr__(self, name: str) -> Any:
        if self.away:
            raise StoreUnavailable
        return getattr(self._store, name)


async def test_every_response_is_booked_with_its_price_and_told(store: SqliteStore) -> None:
    kept = Kept(store)
    await kept.part.attached(again=False)
    await kept.part.take(response(1, Tokens(text_in=10, audio_out=20)))
    await kept.part.take(Used("transcription", "item_1/0", Tokens(audio_in=30, text_out=5)))
    await kept.part.close()

    account = await kept.account()
    assert account.tokens == Tokens(text_in=10, audio_in=30, text_out=5, audio_out=20)
    assert account.cost == picos_from(
        Decimal("0.00004") + Decimal("0.00128") + Decimal("0.00018") + Decimal("0.00005")
    )
    assert account.complete
    assert [body["cost"] for _, body in kept.attending.published] == ["0.0013", "0.0016"]


async def test_a_response_that_is_told_twice_is_booked_and_published_once(store: SqliteStore) -> None:
    kept = Kept(store)
    await kept.part.take(response())
    await kept.part.take(response())

    assert (await kept.account()).responses == 1
    assert len(kept.attending.published) == 1


async def test_a_deployment_without_a_price_has_an_unknown_cost(store: SqliteStore) -> None:
    kept = Kept(store)
    await kept.part_again(Money()).take(response())

    assert [body["cost"] for _, body in kept.attending.published] == [None]


@pytest.mark.parametrize("bound", ["per_call", "caller_per_day", "all_per_day"])
async def test_a_spent_budget_is_warned_of_and_then_ends_the_call(store: SqliteStore, bound: str) -> None:
    bounds: dict[str, Any] = {bound: picos_from(Decimal(10))}
    kept = Kept(store, **bounds)
    for number in range(8):
        await kept.part.take(response(number))
    near = list(kept.warnings)
    for number in range(8, 10):
        await kept.part.take(response(number))
    await asyncio.sleep(0)
    before = list(kept.attending.ended)
    await kept.part.take(response(11))
    kept.wake.set()
    await asyncio.sleep(0.01)

    assert near == [{"seconds_left": None, "cause": "money"}]
    assert kept.warnings == [*near, {"seconds_left": 10, "cause": "money"}]
    assert (before, kept.slept, kept.attending.ended) == ([], [10], [Reason.BUDGET])


async def test_a_profiles_own_budget_takes_the_place_of_the_general_one(store: SqliteStore) -> None:
    kept = Kept(store, limits=ProfileLimits(money_per_call=Decimal("0.5")), per_call=picos_from(Decimal(100)))
    await kept.part.take(response())

    assert kept.warnings == [{"seconds_left": 10, "cause": "money"}]
    await kept.part.close()


async def test_money_of_another_call_counts_for_the_caller(store: SqliteStore) -> None:
    kept = Kept(store, caller_per_day=picos_from(Decimal(2)))
    other = replace(kept.attending.attended.call, key="f" * 64)
    await store.book(other, "gpt-realtime", response(9), picos_from(Decimal(5)), other.created)
    await kept.part.take(response())

    assert kept.warnings == [{"seconds_left": 10, "cause": "money"}]
    await kept.part.close()


async def test_an_adopted_call_whose_budget_is_spent_is_ended_without_waiting_for_the_next_turn(
    store: SqliteStore,
) -> None:
    kept = Kept(store, per_call=picos_from(Decimal(1)))
    await kept.part.attached(again=False)
    await kept.part.take(response())
    await kept.part.close()
    adopted = kept.part_again(Money(prices=PRICES, per_call=picos_from(Decimal(1))))
    kept.wake.set()
    await adopted.attached(again=True)
    await asyncio.sleep(0.01)

    assert kept.attending.ended == [Reason.BUDGET]
    assert (await kept.account()).gaps == 1


async def test_every_attachment_but_an_early_first_one_leaves_a_gap(store: SqliteStore) -> None:
    kept = Kept(store)
    await kept.part.attached(again=False)
    assert (await kept.account()).complete
    await kept.part.lost()
    await kept.part.attached(again=True)
    await kept.part.close()

    assert (await kept.account()).gaps == 1


@pytest.mark.parametrize(
    ("after", "seconds", "heard", "gaps"),
    [
        ("", 0.1, True, 0),
        ("item_0", 0.1, True, 1),  # somebody said something before
        ("", 5.0, True, 0),  # late, but nothing was before
        ("", 5.0, False, 1),  # late, and nobody can tell
        ("", 0.9, False, 0),
    ],
)
async def test_what_was_said_before_the_sideband_was_attached_leaves_a_gap(
    store: SqliteStore, after: str, seconds: float, gaps: int, *, heard: bool
) -> None:
    kept = Kept(store)
    kept.attending.clock.advance(seconds)
    await kept.part.attached(again=False)
    if heard:
        await kept.part.take(ItemAdded("item_1", "user", "message", spoken=True, after=after))
        await kept.part.take(ItemAdded("item_2", "assistant", "message", spoken=True, after="item_1"))
    await kept.part.close()

    assert (await kept.account()).gaps == gaps


@pytest.mark.parametrize("lost", [True, False])
async def test_a_call_that_ends_unheard_has_a_gap(store: SqliteStore, *, lost: bool) -> None:
    kept = Kept(store)
    if lost:
        await kept.part.attached(again=False)
        await kept.part.take(ItemAdded("item_1", "user", "message", spoken=True))
        await kept.part.lost()
    await kept.part.close()

    assert (await kept.account()).gaps == 1


async def test_bookings_wait_for_a_store_that_is_away(store: SqliteStore) -> None:
    kept = Kept(store)
    away = AwayStore(store)
    part = CallAccount(kept.attending.attended, store=away, money=Money(prices=PRICES))
    away.away = True
    for number in range(3):
        await part.take(response(number))
    assert kept.attending.published == []
    away.away = False
    await part.take(response(3))

    assert (await kept.account()).responses == 4
    assert len(kept.attending.published) == 1


async def test_a_store_that_stays_away_costs_bounded_memory_and_leaves_a_gap(store: SqliteStore) -> None:
    kept = Kept(store)
    away = AwayStore(store)
    part = CallAccount(kept.attending.attended, store=away, money=Money(prices=PRICES))
    away.away = True
    for number in range(MOST_WAITING + 2):
        await part.take(response(number, Tokens(text_in=1)))
    away.away = False
    await part.attached(again=False)
    await part.close()

    account = await kept.account()
    assert (account.responses, account.gaps) == (MOST_WAITING, 2)


async def test_what_could_never_be_booked_is_said(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept(store)
    away = AwayStore(store)
    part = CallAccount(kept.attending.attended, store=away, money=Money(prices=PRICES))
    away.away = True
    await part.take(response())
    await part.close()

    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == [
        "usage could not be booked"
    ]
