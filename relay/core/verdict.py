"""What a moderation hook may answer, as it is written: nothing, a word, or a word with a text. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["pass", "cancel", "say", "hang_up"]

_KINDS: Final[Mapping[object, Kind]] = {
    "pass": "pass",
    "cancel": "cancel",
    "say": "say",
    "hang_up": "hang_up",
}

MOST_CHARACTERS: Final = 2000
"""Of what the assistant may be made to say."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to follow from a piece of transcript.

    Args:
        kind: Nothing; break the assistant off; break it off and let it say `text`; end the call.
        text: Empty but for ``say``; kept out of ``repr``.
    """

    kind: Kind
    text: str = field(default="", repr=False)


def read_verdict(answer: object) -> Verdict | None:
    """Read what a hook answered; ``None`` when it is no verdict.

    ``None`` and ``{}`` pass; else it is one of the words, or ``{"verdict": word, "text": …}``.
    """
    if answer is None or answer == {}:
        return Verdict("pass")
    said = answer if isinstance(answer, dict) else {"verdict": answer}
    word, text = said.get("verdict"), said.get("text", "")
    kind = _KINDS.get(word) if isinstance(word, str) else None
    if kind is None or not isinstance(text, str) or len(text) > MOST_CHARACTERS:
        return None
    if kind == "say":
        return Verdict("say", text) if text.strip() else None
    return Verdict(kind)
