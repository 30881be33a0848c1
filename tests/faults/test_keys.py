"""A slice of the flood of new callers and addresses; the whole is in `make attack`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.keys import flood_guesses, flood_store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.anyio
async def test_quota_09_new_callers_are_let_in_and_take_little(tmp_path: Path) -> None:
    assert "2,000 | " in await flood_store(2_000, tmp_path)


def test_quota_09_addresses_that_fail_once_are_forgotten_in_time() -> None:
    assert "10,000 of them" in flood_guesses(11_000)
