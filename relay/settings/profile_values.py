"""How one key of a profile is read: from what TOML made of it to the value of `relay.core.profile.Profile`.

As in `relay.settings.values`, words go on after the key's name and never repeat the value. ``false`` switches
off what the profile would otherwise take from ``default``.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, Literal

from relay.settings.values import read_list, read_text, read_voices, read_word

MOST_INSTRUCTIONS: Final = 65_536
"""Characters of a prompt: far more than a model of speech can follow, and little beside a body's bound."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CLAIMS: Final = {"group": "groups", "role": "roles", "sub": "sub"}
_EFFORTS: Final = ("minimal", "low", "medium", "high", "xhigh")


def read_title(value: object) -> str:
    """Return a line that people read."""
    return _line(value, 80)


def read_description(value: object) -> str:
    """Return a sentence or two that people read."""
    return _line(value, 400)


def _line(value: object, most: int) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > most:
        raise ValueError(f"must be a line of text of {most} characters at most")
    return value.strip()


def read_flag(value: object) -> bool:
    """Return ``true`` or ``false``."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - the one error that is gathered
    return value


def read_allow(value: object) -> tuple[str, ...]:
    """Return who may use a profile, as ``claim=value`` each; no entry stands for everybody.

    Written are ``group:staff``, ``role:Voice.User``, ``sub:alice``, or ``claim:NAME=VALUE`` for any other.
    """
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise ValueError('must be a list such as ["group:support"]; [] for everybody')
    return tuple(dict.fromkeys(_allowed(entry.strip()) for entry in value))


def _allowed(entry: str) -> str:
    word, colon, said = entry.partition(":")
    if colon and word == "claim":
        name, equals, said = said.partition("=")
        if name.strip() and equals and said.strip():
            return f"{name.strip()}={said.strip()}"
    elif colon and word in _CLAIMS and said.strip():
        return f"{_CLAIMS[word]}={said.strip()}"
    raise ValueError(
        "must have entries group:NAME, role:NAME or sub:NAME, or claim:NAME=VALUE for any other claim"
    )


def written_allow(entry: str) -> str:
    """Write an entry that `read_allow` gave as one writes it in relay.toml."""
    name, _, said = entry.partition("=")
    word = next((word for word, claim in _CLAIMS.items() if claim == name), None)
    return f"claim:{entry}" if word is None else f"{word}:{said}"


def read_instructions(value: object) -> str | None:
    """Return a prompt; ``false`` or nothing for none."""
    if value is False:
        return None
    if not isinstance(value, str) or _CONTROL.search(value):
        raise ValueError("must be text without control characters; false for none")
    if len(value) > MOST_INSTRUCTIONS:
        raise ValueError(f"may have {MOST_INSTRUCTIONS} characters at most")
    return value if value.strip() else None


def whole_number(low: int, high: int) -> Callable[[object], int]:
    """Build the reader of a whole number."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return read


def number(low: float, high: float) -> Callable[[object], float]:
    """Build the reader of a number."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"must be a number from {low} to {high}")
        return value

    return read


def choice(*words: str) -> Callable[[object], Any]:
    """Build the reader of one of some words; case matters, as the upstream has it."""

    def read(value: object) -> str:
        if value not in words:
            raise ValueError(f"must be one of: {', '.join(words)}")
        return str(value)

    return read


def or_off(read: Callable[[object], Any]) -> Callable[[object], Any]:
    """Let ``false`` stand for nothing."""

    def read_or_off(value: object) -> Any:
        return None if value is False else read(value)

    return read_or_off


def or_unbounded(read: Callable[[object], int]) -> Callable[[object], int | None]:
    """Let 0 stand for no bound."""

    def read_or_unbounded(value: object) -> int | None:
        return read(value) or None

    return read_or_unbounded


def read_max_output_tokens(value: object) -> int | Literal["inf"]:
    """Return tokens of one response (fact 2.2)."""
    if value == "inf":
        return "inf"
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 4096:
        raise ValueError('must be a whole number from 1 to 4096, or "inf"')
    return value


def read_modalities(value: object) -> tuple[str, ...]:
    """Return what the assistant answers with; both at once the upstream refuses (fact 2.2)."""
    entries = [value] if isinstance(value, str) else value
    if entries not in (["audio"], ["text"]):
        raise ValueError('must be ["audio"], which has a transcript, or ["text"]')
    return tuple(entries)


def read_money(value: object) -> Decimal | None:
    """Return an amount; 0 for no bound. In quotes, because a binary fraction is no amount."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,9})?", text):
        raise ValueError('must be an amount in quotes, such as "0.50"')
    return Decimal(text) or None


def read_language(value: object) -> str:
    """Return an ISO 639-1 code, as transcription takes it (fact 2.2)."""
    text = read_text(value)
    if not re.fullmatch(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", text):
        raise ValueError("must be the code of a language, such as en")
    return text


def read_languages(value: object) -> list[str]:
    """Return several of them."""
    return [read_language(entry) for entry in read_list(value)]


def read_words(value: object) -> list[str]:
    """Return a list of lines of text."""
    return list(read_list(value))


def read_prompt(value: object) -> str:
    """Return words that help transcription; they may be several lines."""
    found = read_instructions(value)
    if found is None or len(found) > 4096:
        raise ValueError("must be text of 4096 characters at most")
    return found


def read_include(value: object) -> list[str]:
    """Return what else the upstream is to tell (fact 2.2)."""
    if value != ["item.input_audio_transcription.logprobs"]:
        raise ValueError('can only be ["item.input_audio_transcription.logprobs"]')
    return list(value)


def read_stored_prompt(value: object) -> dict[str, object]:
    """Return a reference to a prompt that the upstream keeps (fact 2.2)."""
    if not isinstance(value, dict) or not value.keys() <= {"id", "version", "variables"}:
        raise ValueError("must be a table with id, and version and variables if need be")
    if not all(isinstance(value.get(key, ""), str) for key in ("id", "version")) or not value.get("id"):
        raise ValueError("must have id and version as text")
    if not isinstance(value.get("variables", {}), dict):
        raise ValueError("must have variables as a table")  # noqa: TRY004 - the one error that is gathered
    return value


def read_tracing(value: object) -> str | dict[str, object]:
    """Return how the upstream traces the session (fact 2.2)."""
    if value == "auto":
        return "auto"
    if not isinstance(value, dict) or not value.keys() <= {"workflow_name", "group_id", "metadata"}:
        raise ValueError("must be auto, or a table with workflow_name, group_id and metadata")
    return value


SERVER_VAD: Final[dict[str, Callable[[object], Any]]] = {
    "type": read_word,
    "threshold": number(0, 1),
    "prefix_padding_ms": whole_number(0, 10_000),
    "silence_duration_ms": whole_number(0, 10_000),
    "idle_timeout_ms": whole_number(5_000, 30_000),
    "create_response": read_flag,
    "interrupt_response": read_flag,
}
SEMANTIC_VAD: Final[dict[str, Callable[[object], Any]]] = {
    "type": read_word,
    "eagerness": choice("low", "medium", "high", "auto"),
    "create_response": read_flag,
    "interrupt_response": read_flag,
}
TRANSCRIPTION: Final[dict[str, Callable[[object], Any]]] = {
    "model": read_word,
    "language": read_language,
    "prompt": read_prompt,
    "languages": read_languages,
    "keywords": read_words,
    "delay": choice(*_EFFORTS),
}
RETENTION: Final[dict[str, Callable[[object], Any]]] = {
    "type": choice("retention_ratio"),
    "retention_ratio": number(0, 1),
}
FURTHER: Final[dict[str, Callable[[object], Any]]] = {
    "include": read_include,
    "prompt": read_stored_prompt,
    "tracing": read_tracing,
}
LIMITS: Final[dict[str, Callable[[object], Any]]] = {
    "max_call_seconds": or_unbounded(whole_number(0, 3600)),
    "calls_per_caller": or_unbounded(whole_number(0, 100_000)),
    "money_per_call": read_money,
    "idle_seconds": whole_number(0, 3600),
}
PLAIN: Final[dict[str, Callable[[object], Any]]] = {
    "title": read_title,
    "description": read_description,
    "listed": read_flag,
    "private": read_flag,
    "allow": read_allow,
    "deployment": read_word,
    "voices": read_voices,
    "instructions": read_instructions,
    "browser_instructions": whole_number(0, MOST_INSTRUCTIONS),
    "noise_reduction": or_off(choice("near_field", "far_field")),
    "max_output_tokens": or_off(read_max_output_tokens),
    "modalities": read_modalities,
    "speed": or_off(number(0.25, 1.5)),
    "reasoning_effort": or_off(choice(*_EFFORTS)),
    "tool_choice": choice("auto", "none", "required"),
    "parallel_tool_calls": read_flag,
    "sideband": choice("off", "observe", "guard"),
    "sideband_required": read_flag,
    "guard_strikes": whole_number(1, 100),
    "transcripts": choice("off", "keep"),
    "shows_cost": read_flag,
    "moderation_failure": choice("pass", "hang_up"),
}
"""Keys that are read by their value alone, into the field of the same name."""
