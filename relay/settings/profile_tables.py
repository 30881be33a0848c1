"""The tables ``[profiles.*]`` of relay.toml, read into profiles.

``default`` begins with the settings (RELAY_VOICES and their like), and what a profile leaves unsaid, title
and description apart, it takes from ``default``. What keys mean together is judged in
`relay.settings.profile_rules`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from relay.core.profile import Profile, ProfileLimits
from relay.settings.profile_rules import check_profile
from relay.settings.profile_values import (
    FURTHER,
    LIMITS,
    PLAIN,
    RETENTION,
    SEMANTIC_VAD,
    SERVER_VAD,
    TRANSCRIPTION,
    or_off,
    read_instructions,
    whole_number,
)
from relay.settings.toml_table import TomlTable
from relay.settings.values import read_path

if TYPE_CHECKING:
    from relay.settings.fields import Settings

_Readers = Mapping[str, Callable[[object], Any]]
KEYS: Final = (
    *PLAIN,
    *FURTHER,
    *("instructions_file", "turn_detection", "transcription", "truncation", "tools", "moderation", "limits"),
)
"""Every key of a profile."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_PROMPT_BYTES: Final = 262_144
SIMULATOR_TRANSCRIPTION: Final = "gpt-4o-transcribe"
"""What the simulator transcribes with when no deployment is named."""


def read_profiles(tables: TomlTable, settings: "Settings", folder: Path) -> dict[str, Profile]:
    """Read every profile, ``default`` first; complaints go into the tables.

    Args:
        tables: The top of relay.toml.
        settings: What ``default`` begins with.
        folder: What `instructions_file` is relative to.
    """
    profiles = {"default": default_profile(settings)}
    written = tables.inner("profiles")
    named = dict(written.tables()) if written else {}
    for name in sorted(named, key=lambda name: name != "default"):  # others build upon it
        table = named[name]
        if not _NAME.fullmatch(name):
            table.complain("must be named with 1 to 64 of a to z, 0 to 9, - and _")
            continue
        base = profiles["default"]
        if name != "default":
            base = replace(base, name=name, title=name.replace("-", " ").capitalize(), description="")
        profiles[name] = _profile(table, base, folder)
    for name, profile in profiles.items():
        check_profile(
            profile, named.get(name) or TomlTable({}, ("profiles", name), tables.lines, tables.complaints)
        )
    return profiles


def default_profile(settings: "Settings") -> Profile:
    """Give the profile that there is without any table."""
    transcription = settings.azure_openai_transcription_deployment
    if transcription is None and settings.upstream_kind == "simulator":
        transcription = SIMULATOR_TRANSCRIPTION
    return Profile(
        name="default",
        title="Default",
        deployment=settings.azure_openai_deployment,
        voices=settings.relay_voices,
        voice=settings.relay_voice,
        transcription=None if transcription is None else {"model": transcription},
        turn_detection={"type": settings.relay_turn_detection},
        sideband=settings.relay_sideband,
    )


def _profile(table: TomlTable, base: Profile, folder: Path) -> Profile:
    table.only(KEYS)
    given: dict[str, Any] = {
        key: table.read(key, reader, getattr(base, key))
        for key, reader in PLAIN.items()
        if key in table.values
    }
    if "instructions_file" in table.values:
        if "instructions" in table.values:
            table.complain("and instructions are both set: keep one", "instructions_file")
        given["instructions"] = table.read(
            "instructions_file", lambda value: _prompt_file(folder, value), base.instructions
        )
    if "voices" in given:
        given["voice"] = given["voices"][0]
    given["turn_detection"] = _turn_detection(table, base.turn_detection)
    given["transcription"] = _transcription(table, base.transcription)
    given["truncation"] = _truncation(table, base.truncation)
    given["limits"] = _limits(table, base.limits)
    further = {
        key: table.read(key, or_off(read), None) for key, read in FURTHER.items() if key in table.values
    }
    given["further"] = {key: value for key, value in {**base.further, **further}.items() if value is not None}
    given["tools"] = table.read("tools", _tool_names, base.tools)
    given["moderation"] = table.read("moderation", _moderation, base.moderation)
    profile = replace(base, **given)
    if profile.instructions is not None and profile.browser_instructions is None:
        profile = replace(profile, browser_instructions=0)
    return profile


def _prompt_file(folder: Path, value: object) -> str | None:
    path = folder / read_path(value)
    try:
        with path.open("rb") as file:
            raw = file.read(_PROMPT_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise ValueError(f"names a file that cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError("names a file that is not UTF-8 text") from None
    try:
        found = read_instructions(text.replace("\r\n", "\n"))
    except ValueError as error:
        raise ValueError(f"names a file whose content {error}") from None
    if found is None:
        raise ValueError("names a file that is empty")
    return found


def _turn_detection(table: TomlTable, base: Mapping[str, object] | None) -> Mapping[str, object] | None:
    value = table.values.get("turn_detection")
    if isinstance(value, str) and value in ("server_vad", "semantic_vad"):
        return {"type": value}
    kinds: Mapping[object, _Readers] = {"server_vad": SERVER_VAD, "semantic_vad": SEMANTIC_VAD}
    readers = kinds.get(value.get("type") if isinstance(value, dict) else None)
    if isinstance(value, dict) and readers is None:
        table.complain("must have the key type: server_vad or semantic_vad", "turn_detection")
        return base
    words = "server_vad, semantic_vad, or a table with type"
    read: Mapping[str, object] | None = _inner(table, "turn_detection", readers or {}, base, words)
    return read


def _transcription(table: TomlTable, base: Mapping[str, object] | None) -> Mapping[str, object] | None:
    value = table.values.get("transcription")
    if isinstance(value, str):
        return {"model": table.read("transcription", TRANSCRIPTION["model"], "")}
    if isinstance(value, dict) and "model" not in value:
        if base is None:
            table.complain("must have the key model: the deployment that transcribes", "transcription")
            return base
        value = {"model": base["model"], **value}
        table = TomlTable({"transcription": value}, table.path, table.lines, table.complaints)
    words = "a deployment, or a table with model"
    read: Mapping[str, object] | None = _inner(table, "transcription", TRANSCRIPTION, base, words)
    return read


def _truncation(
    table: TomlTable, base: str | Mapping[str, object] | None
) -> str | Mapping[str, object] | None:
    value = table.values.get("truncation")
    if value in ("auto", "disabled"):
        return str(value)
    words = "auto, disabled, or a table with type = retention_ratio and retention_ratio"
    readers = {**RETENTION, "token_limits": _token_limits}
    read: str | Mapping[str, object] | None = _inner(table, "truncation", readers, base, words)
    if isinstance(value, dict) and not {"type", "retention_ratio"} <= value.keys():
        table.complain("must have the keys type and retention_ratio", "truncation")
    return read


def _token_limits(value: object) -> dict[str, int]:
    if not isinstance(value, dict) or value.keys() != {"post_instructions"}:
        raise ValueError("must be a table with post_instructions")
    return {"post_instructions": whole_number(1, 1_000_000)(value["post_instructions"])}


def _inner(table: TomlTable, key: str, readers: _Readers, base: Any, words: str) -> Any:
    """Read a table in a profile; ``false`` for none."""
    value = table.values.get(key)
    if key not in table.values:
        return base
    if value is False:
        return None
    if not isinstance(value, dict):
        table.complain(f"must be {words}; false for none", key)
        return base
    inner = TomlTable(value, (*table.path, key), table.lines, table.complaints)
    inner.only(readers)
    return {name: inner.read(name, readers[name], None) for name in value if name in readers}


def _limits(table: TomlTable, base: ProfileLimits) -> ProfileLimits:
    inner = table.inner("limits")
    if inner is None:
        return base
    inner.only(LIMITS)
    return replace(
        base, **{key: inner.read(key, read, None) for key, read in LIMITS.items() if key in inner.values}
    )


def _tool_names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
        raise ValueError('must be a list such as ["weather", "orders:lookup"]; [] for none')
    return tuple(dict.fromkeys(value))


def _moderation(value: object) -> str | None:
    if value is False:
        return None
    if not isinstance(value, str) or not value:
        raise ValueError('must be a name of [tools], or "module:function"; false for none')
    return value
