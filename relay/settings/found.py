"""What the places where settings stand have said: who wrote what, and which names nobody knows.

Pure values and words; the reading itself is done by `relay.settings.places`. It judges no value.
"""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from relay.settings.toml_table import Lines, TomlTable

OUR_PREFIXES: Final = ("RELAY_", "AZURE_OPENAI_")
TEST_PREFIX: Final = "RELAY_TEST_"  # the test suite's own names are nobody's mistake
_NEEDLESS: Final = {  # other samples ask for these: say why not, rather than guess at a typing error
    "AZURE_OPENAI_API_VERSION": "is not used: the Realtime API takes no api-version any more",
    "AZURE_OPENAI_AD_TOKEN": "is not used: the relay fetches its own access tokens from Entra ID",
}


@dataclass(frozen=True, slots=True)
class Name:
    """What a name in the environment stands for.

    Args:
        setting: The field of `Settings`.
        secret: Whether its value is kept dark.
    """

    setting: str
    secret: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A setting as it was written somewhere.

    Args:
        setting: The field of `Settings`.
        written: The name as it stands there, perhaps an alias.
        place: ``environment``, ``.dev.vars`` or ``relay.toml``.
        where: The same, with the line or the key.
        value: The raw value; a secret is wrapped at once, so that nothing can print it.
    """

    setting: str
    written: str
    place: str
    where: str
    value: object = field(repr=False)

    @property
    def source(self) -> str:
        """Where it comes from, for a table: the place, and the name there if it is not the setting's own."""
        return self.place if self.written == self.setting.upper() else f"{self.place} ({self.written})"

    @property
    def label(self) -> str:
        """How a complaint about it begins."""
        return f"{self.written} ({self.where})"


@dataclass(slots=True)
class Reading:
    """What all places said; filled by `relay.settings.places`.

    Args:
        names: Every name and alias there is, as in the environment.
        found: What was found, the strongest place first.
        complaints: What is wrong with the places themselves.
        warnings: What is odd but does no harm.
        whole: False when a place could not be read, so that a missing setting proves nothing.
        tables: The tables of `relay.toml`: profiles, tools, prices. Its complaints are these.
        folder: Where `relay.toml` is; what stands in it is relative to that.
    """

    names: Mapping[str, Name]
    found: list[Found] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    whole: bool = True
    tables: TomlTable = field(init=False)
    folder: Path = field(default_factory=Path)

    def __post_init__(self) -> None:
        """There is no table until `relay.toml` was read."""
        self.tables = TomlTable({}, (), Lines(""), self.complaints)

    def keep(self, written: str, place: str, where: str, value: object) -> None:
        """Take a setting down, unless it is empty, which means that it is not set."""
        name = self.names[written]
        if isinstance(value, str) and not value.strip():
            return
        if name.secret:
            value = SecretStr(value if isinstance(value, str) else json.dumps(value, default=str))
        self.found.append(Found(setting=name.setting, written=written, place=place, where=where, value=value))

    def refuse_place(self, complaint: str) -> None:
        """Complain of a whole place."""
        self.complaints.append(complaint)
        self.whole = False

    def first(self, setting: str) -> Found | None:
        """Return the strongest of what was found for a field."""
        return next((found for found in self.found if found.setting == setting), None)

    def strangeness(self, written: str, *, key: bool = False) -> str:
        """Say in words what is wrong with a name that is not on the list, and which one is nearest.

        Args:
            written: The name as it stands there.
            key: Whether it is a key of `relay.toml`, where names are in lower case.
        """
        if written in _NEEDLESS:
            return _NEEDLESS[written]
        near = difflib.get_close_matches(written.upper(), self.names, n=1, cutoff=0.86)
        hint = f"; did you mean {near[0].lower() if key else near[0]}?" if near else ""
        return f"is not a setting of the relay{hint}"


def is_needless(written: str) -> bool:
    """Tell whether it is a name that other programs need and this one does not."""
    return written in _NEEDLESS
