"""What the browser's filter hides, told again on the call's event stream; and turns that failed.

A private profile's page sees no error, no end of a response and no limits (fact 1.3). Told are short codes
and ids, never the upstream's words: its messages could quote the prompt.
"""

from __future__ import annotations

import logging
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from relay.attending import QuietPart
from relay.core.facts import Failed, RateLimit, ResponseDone
from relay.core.server_events import SERVER_ERROR
from relay.guard import TURN
from relay.telemetry import log
from relay.tools.part import MARK as TOOLS

if TYPE_CHECKING:
    from relay.attending import Attended
    from relay.core.facts import Fact

_log = logging.getLogger("relay.sideband")

RETRY: Final = "retry"
"""The mark of a response that is asked for in the place of one that failed."""

_ASKED_AGAIN: Final = frozenset({None, TURN, TOOLS})  # what says a text of its own is not
_HINTS: Final = MappingProxyType({"DeploymentNotFound": "upstream-misconfigured"})


def make_republished(attended: Attended) -> Republished:
    """Make the part that tells the page what it cannot see; every call has one."""
    return Republished(attended)


class Republished(QuietPart):
    """Tells one call's page.

    Args:
        attended: The call.
    """

    def __init__(self, attended: Attended) -> None:
        self._attended = attended
        self._private = attended.profile.private

    async def take(self, fact: Fact) -> None:
        """Tell of a fact that the page cannot see, and ask once more for a response that failed."""
        if isinstance(fact, ResponseDone):
            await self._response(fact)
        elif isinstance(fact, Failed):
            await self._failed(fact)
        elif isinstance(fact, RateLimit) and self._private:
            body = {"name": fact.name, "remaining": fact.remaining, "reset_seconds": fact.reset_seconds}
            await self._attended.publish("limits", body)

    async def _response(self, done: ResponseDone) -> None:
        if self._private:
            body = {"id": done.response_id, "status": done.status, "reason": done.reason}
            await self._attended.publish("response", body)
        if done.status != "failed":
            return
        again = done.reason == SERVER_ERROR and self._may_ask_again(done.mark)
        log(
            _log,
            logging.WARNING,
            "a response failed",
            call=self._attended.call.tag,
            code=done.reason,
            again=again,
        )
        await self._attended.publish("failed", {"what": "response", "code": done.reason, "again": again})
        if again:
            await self._attended.desk.respond(mark=RETRY)

    def _may_ask_again(self, mark: str | None) -> bool:
        """Whether a response with this mark is asked for once more; a guarded call's are all marked."""
        return mark in _ASKED_AGAIN and not (mark is None and self._attended.profile.sideband == "guard")

    async def _failed(self, failed: Failed) -> None:
        ours = failed.what == "error" and failed.event_id
        if failed.what == "transcription" or ours:
            log(
                _log,
                logging.WARNING,
                "the upstream refused a word of ours" if ours else "a transcription failed",
                call=self._attended.call.tag,
                code=failed.code,
            )
        if failed.what == "error" and (ours or not self._private):
            return  # the page has seen it, or it is none of the page's
        body = {
            "what": failed.what,
            "code": failed.code,
            "item_id": failed.item_id or None,
            "hint": _HINTS.get(failed.code),
        }
        await self._attended.publish("failed", {name: value for name, value in body.items() if value})
