"""The switches that make the simulator misbehave: what can be asked for, and what is still to come.

Decides what a switch may say and which one is next for a step; never touches a connection (`broken.py`
does). The switches, as JSON for ``POST /simulator/faults`` or ``SIMULATOR_FAULTS``, one object or a list:

========== =============================== ==============================================================
step       kind                            what happens; fields beside ``times`` and ``delay_ms``
========== =============================== ==============================================================
mint,      refuse                          an error instead of the work: ``status`` (500), ``shape`` (1-3),
calls,                                     ``code``, ``message``, ``headers``, or a ``body`` of one's own
hangup,    rate_limited                    429; ``headers`` such as Retry-After and retry-after-ms
sideband   delay                           only ``delay_ms``; ``when``: before (default) or after the work
           redirect                        ``status`` (307) to ``location``
           reset                           the connection breaks; ``when``: before_body, after_body (default;
                                           read, nothing done), after_work (done, no byte sent), mid_head,
                                           after_head, mid_body
mint,      alter                           the work is done, the answer is changed: ``status``,
calls,                                     ``headers`` (null removes one), ``body``, ``content_type``
hangup     drip                            the answer byte by byte, ``interval_ms`` (500); ``when`` body, head
           empty, html, malformed_json     the answer's body is nothing, a web page, half of itself
           huge                            the body grows to ``size`` bytes (2 000 000)
           gzip, encoded                   ``size`` zeros (64 MiB) packed; an unknown Content-Encoding
calls      no_location, bad_location       201 without Location; with one that names no call (``location``)
           status_200, sdp_type, not_sdp   200; application/sdp; a body that is no SDP
           expired_secret                  401 as for a client secret that is spent
sideband   close                           closes after ``delay_ms`` with ``status`` (1011) as its code
           cut                             the connection breaks after ``delay_ms``, without a close
           huge, garbage                   a frame of ``size`` bytes, or no events, after ``delay_ms``
           slow                            ``interval_ms`` (500) between two events
media      mute, no_events, vanish         answers no checks; sends no events; goes silent after ``delay_ms``
session    expire                          live calls (or ``call_id``) reach their time limit now
transcription  fail                        the next transcript fails: ``code``, ``message``
response   fail                            the next response fails with server_error: ``code``, ``message``
========== =============================== ==============================================================

``times`` is how many requests a switch applies to: 1 unless said, or ``"always"``.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_REQUESTS = frozenset({"refuse", "rate_limited", "delay", "redirect", "reset"})
_ANSWERS = frozenset({"alter", "drip", "empty", "html", "malformed_json", "huge", "gzip", "encoded"})
_PLACING = frozenset({"no_location", "bad_location", "status_200", "sdp_type", "not_sdp", "expired_secret"})
KINDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "mint": _REQUESTS | _ANSWERS,
        "calls": _REQUESTS | _ANSWERS | _PLACING,
        "hangup": _REQUESTS | _ANSWERS,
        "sideband": _REQUESTS | {"close", "cut", "huge", "garbage", "slow"},
        "media": frozenset({"mute", "no_events", "vanish"}),
        "session": frozenset({"expire"}),
        "transcription": frozenset({"fail"}),
        "response": frozenset({"fail"}),
    }
)
"""Which kinds each step knows."""

_RESET_MOMENTS = ("before_body", "after_body", "after_work", "mid_head", "after_head", "mid_body")
_MOMENTS = {"delay": ("before", "after"), "drip": ("body", "head"), "reset": _RESET_MOMENTS}


class FaultUnreadable(ValueError):  # noqa: N818 - what the person wrote cannot be used
    """A switch that does not exist or does not fit; the text says which and what would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One switch; the fields are those of the table above, times in milliseconds.

    Args:
        times: How many requests it applies to; ``None`` for always.
        headers: Added to the answer; ``None`` as a value removes one.
    """

    step: str
    kind: str
    times: int | None = 1
    delay_ms: float = 0
    interval_ms: float = 500
    when: str | None = None
    status: int | None = None
    shape: int = 1
    code: str | None = None
    message: str | None = None
    headers: Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    body: str | None = None
    content_type: str | None = None
    location: str | None = None
    size: int | None = None
    call_id: str | None = None

    def described(self) -> dict[str, object]:
        """Show the switch as JSON, leaving out what was not set."""
        shown = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}
        return shown | {"times": "always" if self.times is None else self.times}


class Faults:
    """The switches that are set, in the order in which they were set."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self._waiting = list(faults)

    def add(self, faults: tuple[Fault, ...]) -> None:
        """Set more switches behind those that are set."""
        self._waiting += faults

    def clear(self) -> None:
        """Forget every switch."""
        self._waiting.clear()

    def take(self, step: str) -> Fault | None:
        """Use the first switch of a step once; ``None`` when nothing is to go wrong."""
        for index, fault in enumerate(self._waiting):
            if fault.step == step:
                if fault.times == 1:
                    del self._waiting[index]
                elif fault.times is not None:
                    self._waiting[index] = dataclasses.replace(fault, times=fault.times - 1)
                return fault
        return None

    def listed(self) -> list[dict[str, object]]:
        """Show what is still to come."""
        return [fault.described() for fault in self._waiting]


def faults_from(parsed: object) -> tuple[Fault, ...]:
    """Read one switch or a list of them from parsed JSON.

    Raises:
        FaultUnreadable: A field is unknown, of another type, or does not fit its step.
    """
    return tuple(_fault_from(one) for one in (parsed if isinstance(parsed, list) else [parsed]))


def _fault_from(parsed: object) -> Fault:
    if not isinstance(parsed, dict):
        raise FaultUnreadable("a fault is a JSON object")
    known = {field.name for field in dataclasses.fields(Fault)}
    if unknown := sorted(set(parsed) - known):
        raise FaultUnreadable(f"unknown field {unknown[0]!r}; known are {', '.join(sorted(known))}")
    step: Any = parsed.get("step")
    kind: Any = parsed.get("kind") or ("refuse" if "status" in parsed else "delay")
    if not isinstance(step, str) or step not in KINDS:
        raise FaultUnreadable(f"unknown step {step!r}; known are {', '.join(KINDS)}")
    if not isinstance(kind, str) or kind not in KINDS[step]:
        raise FaultUnreadable(f"unknown kind {kind!r} for {step}; known are {', '.join(sorted(KINDS[step]))}")
    fields = {**parsed, "step": step, "kind": kind, "times": _times(parsed.get("times", 1))}
    if isinstance(fields.get("body"), dict | list):
        fields["body"] = json_text(fields["body"])
    for name, value in fields.items():
        _check_type(name, value)
    lowest, highest = (1000, 4999) if kind == "close" else (200, 599)
    if not lowest <= fields.get("status", lowest) <= highest:
        raise FaultUnreadable(f"'status' of {kind} is a number from {lowest} to {highest}")
    moments = _MOMENTS.get(kind, (None,))
    if fields.get("when") not in (None, *moments):
        raise FaultUnreadable(f"'when' of {kind} is one of {', '.join(map(str, moments))}")
    return Fault(**fields)


def _times(value: object) -> int | None:
    if value == "always":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise FaultUnreadable("'times' is a whole number above 0, or \"always\"")
    return value


_TYPES: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {"delay_ms": (int, float), "interval_ms": (int, float), "status": (int,), "shape": (int,), "size": (int,)}
    | {"headers": (dict,), "times": (int, type(None))}
)


def _check_type(name: str, value: Any) -> None:
    expected = _TYPES.get(name, (str, type(None)))
    if type(value) not in expected:
        raise FaultUnreadable(f"{name!r} cannot be {value!r}")
    if name == "shape" and value not in (1, 2, 3):
        raise FaultUnreadable("'shape' is 1, 2 or 3")
    if name == "headers" and not all(isinstance(one, str | None) for one in value.values()):
        raise FaultUnreadable("'headers' maps names to texts, or to null to remove one")
    if isinstance(value, int | float) and not 0 <= value <= 10**9:
        raise FaultUnreadable(f"{name!r} cannot be {value!r}")


def json_text(value: object) -> str:
    """Write JSON the compact way the real API does; halves of characters, which no wire carries, become ?."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode()
