"""Tools as they stand in relay.toml: where they are, their secrets, and what is refused with line and key."""

# ruff: noqa: E501 - a mistake and what is said of it stand in one line

from pathlib import Path

import pytest

from relay.settings import SettingsError, load_settings
from relay.settings.tool_tables import ToolSetting

SECRET = "canary-4711-canary-4711"
HOOK = '[tools.w]\nurl = "https://t.example.com/w"\nsecret_env = "KEY"\n'


def tools(folder: Path, text: str, environ: dict[str, str] | None = None) -> dict[str, ToolSetting]:
    (folder / "relay.toml").write_text(text)
    return dict(load_settings(environ or {"KEY": SECRET}, folder).tools)


def complaints(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        tools(folder, text, environ)
    assert SECRET not in str(caught.value)
    return caught.value.complaints


def test_the_three_kinds_of_tools_are_read(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")

    found = tools(
        tmp_path,
        HOOK
        + """
        description = "Tells the weather"
        parameters = { type = "object", properties = { place = { type = "string" } } }
        timeout_seconds = 2.5
        max_bytes = 100
        [tools.lookup]
        python = "shop.orders:lookup"
        [tools.docs]
        mcp = "https://mcp.example.com/mcp"
        authorization_file = "token"
        allowed_tools = ["search"]
        """,
    )

    webhook, function, mcp = found["w"], found["lookup"], found["docs"]
    assert (webhook.url, webhook.description) == ("https://t.example.com/w", "Tells the weather")
    assert (webhook.timeout_seconds, webhook.max_bytes) == (2.5, 100)
    assert webhook.parameters["properties"] == {"place": {"type": "string"}}
    assert webhook.secret is not None
    assert webhook.secret.get_secret_value() == SECRET
    assert (function.python, function.timeout_seconds) == ("shop.orders:lookup", 10.0)
    assert (mcp.mcp, mcp.allowed_tools) == ("https://mcp.example.com/mcp", ("search",))
    assert mcp.secret is not None
    assert SECRET not in repr(found)


def test_a_function_needs_no_table(tmp_path: Path) -> None:
    found = tools(tmp_path, '[profiles.a]\ntools = ["orders:lookup"]\nmoderation = "policy:judge"\n')

    assert {name: (tool.python, tool.where) for name, tool in found.items()} == {
        "orders:lookup": ("orders:lookup", "profiles.a.tools (relay.toml line 2)"),
        "policy:judge": ("policy:judge", "profiles.a.moderation (relay.toml line 3)"),
    }


WRONG = [
    ("[tools.w]", "tools.w (relay.toml line 1) must have exactly one of the keys python, url and mcp"),
    ("[tools.w]\npython = 'a:b'\nurl = 'x'", "tools.w (relay.toml line 1) must have exactly one of the keys python, url and mcp"),
    ("[tools.'w w']\npython = 'a:b'", "tools.w w (relay.toml line 1) must be named with 1 to 64 letters, digits, - and _"),
    ("[tools.w]\npython = 'a.b'", "tools.w.python (relay.toml line 2) must be written module:function"),
    ("[tools.w]\npython = 'a:b'\nparameters = {}", "tools.w.parameters (relay.toml line 3) is no key that is known here: there are description, max_bytes, python, timeout_seconds"),
    ("[tools.w]\nurl = 'http://t.example.com/'\nsecret_env = 'KEY'", "tools.w.url (relay.toml line 2) must begin with https://: what is said in a call would cross the network in clear"),
    ("[tools.w]\nurl = 'https://u:p@t.example.com/'\nsecret_env = 'KEY'", "tools.w.url (relay.toml line 2) must be an address such as https://tools.example.com/weather, without a user name"),
    ("[tools.w]\nurl = 'file:///etc/passwd'\nsecret_env = 'KEY'", "tools.w.url (relay.toml line 2) must be an address such as https://tools.example.com/weather, without a user name"),
    ("[tools.w]\nurl = 'https://t.example.com/'", "tools.w (relay.toml line 1) must have one of the keys secret_env and secret_file"),
    ("[tools.w]\nurl = 'https://t.example.com/'\nsecret_env = 'NONE'", "tools.w.secret_env (relay.toml line 3) names a variable that is not set in the environment"),
    ("[tools.w]\nurl = 'https://t.example.com/'\nsecret_env = 'SHORT'", "tools.w.secret_env (relay.toml line 3) must lead to 16 characters or more: openssl rand -hex 32"),
    ("[tools.w]\nurl = 'https://t.example.com/'\nsecret_env = 'ODD'", "tools.w.secret_env (relay.toml line 3) names a variable whose content must be printable ASCII without spaces: copy it again"),
    ("[tools.w]\nurl = 'https://t.example.com/'\nsecret_file = 'none'", "tools.w.secret_file (relay.toml line 3) names a file that cannot be read: No such file or directory"),
    ("[tools.w]\nurl = 'https://t.example.com/'\nsecret_env = 'KEY'\nparameters = 3", 'tools.w.parameters (relay.toml line 4) must be a JSON Schema of an object, as a table: type = "object", properties, required'),
    ("[tools.w]\nurl = 'https://t.example.com/'\nsecret_env = 'KEY'\ntimeout_seconds = 61", "tools.w.timeout_seconds (relay.toml line 4) must be a number from 0.1 to 60"),
    ("[tools.w]\nmcp = 'http://localhost:1/'\nallowed_tools = []", "tools.w.allowed_tools (relay.toml line 3) must name at least one, separated by commas"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "complaint"), WRONG, ids=[text for text, _ in WRONG])
def test_what_is_wrong_is_told_with_line_and_key(tmp_path: Path, text: str, complaint: str) -> None:
    environ = {"KEY": SECRET, "SHORT": "short", "ODD": f"{SECRET} x"}

    assert complaints(tmp_path, text.replace("'", '"') + "\n", environ) == [complaint]


@pytest.mark.parametrize(
    ("url", "more"),
    [
        ("http://127.0.0.1:1/", ""),
        ("http://localhost:1/", ""),
        ("http://[::1]:1/", ""),
        ("http://tools.default.svc/", "allow_http = true\n"),
    ],
)
def test_http_is_taken_on_this_machine_and_where_it_was_written_out(
    tmp_path: Path, url: str, more: str
) -> None:
    found = tools(tmp_path, HOOK.replace("https://t.example.com/w", url) + more)

    assert found["w"].url == url
