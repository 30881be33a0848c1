"""The places in a prompt that are filled with what the issuer says of the caller.

``{name}`` stands for the claim ``name``; ``{name|a customer}`` for the words behind the bar where there is no
such claim; ``{{name}}`` is ``{name}`` itself. Every other brace is text, so that a prompt may show JSON.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from relay.errors import ProfileRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_CHARACTERS: Final = 200
"""Of what a claim puts into a prompt: a name, not another prompt."""

_PLACE = re.compile(r"\{\{([A-Za-z_]\w*)\}\}|\{([A-Za-z_]\w*)(?:\|([^{}]*))?\}", re.ASCII)


def fill(prompt: str, claims: Mapping[str, frozenset[str]]) -> str:
    """Put claims into their places.

    A claim is one line of `MOST_CHARACTERS` at most; several values stand in order, by commas.

    Raises:
        ProfileRefused: A claim is missing, and its place has no other words. Which one is not said: it is a
            word of the prompt.
    """

    def filled(place: re.Match[str]) -> str:
        literal, name, otherwise = place.groups()
        if literal is not None:
            return f"{{{literal}}}"
        said = _one_line(", ".join(sorted(claims.get(name, ()))))
        if said:
            return said
        if otherwise is None:
            raise ProfileRefused("Your sign-in does not say of you what this profile needs to know.")
        return str(otherwise)

    return _PLACE.sub(filled, prompt)


def claims_of(prompt: str) -> frozenset[str]:
    """The claims a prompt has places for."""
    return frozenset(place[2] for place in _PLACE.finditer(prompt) if place[2] is not None)


def pattern_of(prompt: str) -> str:
    """Write a prompt as a regular expression that every filling of it matches."""
    pieces, end = [], 0
    for place in _PLACE.finditer(prompt):
        literal = place[1]
        pieces += [
            re.escape(prompt[end : place.start()]),
            f".{{0,{max(MOST_CHARACTERS, len(place[0]))}}}"
            if literal is None
            else re.escape(f"{{{literal}}}"),
        ]
        end = place.end()
    return "".join((*pieces, re.escape(prompt[end:])))


def _one_line(said: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())[:MOST_CHARACTERS]
