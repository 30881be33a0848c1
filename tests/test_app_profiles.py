"""What is tried of profiles and tools at start: imports, schemas, sessions."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from relay.app_profiles import ProfileLoader
from relay.core.tool import FunctionTool, McpTool
from relay.settings import SettingsError, load_settings
from relay.tools.function import FunctionOfOurs
from relay.tools.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relay.profiles import ProfileSet
    from relay.settings import Settings

ENVIRON = {"KEY": "canary-4711-canary-4711", "AZURE_OPENAI_BASE_URL": "https://r.openai.azure.com"}
ASKED = "tests.tools.asked"
HOOK = '[tools.hook]\nurl = "https://t.example.com/"\nsecret_env = "KEY"\ndescription = "Asks"\n'


@pytest.fixture(autouse=True)
def _path() -> Iterator[None]:
    before = list(sys.path)
    yield
    sys.path[:] = before


def settings(folder: Path, text: str) -> Settings:
    (folder / "relay.toml").write_text(text)
    return load_settings(ENVIRON, folder)


def load(folder: Path, text: str) -> ProfileSet:
    found = settings(folder, text)
    return ProfileLoader(found).load(found)


def complaints(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(folder, text)
    return caught.value.complaints


def test_tools_are_made_and_offered_in_the_order_of_the_profile(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        HOOK
        + f"""
        [tools.sum]
        python = "{ASKED}:add"
        description = "Sums"
        [tools.docs]
        mcp = "https://mcp.example.com/"
        authorization_env = "KEY"
        [profiles.a]
        private = true
        tools = ["{ASKED}:lookup", "docs", "sum", "hook"]
        moderation = "judge"
        [tools.judge]
        url = "https://t.example.com/judge"
        secret_env = "KEY"
        """,
    )

    lookup, docs, added, hook = found.profiles["a"].offered
    assert isinstance(lookup, FunctionTool)
    assert (lookup.name, lookup.description) == ("lookup", "Looks an order up.")
    assert docs == McpTool("docs", "https://mcp.example.com/", authorization=ENVIRON["KEY"])
    assert isinstance(added, FunctionTool)
    assert (added.name, added.description) == ("sum", "Sums")
    assert isinstance(hook, FunctionTool)
    assert (hook.name, hook.description) == ("hook", "Asks")
    assert isinstance(found.tools["sum"], FunctionOfOurs)
    assert isinstance(found.tools["hook"], Webhook)
    assert "docs" not in found.tools
    judge = found.hooks["judge"]
    assert isinstance(judge, Webhook)
    assert judge.kind == "moderation"
    assert ENVIRON["KEY"] not in repr(found)


def test_functions_may_stand_beside_relay_toml(tmp_path: Path) -> None:
    (tmp_path / "beside_relay_toml.py").write_text('def tell() -> str:\n    """Tells."""\n    return ""\n')

    found = load(tmp_path, '[profiles.a]\ntools = ["beside_relay_toml:tell"]\n')

    assert list(found.tools) == ["beside_relay_toml:tell"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            '[profiles.a]\n\ntools = ["nowhere:x"]',
            "profiles.a.tools (relay.toml line 3) cannot be imported: Python does not find itself",
        ),
        (
            f'[tools.x]\npython = "{ASKED}:untyped"',
            "tools.x (relay.toml line 1) has the parameter one without a type",
        ),
        (
            HOOK + 'parameters = { type = "object", properties = { a = { pattern = "x" } } }',
            (
                "tools.hook (relay.toml line 1) has a schema that cannot be used: "
                "parameters.properties.a has the keyword pattern, which is not understood here"
            ),
        ),
        (
            HOOK + 'parameters = { type = "array" }',
            (
                "tools.hook (relay.toml line 1) has a schema that cannot be used: "
                'parameters.type must be "object"'
            ),
        ),
        (
            f'[profiles.a]\ntools = ["{ASKED}:add", "add"]\n[tools.add]\npython = "{ASKED}:lookup"',
            "profiles.a.tools has two tools of the name add",
        ),
        (
            '[tools.x]\nurl = "https://t.example.com/"\nsecret_env = "KEY"\n[profiles.a]\ntools = ["x"]',
            "profiles.a.tools: x needs a description, by which the model chooses it",
        ),
        (
            '[tools.x]\nmcp = "https://m.example.com/"\n[profiles.a]\nmoderation = "x"',
            "tools.x (relay.toml line 1) is an MCP server, which cannot moderate",
        ),
        (
            (
                '[tools.x]\nmcp = "https://m.example.com/"\nauthorization_env = "KEY"\n'
                '[profiles.a]\ntools = ["x"]'
            ),
            "profiles.a.tools: x has an access token, which only private = true keeps from the browser",
        ),
        (
            f'[profiles.a]\nmoderation = "{ASKED}:add"',
            (
                "profiles.a.moderation (relay.toml line 2) must take who and text, and nothing else that is "
                "required, to moderate"
            ),
        ),
        (
            "[profiles.a]\nprompt = { id = 'x', variables = { day = 2026-01-01 } }".replace("'", '"'),
            "profiles.a holds something that JSON has no form for, such as a date",
        ),
    ],
)
def test_what_could_fail_in_a_call_fails_at_start(tmp_path: Path, text: str, complaint: str) -> None:
    assert complaints(tmp_path, text + "\n") == [complaint]


def test_the_example_of_the_repository_can_be_started_with(tmp_path: Path) -> None:
    text = (Path(__file__).parent.parent / "relay.toml.example").read_text(encoding="utf-8")
    (tmp_path / "relay.toml").write_text(re.sub(r"^# (?=[a-z_]+ = |\[)", "", text, flags=re.MULTILINE))
    (tmp_path / "relay.toml").write_text((tmp_path / "relay.toml").read_text().replace("<resource>", "r"))
    (tmp_path / "support.md").write_text("Be kind to {name|the caller}.")
    (tmp_path / "orders.py").write_text('def lookup(n: int) -> str:\n    """Looks up."""\n    return ""\n')
    (tmp_path / "policy.py").write_text('def judge(who: str, text: str) -> None:\n    """Judges."""\n')
    found = load_settings({"WEATHER_SECRET": "k" * 32, "HANDBOOK_TOKEN": "k" * 32}, tmp_path)

    made = ProfileLoader(found).load(found)

    assert list(made.profiles) == ["default", "support", "tutor"]
    assert set(made.tools) == {"weather", "judge", "orders:lookup"}
