"""The list of guards keeps up with the source, and the table with the list."""

from __future__ import annotations

import pytest

from tests.guards.every import GUARDS
from tests.guards.guard import ROOT, Guard
from tests.guards.run import TABLE


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.what)
def test_what_a_guard_replaces_stands_in_the_source_once(guard: Guard) -> None:
    assert guard.places() == 1, f"{guard.file} holds {guard.old!r} {guard.places()} times"
    assert guard.new != guard.old
    assert all((ROOT / test).exists() for test in guard.tests.split())


def test_no_two_guards_have_one_name() -> None:
    assert len({guard.what for guard in GUARDS}) == len(GUARDS)


def test_the_table_lists_every_guard_and_the_test_that_misses_it() -> None:
    lines = TABLE.read_text().splitlines()
    rows = [
        line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines if line.startswith("| ")
    ]

    assert [row[:2] for row in rows[1:]] == [[guard.what, f"`{guard.file}`"] for guard in GUARDS]
    assert [row[0] for row in rows if row[2] == "**none**"] == []
