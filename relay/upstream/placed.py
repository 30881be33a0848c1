"""A call that the upstream has named, while its answer is on the way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from relay.core.realtime import is_answer
from relay.core.refusal import request_id
from relay.errors import UpstreamBadAnswer, UpstreamFacts, UpstreamProblem, UpstreamTimeout
from relay.upstream.answer import read_body
from relay.upstream.transport import WireBody

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relay.core.upstream import CallRef
    from relay.stopwatch import Stopwatch


class RealtimePlaced:
    """The head of a successful exchange; see `relay.core.upstream.Placed`.

    Args:
        ref: The call, or ``None`` when the upstream did not name it.
        response: Streamed, its body unread.
        deadline: On the event loop's clock; the one the placing began with.
        stopwatch: Holds the steps so far; reading the answer adds to ``exchange``.
    """

    def __init__(
        self, *, ref: CallRef | None, response: httpx.Response, deadline: float, stopwatch: Stopwatch
    ) -> None:
        self._ref = ref
        self._response = response
        self._deadline = deadline
        self._stopwatch = stopwatch

    def __repr__(self) -> str:
        return f"<RealtimePlaced {self._response.status_code} {'unnamed' if self._ref is None else 'named'}>"

    @property
    def ref(self) -> CallRef | None:
        """The call; ``None`` when the upstream did not name it."""
        return self._ref

    @property
    def timings(self) -> Mapping[str, float]:
        """Milliseconds of ``credential``, ``secret`` and ``exchange``."""
        return self._stopwatch.milliseconds

    @property
    def at_hand(self) -> bool:
        """Whether all of the answer has come; never known of httpx's own transport."""
        return isinstance(self._response.stream, WireBody) and self._response.stream.is_whole

    async def answer(self) -> str:
        """Read the SDP answer, once, exactly as the upstream wrote it.

        Raises:
            UpstreamBadAnswer: Cut off, not an SDP, not UTF-8, over 64 KiB, or encoded.
            UpstreamTimeout: The deadline passed while it was read.
        """
        with self._stopwatch.step("exchange"):
            try:
                async with asyncio.timeout_at(self._deadline):
                    body = await read_body(self._response)
            except TimeoutError as error:
                raise self._told(UpstreamTimeout("The upstream's answer did not arrive in time.")) from error
            except httpx.HTTPError as error:
                raise self._told(UpstreamBadAnswer("The upstream's answer was cut off.")) from error
            except UpstreamBadAnswer as problem:
                raise self._told(problem) from None
            finally:
                await self.close()
        text = _decoded(body)
        if text is None or not is_answer(text):
            raise self._told(UpstreamBadAnswer("The upstream's answer is not an SDP."))
        return text

    async def close(self) -> None:
        """Let go of the connection; harmless when it was let go already."""
        await self._response.aclose()

    def _told(self, problem: UpstreamProblem) -> UpstreamProblem:
        problem.upstream = UpstreamFacts(
            status=self._response.status_code, request_id=request_id(self._response.headers)
        )
        problem.in_doubt = self._ref is None
        return problem


def _decoded(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
