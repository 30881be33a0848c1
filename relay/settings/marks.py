"""What can be said of a setting's field beside its type, and the kinds of field that occur often."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, SecretStr

from relay.settings.values import read_path, read_secret, read_switch, read_word


@dataclass(frozen=True, slots=True)
class Alias:
    """Marks a field that may be written under a second name."""

    name: str


@dataclass(frozen=True, slots=True)
class Dark:
    """Marks a field whose value is shown to nobody."""


Word = Annotated[str | None, BeforeValidator(read_word)]
Secret = Annotated[SecretStr | None, BeforeValidator(read_secret), Dark()]
File = Annotated[Path | None, BeforeValidator(read_path)]
Switch = Annotated[bool, BeforeValidator(read_switch)]
