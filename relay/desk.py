"""The words to the upstream about one call, whatever sideband is attached now; implements `Desk`.

It keeps responses one behind the other, and knows its own words again: marks and item ids that the browser
writes are nobody's. What is said is decided elsewhere.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from relay.core.facts import Effective, Failed, ResponseDone
from relay.core.upstream import SidebandLost

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relay.core.facts import Fact
    from relay.core.upstream import Sideband

RESTORE: Final = "restore"
"""The `event_id` of a `Failed` that tells that a `restore`, or a `look`, was refused."""

_REMEMBERED = 64  # words of ours that are still to come back
_ANSWER_SECONDS = 10.0  # a response that was asked for and never begun blocks no other for longer
_IN_THE_WAY = "conversation_already_has_active_response"


@dataclass(frozen=True, slots=True)
class _Wish:
    """A response to ask for; `says` is a text to be said as it stands."""

    mark: str
    instructions: str | None = None
    says: bool = False

    @property
    def plain(self) -> bool:
        return self.instructions is None


class CallDesk:
    """The desk of one call.

    Args:
        draw: Gives something that nobody can guess.
    """

    def __init__(self, *, draw: Callable[[], str] = lambda: secrets.token_hex(8)) -> None:
        self._draw = draw
        self._sideband: Sideband | None = None
        self._asked: OrderedDict[str, tuple[_Wish, float]] = (
            OrderedDict()
        )  # not begun yet, by our secret name
        self._making: dict[str, str | None] = {}  # response ids, and the mark of ours
        self._waiting: deque[_Wish] = deque()
        self._restores: OrderedDict[str, None] = OrderedDict()
        self._items: OrderedDict[str, None] = OrderedDict()

    @property
    def attached(self) -> bool:
        """Whether a sideband is attached now."""
        return self._sideband is not None

    def attach(self, sideband: Sideband) -> None:
        """Say everything over this sideband from now on."""
        self._sideband = sideband
        self._making.clear()  # their ends may have been missed

    def detach(self) -> None:
        """Say nothing any more; what was still waiting to be said is dropped."""
        self._sideband = None
        self._waiting.clear()

    def read(self, fact: Fact) -> Fact | None:
        """Take note of a fact, and put our own marks in the place of secret names.

        Returns:
            The fact as the parts get it; ``None`` when it concerns nobody else.
        """
        if isinstance(fact, Effective) and fact.response_id is not None:
            wish, _ = self._asked.pop(fact.mark or "", (None, 0.0))
            mark = None if wish is None else wish.mark
            self._making[fact.response_id] = mark
            return replace(fact, mark=mark)
        if isinstance(fact, ResponseDone):
            return replace(fact, mark=self._making.pop(fact.response_id, None))
        if isinstance(fact, Failed) and fact.event_id:
            return self._refused(fact)
        return fact

    async def settle(self) -> None:
        """Say what has waited, when nothing is in its way any more."""
        if self._waiting and self._sideband is not None and not self._blocked:
            await self._ask(self._waiting.popleft())

    async def respond(self, *, mark: str, instructions: str | None = None) -> None:
        """Have the assistant respond, behind what it is saying; see `relay.attending.Desk`."""
        await self._wish(_Wish(mark, instructions))

    async def say(self, text: str, *, mark: str) -> None:
        """Let the assistant say something of the operator's, behind what it is saying."""
        await self._wish(_Wish(mark, text, says=True))

    async def answer_tool(self, tool_id: str, output: str, *, item_id: str) -> None:
        """Put a tool's output into the conversation; begins no response."""
        _remember(self._items, item_id)
        await self._attached.answer_tool(tool_id, output, item_id=item_id)

    async def cancel(self, response_id: str | None = None) -> None:
        """Cancel a response, the running one unless named."""
        await self._attached.cancel(response_id)

    async def remove(self, item_id: str) -> None:
        """Take an item out of the conversation."""
        await self._attached.remove(item_id)

    async def look(self) -> None:
        """Have the session told as it is now."""
        await self._attached.look(event_id=self._restore_name())

    async def restore(self, values: Mapping[str, object]) -> None:
        """Set these values of the session."""
        await self._attached.restore(values, event_id=self._restore_name())

    def is_ours(self, item_id: str) -> bool:
        """Whether this process put the item into the conversation, of late."""
        return item_id in self._items

    @property
    def _attached(self) -> Sideband:
        if self._sideband is None:
            raise SidebandLost("not_attached")
        return self._sideband

    @property
    def _blocked(self) -> bool:
        """Whether a response is being made, or was asked for a moment ago."""
        soon = asyncio.get_running_loop().time() - _ANSWER_SECONDS
        return bool(self._making) or any(at > soon for _, at in self._asked.values())

    async def _wish(self, wish: _Wish) -> None:
        if self._sideband is None:
            raise SidebandLost("not_attached")
        if not self._blocked and not self._waiting:
            await self._ask(wish)
        elif not (wish.plain and any(waiting.plain for waiting in self._waiting)):
            self._waiting.append(wish)

    async def _ask(self, wish: _Wish) -> None:
        name = f"relay-{self._draw()}"
        self._asked[name] = (wish, asyncio.get_running_loop().time())
        while len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)
        if wish.says and wish.instructions is not None:
            await self._attached.say(wish.instructions, mark=name)
        else:
            await self._attached.respond(mark=name, instructions=wish.instructions)

    def _refused(self, fact: Failed) -> Fact | None:
        """Read what became of a word of ours; a response that came too early waits again."""
        wish, _ = self._asked.pop(fact.event_id, (None, 0.0))
        if wish is not None:
            if fact.code == _IN_THE_WAY:
                self._waiting.appendleft(wish)
                return None
            return replace(fact, event_id=wish.mark)
        if fact.event_id in self._restores:
            return replace(fact, event_id=RESTORE)
        return replace(fact, event_id="")

    def _restore_name(self) -> str:
        name = f"relay-{self._draw()}"
        _remember(self._restores, name)
        return name


def _remember(names: OrderedDict[str, None], name: str) -> None:
    names[name] = None
    while len(names) > _REMEMBERED:
        names.popitem(last=False)
