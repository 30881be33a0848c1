"""The README as a test sees it: the tables in it that are made and not typed, its sections, its examples."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from relay.errors import all_problems
from relay.settings import setting_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT: Final = Path(__file__).resolve().parent.parent
README: Final = ROOT / "README.md"


def settings_rows() -> list[str]:
    """One row for each setting."""
    rows = ["| name | default | |", "|---|---|---|"]
    for row in setting_table():
        names = f"`{row.name}`" + "".join(f", also `{alias}`" for alias in row.aliases)
        default = f"`{row.default.replace(',', ', ')}`" if row.default else "-"
        rows.append(f"| {names} | {default} | {as_text(row.help)} |")
    return rows


def problem_rows() -> list[str]:
    """One row for each problem: the first sentence of what its page says."""
    texts = tomllib.loads((ROOT / "relay/web/problems.toml").read_text(encoding="utf-8"))
    rows = ["| slug | status | meaning |", "|---|---|---|"]
    for kind in sorted(all_problems(), key=lambda kind: (kind.status, kind.slug)):
        meaning = re.split(r"(?<=\.)\s", str(texts[kind.slug]["meaning"]), maxsplit=1)[0]
        rows.append(f"| `{kind.slug}` | {kind.status} | {meaning.replace('|', chr(92) + '|')} |")
    return rows


def make_rows() -> list[str]:
    """One row for each target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):.*?## (.+)$", makefile, flags=re.MULTILINE)
    return [
        "| command | what it does |",
        "|---|---|",
        *(f"| `make {name}` | {words} |" for name, words in targets),
    ]


def as_text(words: str) -> str:
    """Keep Markdown from reading angle brackets and bars as its own."""
    return words.replace("<", "&lt;").replace("|", "\\|")


MADE: Final[Mapping[str, Callable[[], list[str]]]] = {
    "settings": settings_rows,
    "problems": problem_rows,
    "make": make_rows,
}


def with_tables(text: str) -> str:
    """Put the tables between their marks."""
    for name, rows in MADE.items():
        table = "\n".join(rows())
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        assert text.count(begin) == text.count(end) == 1, name
        text = f"{text.partition(begin)[0]}{begin}{table}\n{end}{text.partition(end)[2]}"
    return text


# --- reading it


def readme() -> str:
    return README.read_text(encoding="utf-8")


def section(title: str) -> str:
    """The part of the README under a heading."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", readme(), flags=re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def first_cells(title: str) -> list[str]:
    """What stands as code in the first column of a section's table."""
    return re.findall(r"^\| `([^`]+)` \|", section(title), flags=re.MULTILINE)


def examples(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", readme(), flags=re.MULTILINE | re.DOTALL)


# --- the files of the repository


def files() -> list[Path]:
    """Every file that is, or is about to be, in the repository."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")
