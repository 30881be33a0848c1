"""What the documents say is true: tables, routes, commands, links, and the examples, which are run.

``python tests/test_documents.py --write`` writes the tables of README.md anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

ROOT: Final = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402 - run as a program, the checkout is found only now
from starlette.routing import Route  # noqa: E402

from relay import __version__  # noqa: E402
from relay.__main__ import _parser  # noqa: E402
from relay.settings import setting_table  # noqa: E402
from relay.web.methods import Methods  # noqa: E402
from relay.web.routes import Handlers, routes  # noqa: E402
from relay.web.static import public_folder  # noqa: E402
from tests.browser.chromium import Browsers  # noqa: E402
from tests.doubles.process import RelayProcess  # noqa: E402
from tests.readme import README, examples, files, first_cells, readme, section, text_of, with_tables  # noqa: E402

# --- the README


def test_the_tables_of_the_readme_are_the_program_s_own() -> None:
    assert readme() == with_tables(readme()), "run: .venv/bin/python tests/test_documents.py --write"


def test_the_readme_lists_every_route_and_no_other() -> None:
    handlers = SimpleNamespace(get=None, post=None, delete=None, events=None, alive=None, ready=None)
    handlers.one = handlers.every = None
    handlers.check = None
    handlers.opening = handlers.touching = lambda handler, **_: handler
    names = ("authenticator", "connect", "calls", "direct", "config", "health", "explanations")
    table = routes(
        cast("Handlers", SimpleNamespace(**dict.fromkeys(names, handlers), public=public_folder()))
    )
    served = {
        f"{method} {route.path}"
        for route in table
        if isinstance(route, Route) and isinstance(route.app, Methods)
        for method in set(route.app._handlers) - {"HEAD"}
    }

    assert len(first_cells("Routes")) == len(set(first_cells("Routes")))
    assert set(first_cells("Routes")) == served | {"GET /"}


def test_the_readme_names_no_make_target_that_is_not_there() -> None:
    named = {
        word
        for path in files()
        if path.suffix == ".md"
        for word in re.findall(r"`make ([a-z-]+)", text_of(path))
    }
    makefile = text_of(ROOT / "Makefile")

    assert named <= set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))


def test_the_readme_lists_every_command_with_options_that_exist() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)(?: ([a-z]+) TAG)?` \| (.+) \|$", section("Command line"), flags=re.MULTILINE
    )
    commands = cast("dict[str, Any]", next(a for a in _parser()._actions if a.dest == "command").choices)

    assert {name for name, _, _ in rows} == set(commands)
    for name, action, words in rows:
        asked = [sys.executable, "-m", "relay", name, *([action] if action else []), "--help"]
        said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert [flag for flag in re.findall(r"`(--[a-z-]+)", words) if flag not in said] == [], name


def test_settings_named_in_documents_exist() -> None:
    known = {name for row in setting_table() for name in (row.name, *row.aliases)} | {
        "RELAY_TEST_BROWSER",
        "RELAY_TEST_FIREFOX",
    }
    documents = [
        path for path in files() if path.suffix in (".md", ".service", ".conf") or path.name == "Caddyfile"
    ]
    named = {
        word
        for path in documents
        if "facts" not in path.parts
        for word in re.findall(r"\b(?:RELAY|AZURE)_[A-Z_]*[A-Z]\b", text_of(path))
    }

    assert named - known == set()


def test_the_curl_examples_of_the_readme_do_what_they_say(tmp_path: Path) -> None:
    script = "\n".join(block for block in examples("sh") if "curl" in block)
    expected = re.findall(r"^# (\d{3}): .*\n(?=curl)", script, flags=re.MULTILINE)
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    told = "curl() { command curl -w '%{stderr}STATUS %{http_code}\\n' \"$@\"; }\n"
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with RelayProcess({"RELAY_PRESENCE_SECONDS": "1"}) as relay:
        here = script.replace("127.0.0.1:8787", f"127.0.0.1:{relay.port}")
        ran = subprocess.run(
            ["sh", "-euc", told + here],
            cwd=tmp_path,
            env={"PATH": programs, "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert ran.returncode == 0, ran.stderr
    assert re.findall(r"STATUS (\d+)", ran.stderr) == expected
    assert len(expected) == len(re.findall(r"^curl", script, flags=re.MULTILINE))
    assert (tmp_path / "answer.sdp").read_text().startswith("v=0")
    assert '"reason":"caller"' in ran.stdout
    assert '"code":"bad_voice"' in ran.stdout


def test_the_script_of_the_readme_places_a_call_in_a_browser(tmp_path: Path) -> None:
    (script,) = examples("js")
    waiting = "await new Promise((heard) => events.addEventListener('message', heard, { once: true }));"
    with RelayProcess() as relay, sync_playwright() as playwright:
        browsers = Browsers(playwright, tmp_path)
        page = browsers.with_microphone("speech").new_page()
        page.goto(relay.url)
        state = page.evaluate(f"async () => {{ {script}\n{waiting}\nreturn pc.connectionState; }}")
        calls = relay.client.get("/readyz").json()["calls"]
        page.goto("about:blank")
        relay.wait_for('"reason": "caller"')
        browsers.close()

    assert state == "connected"
    assert calls["live"] == 1


def test_the_page_of_the_readme_is_the_one_that_the_relay_serves() -> None:
    (page,) = examples("html")

    assert page.strip() == text_of(ROOT / "public/embed.html").strip()


# --- the other documents


def test_links_lead_to_files() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in files()
        if path.suffix == ".md"
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", text_of(path))
        if not (path.parent / target).exists()
    ]

    assert broken == []


def test_links_within_the_readme_lead_to_headings() -> None:
    headings = {
        title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.+)$", readme(), flags=re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", readme())) <= headings


def test_files_named_in_documents_exist() -> None:
    missing = [
        f"{path.name}: {name}"
        for path in (README, *(ROOT / name for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")))
        for line in text_of(path).splitlines()
        for name in re.findall(r"`((?:[\w-]+/)+[\w-]*|(?:[\w-]+/)*[\w-]+\.(?:py|toml|js|md))`", line)
        if name != "relay.toml"
        and not name[0].isdigit()  # a rate
        and not name.startswith("application/")
        and not any((ROOT / parent / name).exists() for parent in ("", "relay", *_folders_in(line)))
    ]

    assert missing == []


def _folders_in(line: str) -> list[str]:
    """A table's row names a folder, and then files in it."""
    return re.findall(r"`(relay/\w+)`", line)


def test_the_changelog_begins_with_the_version() -> None:
    newest = re.search(r"^## (\S+) ", text_of(ROOT / "CHANGELOG.md"), flags=re.MULTILINE)

    assert newest is not None
    assert newest[1] == __version__


if __name__ == "__main__":
    assert sys.argv[1:] == ["--write"], __doc__
    README.write_text(with_tables(readme()), encoding="utf-8")
