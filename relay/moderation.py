"""The part of a call's attendant that lets a hook of the operator's judge what was said.

The hook is a function ``(who, text)`` or a webhook that gets both; it sees each finished piece of transcript
once, in order, and answers nothing, ``cancel``, ``say`` or ``hang_up``. Sound is heard before it is judged:
this breaks off, it does not hold back.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
from typing import TYPE_CHECKING, Final

from relay.attending import QuietPart
from relay.core.call import Reason
from relay.core.facts import Line
from relay.core.upstream import SidebandLost
from relay.core.verdict import Verdict, read_verdict
from relay.telemetry import log
from relay.tools.tool import Asking, bounded

if TYPE_CHECKING:
    from collections.abc import Callable

    from relay.attending import Attended
    from relay.core.facts import Fact
    from relay.tools.tool import RelayTool

_log = logging.getLogger("relay.tools")

MARK: Final = "moderation"
"""In the metadata of what the assistant says for the hook."""

MOST_WAITING: Final = 100
"""Pieces that wait for a slow hook; it counts as failed for those beyond."""


class ModerationPart(QuietPart):
    """Has one call judged.

    Args:
        attended: The call.
        hook: What judges.
    """

    def __init__(self, attended: Attended, hook: RelayTool) -> None:
        self._attended = attended
        self._hook = hook
        self._lines: asyncio.Queue[Line] = asyncio.Queue(MOST_WAITING)
        self._judged: set[tuple[str, int, str]] = set()
        self._judging: asyncio.Task[None] | None = None

    async def attached(self, *, again: bool) -> None:
        """Nothing to be done."""

    async def take(self, fact: Fact) -> None:
        """Line up what was said."""
        if not isinstance(fact, Line) or not fact.text.strip():
            return
        name = (fact.item_id, fact.index, hashlib.sha256(fact.text.encode("utf-8", "replace")).hexdigest())
        if name in self._judged:  # told again; a corrected text is judged anew
            return
        self._judged.add(name)
        if self._lines.full():
            await self._failed()
            return
        self._lines.put_nowait(fact)
        if self._judging is None:
            self._judging = asyncio.create_task(self._judge(), name="moderation")

    async def close(self) -> None:
        """Stop judging."""
        if self._judging is not None:
            self._judging.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._judging

    async def _judge(self) -> None:
        while True:
            line = await self._lines.get()
            verdict = await self._verdict(line)
            if verdict is None:
                await self._failed()
            elif verdict.kind != "pass":
                await self._follow(verdict)

    async def _verdict(self, line: Line) -> Verdict | None:
        """Ask the hook; ``None`` when it failed."""
        call = self._attended.call
        name = hashlib.sha256(f"{call.key} {line.item_id} {line.index}".encode()).hexdigest()[:32]
        asking = Asking(id=name, call=call.tag, caller=call.caller, profile=call.profile)
        ran = await bounded(self._hook, {"who": line.who, "text": line.text}, asking)
        return read_verdict(json.loads(ran.output)) if ran.state == "done" else None

    async def _follow(self, verdict: Verdict) -> None:
        await self._attended.publish("moderated", {"verdict": verdict.kind})
        log(_log, logging.INFO, "moderated", call=self._attended.call.tag, verdict=verdict.kind)
        if verdict.kind == "hang_up":
            await self._attended.end(Reason.MODERATION)
            return
        try:
            await self._attended.desk.cancel()
            if verdict.kind == "say":
                await self._attended.desk.say(verdict.text, mark=MARK)
        except SidebandLost:
            log(_log, logging.WARNING, "a verdict could not be followed", call=self._attended.call.tag)

    async def _failed(self) -> None:
        """Do what the profile says of a hook that gives no verdict."""
        log(_log, logging.ERROR, "moderation failed", call=self._attended.call.tag)
        await self._attended.publish("failed", {"what": "moderation", "code": "no_verdict"})
        if self._attended.profile.moderation_failure == "hang_up":
            await self._attended.end(Reason.MODERATION)


def moderation_part(find: Callable[[str], RelayTool | None]) -> Callable[[Attended], ModerationPart | None]:
    """Make the factory of these parts.

    Args:
        find: What runs a hook, by what a profile names it by.
    """

    def make(attended: Attended) -> ModerationPart | None:
        name = attended.profile.moderation
        hook = None if name is None else find(name)
        return None if hook is None else ModerationPart(attended, hook)

    return make
