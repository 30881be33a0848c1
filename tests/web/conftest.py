"""A relay with limits, for the tests of what they refuse."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from relay.core.limits import Ceiling
from tests.doubles.relay import TERMS, RelayDouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(name="limited")
def _limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RelayDouble]]:
    """Builds relays and closes their stores."""
    built: list[RelayDouble] = []

    def build(**changes: Any) -> RelayDouble:
        ceiling = Ceiling(**{"total": 50, "per_caller": 0, **changes.pop("ceiling", {})})
        built.append(
            RelayDouble(tmp_path_factory.mktemp("state"), terms=replace(TERMS, ceiling=ceiling), **changes)
        )
        return built[-1]

    yield build
    for relay in built:
        asyncio.run(relay.store.close())
