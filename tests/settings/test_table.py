"""The table of settings, and the two example files that must agree with it."""

import re
import tomllib
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic import SecretStr

from relay.settings import SettingRow, SettingsError, load_settings, setting_table
from relay.settings.addresses import IceServer
from relay.settings.profile_tables import KEYS as PROFILE_KEYS
from relay.settings.table import STARS, setting_names, written
from relay.settings.tool_tables import KEYS as TOOL_KEYS

ROOT = Path(__file__).resolve().parent.parent.parent
DEV_VARS = (ROOT / ".dev.vars.example").read_text(encoding="utf-8")
ROWS = setting_table()
PLACEHOLDER = re.compile(r"<.+>")


def test_every_setting_has_one_line_of_help_and_something_to_show() -> None:
    for row in ROWS:
        assert re.fullmatch(r"[A-Z].+\.", row.help), row.name
        assert row.default or row.example, row.name


def test_names_and_aliases_are_all_different() -> None:
    assert len(setting_names()) == sum(1 + len(row.aliases) for row in ROWS)


def test_the_names_are_those_of_the_design() -> None:
    assert {row.name for row in ROWS if row.secret} == {
        "AZURE_OPENAI_API_KEY",
        "AZURE_CLIENT_SECRET",
        "RELAY_AUTH_TOKEN",
        "RELAY_TICKET_KEY",
        "RELAY_PROXY_SECRET",
        "RELAY_EGRESS_PROXY",
        "RELAY_ICE_SERVERS",
    }
    assert {alias: row.name for row in ROWS for alias in row.aliases} == {
        "AZURE_OPENAI_ENDPOINT": "AZURE_OPENAI_BASE_URL",
        "AZURE_OPENAI_DEPLOYMENT_NAME": "AZURE_OPENAI_DEPLOYMENT",
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "on"),
        (False, "off"),
        (20, "20"),
        (("a", "b"), "a,b"),
        ((), ""),
        (SecretStr("a-long-secret"), STARS),
        (SecretStr("s"), STARS),
        (IceServer(urls=("stun:s",)), "stun:s"),
        (IceServer(urls=("turn:t",), username="u", credential=SecretStr("c")), f"turn:t {STARS}"),
    ],
)
def test_values_are_written_as_one_would_write_them(value: object, text: str) -> None:
    assert written(value) == text


def test_the_example_lists_every_setting_once_with_its_help_and_default() -> None:
    listed = re.findall(r"^# (.+)\n# ([A-Z_]+)=(.*)$", DEV_VARS, flags=re.MULTILINE)

    assert [(name, text, value.strip("'")) for text, name, value in listed] == [
        (row.name, row.help, row.default or row.example) for row in ROWS
    ]


def test_the_example_sets_nothing_as_it_is() -> None:
    assert dotenv_values(ROOT / ".dev.vars.example") == {}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_line_of_the_example_is_ready_to_be_copied(row: SettingRow, tmp_path: Path) -> None:
    (line,) = re.findall(rf"^# ({row.name}=.*)$", DEV_VARS, flags=re.MULTILINE)
    (tmp_path / ".dev.vars").write_text(f"{line}\n")
    (tmp_path / "relay.toml").write_text("")
    lonely = row.name.startswith(("RELAY_OIDC_", "RELAY_PROXY_"))
    needs_a_hand = lonely or PLACEHOLDER.search(line) or "/" in row.example.split(":")[0]

    try:
        load_settings({}, tmp_path)
    except SettingsError as error:
        assert needs_a_hand
        assert all(  # noqa: PT017
            any(reason in words for reason in ("placeholder", "cannot be read", "RELAY_AUTH has no"))
            for words in error.complaints
        )


@pytest.fixture(name="example")
def _example(tmp_path: Path) -> str:
    """The example of relay.toml with nothing commented out, and what it names beside it."""
    text = (ROOT / "relay.toml.example").read_text(encoding="utf-8")
    ready = re.sub(r"^# (?=[a-z_]+ = |\[)", "", text, flags=re.MULTILINE).replace("<resource>", "r")
    (tmp_path / "relay.toml").write_text(ready)
    (tmp_path / "support.md").write_text("Be kind.")
    return ready


def test_the_toml_example_works_as_a_whole(example: str, tmp_path: Path) -> None:
    keys = dict.fromkeys(("WEATHER_SECRET", "HANDBOOK_TOKEN"), "k" * 32)

    settings = load_settings(keys, tmp_path)

    tables = tomllib.loads(example)
    assert set(settings.sources) | {"profiles", "tools", "prices"} == set(tables)
    assert set(settings.profiles) == set(tables["profiles"])
    assert set(settings.tools) == {*tables["tools"], "orders:lookup"}


def test_the_toml_example_sets_no_profile_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_bytes((ROOT / "relay.toml.example").read_bytes())

    assert list(load_settings({}, tmp_path).profiles) == ["default"]


def test_the_toml_example_shows_every_key_of_profiles_and_tools(example: str) -> None:
    tables = tomllib.loads(example)
    shown = {key for profile in tables["profiles"].values() for key in profile}
    of_tools = {key for tool in tables["tools"].values() for key in tool}

    assert shown == set(PROFILE_KEYS)
    assert TOOL_KEYS - of_tools == {"secret_file", "authorization_file"}
