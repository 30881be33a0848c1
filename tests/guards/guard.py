"""What a guard of the source is, and how its removal is written down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Guard:
    """One guard, and what the source is without it.

    Args:
        what: It guards; a few words, no two guards have the same.
        file: It stands in, from the root.
        old: The text that is replaced; stands there exactly once.
        new: What it is replaced by.
        tests: Files and folders of the tests that should notice, by spaces.
    """

    what: str
    file: str
    old: str
    new: str
    tests: str

    def places(self) -> int:
        """How often the text stands in the source."""
        return (ROOT / self.file).read_text().count(self.old)


@dataclass(frozen=True)
class Group:
    """The guards of one file.

    Args:
        file: From the root.
        tests: That should notice.
    """

    file: str
    tests: str

    def never(self, what: str, condition: str) -> Guard:
        """A condition that never holds."""
        return self.instead(what, f"if {condition}:", "if False:")

    def gone(self, what: str, statement: str) -> Guard:
        """A statement that is not there."""
        return self.instead(what, statement, "pass")

    def instead(self, what: str, old: str, new: str) -> Guard:
        """A text in place of another."""
        return Guard(what, self.file, old, new, self.tests)
