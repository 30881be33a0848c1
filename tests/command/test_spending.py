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
