"""What every test may use, and what every test must not do: let a secret out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.secrecy import listening

if TYPE_CHECKING:
    from collections.abc import Iterator


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
