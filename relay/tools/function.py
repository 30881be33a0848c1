"""Tools that are Python functions of the operator's, named as ``module:function``.

Async functions run on the event loop and are cancelled when their time is over; sync ones run in threads, of
which there is a bound, and which nothing can stop: one that hangs holds its thread until it returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import importlib
import inspect
import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from relay.telemetry import fault_of, log
from relay.tools.signature import tool_of_function
from relay.tools.tool import Asking, ToolFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relay.core.tool import FunctionTool

_log = logging.getLogger("relay.tools")

THREADS: Final = 32
"""Sync functions that run at once in a process."""


class Threads:
    """Runs sync functions in daemon threads, so that one that hangs keeps nobody from stopping the relay.

    Args:
        most: How many at once; one more is refused rather than made to wait.
    """

    def __init__(self, most: int = THREADS) -> None:
        self._free = threading.BoundedSemaphore(most)

    async def run(self, function: Callable[[], object]) -> object:
        """Run one, and wait for it.

        Raises:
            ToolFailed: All threads are taken.
        """
        if not self._free.acquire(blocking=False):
            log(_log, logging.WARNING, "tools take all threads", count=THREADS)
            raise ToolFailed("Too much is going on. It may be tried again later.")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[object] = loop.create_future()

        def tell(result: object, error: BaseException | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(result)
            else:
                done.set_exception(error)

        def work() -> None:
            result, raised = None, None
            try:
                result = function()
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits
                raised = RuntimeError("stopped") if isinstance(error, StopIteration) else error
            finally:
                self._free.release()
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(tell, result, raised)

        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(work,), name="tool", daemon=True).start()
        return await done


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionOfOurs:
    """One function as a tool.

    Args:
        offer: What the model is told.
        function: What is called.
        asking: The parameter that takes an `Asking`, if there is one.
        threads: Where it runs if it is sync.
        timeout_seconds: As in `relay.tools.tool.RelayTool`; so is the next one.
    """

    offer: FunctionTool
    function: Callable[..., Any] = field(repr=False)
    asking: str | None
    threads: Threads
    timeout_seconds: float
    max_bytes: int

    async def run(self, arguments: Mapping[str, Any], asking: Asking) -> object:
        """Call it.

        Raises:
            ToolFailed: It raised; what it raised is told to the log by its type and place alone.
        """
        given = {**arguments, **({self.asking: asking} if self.asking else {})}
        try:
            if inspect.iscoroutinefunction(self.function):
                return await self.function(**given)
            result = await self.threads.run(functools.partial(self.function, **given))
            return await result if inspect.isawaitable(result) else result
        except (ToolFailed, TimeoutError):
            raise
        except Exception as error:  # whatever an operator's function does, the call goes on
            log(
                _log,
                logging.ERROR,
                "a tool failed",
                tool=self.offer.name,
                call=asking.call,
                **fault_of(error),
            )
            raise ToolFailed("The tool failed.") from error


def load_function(
    target: str,
    *,
    name: str | None = None,
    description: str | None = None,
    threads: Threads,
    timeout_seconds: float,
    max_bytes: int,
) -> FunctionOfOurs:
    """Import a function and describe it. Imports code: to be done at start and at a reload only.

    Args:
        target: ``module:function``.
        name: As the model is to call it; the function's own unless given.
        description: Instead of the docstring's.
        threads: Where sync functions run.
        timeout_seconds: How long it may take.
        max_bytes: How much it may answer.

    Raises:
        ValueError: It cannot be imported or described, in words that go on after its name.
    """
    module_name, _, function_name = target.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = "itself" if error.name in (module_name, module_name.partition(".")[0]) else "a module of it"
        raise ValueError(f"cannot be imported: Python does not find {missing}") from None
    except Exception as error:  # noqa: BLE001 - an operator's module may do anything while it is imported
        raise ValueError(f"cannot be imported: {type(error).__name__} at {fault_of(error)['at']}") from None
    function = getattr(module, function_name, None)
    if not callable(function):
        raise ValueError("names a module without that function")  # noqa: TRY004 - the one error that is gathered
    offer, asking = tool_of_function(function, name=name or function_name, description=description)
    return FunctionOfOurs(
        offer=offer,
        function=function,
        asking=asking,
        threads=threads,
        timeout_seconds=timeout_seconds,
        max_bytes=max_bytes,
    )
