"""Costs are exact, and unknown rather than guessed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.facts import Tokens, Used
from relay.core.price import PICOS, PRICED, Price, amount_from, cost_of, picos_from

PRICE = Price(
    text_in=Decimal(4),
    audio_in=Decimal(32),
    image_in=Decimal(5),
    text_cached=Decimal("0.4"),
    audio_cached=Decimal("0.4"),
    image_cached=Decimal("0.5"),
    text_out=Decimal(16),
    audio_out=Decimal(64),
)


def used(seconds: float = 0.0, **tokens: int) -> Used:
    return Used("response", "resp_1", Tokens(**tokens), seconds)


@pytest.mark.parametrize(
    ("tokens", "dollars"),
    [
        ({"text_in": 1_000_000}, "4"),
        ({"audio_in": 1_000_000}, "32"),
        ({"text_out": 1_000_000}, "16"),
        ({"audio_out": 1_000_000}, "64"),
        ({"image_in": 1_000_000}, "5"),
        ({"text_in": 1_000_000, "text_cached": 1_000_000}, "0.4"),
        ({"audio_in": 100, "audio_cached": 64}, "0.0011776"),
        ({"text_in": 1}, "0.000004"),
        ({}, "0"),
    ],
)
def test_a_million_tokens_cost_what_the_table_says(tokens: dict[str, int], dollars: str) -> None:
    assert cost_of(used(**tokens), PRICE) == picos_from(Decimal(dollars))


@given(st.lists(st.integers(0, 10**6), min_size=8, max_size=8))
def test_a_sum_of_costs_is_the_cost_of_the_sum(counts: list[int]) -> None:
    kinds = dict(zip(PRICED[:8], counts, strict=True))
    kinds |= {kind: min(kinds[kind], kinds[kind.replace("_cached", "_in")]) for kind in PRICED[3:6]}
    exact = sum(
        (
            Fraction(getattr(PRICE, kind))
            * (count - kinds.get(kind.replace("_in", "_cached"), 0) * kind.endswith("_in"))
            for kind, count in kinds.items()
        ),
        Fraction(0),
    )

    assert cost_of(used(**kinds), PRICE) == exact * PICOS / 10**6


def test_more_cached_than_fresh_tokens_never_earn_money() -> None:
    assert cost_of(used(text_in=1, text_cached=5), PRICE) == 5 * 400_000


def test_a_cached_kind_without_a_price_costs_what_it_costs_fresh() -> None:
    price = Price(text_in=Decimal(4))

    assert cost_of(used(text_in=10, text_cached=10), price) == 10 * 4_000_000


@pytest.mark.parametrize("price", [None, Price(), Price(text_in=Decimal(4))])
def test_what_has_no_price_is_not_free(price: Price | None) -> None:
    assert cost_of(used(audio_out=1), price) is None


def test_a_kind_without_a_price_does_not_matter_while_nothing_of_it_is_used() -> None:
    assert cost_of(used(text_in=1), Price(text_in=Decimal(1))) == 1_000_000


def test_sound_is_billed_by_the_minute() -> None:
    assert cost_of(used(seconds=90.0), Price(minute=Decimal("0.006"))) == picos_from(Decimal("0.009"))
    assert cost_of(used(seconds=1.0), Price()) is None


@pytest.mark.parametrize(
    ("picos", "amount"), [(0, "0.0000"), (50_000_000, "0.0001"), (49_999_999, "0.0000"), (PICOS, "1.0000")]
)
def test_amounts_have_four_decimals(picos: int, amount: str) -> None:
    assert amount_from(picos) == amount
