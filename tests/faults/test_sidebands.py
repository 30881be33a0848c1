"""A small storm of cut sidebands and one kill; the large one is ``python -m tests.faults.sidebands``."""

from __future__ import annotations

import pytest

from tests.faults.sidebands import run

pytestmark = pytest.mark.anyio


async def test_nothing_is_guessed_and_nothing_left_open_when_sidebands_break_and_relays_die() -> None:
    tally = await run(40, 1, seed=11)

    assert (tally.wrong, tally.open_left, tally.kills) == ([], 0, 1)
    assert tally.calls >= 30
    assert 0 < tally.booked <= tally.tokens
    assert tally.exact + tally.marked == tally.calls
