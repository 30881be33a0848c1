"""What a call is to be like: the operator's profile, and the session config built from it and a request.

The browser chooses a voice from the profile's list and may write instructions where the profile lets it;
everything else is the operator's. Pure: the same profile and request always give the same session config.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from relay.core.prompt import claims_of, fill
from relay.errors import BadInstructions, BadVoice, FieldTooLarge, InstructionsRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from relay.core.tool import Tool

Sideband = Literal["off", "observe", "guard"]
"""Whether a call has a sideband, and whether what the browser changes is set back."""

Modality = Literal["audio", "text"]
ToolChoice = Literal["auto", "none", "required"]

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SERVER_VAD: Final[Mapping[str, object]] = {"type": "server_vad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileLimits:
    """What a profile sets against the operator's own limits; ``None`` where it says nothing.

    Args:
        max_call_seconds: Length of a call; never longer than RELAY_MAX_CALL_SECONDS.
        calls_per_caller: Calls of this profile that one caller may have open at once.
        money_per_call: What one call may cost, in the currency of the prices.
        idle_seconds: How long neither side may speak; 0 for ever.
    """

    max_call_seconds: int | None = None
    calls_per_caller: int | None = None
    money_per_call: Decimal | None = None
    idle_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A named session config of the operator's, from which a caller may choose.

    Args:
        name: What the browser asks for.
        title: What a person reads.
        description: More of it, a sentence.
        deployment: The upstream's deployment name.
        voices: The voices a caller may choose; the default is `voice`.
        voice: The voice when the request names none.
        private: Whether instructions, tools and their doings are kept from the browser.
        allow: Which callers may use it, as `relay.core.caller.check_allowed` reads it; empty for everybody.
        instructions: The operator's; ``{name}`` stands for a claim of the caller's. ``None`` for none.
        browser_instructions: How many characters the browser may add; ``None``: as many as
            RELAY_MAX_INSTRUCTIONS_BYTES has bytes.
        turn_detection: How the upstream notices that the caller has finished speaking, in its own keys
            (fact 2.2); ``None`` for push to talk.
        noise_reduction: ``near_field``, ``far_field``, or ``None`` for none.
        transcription: What transcribes the caller, in the upstream's own keys, `model` among them;
            ``None`` for no transcription.
        max_output_tokens: Of one response; ``None`` leaves it to the upstream.
        modalities: What the assistant answers with: sound (and its transcript), or text.
        speed: Of the voice, 0.25 to 1.5; ``None`` leaves it to the upstream.
        reasoning_effort: Of models that reason; ``None`` leaves it to the upstream.
        truncation: What happens when the conversation grows too long, in the upstream's own form.
        further: The rest of the session object, as the upstream has it: ``prompt``, ``tracing``, ``include``.
        tools: Names of the tools it may use.
        offered: The same tools as the model is told of them, in the same order.
        tool_choice: Whether the model must, may or must not use them.
        parallel_tool_calls: Whether it may ask for several at once; ``None`` leaves it to the upstream.
        sideband: Whether its calls have a sideband, and what that is for.
        sideband_required: Whether a call that cannot be attached in time is hung up.
        guard_strikes: How many of the browser's changes end the call; 1 is at once.
        transcripts: Whether what is said is kept.
        limits: Against the operator's own.
        shows_cost: Whether the page may show what the call has cost so far.
        moderation: The hook that judges what was said; ``None`` for none.
        moderation_failure: What follows when the hook fails or takes too long.
        listed: Whether pages are told of it; one that is not is chosen by whoever knows its name.
    """

    name: str
    title: str
    deployment: str
    voices: tuple[str, ...]
    voice: str
    description: str = ""
    private: bool = False
    allow: tuple[str, ...] = ()
    instructions: str | None = field(default=None, repr=False)
    browser_instructions: int | None = None
    turn_detection: Mapping[str, object] | None = field(default_factory=lambda: _SERVER_VAD)
    noise_reduction: str | None = None
    transcription: Mapping[str, object] | None = None
    max_output_tokens: int | Literal["inf"] | None = None
    modalities: tuple[Modality, ...] = ("audio",)
    speed: float | None = None
    reasoning_effort: str | None = None
    truncation: str | Mapping[str, object] | None = None
    further: Mapping[str, object] = field(default_factory=dict, repr=False)
    tools: tuple[str, ...] = ()
    offered: tuple[Tool, ...] = field(default=(), repr=False)
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    sideband: Sideband = "observe"
    sideband_required: bool = False
    guard_strikes: int = 3
    transcripts: Literal["off", "keep"] = "off"
    limits: ProfileLimits = field(default_factory=ProfileLimits)
    shows_cost: bool = False
    moderation: str | None = None
    moderation_failure: Literal["pass", "hang_up"] = "pass"
    listed: bool = True

    @property
    def needs_relay(self) -> bool:
        """Whether a call of it must be placed by the relay, which then stands by it.

        A page with a client secret of its own could see the prompt, and its call would have no tools, no
        account and no end.
        """
        watched = self.sideband_required or self.sideband == "guard" or self.moderation is not None
        counted = self.transcripts == "keep" or self.limits != ProfileLimits()
        return self.private or bool(self.tools) or watched or counted


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """Our neutral value of what one call is like; an upstream turns it into its plan.

    The fields are those of `Profile`, with what the request chose. Instructions, tools and the words that
    help transcription may be private, so they are kept out of ``repr``.
    """

    deployment: str
    voice: str
    instructions: str | None = field(default=None, repr=False)
    transcription: Mapping[str, object] | None = field(default=None, repr=False)
    turn_detection: Mapping[str, object] | None = field(default_factory=lambda: _SERVER_VAD)
    noise_reduction: str | None = None
    max_output_tokens: int | Literal["inf"] | None = None
    modalities: tuple[Modality, ...] = ("audio",)
    speed: float | None = None
    reasoning_effort: str | None = None
    truncation: str | Mapping[str, object] | None = None
    further: Mapping[str, object] = field(default_factory=dict, repr=False)
    tools: tuple[Tool, ...] = field(default=(), repr=False)
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    private: bool = False


def build_session_config(
    profile: Profile,
    *,
    voice: str | None,
    instructions: str | None,
    claims: Mapping[str, frozenset[str]] | None = None,
) -> SessionConfig:
    """Combine the profile with what the request chose.

    Args:
        profile: The operator's side.
        voice: The requested voice; ``None`` or empty for the profile's own.
        instructions: The requested instructions, which stand behind the profile's; ``None`` or blank for
            none.
        claims: Of the caller, for the places in the profile's instructions; ``None`` when the caller is not
            known any more, so that instructions with places in them are left out.

    Raises:
        BadVoice: The voice is not on the profile's list.
        InstructionsRefused: The profile takes no instructions from the browser.
        BadInstructions: Control characters other than tab and line ends.
        FieldTooLarge: More characters than the profile allows.
        ProfileRefused: The prompt needs a claim that the caller does not bring.
    """
    chosen = voice or profile.voice
    if chosen not in profile.voices:
        raise BadVoice(f"Choose one of: {', '.join(profile.voices)}.")
    added = _browser_instructions(profile, instructions)
    own = profile.instructions
    if own is not None and (claims is not None or not claims_of(own)):
        own = fill(own, claims or {})
    elif own is not None:
        own = None
    return SessionConfig(
        deployment=profile.deployment,
        voice=chosen,
        instructions="\n\n".join(text for text in (own, added) if text is not None) or None,
        transcription=profile.transcription,
        turn_detection=_turn_detection(profile),
        noise_reduction=profile.noise_reduction,
        max_output_tokens=profile.max_output_tokens,
        modalities=profile.modalities,
        speed=profile.speed,
        reasoning_effort=profile.reasoning_effort,
        truncation=profile.truncation,
        further=profile.further,
        tools=profile.offered,
        tool_choice=profile.tool_choice,
        parallel_tool_calls=profile.parallel_tool_calls,
        private=profile.private,
    )


def _turn_detection(profile: Profile) -> Mapping[str, object] | None:
    """Say how turns end; in a guarded call the relay asks for every response itself (`relay.core.guard`)."""
    if profile.sideband == "guard" and profile.turn_detection is not None:
        return {**profile.turn_detection, "create_response": False}
    return profile.turn_detection


def _browser_instructions(profile: Profile, instructions: str | None) -> str | None:
    if instructions is None or not instructions.strip():
        return None
    if profile.browser_instructions == 0:
        raise InstructionsRefused("Send none, or choose another profile.")
    if _CONTROL.search(instructions):
        raise BadInstructions("Control characters other than tab and line ends are not allowed.")
    if profile.browser_instructions is not None and len(instructions) > profile.browser_instructions:
        raise FieldTooLarge(f"instructions may have {profile.browser_instructions} characters here.")
    return instructions
