"""The settings as a whole: which place wins, and that every complaint comes at once and without values."""

import logging
import pickle
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.settings import Settings, SettingsError, load_settings, setting_table

CANARY = "canary4711"


def complaints(environ: dict[str, str], directory: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, directory)
    return caught.value.complaints


def test_with_nothing_set_the_defaults_hold_and_calls_go_to_the_simulator(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)

    assert (settings.relay_host, settings.relay_port) == ("127.0.0.1", 8787)
    assert settings.upstream_kind == "simulator"
    assert settings.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")
    assert settings.sources == {}
    assert settings.warnings == ()


def test_limits_are_on_by_default(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)

    assert settings.rate == (6, 60)
    assert (settings.relay_calls_per_caller, settings.relay_calls_total) == (2, 50)
    assert (settings.relay_minutes_per_day, settings.relay_minutes_per_day_total) == (60, 0)


@pytest.mark.parametrize(
    ("written", "rate"), [("1/second", (1, 1)), ("20/hour", (20, 3600)), ("off", None), ("no", None)]
)
def test_a_rate_is_so_many_in_so_many_seconds(
    tmp_path: Path, written: str, rate: tuple[int, int] | None
) -> None:
    assert load_settings({"RELAY_RATE": written}, tmp_path).rate == rate


def test_the_environment_wins_over_dev_vars_and_dev_vars_over_toml(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text("relay_port = 1\nrelay_in_flight = 1\nrelay_exchange_seconds = 1\n")
    (tmp_path / ".dev.vars").write_text("RELAY_PORT=2\nRELAY_IN_FLIGHT=2\n")

    settings = load_settings({"RELAY_PORT": "3"}, tmp_path)

    assert (settings.relay_port, settings.relay_in_flight, settings.relay_exchange_seconds) == (3, 2, 1)
    assert settings.sources == {
        "relay_port": "environment",
        "relay_in_flight": ".dev.vars",
        "relay_exchange_seconds": "relay.toml",
    }


def test_an_empty_text_means_unset_and_lets_the_next_place_speak(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text('relay_port = 1\nrelay_voice = ""\n')
    (tmp_path / ".dev.vars").write_text("RELAY_PORT=\nAZURE_OPENAI_API_KEY=''\n")

    settings = load_settings({"RELAY_PORT": "  "}, tmp_path)

    assert (settings.relay_port, settings.relay_voice, settings.azure_openai_api_key) == (1, "alloy", None)


def test_the_working_directory_is_where_files_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".dev.vars").write_text("RELAY_PORT=9000\n")
    monkeypatch.chdir(tmp_path)

    assert load_settings({}).relay_port == 9000


def test_pydantics_own_sources_stay_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RELAY_PORT", "9000")

    assert load_settings({}, tmp_path).relay_port == 8787


def test_settings_do_not_change_once_they_are_read(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)

    with pytest.raises(ValueError, match="frozen"):
        settings.relay_port = 1


def test_every_complaint_comes_at_once(tmp_path: Path) -> None:
    (tmp_path / ".dev.vars").write_text("RELAY_VOICES=alloy,B4D\nRELAY_PRT=1\n")
    (tmp_path / "relay.toml").write_text("relay_in_flight = 0\n[deployments]\n")
    environ = {
        "RELAY_PORT": "abc",
        "RELAY_HOST": "0.0.0.0",
        "RELAY_AUTH": "password",
        "AZURE_CLIENT_SECRET": "s",
    }

    assert [complaint.split(" (")[0] for complaint in complaints(environ, tmp_path)] == [
        "RELAY_PRT",
        "relay.toml: deployments is not a setting of the relay",
        "RELAY_AUTH",
        "RELAY_PORT",
        "RELAY_VOICES",
        "RELAY_IN_FLIGHT",
        "AZURE_OPENAI_BASE_URL",
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "RELAY_ALLOWED_HOSTS",
    ]


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_BASE_URL"),
        ("AZURE_OPENAI_DEPLOYMENT_NAME", "AZURE_OPENAI_DEPLOYMENT"),
    ],
)
def test_an_alias_stands_for_its_setting(tmp_path: Path, alias: str, name: str) -> None:
    settings = load_settings({alias: "r.openai.azure.com"}, tmp_path)

    assert "r.openai.azure.com" in str(getattr(settings, name.lower()))
    assert settings.sources == {name.lower(): f"environment ({alias})"}


def test_two_names_with_one_meaning_are_no_contradiction(tmp_path: Path) -> None:
    environ = {
        "AZURE_OPENAI_ENDPOINT": "https://r.openai.azure.com/",
        "AZURE_OPENAI_BASE_URL": "https://R.openai.azure.com/openai/v1",
    }

    assert load_settings(environ, tmp_path).azure_openai_base_url == "https://r.openai.azure.com"


def test_two_names_with_different_meanings_are_refused(tmp_path: Path) -> None:
    (tmp_path / ".dev.vars").write_text("AZURE_OPENAI_BASE_URL=https://a.openai.azure.com\n")

    assert complaints({"AZURE_OPENAI_ENDPOINT": "https://b.openai.azure.com"}, tmp_path) == [
        (
            "AZURE_OPENAI_ENDPOINT (environment) and AZURE_OPENAI_BASE_URL (.dev.vars line 1) "
            "are two names of one setting and differ: keep one"
        )
    ]


def test_the_same_name_in_two_places_is_no_contradiction(tmp_path: Path) -> None:
    (tmp_path / ".dev.vars").write_text("AZURE_OPENAI_BASE_URL=https://a.openai.azure.com\n")

    settings = load_settings({"AZURE_OPENAI_BASE_URL": "https://b.openai.azure.com"}, tmp_path)

    assert settings.azure_openai_base_url == "https://b.openai.azure.com"


@pytest.mark.parametrize("content", [b"key-from-file\n", b"\xef\xbb\xbfkey-from-file\r\n", b"key-from-file"])
def test_a_key_may_stand_in_a_file_of_its_own(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)

    settings = load_settings({"AZURE_OPENAI_API_KEY_FILE": "key"}, tmp_path)

    assert settings.azure_openai_api_key is not None
    assert settings.azure_openai_api_key.get_secret_value() == "key-from-file"
    assert settings.azure_openai_api_key_file == tmp_path / "key"
    assert settings.sources["azure_openai_api_key"] == "environment (AZURE_OPENAI_API_KEY_FILE)"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "names a file that cannot be read: No such file or directory"),
        (b"", "names a file whose content must be one line of text without control characters"),
        (
            b"canary4711\ncanary4711\n",
            "names a file whose content must be one line of text without control characters",
        ),
        (
            b"canary4711 canary",
            "names a file whose content must be printable ASCII without spaces: copy it again",
        ),
        (b"canary4711\xff", "names a file that is not UTF-8 text"),
    ],
)
def test_a_file_without_a_key_is_refused_without_its_content(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)

    assert complaints({"AZURE_CLIENT_SECRET_FILE": "key"}, tmp_path) == [
        f"AZURE_CLIENT_SECRET_FILE (environment) {words}"
    ]


def test_a_key_and_a_file_for_it_are_one_too_many(tmp_path: Path) -> None:
    environ = {"AZURE_OPENAI_API_KEY": CANARY, "AZURE_OPENAI_API_KEY_FILE": f"/{CANARY}"}

    assert complaints(environ, tmp_path) == [
        (
            "AZURE_OPENAI_API_KEY (environment) and AZURE_OPENAI_API_KEY_FILE (environment) "
            "are both set: keep one"
        )
    ]


def test_sec_03_and_sec_11_no_value_is_in_a_complaint_nor_in_its_traceback(tmp_path: Path) -> None:
    bad = f"{CANARY} \x01 http://{CANARY}"
    environ = {row.name: bad for row in setting_table()}
    (tmp_path / ".dev.vars").write_text(
        f"RELAY_{CANARY.upper()}\n{CANARY}\nAZURE_OPENAI_ENDPOINT='{CANARY}\n"
    )

    with pytest.raises(SettingsError) as caught:
        load_settings(environ, tmp_path)

    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert CANARY not in shown.lower()
    assert caught.value.__context__ is None
    assert len(caught.value.complaints) >= len(environ) - 2  # files named by what is no path are left out


def test_sec_03_no_secret_is_in_a_repr_or_a_dump(tmp_path: Path) -> None:
    environ = {
        "AZURE_OPENAI_API_KEY": CANARY,
        "AZURE_TENANT_ID": "t",
        "AZURE_CLIENT_ID": "c",
        "AZURE_CLIENT_SECRET": CANARY,
        "RELAY_EGRESS_PROXY": f"http://{CANARY}:{CANARY}@proxy:3128",
        "RELAY_ICE_SERVERS": f'[{{"urls": "turn:t", "username": "{CANARY}", "credential": "{CANARY}"}}]',
    }

    settings = load_settings(environ, tmp_path)

    assert settings.azure_client_secret is not None
    assert CANARY not in repr(settings) + str(settings)
    assert CANARY not in settings.model_dump_json(exclude={"relay_ice_servers": {"__all__": {"username"}}})


def test_sec_03_the_debug_switch_of_pydantic_settings_logs_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PYDANTIC_SETTINGS_DEBUG", "1")
    (tmp_path / "relay.toml").write_text(
        f'relay_ice_servers = [{{urls = "turn:t", username = "{CANARY}", credential = "{CANARY}"}}]\n'
    )
    (tmp_path / "secret").write_text(CANARY)
    environ = {"AZURE_OPENAI_API_KEY": CANARY, "RELAY_EGRESS_PROXY": f"http://{CANARY}@proxy:3128"}

    with caplog.at_level(logging.DEBUG):
        load_settings(
            environ | {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET_FILE": "secret"},
            tmp_path,
        )

    assert CANARY not in caplog.text


@given(
    name=st.sampled_from(
        [row.name for row in setting_table() if "FILE" not in row.name and row.name != "RELAY_CONFIG"]
    ),
    text=st.text(max_size=40),
)
def test_any_text_in_any_setting_is_taken_or_complained_of_by_name(name: str, text: str) -> None:
    try:
        load_settings({name: text}, Path("/nonexistent"))
    except SettingsError as error:
        assert any(name in complaint for complaint in error.complaints)  # noqa: PT017 - either outcome is right


def test_settings_survive_a_copy_to_another_process(tmp_path: Path) -> None:
    settings = load_settings({"AZURE_OPENAI_API_KEY": "k"}, tmp_path)

    assert pickle.loads(pickle.dumps(settings)) == settings


def test_a_settings_error_lists_one_complaint_a_line() -> None:
    assert str(SettingsError(["one", "two"])) == "one\ntwo"


def test_settings_built_by_hand_are_checked_alike() -> None:
    assert Settings(relay_port=9000).relay_port == 9000
    with pytest.raises(ValueError, match="from 0 to 65535"):
        Settings(relay_port=65536)
