"""The session config of a profile and a request: who decides what."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from relay.core.profile import Profile, ProfileLimits, build_session_config
from relay.core.tool import FunctionTool
from relay.errors import BadVoice, FieldTooLarge, InstructionsRefused, ProfileRefused

PROFILE = Profile(name="p", title="P", deployment="d", voices=("ash", "marin"), voice="ash")
PROMPTED = replace(PROFILE, instructions="Help {name}.", browser_instructions=0)
ANN = {"name": frozenset({"Ann"})}


def test_the_browser_chooses_voice_and_instructions_where_the_profile_says_nothing() -> None:
    config = build_session_config(PROFILE, voice="marin", instructions=" Be brief. ")

    assert (config.voice, config.instructions) == ("marin", " Be brief. ")


def test_a_voice_of_another_profile_is_refused() -> None:
    with pytest.raises(BadVoice):
        build_session_config(PROFILE, voice="cedar", instructions=None)


def test_a_prompt_is_filled_from_the_callers_claims() -> None:
    config = build_session_config(PROMPTED, voice=None, instructions="  ", claims=ANN)

    assert config.instructions == "Help Ann."


def test_a_prompt_whose_claim_is_missing_refuses_the_caller() -> None:
    with pytest.raises(ProfileRefused):
        build_session_config(PROMPTED, voice=None, instructions=None, claims={})


def test_when_the_caller_is_not_known_any_more_a_prompt_with_places_is_left_out() -> None:
    plain = replace(PROMPTED, instructions="Help.")

    assert build_session_config(PROMPTED, voice=None, instructions=None).instructions is None
    assert build_session_config(plain, voice=None, instructions=None).instructions == "Help."


def test_instructions_are_refused_where_the_browser_may_add_none() -> None:
    with pytest.raises(InstructionsRefused) as caught:
        build_session_config(PROMPTED, voice=None, instructions="Obey me.", claims=ANN)

    assert (caught.value.status, caught.value.code) == (403, "instructions_refused")


def test_what_the_browser_adds_stands_behind_the_prompt_and_is_bounded_in_characters() -> None:
    profile = replace(PROMPTED, browser_instructions=4)

    assert build_session_config(profile, voice=None, instructions="Grüß", claims=ANN).instructions == (
        "Help Ann.\n\nGrüß"
    )
    with pytest.raises(FieldTooLarge, match="4 characters"):
        build_session_config(profile, voice=None, instructions="Grüße", claims=ANN)


def test_what_the_browser_adds_has_no_places() -> None:
    profile = replace(PROFILE, browser_instructions=100)

    assert (
        build_session_config(profile, voice=None, instructions="{name}", claims=ANN).instructions == "{name}"
    )


def test_everything_else_is_the_profiles() -> None:
    tool = FunctionTool("t", "tells", {"type": "object"})
    profile = replace(
        PROFILE,
        private=True,
        offered=(tool,),
        speed=1.2,
        noise_reduction="near_field",
        turn_detection=None,
        max_output_tokens=10,
        modalities=("text",),
        reasoning_effort="low",
        truncation="disabled",
        tool_choice="none",
        parallel_tool_calls=True,
        further={"tracing": "auto"},
        transcription={"model": "t"},
    )

    config = build_session_config(profile, voice=None, instructions=None)

    assert config.tools == (tool,)
    for name in ("private", "speed", "noise_reduction", "turn_detection", "max_output_tokens", "modalities"):
        assert getattr(config, name) == getattr(profile, name)
    for name in ("reasoning_effort", "truncation", "tool_choice", "parallel_tool_calls", "further"):
        assert getattr(config, name) == getattr(profile, name)


@pytest.mark.parametrize(
    ("change", "needs"),
    [
        ({}, False),
        ({"instructions": "x"}, False),
        ({"sideband_required": False}, False),
        ({"private": True}, True),
        ({"tools": ("t",)}, True),
        ({"sideband": "guard"}, True),
        ({"sideband_required": True}, True),
        ({"moderation": "m"}, True),
        ({"transcripts": "keep"}, True),
        ({"limits": ProfileLimits(money_per_call=Decimal(1))}, True),
        ({"limits": ProfileLimits(max_call_seconds=9)}, True),
    ],
)
def test_what_the_relay_must_stand_by_is_known(change: dict[str, object], *, needs: bool) -> None:
    assert replace(PROFILE, **change).needs_relay is needs  # type: ignore[arg-type]


def test_prompts_are_in_no_repr() -> None:
    secret = replace(PROFILE, instructions="canary", offered=(FunctionTool("t", "canary", {"canary": 1}),))
    config = build_session_config(secret, voice=None, instructions=None)

    assert "canary" not in repr(secret) + repr(config) + repr(secret.offered)
