"""The part of a call's attendant that runs the tools the model asks for.

Every question gets exactly one output, whatever happens, so that the model never waits for ever. The tools of
one response run at once; when the last has answered, the model is asked to go on. Results are put into the
conversation under item ids made of the question, so that what is sent twice is refused the second time.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from relay.core.facts import Committed, ItemAdded, ResponseDone, ToolAsked
from relay.core.moment import elapsed
from relay.core.upstream import SidebandLost
from relay.telemetry import fault_of, log
from relay.tools.tool import Asking, Ran, failed, run_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from relay.attending import Attended
    from relay.core.facts import Fact
    from relay.tools.tool import RelayTool

_log = logging.getLogger("relay.tools")

MARK: Final = "tools"
"""In the metadata of the responses that are asked for because tools have answered."""

AT_ONCE: Final = 8
"""Tools of one call that run at once."""

MOST_ROUNDS: Final = 8
"""Responses in a row that ask for tools; then the model is told to do without until the caller speaks."""

DELIVERY_SECONDS: Final = 30.0
"""How long an output waits for a sideband that broke."""

DONE_SECONDS: Final = 3.0
"""How long the end of a response is waited for once its tools have answered; it may have been missed."""


@dataclass(slots=True)
class _Round:
    """The tools of one response: how many run, whether it is over, whether the model is to go on after it."""

    running: int = 0
    over: bool = False
    wanted: bool = True
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class ToolsPart:
    """Runs tools for one call.

    Args:
        attended: The call.
        tools: What runs each tool, by the name the model calls it by.
    """

    def __init__(self, attended: Attended, tools: Mapping[str, RelayTool]) -> None:
        self._attended = attended
        self._tools = tools
        self._rounds: dict[str, _Round] = {}
        self._asked: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_a_row = 0
        self._is_attached = asyncio.Event()

    async def attached(self, *, again: bool) -> None:
        """Outputs can be delivered."""
        del again
        self._is_attached.set()

    async def lost(self) -> None:
        """Outputs have to wait."""
        self._is_attached.clear()

    async def take(self, fact: Fact) -> None:
        """Begin what is asked for."""
        match fact:
            case ToolAsked():
                self._ask(fact)
            case ResponseDone() if fact.asked_tools or fact.response_id in self._rounds:
                ended = self._round(fact.response_id)
                ended.over, ended.wanted = True, fact.status != "cancelled"
                self._go_on_if_done(fact.response_id)
            case Committed():
                self._in_a_row = 0
            case ItemAdded(role="user"):
                self._in_a_row = 0
            case _:
                return

    async def close(self) -> None:
        """Let tools go that still run; nobody hears of them any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ask(self, asked: ToolAsked) -> None:
        if asked.id in self._asked:  # told again after the sideband was attached anew
            return
        self._asked.add(asked.id)
        answering = self._round(asked.response_id)
        answering.running += 1
        self._start(self._answer(asked, answering))

    def _round(self, response_id: str) -> _Round:
        found = self._rounds.get(response_id)
        if found is None:
            found = self._rounds[response_id] = _Round()
            self._in_a_row += 1
        return found

    async def _answer(self, asked: ToolAsked, answering: _Round) -> None:
        clock, began = self._attended.clock, self._attended.clock.now()
        await self._attended.publish("tool", {"id": asked.id, "name": asked.name, "state": "asked"})
        ran = await self._run(asked)
        delivered = await self._deliver(asked, ran)
        spent = round(elapsed(began, clock.now()) * 1000)
        state = ran.state if delivered else "failed"
        body = {"id": asked.id, "name": asked.name, "state": state, "milliseconds": spent}
        await self._attended.publish("tool", body)
        answering.running -= 1
        if not answering.running:
            answering.answered.set()
            await self._wait_for_end(asked.response_id, answering)

    async def _run(self, asked: ToolAsked) -> Ran:
        call = self._attended.call
        tool = self._tools.get(asked.name)
        if tool is None:
            return failed("There is no such tool.")
        if self._in_a_row > MOST_ROUNDS:
            return failed("No tools can be used now. Answer with what is known, or ask the caller.")
        if sum(found.running for found in self._rounds.values()) > AT_ONCE:
            return failed("Too many tools were asked for at once. Ask for fewer.")
        asking = Asking(
            id=request_id(call.key, asked.id), call=call.tag, caller=call.caller, profile=call.profile
        )
        return await run_tool(tool, asked.arguments, asking)

    async def _deliver(self, asked: ToolAsked, ran: Ran) -> bool:
        """Put an output into the conversation; waits a while for a sideband that broke."""
        item_id = f"out_{request_id(self._attended.call.key, asked.id)[:24]}"
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                while True:
                    await self._is_attached.wait()
                    try:
                        await self._attended.desk.answer_tool(asked.id, ran.output, item_id=item_id)
                    except SidebandLost:
                        self._is_attached.clear()
                    else:
                        return True
        except TimeoutError:
            log(_log, logging.WARNING, "a tool's output was not delivered", call=self._attended.call.tag)
            return False

    async def _wait_for_end(self, response_id: str, answering: _Round) -> None:
        """Go on even if the end of the response was missed."""
        if not answering.over:
            await asyncio.sleep(DONE_SECONDS)
            if answering.running:
                return
            answering.over = True
        self._go_on_if_done(response_id)

    def _go_on_if_done(self, response_id: str) -> None:
        found = self._rounds.get(response_id)
        if found is None or not found.over or found.running or not found.answered.is_set():
            return
        del self._rounds[response_id]
        if found.wanted:  # the caller who interrupted it is answered next, and the outputs are seen then
            self._start(self._go_on())

    async def _go_on(self) -> None:
        try:
            await self._attended.desk.respond(mark=MARK)
        except SidebandLost:
            await self._is_attached.wait()
            await self._attended.desk.respond(mark=MARK)

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work, name="tool")
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, SidebandLost):
            log(_log, logging.ERROR, "running a tool failed unexpectedly", **fault_of(error))


def request_id(call_key: str, asked_id: str) -> str:
    """Name one question of a model for the world outside, without telling the call's own ids."""
    return hashlib.sha256(f"{call_key} {asked_id}".encode()).hexdigest()[:32]


def tools_part(find: Callable[[str], RelayTool | None]) -> Callable[[Attended], ToolsPart | None]:
    """Make the factory of these parts.

    Args:
        find: What runs a tool, by what a profile names it by.
    """

    def make(attended: Attended) -> ToolsPart | None:
        found = [tool for name in attended.profile.tools if (tool := find(name)) is not None]
        return ToolsPart(attended, {tool.offer.name: tool for tool in found}) if found else None

    return make
