"""What is said at start of the most that a day can cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.command.spending import most_spent
from relay.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_the_most_that_a_day_can_cost_is_said(tmp_path: Path) -> None:
    said = most_spent(load_settings({}, tmp_path))

    assert said == ["a caller at most 60 minutes a day, all callers together at most 72,000 minutes a day"]


def test_what_has_no_bound_is_said_to_have_none(tmp_path: Path) -> None:
    names = ("RELAY_MINUTES_PER_DAY", "RELAY_CALLS_PER_CALLER", "RELAY_CALLS_TOTAL")
    said = most_spent(load_settings(dict.fromkeys(names, "0"), tmp_path))

    assert said == ["a caller without bound, all callers together without bound"]


def test_settings_that_take_calls_out_of_the_relays_hands_are_named(tmp_path: Path) -> None:
    risky = {"RELAY_EPHEMERAL_KEYS": "on", "RELAY_ALLOW_UNKILLABLE": "on"}
    said = " ".join(most_spent(load_settings(risky, tmp_path)))

    assert all(name in said for name in risky)


def test_budgets_in_money_are_said(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text(
        'relay_money_per_day = "2.50"\nrelay_money_per_day_total = 100\n'
        '[prices."gpt-realtime"]\ntext_in = 4\n[prices."gpt-4o-transcribe"]\ntext_in = 4\n'
    )
    said = most_spent(load_settings({}, tmp_path))

    [money] = said[1:]
    assert money.startswith("in money: a caller 2.50 USD a day, all callers together 100 USD a day; ")
