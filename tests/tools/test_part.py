"""The tools of a call: one output for each question, and one wish to go on after the last."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from relay.core.facts import Committed, ItemAdded, ResponseDone, ToolAsked
from relay.core.tool import FunctionTool
from relay.tools import part as part_module
from relay.tools.part import AT_ONCE, MOST_ROUNDS, ToolsPart, tools_part
from relay.tools.tool import Asking, ToolFailed
from tests.doubles.attended import SUPPORT, Attending

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relay.tools.tool import RelayTool

pytestmark = pytest.mark.anyio

DONE = ResponseDone("r1", "completed", asked_tools=1)


@dataclass
class ToolDouble:
    """A tool that answers when it is let."""

    name: str = "weather"
    answer: object = "blue"
    held: asyncio.Event | None = None
    timeout_seconds: float = 5.0
    max_bytes: int = 1000
    asked: list[tuple[Mapping[str, Any], Asking]] = field(default_factory=list)

    @property
    def offer(self) -> FunctionTool:
        return FunctionTool(self.name, "Tells", {"type": "object", "properties": {}})

    async def run(self, arguments: Mapping[str, Any], asking: Asking) -> object:
        self.asked.append((arguments, asking))
        if self.held is not None:
            await self.held.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def begun(attending: Attending, *tools: RelayTool) -> ToolsPart:
    part = ToolsPart(attending.attended, {tool.offer.name: tool for tool in tools})
    await part.attached(again=False)
    return part


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def words(attending: Attending, kind: str) -> list[tuple[object, ...]]:
    return [word for word in attending.desk.words if word[0] == kind]


async def test_the_result_goes_into_the_call_and_the_model_goes_on() -> None:
    attending, tool = Attending(), ToolDouble(answer={"sky": "blue"})
    part = await begun(attending, tool)

    await part.take(ToolAsked("call_1", "weather", '{"place": "Lisbon"}', "r1"))
    await part.take(DONE)
    await settle()

    answer, respond = attending.desk.words
    assert answer[:3] == ("answer_tool", "call_1", '{"sky": "blue"}')
    assert len(str(answer[3])) <= 32
    assert respond == ("respond", "tools", None)
    ((arguments, asking),) = tool.asked
    assert arguments == {"place": "Lisbon"}
    assert (asking.caller, asking.profile) == (attending.attended.call.caller, "support")
    assert [(kind, body["state"]) for kind, body in attending.published] == [
        ("tool", "asked"),
        ("tool", "done"),
    ]
    assert attending.published[1][1].keys() == {"id", "name", "state", "milliseconds"}
    await part.close()


async def test_tools_of_one_response_run_at_once_and_are_answered_together_with_one_wish() -> None:
    held = asyncio.Event()
    slow, quick = ToolDouble("slow", "s", held), ToolDouble("quick", "q")
    attending = Attending()
    part = await begun(attending, slow, quick)

    await part.take(ToolAsked("call_1", "slow", "{}", "r1"))
    await part.take(ToolAsked("call_2", "quick", "{}", "r1"))
    await part.take(ResponseDone("r1", "completed", asked_tools=2))
    await settle()
    assert [word[1] for word in words(attending, "answer_tool")] == ["call_2"]
    assert words(attending, "respond") == []
    held.set()
    await settle()

    assert [word[1] for word in words(attending, "answer_tool")] == ["call_2", "call_1"]
    assert len(words(attending, "respond")) == 1
    await part.close()


async def test_the_model_goes_on_only_when_its_response_is_over() -> None:
    attending = Attending()
    part = await begun(attending, ToolDouble())

    await part.take(ToolAsked("call_1", "weather", "{}", "r1"))
    await settle()
    assert words(attending, "respond") == []
    await part.take(DONE)
    await settle()

    assert len(words(attending, "respond")) == 1
    await part.close()


async def test_the_end_of_a_response_that_was_missed_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(part_module, "DONE_SECONDS", 0.01)
    attending = Attending()
    part = await begun(attending, ToolDouble())

    await part.take(ToolAsked("call_1", "weather", "{}", "r1"))
    await asyncio.sleep(0.05)

    assert len(words(attending, "respond")) == 1
    await part.take(DONE)
    await asyncio.sleep(0.05)
    assert len(words(attending, "respond")) == 1
    await part.close()


async def test_after_a_response_that_was_interrupted_the_model_is_not_made_to_go_on() -> None:
    attending = Attending()
    part = await begun(attending, ToolDouble())

    await part.take(ToolAsked("call_1", "weather", "{}", "r1"))
    await part.take(ResponseDone("r1", "cancelled", "turn_detected", asked_tools=1))
    await settle()

    assert [word[0] for word in attending.desk.words] == ["answer_tool"]
    await part.close()


@pytest.mark.parametrize(
    ("name", "arguments", "answer", "state", "told"),
    [
        ("nothing", "{}", None, "failed", "There is no such tool."),
        ("weather", "{", None, "failed", "The arguments are not JSON."),
        ("weather", "{}", ToolFailed("There is no such place."), "failed", "There is no such place."),
        ("weather", "{}", TimeoutError(), "timeout", "The tool took too long. It may be tried again later."),
    ],
)
async def test_every_question_gets_an_output(
    name: str, arguments: str, answer: object, state: str, told: str
) -> None:
    attending = Attending()
    part = await begun(attending, ToolDouble(answer=answer))

    await part.take(ToolAsked("call_1", name, arguments, "r1"))
    await part.take(DONE)
    await settle()

    ((_, _, output, _),) = words(attending, "answer_tool")
    assert json.loads(str(output)) == {"error": told}
    assert attending.published[-1][1]["state"] == state
    assert len(words(attending, "respond")) == 1
    await part.close()


async def test_what_is_told_twice_runs_once() -> None:
    attending, tool = Attending(), ToolDouble()
    part = await begun(attending, tool)

    for _ in range(2):
        await part.take(ToolAsked("call_1", "weather", "{}", "r1"))
        await part.take(DONE)
        await settle()

    assert len(tool.asked) == 1
    assert len(words(attending, "answer_tool")) == 1
    assert len(words(attending, "respond")) == 1
    await part.close()


async def test_an_output_waits_for_a_sideband_that_broke() -> None:
    attending = Attending()
    part = await begun(attending, ToolDouble())
    attending.desk.attached = False

    await part.take(ToolAsked("call_1", "weather", "{}", "r1"))
    await part.take(DONE)
    await part.lost()
    await settle()
    assert attending.desk.words == []
    attending.desk.attached = True
    await part.attached(again=True)
    await settle()

    assert [word[0] for word in attending.desk.words] == ["answer_tool", "respond"]
    await part.close()


async def test_an_output_that_could_not_be_delivered_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_module, "DELIVERY_SECONDS", 0.01)
    attending = Attending()
    attending.desk.attached = False
    part = await begun(attending, ToolDouble())

    await part.take(ToolAsked("call_1", "weather", "{}", "r1"))
    await asyncio.sleep(0.05)

    assert attending.published[-1][1]["state"] == "failed"
    await part.close()


async def test_more_tools_at_once_than_allowed_are_refused() -> None:
    held = asyncio.Event()
    attending = Attending()
    part = await begun(attending, ToolDouble(held=held))

    for number in range(AT_ONCE + 1):
        await part.take(ToolAsked(f"call_{number}", "weather", "{}", "r1"))
    await settle()

    ((_, tool_id, output, _),) = words(attending, "answer_tool")
    assert "Too many tools" in str(output)
    assert tool_id in {f"call_{number}" for number in range(AT_ONCE + 1)}
    await part.close()


@pytest.mark.parametrize(
    "turn", [Committed("item_1"), ItemAdded("item_1", "user", "message")], ids=["spoken", "typed"]
)
async def test_a_model_that_asks_again_and_again_is_stopped_until_the_caller_speaks(turn: Any) -> None:
    attending, tool = Attending(), ToolDouble()
    part = await begun(attending, tool)

    async def ask(number: int) -> None:
        await part.take(ToolAsked(f"call_{number}", "weather", "{}", f"r{number}"))
        await part.take(ResponseDone(f"r{number}", "completed", asked_tools=1))
        await settle()

    for number in range(MOST_ROUNDS + 2):
        await ask(number)
    assert len(tool.asked) == MOST_ROUNDS
    assert "No tools can be used now" in str(words(attending, "answer_tool")[-1][2])
    await part.take(turn)
    await ask(99)

    assert len(tool.asked) == MOST_ROUNDS + 1
    await part.close()


async def test_at_the_end_of_the_call_tools_are_let_go() -> None:
    attending, tool = Attending(), ToolDouble(held=asyncio.Event())
    part = await begun(attending, tool)
    await part.take(ToolAsked("call_1", "weather", "{}", "r1"))
    await settle()

    await part.close()

    assert words(attending, "answer_tool") == []
    assert [task for task in asyncio.all_tasks() if task.get_name() == "tool"] == []


@pytest.mark.parametrize(("names", "made"), [((), False), (("gone",), False), (("weather", "gone"), True)])
async def test_a_call_has_the_part_where_its_profile_has_tools(names: tuple[str, ...], *, made: bool) -> None:
    find: Callable[[str], RelayTool | None] = {"weather": ToolDouble()}.get
    attending = Attending(profile=replace(SUPPORT, tools=names))

    assert (tools_part(find)(attending.attended) is not None) is made
