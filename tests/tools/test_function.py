"""Functions as tools: sync ones in threads, async ones with a time, and nothing of their inside outside."""

from __future__ import annotations

import asyncio
import json
import logging
import time

import pytest

from relay.tools.function import FunctionOfOurs, Threads, load_function
from relay.tools.tool import Ran, run_tool
from tests.tools import asked
from tests.tools.asked import ASKING

pytestmark = pytest.mark.anyio


def tool(name: str, *, timeout_seconds: float = 5.0, threads: Threads | None = None) -> FunctionOfOurs:
    return load_function(
        f"tests.tools.asked:{name}",
        threads=threads or Threads(),
        timeout_seconds=timeout_seconds,
        max_bytes=1000,
    )


async def run(name: str, arguments: object = None, *, timeout_seconds: float = 5.0) -> Ran:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
    return await run_tool(tool(name, timeout_seconds=timeout_seconds), text, ASKING)


@pytest.mark.parametrize(
    ("name", "arguments", "output"),
    [
        ("add", {"one": 2}, 3.0),
        ("lookup", {"order": "7", "size": "s", "tags": ["ä"]}, {"order": "7", "size": "s", "tags": ["ä"]}),
        ("whose", {}, "somebody in support"),
        ("whose", "", "somebody in support"),
    ],
)
async def test_a_result_is_json(name: str, arguments: object, output: object) -> None:
    ran = await run(name, arguments)

    assert (ran.state, json.loads(ran.output)) == ("done", output)


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("add", {"one": "2"}, "These arguments do not fit: one must be of type integer."),
        ("add", {"one": 1, "x": 1}, "These arguments do not fit: the arguments may only have: one, other."),
        ("whose", {"asking": {}}, "These arguments do not fit: the arguments may only have: nothing."),
        ("add", "{", "The arguments are not JSON."),
        ("add", "[1]", "The arguments are not a JSON object."),
        ("add", "[" * 30_000, "The arguments are not JSON."),
        ("add", '"' + "x" * 40_000, "The arguments are too long."),
        ("broken", {}, "The tool failed."),
        ("stopped", {}, "The tool failed."),
        ("no_json", {}, "The tool failed."),
        ("not_a_number", {}, "The tool failed."),
        ("said", {}, "There is no such order."),
        ("huge", {}, "The tool's answer was too long to be used."),
    ],
)
async def test_what_goes_wrong_becomes_an_output_a_model_can_talk_about(
    name: str, arguments: object, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        ran = await run(name, arguments)

    assert (ran.state, json.loads(ran.output)) == ("failed", {"error": words})
    assert "canary" not in caplog.text + "".join(str(vars(record)) for record in caplog.records)


@pytest.mark.parametrize("name", ["slow", "slow_async", "stubborn"])
async def test_a_tool_that_takes_too_long_is_not_waited_for(name: str) -> None:
    began = time.monotonic()

    ran = await run(name, timeout_seconds=0.05)

    assert ran.state == "timeout"
    assert "too long" in json.loads(ran.output)["error"]
    assert time.monotonic() - began < 0.4


async def test_a_sync_tool_does_not_hold_up_the_event_loop() -> None:
    running = asyncio.create_task(run("slow"))
    lags = []
    while not running.done():
        before = time.monotonic()
        await asyncio.sleep(0.01)
        lags.append(time.monotonic() - before)

    assert json.loads(running.result().output) == "late"
    assert len(lags) > 5


async def test_threads_are_bounded_and_one_more_is_refused_at_once() -> None:
    threads = Threads(2)
    held = tool("hold", threads=threads)
    asked.HELD.clear()
    running = [asyncio.create_task(run_tool(held, "{}", ASKING)) for _ in range(2)]
    await asyncio.sleep(0.05)

    refused = await run_tool(held, "{}", ASKING)
    asked.HELD.set()

    assert "Too much is going on" in refused.output
    assert [json.loads(ran.output) for ran in await asyncio.gather(*running)] == ["held", "held"]
    assert (await run_tool(held, "{}", ASKING)).state == "done"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nowhere_at_all:x", "Python does not find itself"),
        ("tests.tools.nowhere:x", "Python does not find itself"),
        ("tests.tools.needy:x", "Python does not find a module of it"),
        ("tests.tools.asked:nothing", "names a module without that function"),
        ("tests.tools.asked:VALUE", "names a module without that function"),
        ("tests.tools.raising:x", "cannot be imported: ZeroDivisionError at"),
    ],
)
def test_what_cannot_be_imported_is_told(target: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        load_function(target, threads=Threads(), timeout_seconds=1, max_bytes=1)
