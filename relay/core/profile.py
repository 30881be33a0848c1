"""What a call is to be like: the operator's profile, and the session config built from it and a request.

The browser chooses a voice from the profile's list and may write instructions; everything else is the
operator's. Pure: the same profile and request always give the same session config.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from relay.errors import BadInstructions, BadVoice

TurnDetection = Literal["server_vad", "semantic_vad"]

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A named session config of the operator's, from which a caller may choose.

    Args:
        name: What the browser asks for.
        title: What a person reads.
        deployment: The upstream's deployment name.
        voices: The voices a caller may choose; the default is `voice`.
        voice: The voice when the request names none.
        transcription: The deployment that transcribes what the caller says; ``None`` for no transcription.
        turn_detection: How the upstream notices that the caller has finished speaking.
        allow: Which callers may use it, as `relay.core.caller.check_allowed` reads it; empty for everybody.
    """

    name: str
    title: str
    deployment: str
    voices: tuple[str, ...]
    voice: str
    transcription: str | None = None
    turn_detection: TurnDetection = "server_vad"
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """Our neutral value of what one call is like; an upstream turns it into its plan.

    Instructions may be private, so they are kept out of ``repr``.
    """

    deployment: str
    voice: str
    instructions: str | None = field(repr=False)
    transcription: str | None
    turn_detection: TurnDetection


def build_session_config(profile: Profile, *, voice: str | None, instructions: str | None) -> SessionConfig:
    """Combine the profile with what the request chose.

    Args:
        profile: The operator's side.
        voice: The requested voice; ``None`` or empty for the profile's own.
        instructions: The requested instructions; ``None`` or blank for none (the upstream's default applies).

    Raises:
        BadVoice: The voice is not on the profile's list.
        BadInstructions: Control characters other than tab and line ends.
    """
    chosen = voice or profile.voice
    if chosen not in profile.voices:
        raise BadVoice(f"Choose one of: {', '.join(profile.voices)}.")
    if instructions is not None and _CONTROL.search(instructions):
        raise BadInstructions("Control characters other than tab and line ends are not allowed.")
    return SessionConfig(
        deployment=profile.deployment,
        voice=chosen,
        instructions=instructions if instructions and instructions.strip() else None,
        transcription=profile.transcription,
        turn_detection=profile.turn_detection,
    )
