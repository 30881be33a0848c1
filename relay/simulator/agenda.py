"""What is still to happen in a conversation, and when. Pure: whoever owns it says what time it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Step = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class _Entry:
    at: float
    owner: str
    step: Step


class Agenda:
    """Steps with a time and an owner, in the order of their times; equal times keep their order."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []

    @property
    def due(self) -> float | None:
        """When the next step is due, in seconds; ``None`` when there is none."""
        return self._entries[0].at if self._entries else None

    def add(self, at: float, owner: str, step: Step) -> None:
        """Plan a step."""
        self._entries.append(_Entry(at, owner, step))
        self._entries.sort(key=lambda entry: entry.at)

    def drop(self, owner: str) -> None:
        """Forget every step of an owner."""
        self._entries = [entry for entry in self._entries if entry.owner != owner]

    def run(self, now: float) -> None:
        """Do what is due; steps may plan further ones, each is told its own time rather than `now`."""
        while self._entries and self._entries[0].at <= now:
            entry = self._entries.pop(0)
            entry.step(entry.at)
