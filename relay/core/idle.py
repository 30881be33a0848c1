"""How long nobody has spoken: what counts as speech, and when a silent call is warned and ended.

The caller has spoken when words of theirs were understood, or typed; a microphone that picks up noise
makes the upstream's voice detection begin and commit a turn, but brings no words. The assistant's speech
counts only as the answer to words, so that noise that makes it talk does not keep a call alive for ever.
Nobody is cut off while the assistant speaks. Pure: moments come in as seconds of any one clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from relay.core.facts import Committed, Failed, ItemAdded, Line, Speech

if TYPE_CHECKING:
    from relay.core.facts import Fact

WARNING_SECONDS: Final = 15.0
"""How long before the end the page is warned; at most half of the time that silence may last."""

_LONGEST_SPEECH = 120.0  # the end of an assistant's speech may be missed when the sideband breaks


@dataclass(frozen=True, slots=True)
class Quiet:
    """How a call stands.

    Args:
        since: When somebody last spoke.
        transcribed: Whether the caller's words are understood; without that every turn counts as words.
        owed: Whether the assistant still owes an answer to words, so that its speech counts.
        speaking_since: When the assistant began to speak; ``None`` while it is silent.
        warned: Whether this silence was warned of.
    """

    since: float
    transcribed: bool
    owed: bool = True  # a greeting counts
    speaking_since: float | None = None
    warned: bool = False


class Due(Enum):
    """What a silence calls for."""

    NOTHING = "nothing"
    WARN = "warn"
    END = "end"


def hear(quiet: Quiet, fact: Fact, now: float) -> Quiet:
    """Take a fact into account."""
    if isinstance(fact, Speech) and fact.who == "assistant":
        return _assistant(quiet, now, began=fact.began)
    if _is_words(fact, transcribed=quiet.transcribed):
        return replace(quiet, since=now, owed=True, warned=False)
    return quiet


def due(quiet: Quiet, now: float, *, idle_seconds: float) -> Due:
    """Decide what to do now."""
    left = seconds_left(quiet, now, idle_seconds=idle_seconds)
    if left <= 0:
        return Due.END
    return Due.WARN if left <= warning_seconds(idle_seconds) and not quiet.warned else Due.NOTHING


def seconds_left(quiet: Quiet, now: float, *, idle_seconds: float) -> float:
    """How long this silence may still last."""
    if quiet.speaking_since is not None:
        return max(idle_seconds - (now - quiet.since), _LONGEST_SPEECH - (now - quiet.speaking_since))
    return idle_seconds - (now - quiet.since)


def next_look(quiet: Quiet, now: float, *, idle_seconds: float) -> float:
    """Seconds until `due` could say something new."""
    left = seconds_left(quiet, now, idle_seconds=idle_seconds)
    return max(0.0, left if quiet.warned else left - warning_seconds(idle_seconds))


def warning_seconds(idle_seconds: float) -> float:
    """How long before the end the page is warned."""
    return min(WARNING_SECONDS, idle_seconds / 2)


def _assistant(quiet: Quiet, now: float, *, began: bool) -> Quiet:
    if began:
        return replace(quiet, speaking_since=now)
    if quiet.speaking_since is None or not quiet.owed:
        return replace(quiet, speaking_since=None)
    return replace(quiet, since=now, owed=False, speaking_since=None, warned=False)


def _is_words(fact: Fact, *, transcribed: bool) -> bool:
    match fact:
        case Line(who="caller", text=text):
            return bool(text.strip())
        case ItemAdded(role="user", spoken=False):
            return True
        case Failed(what="transcription"):  # there may have been words
            return True
        case Committed():
            return not transcribed
    return False
