"""One store per test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.store.opened import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from relay.store.sqlite import SqliteStore


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "calls.db"


@pytest.fixture(name="store")
def _store(path: Path) -> Iterator[SqliteStore]:
    with opened(path) as store:
        yield store
