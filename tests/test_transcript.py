"""What a kept transcript holds."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from relay.core.facts import Committed, ItemAdded, Line, Speech
from relay.errors import StoreUnavailable
from relay.transcript import TranscriptKeeper
from tests.doubles.attended import Attending
from tests.store.opened import admit, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from relay.store.sqlite import SqliteStore

pytestmark = pytest.mark.anyio


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Iterator[SqliteStore]:
    with opened(tmp_path / "calls.db") as store:
        yield store


class Forgetful:
    """A store that keeps nothing for a while."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.away = True

    def __getattr__(self, name: str) -> Any:
        if self.away:
            raise StoreUnavailable
        return getattr(self._store, name)


async def test_both_sides_are_kept_in_order_with_the_times_at_which_their_turns_began(
    store: SqliteStore,
) -> None:
    attending = Attending()
    key = admit(store, attending.attended.call).key
    part = TranscriptKeeper(attending.attended, store=store)
    began = attending.clock.now().wall_seconds
    await part.attached(again=False)
    await part.take(Speech("caller", began=True))
    await part.take(Committed("item_1"))
    await part.take(ItemAdded("item_1", "user", "message", spoken=True))
    attending.clock.advance(1)
    await part.take(ItemAdded("item_2", "assistant", "message"))
    attending.clock.advance(2)
    await part.take(Line("assistant", "item_2", 0, "On its way."))
    await part.take(Line("caller", "item_1", 0, "Where is my order?"))  # transcribed late
    await part.take(ItemAdded("item_3", "user", "message", "Thanks!"))
    await part.take(Line("caller", "item_4", 0, "  "))
    await part.close()

    assert [(line.who, line.at - began, line.text) for line in await store.lines(key)] == [
        ("caller", 0, "Where is my order?"),
        ("assistant", 1, "On its way."),
        ("caller", 3, "Thanks!"),
    ]


async def test_what_a_profile_says_as_system_is_not_part_of_it(store: SqliteStore) -> None:
    attending = Attending()
    key = admit(store, attending.attended.call).key
    await TranscriptKeeper(attending.attended, store=store).take(
        ItemAdded("item_1", "system", "message", "Be kind.")
    )

    assert await store.lines(key) == []


async def test_lines_wait_for_a_store_that_is_away(store: SqliteStore) -> None:
    attending = Attending()
    key = admit(store, attending.attended.call).key
    away = Forgetful(store)
    part = TranscriptKeeper(attending.attended, store=away)
    await part.take(Line("caller", "item_1", 0, "one"))
    away.away = False
    await part.take(Line("caller", "item_2", 0, "two"))

    assert [line.text for line in await store.lines(key)] == ["one", "two"]


async def test_lines_that_are_lost_are_said_but_not_told(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    attending = Attending()
    part = TranscriptKeeper(attending.attended, store=Forgetful(store))
    for number in range(2_000):
        await part.take(Line("caller", f"item_{number}", 0, "marmalade"))
        await part.take(Committed(f"item_{number}"))
    await part.close()

    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == [
        "lines of a transcript were lost"
    ]
    assert "marmalade" not in caplog.text
    assert "marmalade" not in repr(Line("caller", "item_1", 0, "marmalade"))
