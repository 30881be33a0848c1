"""The settings as a table: for `check-config`, the README, `.dev.vars.example`, and the tests of both.

Derived from the fields of `Settings` alone; nothing is written here a second time.
"""

from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from relay.settings.addresses import IceServer
from relay.settings.fields import Settings
from relay.settings.found import Name
from relay.settings.marks import Alias, Dark

STARS: Final = "********"  # always eight: not even the length of a secret is told


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One setting, as documents show it.

    Args:
        key: The attribute of `Settings`, and the key in `relay.toml`.
        name: The name in the environment and in `.dev.vars`.
        aliases: Other names for it there.
        default: As one would write it; empty when there is none.
        example: A value to show where there is no default.
        help: One sentence.
        secret: Whether its value is shown to nobody.
    """

    key: str
    name: str
    aliases: tuple[str, ...]
    default: str
    example: str
    help: str
    secret: bool


def setting_table() -> list[SettingRow]:
    """Return every setting, in the order in which documents list them."""
    return [
        SettingRow(
            key=field,
            name=field.upper(),
            aliases=tuple(mark.name for mark in info.metadata if isinstance(mark, Alias)),
            default=written(info.get_default(call_default_factory=False)),
            example=str(info.examples[0]) if info.examples else "",
            help=info.description or "",
            secret=_is_dark(info),
        )
        for field, info in Settings.model_fields.items()
        if not info.exclude
    ]


def setting_names() -> dict[str, Name]:
    """Return what each name and alias stands for."""
    return {
        name: Name(row.key, secret=row.secret) for row in setting_table() for name in (row.name, *row.aliases)
    }


def written(value: object) -> str:
    """Write a value as one would in `.dev.vars`; secrets become stars."""
    match value:
        case None:
            return ""
        case bool():
            return "on" if value else "off"
        case SecretStr():
            return STARS
        case IceServer():
            return " ".join((*value.urls, *((STARS,) if value.credential else ())))
        case tuple():
            return ",".join(written(entry) for entry in value)
        case _:
            return str(value)


def _is_dark(info: FieldInfo) -> bool:
    return any(isinstance(mark, Dark) for mark in info.metadata)
