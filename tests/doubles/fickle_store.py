"""A store whose file can go away and come back under the worker that uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relay.errors import StoreUnavailable
from relay.store.gathering import GatheringStore

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

_READS = ("get", "find", "owned", "recent", "counts", "at_work", "entries", "entries_since", "last_entry_id")


class FickleStore:
    """A store that can be away, whole or for writing alone."""

    def __init__(self, path: Path) -> None:
        self._store = GatheringStore.open(path, checkpoint_seconds=3600)
        self.away = ""

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        async def call(*words: Any, **named: Any) -> Any:
            if self.away == "wholly" or (self.away == "for writing" and name not in _READS):
                raise StoreUnavailable("away")
            return await getattr(self._store, name)(*words, **named)

        return call

    async def close(self) -> None:
        await self._store.close()
