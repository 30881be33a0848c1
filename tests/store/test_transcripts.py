"""Transcripts: in order, bounded, and really gone when they are to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.core.call import Event, Reason
from relay.core.facts import Line
from relay.core.record import call_key
from relay.store import transcripts
from relay.store.protocol import KeptLine
from tests.doubles.call import BEGINNING, a_call
from tests.doubles.clock import StoppedClock
from tests.store.opened import admit, admit_live, opened, run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from relay.store.sqlite import SqliteStore

ASKED = Line("caller", "item_1", 0, "Where is my order?")
SAID = Line("assistant", "item_2", 0, "On its way.")


def test_lines_are_read_in_the_order_in_which_the_turns_began(store: SqliteStore) -> None:
    key = admit(store, a_call()).key
    run(store.keep_line(key, SAID, 11.0))
    run(store.keep_line(key, ASKED, 10.0))  # transcribed after the answer had begun

    assert run(store.lines(key)) == [
        KeptLine("caller", 10.0, "Where is my order?", "item_1"),
        KeptLine("assistant", 11.0, "On its way.", "item_2"),
    ]


def test_a_line_told_again_takes_the_place_of_the_first(store: SqliteStore) -> None:
    key = admit(store, a_call()).key
    run(store.keep_line(key, ASKED, 10.0))
    run(store.keep_line(key, Line("caller", "item_1", 0, "Where is my border?"), 12.0))

    assert [(line.at, line.text) for line in run(store.lines(key))] == [(10.0, "Where is my border?")]


def test_a_line_and_a_transcript_are_bounded(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "MOST_LINES", 3)
    key = admit(store, a_call()).key
    for number in range(5):
        run(store.keep_line(key, Line("caller", f"item_{number}", 0, "x" * 30_000), float(number)))

    assert [len(line.text) for line in run(store.lines(key))] == [transcripts.MOST_CHARACTERS] * 3


def test_a_caller_can_be_forgotten(store: SqliteStore) -> None:
    mine, others = (
        admit(store, a_call(key=call_key("1"))),
        admit(store, a_call(key=call_key("2"), caller="o")),
    )
    for call in (mine, others):
        run(store.keep_line(call.key, ASKED, 1.0))
        run(store.keep_line(call.key, SAID, 2.0))

    assert run(store.forget_caller("somebody")) == (1, 2)
    assert run(store.lines(mine.key)) == []
    assert len(run(store.lines(others.key))) == 2
    assert run(store.forget_caller("somebody")) == (0, 0)


def test_what_was_forgotten_is_in_no_file(path: Path) -> None:
    with opened(path) as store:
        key = admit(store, a_call()).key
        for number in range(200):
            run(store.keep_line(key, Line("caller", f"item_{number}", 0, f"marmalade {number}"), 1.0))
        run(store.forget_caller("somebody"))

    assert [file.name for file in path.parent.iterdir() if b"marmalade" in file.read_bytes()] == []


def test_lines_are_forgotten_with_age_and_with_their_call(store: SqliteStore) -> None:
    clock = StoppedClock()
    call = admit_live(store, a_call(), BEGINNING)
    run(store.keep_line(call.key, ASKED, BEGINNING.wall_seconds))
    run(store.record(call.key, Event.REASON, BEGINNING, reason=Reason.CALLER))
    run(store.record(call.key, Event.HUNG_UP, BEGINNING))
    clock.advance(3 * 86_400)
    run(store.purge(clock.now(), retention_days=30, transcript_days=4))
    kept = run(store.lines(call.key))
    run(store.purge(clock.now(), retention_days=30, transcript_days=2))

    assert len(kept) == 1
    assert run(store.lines(call.key)) == []
    run(store.keep_line(call.key, ASKED, clock.now().wall_seconds))
    run(store.purge(clock.now(), retention_days=2))
    assert run(store.lines(call.key)) == []
