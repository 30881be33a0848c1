"""Session config to JSON, and the Realtime API's names."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.profile import SessionConfig
from relay.core.realtime import (
    call_id_from_location,
    hung_up_from_status,
    is_answer,
    mint_body,
    plan_from_config,
    read_client_secret,
)
from relay.core.tool import FunctionTool, McpTool
from relay.core.upstream import HungUp
from relay.errors import UpstreamBadAnswer

CALL_ID = "rtc_990b6ba8f11341c9b697c970849587c1"


def config(*, instructions: str | None = None, transcription: str | None = None) -> SessionConfig:
    return SessionConfig(
        deployment="my-deployment",
        voice="marin",
        instructions=instructions,
        transcription=None if transcription is None else {"model": transcription},
        turn_detection={"type": "semantic_vad"},
    )


def test_the_plan_is_the_ga_session_object() -> None:
    plan = plan_from_config(config(instructions="Speak slowly.", transcription="gpt-4o-transcribe"))

    assert plan.deployment == "my-deployment"
    assert plan.session == {
        "type": "realtime",
        "model": "my-deployment",
        "instructions": "Speak slowly.",
        "audio": {
            "input": {
                "transcription": {"model": "gpt-4o-transcribe"},
                "turn_detection": {"type": "semantic_vad"},
            },
            "output": {"voice": "marin"},
        },
    }


def test_server_vad_waits_for_half_a_second_of_silence() -> None:
    plan = plan_from_config(replace(config(), turn_detection={"type": "server_vad"}))

    assert json.loads(mint_body(plan, 60))["session"]["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "silence_duration_ms": 500,
    }


def test_without_instructions_the_upstream_keeps_its_own() -> None:
    assert "instructions" not in plan_from_config(config()).session


def test_without_a_transcription_deployment_transcription_is_null() -> None:
    body = json.loads(mint_body(plan_from_config(config()), 60))

    assert body["session"]["audio"]["input"]["transcription"] is None


def test_the_mint_always_says_how_long_the_client_secret_lives() -> None:
    body = json.loads(mint_body(plan_from_config(config()), 45))

    assert body["expires_after"] == {"anchor": "created_at", "seconds": 45}
    assert set(body) == {"expires_after", "session"}


def test_instructions_keep_their_letters() -> None:
    body = mint_body(plan_from_config(config(instructions="Grüße, 你好")), 60)

    assert "Grüße, 你好" in body.decode()


def test_a_client_secret_is_read_from_its_flat_shape() -> None:
    secret = read_client_secret(b'{"value": "ek_abc", "expires_at": 1784859437, "session": {}}')

    assert (secret.value, secret.expires_at) == ("ek_abc", 1784859437)
    assert "ek_abc" not in repr(secret)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"expires_at": 1}',
        b'{"value": "", "expires_at": 1}',
        b'{"value": 7, "expires_at": 1}',
        b'{"value": "ek\\r\\nX: y", "expires_at": 1}',
        b'{"value": "ek_\\u00e9", "expires_at": 1}',
        b'{"value": "ek_a"}',
        b'{"value": "ek_a", "expires_at": "soon"}',
        b'{"value": "ek_a", "expires_at": true}',
        b'{"value": "ek_a", "expires_at": 1e999}',
        b'{"value": "ek_a", "expires_at": NaN}',
        b'{"value": "ek_a", "expires_at": -1}',
        b'{"value": "ek_a", "expires_at": ' + b"9" * 5000 + b"}",
        b'{"client_secret": {"value": "ek_preview", "expires_at": 1}}',
    ],
)
def test_up_21_a_mint_answer_that_cannot_be_used_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(UpstreamBadAnswer):
        read_client_secret(body)


@pytest.mark.parametrize(
    "location",
    [
        f"/v1/realtime/calls/{CALL_ID}",
        f"/openai/v1/realtime/calls/{CALL_ID}/",
        f"https://r.openai.azure.com/openai/v1/realtime/calls/{CALL_ID}",
        f"/v1/realtime/calls/{CALL_ID}?x=1#part",
        f"/v1/realtime?call_id={CALL_ID}",
        f"wss://r.openai.azure.com/openai/v1/realtime?model=m&call_id={CALL_ID}",
    ],
)
def test_the_call_id_is_found_in_every_form_of_location(location: str) -> None:
    assert call_id_from_location(location) == CALL_ID


def test_the_call_ids_of_openai_are_ids_too() -> None:
    assert call_id_from_location("/v1/realtime/calls/rtc_u0_Cs9-Zz") == "rtc_u0_Cs9-Zz"


@pytest.mark.parametrize(
    "location",
    [
        None,
        "",
        "/",
        "https://evil.example/",
        "/v1/realtime/calls/",
        "/v1/realtime/calls/sess_1",
        "/v1/realtime/calls/rtc_",
        f"/v1/realtime/calls/rtc_{'a' * 129}",
        "/v1/realtime/calls/rtc_a b",
        "/v1/realtime/calls/rtc_a%0d%0a",
        "/v1/realtime/calls/rtc_é",
        "/v1/realtime?call_id=../../x",
    ],
)
def test_up_22_no_call_id_is_made_up(location: str | None) -> None:
    assert call_id_from_location(location) is None


@given(st.text())
def test_any_location_is_read_without_an_error(location: str) -> None:
    call_id_from_location(location)


def test_an_answer_is_known_by_its_first_line() -> None:
    assert is_answer("v=0\r\n")
    assert not is_answer("<html>")
    assert not is_answer("")


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, HungUp.ENDED), (204, HungUp.ENDED), (404, HungUp.GONE)]
    + [(status, HungUp.UNSURE) for status in (301, 400, 401, 403, 409, 429, 500, 503)],
)
def test_up_31_only_a_success_or_a_404_ends_the_matter(status: int, expected: HungUp) -> None:
    assert hung_up_from_status(status) is expected


def test_everything_a_profile_may_say_has_its_place_in_the_session_object() -> None:
    tools = (
        FunctionTool("weather", "Tells the weather", {"type": "object", "properties": {}}),
        McpTool("docs", "https://mcp.example.com", authorization="t", allowed_tools=("search",)),
    )
    plan = plan_from_config(
        replace(
            config(),
            turn_detection=None,
            noise_reduction="far_field",
            max_output_tokens="inf",
            modalities=("text",),
            speed=1.2,
            reasoning_effort="low",
            truncation={"type": "retention_ratio", "retention_ratio": 0.5},
            further={"tracing": "auto"},
            tools=tools,
            tool_choice="auto",
            parallel_tool_calls=False,
        )
    )

    assert plan.session == {
        "type": "realtime",
        "model": "my-deployment",
        "output_modalities": ["text"],
        "audio": {
            "input": {
                "transcription": None,
                "turn_detection": None,
                "noise_reduction": {"type": "far_field"},
            },
            "output": {"voice": "marin", "speed": 1.2},
        },
        "max_output_tokens": "inf",
        "reasoning": {"effort": "low"},
        "truncation": {"type": "retention_ratio", "retention_ratio": 0.5},
        "tracing": "auto",
        "tools": [
            {
                "type": "function",
                "name": "weather",
                "description": "Tells the weather",
                "parameters": {"type": "object", "properties": {}},
            },
            {
                "type": "mcp",
                "server_label": "docs",
                "server_url": "https://mcp.example.com",
                "authorization": "t",
                "allowed_tools": ["search"],
                "require_approval": "never",
            },
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
    }
    assert "https://mcp" not in repr(plan)


def test_what_the_operator_says_of_silence_comes_before_our_own() -> None:
    said = {"type": "server_vad", "silence_duration_ms": 900, "threshold": 0.7}

    plan = plan_from_config(replace(config(), turn_detection=said))

    assert json.loads(mint_body(plan, 60))["session"]["audio"]["input"]["turn_detection"] == said


@pytest.mark.parametrize("private", [False, True])
def test_the_browser_is_filtered_where_the_profile_is_private(*, private: bool) -> None:
    assert plan_from_config(replace(config(), private=private)).browser_filter is private
