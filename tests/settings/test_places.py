"""The three places: how their files are read, and what is said of what stands in them."""

import os
from pathlib import Path

import pytest

from relay.settings import SettingsError, load_settings

KEY = "canary-key-4711"


def complaints(environ: dict[str, str], directory: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, directory)
    return caught.value.complaints


def write_dev_vars(directory: Path, content: str | bytes) -> None:
    raw = content.encode() if isinstance(content, str) else content
    (directory / ".dev.vars").write_bytes(raw)


def write_toml(directory: Path, content: str | bytes, name: str = "relay.toml") -> None:
    raw = content.encode() if isinstance(content, str) else content
    (directory / name).write_bytes(raw)


DEV_VARS = [
    ("plain", "RELAY_PORT=9000\n"),
    ("no line end", "RELAY_PORT=9000"),
    ("CRLF", "# comment\r\n\r\nRELAY_PORT=9000\r\n"),
    ("double quotes", 'RELAY_PORT="9000"\n'),
    ("single quotes", "RELAY_PORT='9000'\n"),
    ("quotes and CRLF", 'RELAY_PORT="9000"\r\n'),
    ("export", "export RELAY_PORT=9000\n"),
    ("a byte order mark", b"\xef\xbb\xbfRELAY_PORT=9000\n"),
    ("spaces", "  RELAY_PORT = 9000  \n"),
    ("a comment behind it", "RELAY_PORT=9000 # mine\n"),
    ("other people's names", "EDITOR=vi\nRELAY_PORT=9000\n"),
]


@pytest.mark.parametrize("content", [case[1] for case in DEV_VARS], ids=[case[0] for case in DEV_VARS])
def test_dev_vars_are_read_in_every_common_form(tmp_path: Path, content: str | bytes) -> None:
    write_dev_vars(tmp_path, content)

    assert load_settings({}, tmp_path).relay_port == 9000


def test_nothing_in_dev_vars_is_interpolated(tmp_path: Path) -> None:
    write_dev_vars(tmp_path, "AZURE_OPENAI_API_KEY=a${HOME}b$c\n")

    key = load_settings({}, tmp_path).azure_openai_api_key
    assert key is not None
    assert key.get_secret_value() == "a${HOME}b$c"


def test_a_complaint_names_the_line_of_dev_vars(tmp_path: Path) -> None:
    write_dev_vars(tmp_path, "# one\r\n\r\n\r\nEDITOR=vi\r\n\r\nRELAY_PORT=no\r\n")

    assert complaints({}, tmp_path) == [
        "RELAY_PORT (.dev.vars line 6) must be a whole number from 0 to 65535"
    ]


def test_a_line_that_assigns_nothing_is_refused_without_repeating_it(tmp_path: Path) -> None:
    write_dev_vars(tmp_path, f"\n{KEY}\nRELAY_PORT=1\n'{KEY}\n")

    assert complaints({}, tmp_path) == [
        ".dev.vars line 2 is not NAME=value: write it so, or put # before it",
        ".dev.vars line 4 is not NAME=value: write it so, or put # before it",
    ]


def test_the_last_of_two_lines_counts_and_a_warning_says_so(tmp_path: Path) -> None:
    write_dev_vars(tmp_path, "RELAY_PORT=1\nRELAY_PORT=2\n")

    settings = load_settings({}, tmp_path)

    assert settings.relay_port == 2
    assert settings.warnings == ("RELAY_PORT (.dev.vars line 2) stands in line 1 too; the last one counts",)


def test_a_misspelt_name_in_dev_vars_is_refused_with_the_nearest(tmp_path: Path) -> None:
    write_dev_vars(tmp_path, f"AZURE_OPENAI_BASE_ULR=https://{KEY}\nrelay_port=1\nRELAY_NONSENSE_XYZ=1\n")

    assert complaints({}, tmp_path) == [
        (
            "AZURE_OPENAI_BASE_ULR (.dev.vars line 1) is not a setting of the relay; "
            "did you mean AZURE_OPENAI_BASE_URL?"
        ),
        "relay_port (.dev.vars line 2) is not a setting of the relay; did you mean RELAY_PORT?",
        "RELAY_NONSENSE_XYZ (.dev.vars line 3) is not a setting of the relay",
    ]


def test_names_for_other_azure_libraries_do_not_work_from_dev_vars(tmp_path: Path) -> None:
    write_dev_vars(tmp_path, "AZURE_TOKEN_CREDENTIALS=prod\n")

    assert load_settings({}, tmp_path).warnings == (
        "AZURE_TOKEN_CREDENTIALS (.dev.vars line 1) is not read from here: set it in the environment",
    )


def test_an_api_version_is_needless_everywhere_and_no_mistake(tmp_path: Path) -> None:
    write_dev_vars(tmp_path, "AZURE_OPENAI_API_VERSION=2025-04-01-preview\n")

    settings = load_settings({"AZURE_OPENAI_API_VERSION": "x"}, tmp_path)

    assert [warning.partition(" is ")[0] for warning in settings.warnings] == [
        "AZURE_OPENAI_API_VERSION (environment)",
        "AZURE_OPENAI_API_VERSION (.dev.vars line 1)",
    ]


def test_unknown_names_in_the_environment_only_warn(tmp_path: Path) -> None:
    environ = {"RELAY_PROT": KEY, "RELAY_TEST_BROWSER": KEY, "AZURE_OPENAI_EMBEDDING": KEY, "OTHER": KEY}

    assert load_settings(environ, tmp_path).warnings == (
        "RELAY_PROT (environment) is not a setting of the relay; did you mean RELAY_PORT?",
    )


def test_the_test_suites_own_names_are_ignored_in_dev_vars(tmp_path: Path) -> None:
    write_dev_vars(tmp_path, "RELAY_TEST_BROWSER=/x\n")

    assert load_settings({}, tmp_path).warnings == ()


def test_dev_vars_that_cannot_be_read_are_refused_and_nothing_is_concluded_from_them(tmp_path: Path) -> None:
    (tmp_path / ".dev.vars").mkdir()

    assert complaints({"RELAY_UPSTREAM": "azure"}, tmp_path) == [".dev.vars cannot be read: Is a directory"]


def test_dev_vars_saved_as_utf_16_are_refused_with_the_fix(tmp_path: Path) -> None:
    write_dev_vars(tmp_path, "RELAY_PORT=1".encode("utf-16"))

    assert complaints({}, tmp_path) == [".dev.vars is not UTF-8 text: save it as UTF-8"]


def test_toml_values_may_have_their_natural_types(tmp_path: Path) -> None:
    write_toml(
        tmp_path,
        'relay_port = 9000\nrelay_ephemeral_keys = true\nrelay_voices = ["alloy", "marin"]\n'
        'azure_openai_endpoint = "r.openai.azure.com"\nrelay_ice_servers = [{urls = "stun:s.example.com"}]\n',
    )

    settings = load_settings({}, tmp_path)

    assert (settings.relay_port, settings.relay_ephemeral_keys) == (9000, True)
    assert settings.relay_voices == ("alloy", "marin")
    assert settings.azure_openai_base_url == "https://r.openai.azure.com"
    assert settings.relay_ice_servers[0].urls == ("stun:s.example.com",)
    assert settings.sources["relay_port"] == "relay.toml"


def test_toml_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    write_toml(tmp_path, b"\xef\xbb\xbfrelay_port = 9000\r\n")

    assert load_settings({}, tmp_path).relay_port == 9000


def test_unknown_keys_in_toml_are_refused(tmp_path: Path) -> None:
    write_toml(
        tmp_path,
        'RELAY_PORT = 1\nrelay_prot = 2\nport = 3\nrelay_config = "x"\n[deployments]\n',
    )

    assert complaints({}, tmp_path) == [
        "relay.toml: RELAY_PORT must be written in lower case: relay_port",
        "relay.toml: relay_prot is not a setting of the relay; did you mean relay_port?",
        "relay.toml: port is not a setting of the relay",
        "RELAY_CONFIG (relay.toml, key relay_config) cannot stand in the file it names: remove it there",
        "relay.toml: deployments is not a setting of the relay",
    ]


def test_a_complaint_names_the_key_of_toml(tmp_path: Path) -> None:
    write_toml(tmp_path, f'relay_port = "{KEY}"\nrelay_host = {{a = "{KEY}"}}\n')

    assert complaints({}, tmp_path) == [
        "RELAY_HOST (relay.toml, key relay_host) must be text",
        "RELAY_PORT (relay.toml, key relay_port) must be a whole number from 0 to 65535",
    ]


def test_broken_toml_is_refused_with_its_position_and_nothing_of_its_content(tmp_path: Path) -> None:
    write_toml(tmp_path, f"relay_port = 1\nazure_openai_api_key = {KEY}\n")

    (complaint,) = complaints({"RELAY_UPSTREAM": "azure"}, tmp_path)

    assert complaint.startswith("relay.toml is not TOML at line 2, column ")
    assert KEY not in complaint


def test_another_toml_file_can_be_named(tmp_path: Path) -> None:
    write_toml(tmp_path, "relay_port = 1\n")
    write_toml(tmp_path, "relay_port = 2\n", "other.toml")
    write_dev_vars(tmp_path, "RELAY_CONFIG=other.toml\n")

    settings = load_settings({}, tmp_path)

    assert settings.relay_port == 2
    assert settings.relay_config == tmp_path / "other.toml"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (KEY, "the file of RELAY_CONFIG (environment) cannot be read: No such file or directory"),
        (KEY * 100, "the file of RELAY_CONFIG (environment) cannot be read: File name too long"),
        (f"{KEY}\x00", "RELAY_CONFIG (environment) must be one line of text without control characters"),
    ],
)
def test_a_named_file_must_be_there(tmp_path: Path, name: str, words: str) -> None:
    assert complaints({"RELAY_CONFIG": name}, tmp_path) == [words]


def test_a_secret_in_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    pipe = os.open(tmp_path / "pipe", os.O_RDWR)
    os.write(pipe, b"k" * 65_536)  # so that whoever reads it all the same comes to an end

    (complaint,) = complaints({"AZURE_OPENAI_API_KEY_FILE": str(tmp_path / "pipe")}, tmp_path)
    assert complaint.startswith("AZURE_OPENAI_API_KEY_FILE (environment) names a pipe or a device")
    os.close(pipe)
