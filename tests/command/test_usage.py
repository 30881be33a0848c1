"""What operators read of usage: a table for people, CSV for spreadsheets, and what is not known, said."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relay.__main__ import main
from relay.clock import SystemClock
from relay.core.facts import Tokens, Used
from relay.core.price import PICOS
from relay.core.record import call_key
from tests.doubles.call import a_call
from tests.store.opened import admit, run

if TYPE_CHECKING:
    from relay.store.sqlite import SqliteStore

TURN = Used("response", "resp_1", Tokens(text_in=12, audio_in=345, text_cached=2, text_out=6, audio_out=789))


def book(store: SqliteStore, name: str, caller: str, cost: int | None, *, days_ago: int = 0) -> str:
    now = SystemClock().now()
    then = replace(now, wall_seconds=now.wall_seconds - days_ago * 86_400)
    call = admit(store, a_call(key=call_key(name), caller=caller, created=then))
    run(store.book(call, "gpt-realtime", TURN, cost, then))
    return call.key


def test_usage_by_caller_is_a_table_with_a_sum(
    store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    book(store, "1", "a" * 16, PICOS // 2)
    book(store, "2", "a" * 16, PICOS // 4)
    book(store, "3", "b" * 16, PICOS)

    assert main(["usage", "--by", "caller"]) == 0

    head, first, second, total = capsys.readouterr().out.splitlines()
    assert head.split("  ")[0] == "CALLER"
    assert first.split() == ["a" * 16, "2", "690", "24", "4", "1578", "12", "0.7500", "-"]
    assert second.split() == ["b" * 16, "1", "345", "12", "2", "789", "6", "1.0000", "-"]
    assert total == "In all: 1.7500 USD."


def test_what_is_not_known_is_said(store: SqliteStore, capsys: pytest.CaptureFixture[str]) -> None:
    key = book(store, "1", "a" * 16, None)
    run(store.add_gap(key))

    assert main(["usage"]) == 0

    out = capsys.readouterr().out
    assert "0.0000 +?  1" in out
    assert "no price in relay.toml" in out
    assert "sideband was away" in out


def test_csv_is_exact(store: SqliteStore, capsys: pytest.CaptureFixture[str]) -> None:
    book(store, "1", "a" * 16, 123_456_789)

    assert main(["usage", "--by", "caller,deployment", "--csv"]) == 0

    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["caller"] == "a" * 16
    assert row["deployment"] == "gpt-realtime"
    assert (row["audio_in"], row["audio_out"], row["text_cached"]) == ("345", "789", "2")
    assert (row["cost_picos"], row["currency"], row["all_priced"]) == ("123456789", "USD", "yes")


@pytest.mark.parametrize(
    ("words", "calls"), [(["--days", "1"], 1), (["--days", "3"], 2), (["--days", "9"], 3)]
)
def test_usage_goes_back_as_far_as_asked(
    store: SqliteStore, capsys: pytest.CaptureFixture[str], words: list[str], calls: int
) -> None:
    for days_ago in (0, 2, 8):
        book(store, str(days_ago), "a" * 16, 1, days_ago=days_ago)

    assert main(["usage", "--by", "caller", "--csv", *words]) == 0

    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["calls"] == str(calls)


def test_no_usage_says_why_that_may_be(store: SqliteStore, capsys: pytest.CaptureFixture[str]) -> None:
    admit(store, a_call())

    assert main(["usage"]) == 0
    assert "RELAY_SIDEBAND=off" in capsys.readouterr().out


@pytest.mark.parametrize("by", ["", "week", "day,day", "day,nothing"])
def test_unknown_groups_are_refused(by: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["usage", "--by", by])

    assert refused.value.code == 2
    assert "choose from day, caller" in capsys.readouterr().err
