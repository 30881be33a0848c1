"""What operators read of transcripts, and how they drop them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from relay.__main__ import main
from relay.app import caller_key_of
from relay.core.caller import caller_id
from relay.core.facts import Line
from relay.core.record import call_key
from relay.settings import load_settings
from tests.doubles.call import a_call
from tests.store.opened import admit, run

if TYPE_CHECKING:
    from relay.store.sqlite import SqliteStore

ALICE = "a" * 16


def keep(store: SqliteStore, name: str = "1", caller: str = ALICE) -> str:
    key = admit(store, a_call(key=call_key(name), caller=caller)).key
    run(store.keep_line(key, Line("caller", "item_1", 0, "Where is my order?"), 1_700_000_000.0))
    run(store.keep_line(key, Line("assistant", "item_2", 0, "On its way."), 1_700_000_002.0))
    return key


def test_a_transcript_is_printed_with_times(store: SqliteStore, capsys: pytest.CaptureFixture[str]) -> None:
    key = keep(store)

    assert main(["transcript", key[:6]]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "2023-11-14 22:13:20+00:00  caller: Where is my order?",
        "2023-11-14 22:13:22+00:00  assistant: On its way.",
    ]


def test_a_transcript_as_json(store: SqliteStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["transcript", keep(store), "--json"]) == 0

    assert [line["text"] for line in json.loads(capsys.readouterr().out)] == [
        "Where is my order?",
        "On its way.",
    ]


def test_a_call_of_which_nothing_is_kept(store: SqliteStore, capsys: pytest.CaptureFixture[str]) -> None:
    key = admit(store, a_call()).key

    assert main(["transcript", key]) == 0
    assert "Nothing is kept" in capsys.readouterr().out


@pytest.mark.parametrize("tag", ["ffff", "", "%"])
def test_a_call_that_is_not_there(store: SqliteStore, capsys: pytest.CaptureFixture[str], tag: str) -> None:
    keep(store)

    assert main(["transcript", tag]) == 1
    assert "calls begin with" in capsys.readouterr().out


def test_a_caller_is_forgotten_by_the_name_that_calls_shows(
    store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, others = keep(store, "1"), keep(store, "2", "b" * 16)

    assert main(["forget", ALICE]) == 0

    assert capsys.readouterr().out == "Forgotten: 2 lines of 1 calls.\n"
    assert run(store.lines(mine)) == []
    assert len(run(store.lines(others))) == 2
    assert main(["forget", ALICE]) == 0
    assert "Nothing is kept" in capsys.readouterr().out


def test_a_caller_is_forgotten_by_the_name_of_whoever_vouches_for_it(
    store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    key = keep(store, caller=caller_id("ticket", "alice", caller_key_of(load_settings())))

    assert main(["forget", "alice", "--issuer", "proxy"]) == 0
    assert len(run(store.lines(key))) == 2
    assert main(["forget", "alice", "--issuer", "ticket"]) == 0
    assert run(store.lines(key)) == []
    assert "Forgotten" in capsys.readouterr().out


def test_a_name_without_an_issuer_is_refused_rather_than_not_found(
    store: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(store)

    assert main(["forget", "alice"]) == 1
    assert "--issuer" in capsys.readouterr().out
