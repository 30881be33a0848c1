"""Prices and budgets: read exactly, or complained of with line and key."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from relay.core.price import Price
from relay.settings import Settings, SettingsError, load_settings


def read(folder: Path, toml: str, **environ: str) -> Settings:
    (folder / "relay.toml").write_text(toml)
    return load_settings(environ, folder)


def complaints(folder: Path, toml: str, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        read(folder, toml, **environ)
    return refused.value.complaints


GOOD = """
[prices."gpt-realtime"]
as_of = 2026-11-20
text_in = 4
audio_in = 32.00
text_cached = "0.40"
audio_out = 64

[prices."gpt-4o-transcribe"]
audio_in = 6
text_out = 10
"""


def test_prices_are_decimal_however_they_are_written(tmp_path: Path) -> None:
    prices = read(tmp_path, GOOD).prices

    assert prices["gpt-realtime"] == Price(
        text_in=Decimal(4), audio_in=Decimal(32), text_cached=Decimal("0.4"), audio_out=Decimal(64)
    )
    assert prices["gpt-4o-transcribe"].audio_out is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("text_in = -1", "prices.m.text_in (relay.toml line 2) must be the price of a million tokens"),
        ("text_in = 0.0000001", "prices.m.text_in (relay.toml line 2) must be the price"),
        ("text_in = true", "prices.m.text_in (relay.toml line 2) must be the price"),
        ('text_in = "4,00"', "prices.m.text_in (relay.toml line 2) must be the price"),
        (
            "text_inn = 4",
            "prices.m.text_inn (relay.toml line 2) is no key that is known here; did you mean text_in?",
        ),
        ('as_of = "yesterday"\ntext_in = 1', "prices.m.as_of (relay.toml line 2) must be a day"),
        ("as_of = 2026-11-20", "prices.m (relay.toml line 1) must name at least one price"),
    ],
)
def test_a_price_that_is_none_is_complained_of_with_its_line(tmp_path: Path, line: str, words: str) -> None:
    assert complaints(tmp_path, f"[prices.m]\n{line}\n")[0].startswith(words)


@pytest.mark.parametrize("name", ["RELAY_MONEY_PER_CALL", "RELAY_MONEY_PER_DAY", "RELAY_MONEY_PER_DAY_TOTAL"])
def test_a_budget_without_prices_is_refused(tmp_path: Path, name: str) -> None:
    found = complaints(tmp_path, "", **{name: "5"})

    assert [words for words in found if 'no table [prices."gpt-realtime"]' in words]
    assert [words for words in found if 'no table [prices."gpt-4o-transcribe"]' in words]
    assert getattr(read(tmp_path, GOOD, **{name: "5"}), name.lower()) == Decimal(5)


def test_a_profiles_own_budget_needs_prices(tmp_path: Path) -> None:
    profile = '[profiles.support]\nlimits = { money_per_call = "0.50" }\n'

    assert 'no table [prices."gpt-realtime"]' in complaints(tmp_path, profile)[0]
    assert read(tmp_path, GOOD + profile).profiles["support"].limits.money_per_call == Decimal("0.5")


def test_a_general_budget_needs_a_sideband_in_every_profile(tmp_path: Path) -> None:
    toml = GOOD + '[profiles.support]\nsideband = "off"\n'

    [found] = complaints(tmp_path, toml, RELAY_MONEY_PER_DAY="5")

    assert found.startswith("profiles.support (relay.toml line 12) has no sideband")
    assert read(tmp_path, toml).profiles["support"].sideband == "off"


@pytest.mark.parametrize(
    ("value", "amount"),
    [("2.50", Decimal("2.5")), ("0", Decimal(0)), ("0.00", Decimal(0)), ("10", Decimal(10))],
)
def test_amounts_of_money(tmp_path: Path, value: str, amount: Decimal | None) -> None:
    assert read(tmp_path, GOOD, RELAY_MONEY_PER_CALL=value).relay_money_per_call == amount


@pytest.mark.parametrize("value", ["-1", "1e3", "2,50", "1.1234567", "much"])
def test_what_is_no_amount_is_refused(tmp_path: Path, value: str) -> None:
    assert "must be an amount" in complaints(tmp_path, GOOD, RELAY_MONEY_PER_CALL=value)[0]


@pytest.mark.parametrize(("value", "code"), [("eur", "EUR"), ("USD", "USD")])
def test_a_currency_is_three_letters(tmp_path: Path, value: str, code: str) -> None:
    assert read(tmp_path, "", RELAY_CURRENCY=value).relay_currency == code
    assert "three letters" in complaints(tmp_path, "", RELAY_CURRENCY="euros")[0]


def test_the_example_names_prices_that_can_be_used_as_they_are(tmp_path: Path) -> None:
    example = (Path(__file__).parents[2] / "relay.toml.example").read_text(encoding="utf-8")
    prices = example[example.index("# [prices.") :]

    read_ones = read(tmp_path, re.sub(r"^# ", "", prices, flags=re.MULTILINE)).prices

    assert read_ones["gpt-realtime"].audio_out == Decimal(64)
    assert read_ones["gpt-realtime-whisper"].minute == Decimal("0.017")
    assert len(read_ones) == prices.count("[prices.")
