"""A sideband that a test plays: facts go in, words come out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from relay.core.facts import CallOver
from relay.core.upstream import SidebandLost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from relay.core.facts import Fact

Word = tuple[object, ...]


class SidebandDouble:
    """Yields the facts it is told, and keeps the words it is given.

    Args:
        facts: Told at once.
    """

    def __init__(self, *facts: Fact) -> None:
        self.words: list[Word] = []
        self.closed = False
        self.broken = False
        self._facts: asyncio.Queue[Fact | SidebandLost] = asyncio.Queue()
        self.tell(*facts)

    def tell(self, *facts: Fact) -> None:
        """Let these happen; after a `CallOver` nothing more does."""
        for fact in facts:
            self._facts.put_nowait(fact)

    def break_off(self, code: str = "broken", *, final: bool = False) -> None:
        """Let the connection break after what was told so far; from now on every word is lost."""
        self.broken = True
        self._facts.put_nowait(SidebandLost(code, final=final))

    async def __aiter__(self) -> AsyncIterator[Fact]:
        while True:
            fact = await self._facts.get()
            if isinstance(fact, SidebandLost):
                raise fact
            yield fact
            if isinstance(fact, CallOver):
                return

    async def look(self, *, event_id: str) -> None:
        self._say("look", event_id)

    async def restore(self, values: Mapping[str, object], *, event_id: str) -> None:
        self._say("restore", dict(values), event_id)

    async def answer_tool(self, tool_id: str, output: str, *, item_id: str) -> None:
        self._say("answer_tool", tool_id, output, item_id)

    async def remove(self, item_id: str) -> None:
        self._say("remove", item_id)

    async def respond(self, *, mark: str, instructions: str | None = None) -> None:
        self._say("respond", mark, instructions)

    async def say(self, text: str, *, mark: str) -> None:
        self._say("say", text, mark)

    async def cancel(self, response_id: str | None = None) -> None:
        self._say("cancel", response_id)

    async def close(self) -> None:
        self.closed = True

    def _say(self, *word: object) -> None:
        if self.broken or self.closed:
            raise SidebandLost("broken")
        self.words.append(word)


class DeskDouble:
    """A desk that keeps the words; `attached` is the test's."""

    def __init__(self, *, attached: bool = True) -> None:
        self.words: list[Word] = []
        self.attached = attached
        self.ours: set[str] = set()

    async def respond(self, *, mark: str, instructions: str | None = None) -> None:
        self._say("respond", mark, instructions)

    async def say(self, text: str, *, mark: str) -> None:
        self._say("say", text, mark)

    async def answer_tool(self, tool_id: str, output: str, *, item_id: str) -> None:
        self.ours.add(item_id)
        self._say("answer_tool", tool_id, output, item_id)

    async def cancel(self, response_id: str | None = None) -> None:
        self._say("cancel", response_id)

    async def remove(self, item_id: str) -> None:
        self._say("remove", item_id)

    async def look(self) -> None:
        self._say("look")

    async def restore(self, values: Mapping[str, object]) -> None:
        self._say("restore", dict(values))

    def is_ours(self, item_id: str) -> bool:
        return item_id in self.ours

    def _say(self, *word: object) -> None:
        if not self.attached:
            raise SidebandLost("not_attached")
        self.words.append(word)
