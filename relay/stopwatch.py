"""How long each step of placing a call took, for ``Server-Timing``."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Stopwatch:
    """Adds up milliseconds per step; a step that is repeated counts each time.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.milliseconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a block, also when it fails."""
        began = self._clock()
        try:
            yield
        finally:
            self._add(name, (self._clock() - began) * 1000)

    def take(self, milliseconds: Mapping[str, float]) -> None:
        """Add what another one has measured."""
        for name, more in milliseconds.items():
            self._add(name, more)

    def _add(self, name: str, milliseconds: float) -> None:
        self.milliseconds[name] = self.milliseconds.get(name, 0.0) + milliseconds
