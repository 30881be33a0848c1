"""The ledger: which calls there were, how each ended, and how often every route was asked.

Decides what is counted and how much is remembered; never ends a call. Tests prove with it that nothing
is left behind, so a count is never lost, even when an old record is.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

EndReason = Literal[
    "hung_up",
    "browser_left",
    "browser_vanished",
    "never_connected",
    "session_expired",
    "reset",
    "simulator_stopped",
]
_ENDED_KEPT = 5_000


@dataclass(slots=True)
class CallRecord:
    """One call. Times are Unix seconds; ``usage`` counts tokens and responses."""

    id: str
    session_id: str
    deployment: str
    voice: str
    offer_sha256: str
    created_at: float
    webrtcfilter: bool = False
    connected_at: float | None = None
    channel_opened_at: float | None = None
    ended_at: float | None = None
    end_reason: EndReason | None = None
    hang_ups: int = 0
    sidebands: int = 0
    turns: int = 0
    usage: Counter[str] = field(default_factory=Counter)

    @property
    def state(self) -> str:
        """Tell where the call is: ``waiting`` for its browser, ``connected`` or ``ended``."""
        if self.ended_at is not None:
            return "ended"
        return "waiting" if self.connected_at is None else "connected"

    def described(self) -> dict[str, object]:
        """Show the record as JSON."""
        shown: dict[str, object] = {name: getattr(self, name) for name in self.__slots__}
        return shown | {"state": self.state, "usage": dict(self.usage)}


class Ledger:
    """Counts and records since the start, or since the last `clear`."""

    def __init__(self) -> None:
        self._live: dict[str, CallRecord] = {}
        self._ended: deque[CallRecord] = deque(maxlen=_ENDED_KEPT)
        self._created = 0
        self._connected = 0
        self._hung_up = 0
        self._reasons: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()
        self._usage: Counter[str] = Counter()

    @property
    def live(self) -> int:
        """How many calls are live."""
        return len(self._live)

    def asked(self, route: str) -> None:
        """Count a request, whatever becomes of it."""
        self._requests[route] += 1

    def created(self, call: CallRecord) -> None:
        """Enter a new call."""
        self._created += 1
        self._live[call.id] = call

    def connected(self, call: CallRecord, now: float) -> None:
        """Note that the browser is there."""
        if call.connected_at is None:
            self._connected += 1
            call.connected_at = now

    def used(self, call: CallRecord, usage: Mapping[str, int]) -> None:
        """Add what one response or transcript used to the call and to the total."""
        call.usage.update(usage)
        self._usage.update(usage)

    def ended(self, call: CallRecord, reason: EndReason, now: float) -> None:
        """Note that a call is over; a second time changes nothing."""
        if self._live.pop(call.id, None) is None:
            return
        call.ended_at, call.end_reason = now, reason
        self._reasons[reason] += 1
        self._hung_up += reason == "hung_up"
        self._ended.append(call)

    def find(self, call_id: str) -> CallRecord | None:
        """Find a call, live or remembered."""
        return self._live.get(call_id) or next((one for one in self._ended if one.id == call_id), None)

    def clear(self) -> None:
        """Forget ended calls and every count; live calls stay and are counted as created."""
        live = self._live
        self.__init__()  # type: ignore[misc]  # the same as a new one
        for call in live.values():
            self.created(call)

    def summary(self, *, with_calls: bool) -> dict[str, object]:
        """Show the ledger as JSON, the youngest call first."""
        known = [*reversed(self._live.values()), *reversed(self._ended)]
        shown: dict[str, object] = {
            "created": self._created,
            "live": len(self._live),
            "connected": self._connected,
            "hung_up": self._hung_up,
            "ended": sum(self._reasons.values()),
            "ended_by": dict(self._reasons),
            "usage": dict(self._usage),
            "requests": {route: self._requests[route] for route in ("mint", "calls", "hangup", "sideband")},
        }
        return shown | ({"calls": [call.described() for call in known]} if with_calls else {})
