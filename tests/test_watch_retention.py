"""What the watch forgets, by the operator's days."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relay.core.facts import Line
from tests.doubles.relay import TERMS, RelayDouble

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("days", "kept"), [(2, 1), (5, 1), (1, 0)])
async def test_transcripts_are_forgotten_after_their_days_while_the_call_stays(
    tmp_path: Path, days: float, kept: int
) -> None:
    relay = RelayDouble(tmp_path, terms=replace(TERMS, transcript_days=days))
    location = (await relay.connect()).headers["location"]
    call = await relay.supervisor.call(location.rpartition("/")[2])
    said = Line("caller", "item_1", 0, "hello")
    await relay.store.keep_line(call.key, said, relay.clock.now().wall_seconds)
    relay.clock.advance(1.5 * 86_400)
    await relay.supervisor.look()

    assert len(await relay.store.lines(call.key)) == kept
    assert await relay.store.get(call.key) is not None
    await relay.settle()
    await relay.store.close()
