"""Profiles as they stand in relay.toml: every key, what is inherited, and what is refused with line and key."""

# ruff: noqa: E501 - a mistake and what is said of it stand in one line

from decimal import Decimal
from pathlib import Path

import pytest

from relay.core.profile import Profile, ProfileLimits
from relay.settings import SettingsError, load_settings

AZURE = {"AZURE_OPENAI_BASE_URL": "https://r.openai.azure.com", "AZURE_OPENAI_API_KEY": "k" * 32}
EVERYTHING = """
[profiles.support]
title = "Support desk"
description = "Answers questions about orders"
listed = false
private = true
allow = ["group:support", "role:Voice.User", "sub:alice", "claim:tid=7"]
deployment = "gpt-realtime-mini"
voices = ["marin", "cedar"]
instructions_file = "support.md"
browser_instructions = 40
turn_detection = { type = "semantic_vad", eagerness = "low", interrupt_response = false }
noise_reduction = "near_field"
transcription = { model = "gpt-4o-transcribe", language = "en", prompt = "orders", keywords = ["SKU"] }
max_output_tokens = 1024
modalities = ["text"]
speed = 1.25
reasoning_effort = "low"
truncation = { type = "retention_ratio", retention_ratio = 0.8, token_limits = { post_instructions = 9000 } }
prompt = { id = "pmpt_1", version = "2" }
tracing = "auto"
include = ["item.input_audio_transcription.logprobs"]
tools = ["orders:lookup"]
tool_choice = "required"
parallel_tool_calls = false
sideband = "guard"
sideband_required = true
guard_strikes = 1
transcripts = "keep"
shows_cost = true
moderation = "policy:judge"
moderation_failure = "hang_up"
limits = { max_call_seconds = 300, calls_per_caller = 1, money_per_call = "0.50", idle_seconds = 0 }
[prices."gpt-realtime-mini"]
as_of = 2026-11-20
text_in = 0.60
text_out = 2.40
audio_in = 10.00
audio_out = 20.00
[prices."gpt-4o-transcribe"]
as_of = 2026-11-20
text_in = 2.50
audio_in = 6.00
text_out = 10.00
"""


def profiles(folder: Path, text: str, environ: dict[str, str] | None = None) -> dict[str, Profile]:
    (folder / "relay.toml").write_text(text)
    return dict(load_settings(environ or {}, folder).profiles)


def complaints(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        profiles(folder, text, environ)
    return caught.value.complaints


def test_every_key_of_a_profile_is_read(tmp_path: Path) -> None:
    (tmp_path / "support.md").write_text("Be kind to {name}.\r\n")

    support = profiles(tmp_path, EVERYTHING)["support"]

    assert support == Profile(
        name="support",
        title="Support desk",
        description="Answers questions about orders",
        listed=False,
        private=True,
        allow=("groups=support", "roles=Voice.User", "sub=alice", "tid=7"),
        deployment="gpt-realtime-mini",
        voices=("marin", "cedar"),
        voice="marin",
        instructions="Be kind to {name}.\n",
        browser_instructions=40,
        turn_detection={"type": "semantic_vad", "eagerness": "low", "interrupt_response": False},
        noise_reduction="near_field",
        transcription={
            "model": "gpt-4o-transcribe",
            "language": "en",
            "prompt": "orders",
            "keywords": ["SKU"],
        },
        max_output_tokens=1024,
        modalities=("text",),
        speed=1.25,
        reasoning_effort="low",
        truncation={
            "type": "retention_ratio",
            "retention_ratio": 0.8,
            "token_limits": {"post_instructions": 9000},
        },
        further={
            "include": ["item.input_audio_transcription.logprobs"],
            "prompt": {"id": "pmpt_1", "version": "2"},
            "tracing": "auto",
        },
        tools=("orders:lookup",),
        tool_choice="required",
        parallel_tool_calls=False,
        sideband="guard",
        sideband_required=True,
        guard_strikes=1,
        transcripts="keep",
        shows_cost=True,
        moderation="policy:judge",
        moderation_failure="hang_up",
        limits=ProfileLimits(
            max_call_seconds=300, calls_per_caller=1, money_per_call=Decimal("0.50"), idle_seconds=0
        ),
    )


def test_default_is_there_without_any_table_and_made_of_the_settings(tmp_path: Path) -> None:
    environ = AZURE | {
        "AZURE_OPENAI_DEPLOYMENT": "mine",
        "AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT": "hears",
        "RELAY_VOICES": "ash,coral",
        "RELAY_VOICE": "coral",
        "RELAY_TURN_DETECTION": "semantic_vad",
        "RELAY_SIDEBAND": "guard",
    }

    assert profiles(tmp_path, "", environ) == {
        "default": Profile(
            name="default",
            title="Default",
            deployment="mine",
            voices=("ash", "coral"),
            voice="coral",
            transcription={"model": "hears"},
            turn_detection={"type": "semantic_vad"},
            sideband="guard",
        )
    }


def test_the_default_may_be_overridden_and_others_take_from_it_what_they_leave_unsaid(tmp_path: Path) -> None:
    found = profiles(
        tmp_path,
        """
        [profiles.tutor-b]
        title = "Tutor B"
        speed = 0.9
        limits = { idle_seconds = 30 }
        [profiles.default]
        title = "House"
        description = "Of the house"
        instructions = "Be brief."
        voices = ["cedar", "ash"]
        speed = 1.1
        allow = ["group:staff"]
        limits = { max_call_seconds = 60 }
        [profiles.plain]
        instructions = false
        browser_instructions = 10
        speed = false
        allow = []
        """,
        AZURE | {"RELAY_VOICE": "marin"},
    )

    assert list(found) == ["default", "tutor-b", "plain"]
    tutor, plain = found["tutor-b"], found["plain"]
    assert (tutor.title, tutor.description, tutor.instructions) == ("Tutor B", "", "Be brief.")
    assert (tutor.voice, tutor.speed, tutor.allow) == ("cedar", 0.9, ("groups=staff",))
    assert tutor.limits == ProfileLimits(max_call_seconds=60, idle_seconds=30)
    assert (plain.title, plain.instructions, plain.browser_instructions) == ("Plain", None, 10)
    assert (plain.speed, plain.allow) == (None, ())


def test_where_instructions_are_set_the_browser_may_add_none_unless_that_is_said(tmp_path: Path) -> None:
    found = profiles(tmp_path, '[profiles.a]\ninstructions = "x"\n[profiles.b]\n', AZURE)

    assert (found["a"].browser_instructions, found["b"].browser_instructions) == (0, None)


@pytest.mark.parametrize("written", ["turn_detection", "transcription"])
def test_false_switches_off_what_the_default_has(tmp_path: Path, written: str) -> None:
    environ = AZURE | {"AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT": "hears"}

    found = profiles(tmp_path, f"[profiles.a]\n{written} = false\n", environ)

    assert getattr(found["a"], written) is None
    assert getattr(found["default"], written) is not None


def test_short_forms_are_understood(tmp_path: Path) -> None:
    text = '[profiles.a]\nturn_detection = "semantic_vad"\ntranscription = "t"\ntruncation = "disabled"\n'

    found = profiles(tmp_path, text + 'modalities = "text"\nmax_output_tokens = "inf"\n')["a"]

    assert found.turn_detection == {"type": "semantic_vad"}
    assert (found.transcription, found.truncation) == ({"model": "t"}, "disabled")
    assert (found.modalities, found.max_output_tokens) == (("text",), "inf")


WRONG = [
    ("titel = 'x'", "profiles.a.titel (relay.toml line 2) is no key that is known here; did you mean title?"),
    ("title = 7", "profiles.a.title (relay.toml line 2) must be a line of text of 80 characters at most"),
    ("private = 'yes'", "profiles.a.private (relay.toml line 2) must be true or false"),
    ("voices = []", "profiles.a.voices (relay.toml line 2) must name at least one, separated by commas"),
    ("voices = ['CANARY!']", "profiles.a.voices (relay.toml line 2) must be made of 1 to 32 letters a to z each"),
    ("deployment = 'a b'", "profiles.a.deployment (relay.toml line 2) must be printable ASCII without spaces: copy it again"),
    ("instructions = 'a\\u0000'", "profiles.a.instructions (relay.toml line 2) must be text without control characters; false for none"),
    ("browser_instructions = -1", "profiles.a.browser_instructions (relay.toml line 2) must be a whole number from 0 to 65536"),
    ("instructions_file = 'nowhere.md'", "profiles.a.instructions_file (relay.toml line 2) names a file that cannot be read: No such file or directory"),
    ("turn_detection = { type = 'vad' }", "profiles.a.turn_detection (relay.toml line 2) must have the key type: server_vad or semantic_vad"),
    ("turn_detection = 'vad'", "profiles.a.turn_detection (relay.toml line 2) must be server_vad, semantic_vad, or a table with type; false for none"),
    ("turn_detection = { type = 'server_vad', eagerness = 'low' }", "profiles.a.turn_detection.eagerness (relay.toml line 2) is no key that is known here: there are create_response, idle_timeout_ms, interrupt_response, prefix_padding_ms, silence_duration_ms, threshold, type"),
    ("turn_detection = { type = 'server_vad', threshold = 2 }", "profiles.a.turn_detection.threshold (relay.toml line 2) must be a number from 0 to 1"),
    ("noise_reduction = 'loud'", "profiles.a.noise_reduction (relay.toml line 2) must be one of: near_field, far_field"),
    ("transcription = { model = 'm', language = 'English' }", "profiles.a.transcription.language (relay.toml line 2) must be the code of a language, such as en"),
    ("max_output_tokens = 5000", 'profiles.a.max_output_tokens (relay.toml line 2) must be a whole number from 1 to 4096, or "inf"'),
    ("modalities = ['audio', 'text']", 'profiles.a.modalities (relay.toml line 2) must be ["audio"], which has a transcript, or ["text"]'),
    ("speed = 2", "profiles.a.speed (relay.toml line 2) must be a number from 0.25 to 1.5"),
    ("speed = true", "profiles.a.speed (relay.toml line 2) must be a number from 0.25 to 1.5"),
    ("reasoning_effort = 'huge'", "profiles.a.reasoning_effort (relay.toml line 2) must be one of: minimal, low, medium, high, xhigh"),
    ("truncation = { type = 'retention_ratio' }", "profiles.a.truncation (relay.toml line 2) must have the keys type and retention_ratio"),
    ("truncation = 'some'", "profiles.a.truncation (relay.toml line 2) must be auto, disabled, or a table with type = retention_ratio and retention_ratio; false for none"),
    ("tools = 'weather'", 'profiles.a.tools (relay.toml line 2) must be a list such as ["weather", "orders:lookup"]; [] for none'),
    ("tools = ['weather']", "profiles.a.tools (relay.toml line 2) names a tool that is neither module:function nor a table [tools.NAME]"),
    ("moderation = 'judge'", "profiles.a.moderation (relay.toml line 2) names a tool that is neither module:function nor a table [tools.NAME]"),
    ("tool_choice = 'required'", "profiles.a.tool_choice (relay.toml line 2) cannot require tools where the profile has none"),
    ("sideband = 'on'", "profiles.a.sideband (relay.toml line 2) must be one of: off, observe, guard"),
    ("guard_strikes = 0", "profiles.a.guard_strikes (relay.toml line 2) must be a whole number from 1 to 100"),
    ("limits = { max_call_second = 3 }", "profiles.a.limits.max_call_second (relay.toml line 2) is no key that is known here; did you mean max_call_seconds?"),
    ("limits = { money_per_call = 0.5 }", 'profiles.a.limits.money_per_call (relay.toml line 2) must be an amount in quotes, such as "0.50"'),
    ("limits = 3", "profiles.a.limits (relay.toml line 2) must be a table"),
    ("allow = ['groups=support']", "profiles.a.allow (relay.toml line 2) must have entries group:NAME, role:NAME or sub:NAME, or claim:NAME=VALUE for any other claim"),
    ("allow = ['grup:support']", "profiles.a.allow (relay.toml line 2) must have entries group:NAME, role:NAME or sub:NAME, or claim:NAME=VALUE for any other claim"),
    ("allow = 'group:support'", 'profiles.a.allow (relay.toml line 2) must be a list such as ["group:support"]; [] for everybody'),
    ("include = ['all']", 'profiles.a.include (relay.toml line 2) can only be ["item.input_audio_transcription.logprobs"]'),
    ("prompt = { version = '1' }", "profiles.a.prompt (relay.toml line 2) must have id and version as text"),
    ("tracing = 'on'", "profiles.a.tracing (relay.toml line 2) must be auto, or a table with workflow_name, group_id and metadata"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "complaint"), WRONG, ids=[line for line, _ in WRONG])
def test_what_is_wrong_is_told_with_line_and_key(tmp_path: Path, line: str, complaint: str) -> None:
    text = "[profiles.a]\n" + line.replace("'", '"') + "\n"

    assert complaints(tmp_path, text, AZURE) == [complaint]


def test_complaints_of_profiles_come_with_all_others(tmp_path: Path) -> None:
    told = complaints(tmp_path, "relay_prot = 1\n[profiles.a]\nspeed = 9\n[profiles.B]\n[tools.x]\n")

    assert [words.split(" (")[0] for words in told] == [
        "relay.toml: relay_prot is not a setting of the relay; did you mean relay_port?",
        "profiles.a.speed",
        "profiles.B",
        "tools.x",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "names a file that is not UTF-8 text"),
        (b" \n", "names a file that is empty"),
        (b"x" * 70_000, "names a file whose content may have 65536 characters at most"),
        (b"a\x00b", "names a file whose content must be text without control characters; false for none"),
    ],
)
def test_a_prompt_file_that_cannot_be_used_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "p.md").write_bytes(content)

    (told,) = complaints(tmp_path, '[profiles.a]\ninstructions_file = "p.md"\n')

    assert told == f"profiles.a.instructions_file (relay.toml line 2) {words}"


def test_a_prompt_stands_in_one_place(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_text("x")

    (told,) = complaints(tmp_path, '[profiles.a]\ninstructions = "y"\ninstructions_file = "p.md"\n')

    assert told == "profiles.a.instructions_file (relay.toml line 3) and instructions are both set: keep one"


def test_prompt_files_are_relative_to_relay_toml_wherever_that_is(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/p.md").write_text("Be kind.")
    (tmp_path / "etc/r.toml").write_text('[profiles.a]\ninstructions_file = "p.md"\n')

    found = load_settings({"RELAY_CONFIG": "etc/r.toml"}, tmp_path).profiles

    assert found["a"].instructions == "Be kind."


@pytest.mark.parametrize(
    "line",
    [
        "sideband_required = true",
        "transcripts = 'keep'",
        "shows_cost = true",
        "tools = ['a:b']",
        "moderation = 'a:b'",
        "limits = { money_per_call = '1' }",
        "limits = { idle_seconds = 9 }",
    ],
)
def test_what_needs_a_sideband_is_refused_without_one(tmp_path: Path, line: str) -> None:
    key = line.partition(" ")[0]
    text = "[profiles.a]\n" + line.replace("'", '"') + "\n"

    told, *_ = complaints(tmp_path, text, AZURE | {"RELAY_SIDEBAND": "off"})

    assert told == (
        f"profiles.a.{key} (relay.toml line 2) cannot have {key} without a sideband: "
        "set sideband to observe or guard"
    )


def test_what_is_likely_to_surprise_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text(
        '[profiles.a]\nallow = ["group:x"]\nmoderation = "a:b"\n'
        '[profiles.b]\nprivate = true\nsideband = "off"\n'
        "[profiles.c]\nbrowser_instructions = 60000\n"
    )

    assert load_settings(AZURE, tmp_path).warnings == (
        "profiles.a is open to nobody: RELAY_AUTH=none tells nothing to compare allow with",
        "profiles.a has moderation and no transcription: what the caller says is not judged",
        "profiles.b is private and has no sideband: its page hears of no failure",
        "profiles.c: RELAY_MAX_INSTRUCTIONS_BYTES comes before its browser_instructions",
    )


def test_a_prompt_is_in_no_repr_of_settings(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text('[profiles.a]\ninstructions = "canary4711"\n')

    settings = load_settings(AZURE, tmp_path)

    assert settings.profiles["a"].instructions == "canary4711"
    assert "canary4711" not in repr(settings) + repr(settings.profiles)
