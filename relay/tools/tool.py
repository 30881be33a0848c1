"""What a tool is to those that use it, and how one is run: arguments checked, time and answer bounded.

A tool never makes a call fail: whatever goes wrong becomes an output that the model can talk about, and that
tells nothing of the inside. What the caller said, and so what a tool is asked and answers, is never logged.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from relay.core.tool_schema import misfit
from relay.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relay.core.tool import FunctionTool

_log = logging.getLogger("relay.tools")

MOST_ARGUMENTS: Final = 32_768
"""Characters of arguments; a model that writes more has lost its thread."""

_TOO_LONG: Final = object()

State = Literal["done", "failed", "timeout"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks a tool, and in which call; what a function with a parameter of this type is given.

    Args:
        id: Of this one request; the same when it is repeated.
        call: Short name of the call, as the relay's log has it.
        caller: Keyed hash of the caller's name, the same in every call of one caller.
        profile: Name of the profile.
    """

    id: str
    call: str
    caller: str
    profile: str


class ToolFailed(Exception):  # noqa: N818 - an answer
    """A tool gave no result; the text is for the model, and tells nothing of the inside."""


class RelayTool(Protocol):
    """Something that answers arguments with a value of JSON."""

    @property
    def offer(self) -> FunctionTool:
        """What the model is told of it."""

    @property
    def timeout_seconds(self) -> float:
        """How long it may take."""

    @property
    def max_bytes(self) -> int:
        """How much it may answer, as JSON."""

    async def run(self, arguments: Mapping[str, Any], asking: Asking) -> object:
        """Answer.

        Raises:
            ToolFailed: It cannot.
        """


@dataclass(frozen=True, slots=True)
class Ran:
    """How it went.

    Args:
        state: For the page.
        output: JSON, for the model; kept out of ``repr``.
    """

    state: State
    output: str = field(repr=False)


async def run_tool(tool: RelayTool, arguments: str, asking: Asking) -> Ran:
    """Run a tool on arguments as a model wrote them; never raises for what they are or what it does."""
    read = _arguments(arguments)
    if isinstance(read, str):
        return failed(read)
    wrong = misfit(tool.offer.parameters, read)
    if wrong is not None:
        return failed(f"These arguments do not fit: {wrong}.")
    return await bounded(tool, read, asking)


async def bounded(tool: RelayTool, arguments: Mapping[str, Any], asking: Asking) -> Ran:
    """Run a tool on arguments that fit, for as long and to as much as it may."""
    running = asyncio.ensure_future(tool.run(arguments, asking))
    running.add_done_callback(_look_at)
    try:
        done, _ = await asyncio.wait({running}, timeout=tool.timeout_seconds)
        result = running.result() if done else _TOO_LONG  # one that does not heed its end is not waited for
    except TimeoutError:
        result = _TOO_LONG
    except ToolFailed as fault:
        return failed(str(fault))
    finally:
        running.cancel()
    if result is _TOO_LONG:
        log(_log, logging.WARNING, "a tool took too long", tool=tool.offer.name, call=asking.call)
        return failed("The tool took too long. It may be tried again later.", state="timeout")
    return _encoded(tool, result, asking)


def _encoded(tool: RelayTool, result: object, asking: Asking) -> Ran:
    try:
        output = json.dumps(result, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        log(_log, logging.ERROR, "a tool's result is not JSON", tool=tool.offer.name, call=asking.call)
        return failed("The tool failed.")
    if len(output.encode("utf-8", "surrogatepass")) > tool.max_bytes:
        log(_log, logging.ERROR, "a tool's result is too large", tool=tool.offer.name, call=asking.call)
        return failed("The tool's answer was too long to be used.")
    return Ran("done", output)


def _look_at(running: asyncio.Future[object]) -> None:
    """An error that nobody waits for any more is no news to anybody."""
    if not running.cancelled():
        running.exception()


def failed(words: str, *, state: State = "failed") -> Ran:
    """An output that says why there is no result."""
    return Ran(state, json.dumps({"error": words}))


def _arguments(text: str) -> Mapping[str, Any] | str:
    """Read arguments, or say what is wrong with them."""
    if len(text) > MOST_ARGUMENTS:
        return "The arguments are too long."
    try:
        read = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return "The arguments are not JSON."
    return read if isinstance(read, dict) else "The arguments are not a JSON object."
