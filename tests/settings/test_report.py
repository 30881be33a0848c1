"""What check-config prints."""

import io
import time
from pathlib import Path

from relay.settings import SettingsError, load_settings, setting_table
from relay.settings.report import check_config, render_report
from relay.settings.table import STARS

CANARY = "canary4711"
AZURE = {"AZURE_OPENAI_BASE_URL": "https://r.openai.azure.com"}


def report(environ: dict[str, str], directory: Path) -> str:
    return render_report(load_settings(environ, directory))


def line_of(name: str, text: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.split()[:1] == [name]]
    return line.split()


def fact_of(name: str, text: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(f"  {name}  ")]
    return line.removeprefix(f"  {name}").strip()


def test_every_setting_is_listed_with_its_place_and_value(tmp_path: Path) -> None:
    (tmp_path / ".dev.vars").write_text("RELAY_IN_FLIGHT=7\n")
    (tmp_path / "relay.toml").write_text("relay_log = 'json'\n")

    text = report({"RELAY_PORT": "9000"}, tmp_path)

    assert all(line_of(row.name, text) for row in setting_table())
    assert line_of("RELAY_PORT", text) == ["RELAY_PORT", "environment", "9000"]
    assert line_of("RELAY_IN_FLIGHT", text) == ["RELAY_IN_FLIGHT", ".dev.vars", "7"]
    assert line_of("RELAY_LOG", text) == ["RELAY_LOG", "relay.toml", "json"]
    assert line_of("RELAY_HOST", text) == ["RELAY_HOST", "default", "127.0.0.1"]
    assert line_of("AZURE_TENANT_ID", text) == ["AZURE_TENANT_ID", "default", "-"]


def test_columns_stand_below_each_other_and_no_line_ends_in_spaces(tmp_path: Path) -> None:
    lines = report(AZURE, tmp_path).split("\n\n")[0].splitlines()

    assert len({line.index(line.split()[1]) for line in lines}) == 1
    assert all(line == line.rstrip() for line in lines)


def test_sec_03_secrets_are_eight_stars_whatever_their_length(tmp_path: Path) -> None:
    environ = AZURE | {
        "AZURE_OPENAI_API_KEY": CANARY * 9,
        "RELAY_EGRESS_PROXY": f"http://u:{CANARY}@proxy:3128",
        "RELAY_ICE_SERVERS": f'[{{"urls": "turn:t", "username": "{CANARY}", "credential": "{CANARY}"}}]',
    }

    text = report(environ, tmp_path)

    assert CANARY not in text
    assert line_of("AZURE_OPENAI_API_KEY", text)[2:] == [STARS]
    assert line_of("RELAY_EGRESS_PROXY", text)[2:] == [STARS]
    assert line_of("RELAY_ICE_SERVERS", text)[2:] == ["turn:t", STARS]


def test_warnings_are_numbered_and_only_there_when_there_are_some(tmp_path: Path) -> None:
    assert "Warnings:" not in report(AZURE, tmp_path)
    assert "Warnings:\n  1. AZURE_REGION is not used" in report(AZURE | {"AZURE_REGION": "x"}, tmp_path)


def test_what_follows_is_said_for_the_simulator(tmp_path: Path) -> None:
    text = report({"RELAY_HOST": "::1", "RELAY_PORT": "0"}, tmp_path)

    assert fact_of("upstream", text) == "the simulator, on this machine"
    assert fact_of("credential", text) == "none is needed"
    assert fact_of("address", text) == "http://[::1]/, on a free port"
    assert fact_of("who may connect", text) == "anybody on this machine (RELAY_AUTH=none)"


def test_what_follows_is_said_for_an_open_relay_before_azure(tmp_path: Path) -> None:
    open_to_others = {
        "RELAY_HOST": "0.0.0.0",
        "RELAY_AUTH": "none",
        "RELAY_ALLOWED_HOSTS": "voice.example.com",
        "RELAY_ALLOWED_ORIGINS": "https://app.example.com",
    }

    text = report(AZURE | open_to_others, tmp_path)

    assert fact_of("upstream", text) == "Azure at https://r.openai.azure.com"
    assert fact_of("credential", text).startswith("an Entra ID access token: managed identity")
    assert fact_of("who may connect", text).startswith("anybody who can reach the address")
    assert fact_of("names served", text) == "voice.example.com"
    assert fact_of("pages served", text) == "the relay's own, https://app.example.com"


def test_check_config_prints_the_report_and_returns_0(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()

    assert check_config({}, tmp_path, out, err) == 0
    assert out.getvalue() == report({}, tmp_path)
    assert err.getvalue() == ""


def test_check_config_prints_numbered_complaints_and_returns_2(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()

    assert check_config({"RELAY_PORT": CANARY, "RELAY_VOICE": "nova"}, tmp_path, out, err) == 2
    assert out.getvalue() == ""
    assert err.getvalue() == (
        "The settings cannot be used:\n"
        "  1. RELAY_PORT (environment) must be a whole number from 0 to 65535\n"
        "  2. RELAY_VOICE (environment) must be one of RELAY_VOICES: set it to one of them, or add it there\n"
    )


def test_reading_the_settings_takes_no_time_worth_mentioning(tmp_path: Path) -> None:
    start = time.process_time()
    load_settings(AZURE, tmp_path)

    assert time.process_time() - start < 0.15


def test_what_follows_names_the_ways_of_signing_in_and_no_secret(tmp_path: Path) -> None:
    environ = {
        "RELAY_AUTH": "token,proxy",
        "RELAY_AUTH_TOKEN": f"{CANARY}-0123456789",
        "RELAY_PROXY_USER_HEADER": "X-User",
        "RELAY_TRUSTED_PROXIES": "10.0.0.5",
    }

    text = report(environ, tmp_path)

    assert fact_of("who may connect", text) == "whoever shows the token, or whoever the trusted proxies name"
    assert line_of("RELAY_AUTH_TOKEN", text)[2:] == [STARS]
    assert CANARY not in text


def test_profiles_are_listed_without_a_word_of_their_prompts(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text(
        '[profiles.support]\nprivate = true\nallow = ["group:staff", "claim:tid=7"]\n'
        f'instructions = "{CANARY}"\n'
        'voices = ["cedar"]\ntools = ["a:b"]\nsideband = "guard"\nsideband_required = true\n'
    )

    text = report(AZURE, tmp_path)

    row = next(line for line in text.splitlines() if line.startswith("  support"))
    assert " ".join(row.split()) == (
        "support (private) group:staff, claim:tid=7 gpt-realtime cedar "
        "10 characters 0 characters guard, required a:b"
    )
    assert CANARY not in text


def test_what_only_an_attempt_can_tell_is_a_complaint_too(tmp_path: Path) -> None:
    def attempt(_: object) -> None:
        raise SettingsError(["profiles.a.tools (relay.toml line 2) cannot be imported"])

    out, err = io.StringIO(), io.StringIO()

    assert check_config({}, tmp_path, out, err, attempt) == 2
    assert "cannot be imported" in err.getvalue()
    assert out.getvalue() == ""
