"""A fake upstream, and a relay that takes it for the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.house import Relay, Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(name="upstream")
def _upstream() -> Iterator[Upstream]:
    with Upstream() as upstream:
        upstream.quick()
        yield upstream


@pytest.fixture(name="relay")
def _relay(upstream: Upstream, tmp_path: Path) -> Iterator[Relay]:
    with Relay(upstream, tmp_path) as relay:
        yield relay
