"""What every test may use, what every test must not do: let a secret out; and what runs first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.secrecy import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent
_LONG = ("proxies", "faults", "fuzz", "whole", "store", "simulator")
"""Folders whose files take longest; the earlier they begin, the less one worker waits for another."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    folder = item.path.relative_to(_HERE).parts[0]
    return _LONG.index(folder) if folder in _LONG else len(_LONG)


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio."""
    return "asyncio"


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[list[str]]:
    """SEC-01: what any logger says at DEBUG during any test is searched; see `tests.secrecy`."""
    with listening() as heard:
        yield heard
    assert heard == []
