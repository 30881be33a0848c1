"""Read the settings once, and complain of everything at once.

The environment wins over `.dev.vars`, that over `relay.toml`, that over the default. Only `relay.app` and the
command line see `Settings`; everything below gets what it needs as arguments. A complaint names the setting
and where it was written, and says the fix; it never holds the value.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pydantic import BeforeValidator, ValidationError

from relay.settings.fields import Settings
from relay.settings.found import Found, Reading
from relay.settings.places import read_places, read_secret_file
from relay.settings.price_tables import check_budgets, read_prices
from relay.settings.profile_rules import profile_warnings
from relay.settings.profile_tables import read_profiles
from relay.settings.rules import contradictions, warnings
from relay.settings.sign_in_values import read_key_text, read_tokens
from relay.settings.table import SettingRow, setting_names, setting_table
from relay.settings.tool_tables import read_tools
from relay.settings.values import read_path, read_secret

__all__ = ["SettingRow", "Settings", "SettingsError", "load_settings", "setting_table"]

_SECRET_FILES: Final = {
    "azure_openai_api_key_file": "azure_openai_api_key",
    "azure_client_secret_file": "azure_client_secret",
    "relay_auth_token_file": "relay_auth_token",
    "relay_ticket_key_file": "relay_ticket_key",
    "relay_proxy_secret_file": "relay_proxy_secret",
}
_READERS: Final = {
    "relay_auth_token": read_tokens,
    "relay_ticket_key": read_key_text,
    "relay_proxy_secret": read_tokens,
}
_PATHS: Final = ("relay_config", "relay_ca_file", "relay_state_dir", *_SECRET_FILES)
_Chosen = dict[str, Found]


class SettingsError(Exception):
    """The settings cannot be used.

    Args:
        complaints: Everything that is wrong, a sentence each, none of which holds a value.
    """

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = complaints


def load_settings(environ: Mapping[str, str] = os.environ, directory: Path | None = None) -> Settings:
    """Read the environment, `.dev.vars` and `relay.toml` into one checked value.

    Args:
        environ: The environment.
        directory: Where the two files are, and what relative paths start from; the working directory
            unless given.

    Raises:
        SettingsError: Anything is wrong with any of them.
    """
    reading = read_places(environ, directory or Path.cwd(), setting_names())
    chosen = {found.setting: found for found in reversed(reading.found)}
    complaints = [*reading.complaints, *_rivals(reading, chosen)]
    unopened = _open_files(chosen, directory or Path.cwd())
    settings, refused = _build(chosen)
    complaints += [*unopened.values(), *(f"{chosen[name].label} {words}" for name, words in refused.items())]
    if reading.whole:
        complaints += [
            f"{chosen[name].label if name in chosen else f'{name.upper()} (not set)'} {words}"
            for name, words in contradictions(settings, frozenset(unopened.keys() | refused.keys()))
        ]
    of_places = len(reading.complaints)
    tables = _read_tables(reading, settings, environ)
    complaints += reading.complaints[of_places:]
    if complaints:
        raise SettingsError(complaints)
    told = (*reading.warnings, *warnings(settings), *profile_warnings(tables["profiles"], settings))
    return settings.model_copy(update={**tables, "warnings": told, "folder": reading.folder})


def _read_tables(reading: Reading, settings: Settings, environ: Mapping[str, str]) -> dict[str, Any]:
    """Read what stands in tables of `relay.toml`; complaints go into the reading."""
    profiles = read_profiles(reading.tables, settings, reading.folder)
    tools = read_tools(reading.tables, profiles.values(), environ, reading.folder)
    prices = read_prices(reading.tables)
    check_budgets(reading.tables, settings, profiles.values(), prices)
    return {"profiles": profiles, "tools": tools, "prices": prices}


def _rivals(reading: Reading, chosen: _Chosen) -> list[str]:
    """Complain of a setting written under both its names with different meanings."""
    pairs = [(chosen[found.setting], found) for found in reading.found]
    return [
        f"{one.label} and {other.label} are two names of one setting and differ: keep one"
        for one, other in pairs
        if one.written != other.written and _meaning(one) != _meaning(other)
    ]


def _meaning(found: Found) -> object:
    """Read a value as its field would, so that two ways of writing one address are no difference."""
    for mark in Settings.model_fields[found.setting].metadata:
        if isinstance(mark, BeforeValidator):
            try:
                return mark.func(found.value)  # type: ignore[call-arg]  # none of ours takes pydantic's info
            except ValueError:
                return found.value
    return found.value


def _open_files(chosen: _Chosen, directory: Path) -> dict[str, str]:
    """Make paths absolute and read the secrets that stand in files; returns what failed, by setting."""
    failed: dict[str, str] = {}
    for name in _PATHS:
        with suppress(ValueError):  # what is no path is refused by its field's reader
            if name in chosen:
                chosen[name] = replace(chosen[name], value=directory / read_path(chosen[name].value))
    for name, target in _SECRET_FILES.items():
        found = chosen.get(name)
        if found is None or not isinstance(found.value, Path):
            continue
        if target in chosen:
            failed[target] = f"{chosen[target].label} and {found.label} are both set: keep one"
            continue
        try:
            secret = read_secret_file(found.value, _READERS.get(target, read_secret))
        except ValueError as error:
            failed[target] = f"{found.label} {error}"
        else:
            chosen[target] = replace(found, setting=target, value=secret)
    return failed


def _build(chosen: _Chosen) -> tuple[Settings, dict[str, str]]:
    """Build the settings from what can be read, and say in words what cannot, by setting."""
    refused: dict[str, str] = {}
    try:
        return _settings(chosen), refused
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            ours = fault["type"] == "value_error"
            refused[str(fault["loc"][0])] = str(fault["ctx"]["error"]) if ours else "cannot be understood"
    return _settings({name: found for name, found in chosen.items() if name not in refused}), refused


def _settings(chosen: _Chosen) -> Settings:
    values: dict[str, Any] = {name: found.value for name, found in chosen.items()}
    return Settings(**values, sources={name: found.source for name, found in chosen.items()})
