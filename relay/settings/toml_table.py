"""A table of relay.toml while it is read: every complaint about it names the line and the key.

TOML's parser forgets lines, so `Lines` finds them again, statement by statement. Values are judged by readers
that raise a ``ValueError``, as those of `relay.settings.values` do; nothing here knows what a key means.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

_T = TypeVar("_T")
Path = tuple[str, ...]


class Lines:
    """In which line each key of a TOML document stands.

    Args:
        text: The document, which must be TOML.
    """

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        header: Path = ()
        statement, begun = "", 1
        for number, line in enumerate(re.findall(r"[^\n]*\n|[^\n]+$", text), start=1):
            if not statement:
                begun = number
            statement += line
            if _goes_on(statement, line):
                continue
            try:
                read = tomllib.loads(statement)
            except tomllib.TOMLDecodeError:
                continue  # a value that goes on in the next line
            if statement.lstrip().startswith("["):
                header = max(_paths(read, ()), key=len)
                self._note([header], begun)
            else:
                self._note(_paths(read, header), begun)
            statement = ""

    def of(self, path: Path) -> int:
        """The line of a key, or of the nearest table around it; 1 when none of them was written."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def _note(self, paths: Iterable[Path], line: int) -> None:
        for path in paths:
            for length in range(1, len(path) + 1):
                self._lines.setdefault(path[:length], line)


def _goes_on(statement: str, line: str) -> bool:
    """Whether a text of several lines goes on for certain, so that a prompt is not parsed for each line."""
    mark = re.search(r"\"{3}|'{3}", statement)
    return mark is not None and mark.group() not in line and not re.search(r"[]}]\s*(#.*)?$", line)


def _paths(value: object, path: Path) -> list[Path]:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = value[0]
    if not isinstance(value, dict) or not value:
        return [path]
    return [found for key, inner in value.items() for found in _paths(inner, (*path, key))]


@dataclass(frozen=True, slots=True)
class TomlTable:
    """One table.

    Args:
        values: As TOML has them; may be private, so they are kept out of ``repr``.
        path: Its keys from the top.
        lines: Of the whole document.
        complaints: Where complaints about it go; shared with the tables around it.
    """

    values: Mapping[str, Any] = field(repr=False)
    path: Path
    lines: Lines = field(repr=False)
    complaints: list[str]

    def where(self, *keys: str) -> str:
        """How a complaint about a key begins."""
        path = (*self.path, *keys)
        return f"{'.'.join(path)} (relay.toml line {self.lines.of(path)})"

    def complain(self, words: str, *keys: str) -> None:
        """Complain of the table, or of a key in it."""
        self.complaints.append(f"{self.where(*keys)} {words}")

    def read(self, key: str, reader: Callable[[Any], _T], default: _T) -> _T:
        """Read a value; the default when it is missing, or complained of."""
        if key not in self.values:
            return default
        try:
            return reader(self.values[key])
        except ValueError as error:
            self.complain(str(error), key)
            return default

    def require(self, key: str) -> bool:
        """Complain unless a key is there."""
        if key in self.values:
            return True
        self.complain(f"must have the key {key}")
        return False

    def inner(self, key: str) -> "TomlTable | None":
        """A table in this one; ``None`` when it is missing, or complained of as being something else."""
        if key not in self.values:
            return None
        value = self.values[key]
        if not isinstance(value, dict):
            self.complain("must be a table", key)
            return None
        return TomlTable(value, (*self.path, key), self.lines, self.complaints)

    def tables(self) -> "list[tuple[str, TomlTable]]":
        """Every table in this one, with its name; what is none is complained of."""
        found = [(name, self.inner(name)) for name in self.values]
        return [(name, table) for name, table in found if table is not None]

    def only(self, known: Iterable[str]) -> None:
        """Complain of every key that is not known, and say which one is nearest."""
        names = list(known)
        for key in self.values:
            if key not in names:
                near = difflib.get_close_matches(key.lower(), names, n=1, cutoff=0.7)
                hint = f"; did you mean {near[0]}?" if near else f": there are {', '.join(sorted(names))}"
                self.complain(f"is no key that is known here{hint}", key)
