"""What a guarded call may be like, and what to do about a browser that makes it otherwise.

Pure. Compared is what gives rights or costs money: instructions, stored prompt, tools, voice, modalities,
token limits, reasoning, truncation, transcription, who asks for responses, and every item that enters the
conversation. How long a silence ends a turn, noise reduction and speed are the caller's comfort.

A response that was begun does not tell with which instructions (fact 5.3). So in a guarded call the relay
asks for every response itself, with a mark; whatever has none is the browser's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from relay.core.facts import Committed, Effective, Fact, ItemAdded, OutputItem
from relay.core.prompt import claims_of, pattern_of
from relay.core.session_values import values_of

if TYPE_CHECKING:
    from relay.core.profile import Profile
    from relay.core.upstream import Plan

_DEFAULTS: Final[Mapping[str, object]] = MappingProxyType(
    {
        "instructions": "",
        "prompt": None,
        "tools": [],
        "tool_choice": "auto",
        "modalities": ["audio"],
        "max_output_tokens": "inf",
        "tracing": None,
        "transcription": None,
    }
)
# What a session begins with where nothing was planned (fact 2.2).
_AS_FOUND: Final = frozenset({"parallel_tool_calls", "reasoning_effort", "truncation"})
# Where nothing was planned, the first value seen is taken for the upstream's own.
_PARTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "transcription": ("model",),
        "turn_detection": ("type", "create_response", "idle_timeout_ms"),
    }
)
# Of these only some keys count.
_GUARDED: Final = (
    *_DEFAULTS,
    "parallel_tool_calls",
    "reasoning_effort",
    "truncation",
    "voice",
    "turn_detection",
)
_JOINT: Final = 2  # characters between the operator's instructions and the browser's
_ANNOUNCED: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of one guarded call.

    Args:
        profile: What the operator allows.
        planned: The session as it was planned, by neutral names.
        found: What the session was first seen with.
        announced: Items that responses are about to make.
        times: How often the browser went too far.
    """

    profile: Profile
    planned: Mapping[str, object] = field(repr=False)
    found: Mapping[str, object] | None = field(default=None, repr=False)
    announced: tuple[str, ...] = ()
    times: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to do after a fact.

    Args:
        changed: What the browser changed, for the event stream; empty when it did nothing wrong.
        restore: Values to set back.
        remove: An item to take out.
        cancel: A response to cancel.
        respond: Whether to ask for a response.
        end: Whether the call is to end.
    """

    changed: tuple[str, ...] = ()
    restore: Mapping[str, object] = field(default_factory=dict, repr=False)
    remove: str | None = None
    cancel: str | None = None
    respond: bool = False
    end: bool = False


NOTHING: Final = Verdict()
"""Nothing is to be done."""


def begin(profile: Profile, plan: Plan) -> Standing:
    """Begin to guard a call; after an adoption the plan lacks what the browser and its claims brought."""
    return Standing(profile=profile, planned=values_of(plan.session))


def judge(standing: Standing, fact: Fact, *, ours: bool = False) -> tuple[Standing, Verdict]:
    """Judge one fact.

    Args:
        standing: What is known so far.
        fact: With marks that only the relay can have written.
        ours: Whether the item of an `ItemAdded` was put in by the relay.
    """
    if isinstance(fact, Effective):
        return (
            _judge_response(standing, fact)
            if fact.response_id is not None
            else _judge_session(standing, fact)
        )
    if isinstance(fact, OutputItem):
        return replace(standing, announced=(*standing.announced, fact.item_id)[-_ANNOUNCED:]), NOTHING
    if isinstance(fact, ItemAdded):
        return _judge_item(standing, fact, ours=ours)
    return standing, Verdict(respond=True) if isinstance(fact, Committed) else NOTHING


def _judge_session(standing: Standing, fact: Effective) -> tuple[Standing, Verdict]:
    if standing.found is None:
        standing = replace(standing, found=fact.values)
    changed = tuple(
        name for name in _GUARDED if name in fact.values and not _fits(standing, name, fact.values[name])
    )
    if not changed:
        return standing, NOTHING
    wanted = {name: _wanted(standing, name) for name in changed}
    return _strike(standing, Verdict(changed=changed, restore=wanted))


def _judge_response(standing: Standing, fact: Effective) -> tuple[Standing, Verdict]:
    if fact.mark is not None:
        return standing, NOTHING
    return _strike(standing, Verdict(changed=("response",), cancel=fact.response_id))


def _judge_item(standing: Standing, fact: ItemAdded, *, ours: bool) -> tuple[Standing, Verdict]:
    if ours or fact.item_id in standing.announced:
        return standing, NOTHING
    if fact.kind == "message" and fact.role == "user":
        return standing, NOTHING if fact.spoken else Verdict(respond=True)
    return _strike(standing, Verdict(changed=("item",), remove=fact.item_id))


def _strike(standing: Standing, verdict: Verdict) -> tuple[Standing, Verdict]:
    times = standing.times + 1
    return replace(standing, times=times), replace(verdict, end=times >= standing.profile.guard_strikes)


def _wanted(standing: Standing, name: str) -> object:
    """The value that a name is set back to."""
    if name in standing.planned:
        return standing.planned[name]
    found = standing.found or {}
    if name == "instructions" and standing.profile.instructions is not None:
        kept = found.get(name)
        return kept if _instructions_fit(standing, kept) else standing.profile.instructions
    if name in _AS_FOUND and name in found:
        return found[name]
    return _DEFAULTS.get(name)


def _fits(standing: Standing, name: str, seen: object) -> bool:
    """Whether the profile allows a session to have this value."""
    if name == "instructions":
        return _instructions_fit(standing, seen)
    if name == "voice":
        return _name_of(seen) in standing.profile.voices
    wanted = _wanted(standing, name)
    if name in _PARTS:
        return _same_parts(wanted, seen, _PARTS[name])
    return _same(wanted, seen)


def _instructions_fit(standing: Standing, seen: object) -> bool:
    """Whether instructions are the operator's, with no more of the browser's than it may add."""
    text = seen if isinstance(seen, str) else ""
    planned = standing.planned.get("instructions")
    operators, may_add = standing.profile.instructions, standing.profile.browser_instructions
    if planned is not None and text == planned:
        return True
    if operators is None and planned is None and text in ("", (standing.found or {}).get("instructions")):
        return True
    base = _operators_end(standing, operators or "", text)
    if base is None:
        return False
    return may_add is None or len(text) - base <= (may_add + _JOINT if may_add else 0)


def _operators_end(standing: Standing, operators: str, text: str) -> int | None:
    """Where the operator's instructions end in a text that begins with them; ``None`` when it does not."""
    planned = standing.planned.get("instructions")
    if claims_of(operators) and isinstance(planned, str):
        return len(planned) if text.startswith(planned) else None  # what stands in the places is known
    found = re.match(pattern_of(operators), text)
    return None if found is None else found.end()


def _name_of(voice: object) -> object:
    return voice.get("id") if isinstance(voice, Mapping) else voice


def _same_parts(wanted: object, seen: object, keys: tuple[str, ...]) -> bool:
    if not isinstance(wanted, Mapping) or not isinstance(seen, Mapping):
        return not wanted and not seen
    return all(_same(wanted.get(key), seen[key]) for key in keys if key in seen)


def _same(wanted: object, seen: object) -> bool:
    """Whether the upstream shows what was wanted; keys that it leaves out or adds as nothing do not count."""
    if isinstance(wanted, Mapping) and isinstance(seen, Mapping):
        named = all(seen.get(key) == wanted[key] for key in ("type", "name", "server_label") if key in wanted)
        added = any(value for key, value in seen.items() if key not in wanted)
        return named and not added and all(_same(wanted[key], seen[key]) for key in wanted if key in seen)
    if isinstance(wanted, list | tuple) and isinstance(seen, list | tuple):
        return len(wanted) == len(seen) and all(map(_same, wanted, seen))
    if not wanted and not seen:
        return True
    if isinstance(wanted, str) and isinstance(seen, Mapping):
        return seen.get("type") == wanted
    if wanted == "inf":
        return seen in ("inf", None)
    return wanted == seen
