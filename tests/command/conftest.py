"""A folder in which a relay with the simulator has run, and its store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relay.app import store_file
from relay.settings import load_settings
from tests.store.opened import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from relay.store.sqlite import SqliteStore


@pytest.fixture(name="store")
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqliteStore]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RELAY_STATE_DIR", str(tmp_path / "state"))
    with opened(store_file(load_settings())) as store:
        yield store
