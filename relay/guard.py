"""The guard of one call: carries out what `relay.core.guard` decides, and asks for every response itself.

The session is looked at whenever the sideband is attached, so that what was changed meanwhile is found.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from relay.attending import QuietPart
from relay.core.call import Reason
from relay.core.facts import Failed, ItemAdded
from relay.core.guard import begin, judge
from relay.core.upstream import SidebandLost
from relay.desk import RESTORE
from relay.telemetry import log

if TYPE_CHECKING:
    from relay.attending import Attended
    from relay.core.facts import Fact
    from relay.core.guard import Verdict

_log = logging.getLogger("relay.sideband")

TURN = "turn"
"""The mark of a response to what the caller said or wrote."""


def make_guard(attended: Attended) -> Guard | None:
    """Make the guard of a call whose profile asks for one."""
    return Guard(attended) if attended.profile.sideband == "guard" else None


class Guard(QuietPart):
    """Guards one call.

    Args:
        attended: The call.
    """

    def __init__(self, attended: Attended) -> None:
        self._attended = attended
        self._desk = attended.desk
        self._standing = begin(attended.profile, attended.plan)
        self._ended = False

    async def attached(self, *, again: bool) -> None:  # noqa: ARG002 - looked at whenever it is attached
        """Look at the session as it is now."""
        await self._desk.look()

    async def take(self, fact: Fact) -> None:
        """Judge a fact, and do what follows; a call whose guard breaks is not left unguarded."""
        try:
            await self._take(fact)
        except SidebandLost:
            raise
        except Exception:
            await self._end("a guard broke", None)
            raise

    async def _take(self, fact: Fact) -> None:
        if isinstance(fact, Failed) and fact.event_id == RESTORE:
            await self._end("a guarded session could not be set back", fact.code)
            return
        ours = isinstance(fact, ItemAdded) and self._desk.is_ours(fact.item_id)
        self._standing, verdict = judge(self._standing, fact, ours=ours)
        if verdict.changed:
            await self._stop(verdict)
        elif verdict.respond:
            await self._desk.respond(mark=TURN)

    async def _stop(self, verdict: Verdict) -> None:
        """Undo what the browser did, and tell of it."""
        if verdict.cancel is not None:
            await self._desk.cancel(verdict.cancel)
        if verdict.remove is not None:
            await self._desk.remove(verdict.remove)
        if verdict.restore:
            await self._desk.restore(verdict.restore)
        log(
            _log,
            logging.WARNING,
            "a browser went beyond its profile",
            call=self._attended.call.tag,
            changed=",".join(verdict.changed),
            times=self._standing.times,
        )
        body = {
            "changed": list(verdict.changed),
            "reverted": True,
            "times": self._standing.times,
            "ended": verdict.end,
        }
        await self._attended.publish("guard", body)
        if verdict.end:
            await self._end("a call is ended by its guard", None)

    async def _end(self, why: str, code: str | None) -> None:
        if not self._ended:
            self._ended = True
            log(_log, logging.WARNING, why, call=self._attended.call.tag, code=code)
            await self._attended.end(Reason.GUARD)
