"""What holds for every file of the repository: nothing unfinished, nothing of one machine, no registry."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tests.readme import ROOT, files, text_of

CODE: Final = (".py", ".js", ".html", ".css")
UNFINISHED: Final = re.compile(
    r"\b(?:TO" + r"DO|FIX" + r"ME|NotImplemented" + r"Error|import" + r"orskip|x" + r"fail(?!_strict))\b"
    r"|\b(?:mark|pytest|unittest|test|it|describe)\.sk" + r"ip"
)
REGISTRIES: Final = [
    ".".join(words)
    for words in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("crates", "io"),
        ("docs", "rs"),
    )
]
COMMON_FOLDERS: Final = {
    Path(name) for name in ("/", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/var")
}


def test_nothing_is_left_unfinished_or_left_out() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files()
        if path.suffix in CODE
        for match in UNFINISHED.finditer(text_of(path))
    ]

    assert found == []


def test_no_file_names_a_place_of_the_machine_it_was_written_on() -> None:
    own = {ROOT, *ROOT.parents, Path.home()} - COMMON_FOLDERS - {Path("/opt/sdp-relay")}
    words = [rf"(?<![\w./-]){re.escape(str(folder))}(?![\w-])" for folder in own]
    pattern = re.compile("|".join([*words, r"(?<![\w./-])/(?:home|Users)/\w"]))
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files()
        for match in pattern.finditer(text_of(path))
    ]

    assert found == []


def test_no_file_names_a_package_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in files()
        for host in REGISTRIES
        if host in text_of(path)
    ]

    assert found == []
