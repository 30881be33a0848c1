"""The tables ``[tools.*]`` of relay.toml: where each tool is, how long it may take, how much it may say.

A profile names a tool by its table, or as ``module:function`` without any. Nothing is imported or asked here:
`relay.app_profiles` makes the tools.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from relay.core.profile import Profile
from relay.settings.addresses import split_url
from relay.settings.base_url import is_loopback
from relay.settings.places import read_secret_file
from relay.settings.profile_values import number, read_flag, read_words, whole_number
from relay.settings.toml_table import TomlTable
from relay.settings.values import read_secret, read_text, read_word

_TARGET = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_COMMON: Final = ("description", "timeout_seconds", "max_bytes")
_LEAST_SECRET: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSetting:
    """One tool as it was written down; `python`, `url` or `mcp` says of which kind it is.

    Args:
        name: What profiles name it by.
        where: How a complaint about it begins.
        python: ``module:function``.
        url: Of a webhook.
        mcp: Address of an MCP server.
        description: For the model; ``None``: the function's own.
        parameters: JSON Schema of a webhook's arguments.
        secret: What a webhook's requests are signed with, or the access token of an MCP server.
        timeout_seconds: How long it may take.
        max_bytes: How much it may answer.
        allowed_tools: Those of an MCP server that may be used; ``None`` for all.
    """

    name: str
    where: str
    python: str | None = None
    url: str | None = None
    mcp: str | None = None
    description: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})
    secret: SecretStr | None = None
    timeout_seconds: float = 10.0
    max_bytes: int = 16_384
    allowed_tools: tuple[str, ...] | None = None


def read_tools(
    tables: TomlTable, profiles: Iterable[Profile], environ: Mapping[str, str], folder: Path
) -> dict[str, ToolSetting]:
    """Read every tool that has a table, and every function that a profile names.

    Args:
        tables: The top of relay.toml; complaints go there.
        profiles: Those that were read.
        environ: Where secrets may stand.
        folder: What files of secrets are relative to.
    """
    tools: dict[str, ToolSetting] = {}
    written = tables.inner("tools")
    for name, table in written.tables() if written else ():
        if not _NAME.fullmatch(name):
            table.complain("must be named with 1 to 64 letters, digits, - and _")
            continue
        tools[name] = _tool(name, table, environ, folder)
    for profile in profiles:
        for key, name in _named(profile):
            where = tables.inner("profiles")
            label = where.where(profile.name, key) if where else f"profiles.{profile.name}.{key}"
            if name in tools:
                continue
            if _TARGET.fullmatch(name):
                tools[name] = ToolSetting(name=name, where=label, python=name)
            else:
                tables.complaints.append(
                    f"{label} names a tool that is neither module:function nor a table [tools.NAME]"
                )
    return tools


def _named(profile: Profile) -> Iterator[tuple[str, str]]:
    for name in profile.tools:
        yield "tools", name
    if profile.moderation is not None:
        yield "moderation", profile.moderation


def _tool(name: str, table: TomlTable, environ: Mapping[str, str], folder: Path) -> ToolSetting:
    kinds = [kind for kind in ("python", "url", "mcp") if kind in table.values]
    if len(kinds) != 1:
        table.complain("must have exactly one of the keys python, url and mcp")
        return ToolSetting(name=name, where=table.where())
    table.only((*_COMMON, *_OF_KIND[kinds[0]]))
    tool = ToolSetting(
        name=name,
        where=table.where(),
        description=table.read("description", _description, None),
        timeout_seconds=table.read("timeout_seconds", number(0.1, 60), 10.0),
        max_bytes=table.read("max_bytes", whole_number(64, 262_144), 16_384),
        **_KINDS[kinds[0]](table),
    )
    if kinds[0] == "python":
        return tool
    secret = _secret(table, environ, folder, "secret" if kinds[0] == "url" else "authorization")
    return replace(tool, secret=secret)


def _python(table: TomlTable) -> dict[str, Any]:
    return {"python": table.read("python", _target, None)}


def _webhook(table: TomlTable) -> dict[str, Any]:
    insecure = table.read("allow_http", read_flag, default=False)
    given = {"url": table.read("url", lambda value: read_tool_url(value, insecure=insecure), None)}
    return given | (
        {"parameters": table.read("parameters", _parameters, None)} if "parameters" in table.values else {}
    )


def _mcp(table: TomlTable) -> dict[str, Any]:
    allowed = table.read("allowed_tools", read_words, None)
    return {
        "mcp": table.read("mcp", lambda value: read_tool_url(value, insecure=False), None),
        "allowed_tools": None if allowed is None else tuple(allowed),
    }


_KINDS: Final = {"python": _python, "url": _webhook, "mcp": _mcp}
_OF_KIND: Final = {
    "python": ("python",),
    "url": ("url", "parameters", "secret_env", "secret_file", "allow_http"),
    "mcp": ("mcp", "allowed_tools", "authorization_env", "authorization_file"),
}
KEYS: Final = frozenset({*_COMMON, *(key for keys in _OF_KIND.values() for key in keys)})
"""Every key of a tool."""


def read_tool_url(value: object, *, insecure: bool) -> str:
    """Return where a tool is: https, or http on this machine, or elsewhere where that was written out."""
    text = read_word(value)
    parts = split_url(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise ValueError("must be an address such as https://tools.example.com/weather, without a user name")
    if parts.scheme == "http" and not insecure and not is_loopback(parts.hostname):
        raise ValueError("must begin with https://: what is said in a call would cross the network in clear")
    return text


def _secret(table: TomlTable, environ: Mapping[str, str], folder: Path, key: str) -> SecretStr | None:
    """Read what a tool is shown: from the environment or a file, never from relay.toml."""
    named = [name for name in (f"{key}_env", f"{key}_file") if name in table.values]
    if len(named) != 1:
        if named or key == "secret":
            table.complain(f"must have one of the keys {key}_env and {key}_file")
        return None

    def read(value: object) -> SecretStr:
        if named[0].endswith("_file"):
            found = read_secret_file(folder / read_text(value))
        else:
            said = environ.get(read_word(value))
            if not said:
                raise ValueError("names a variable that is not set in the environment")
            try:
                found = read_secret(said)
            except ValueError as error:
                raise ValueError(f"names a variable whose content {error}") from None
        if len(found.get_secret_value()) < _LEAST_SECRET:
            raise ValueError(f"must lead to {_LEAST_SECRET} characters or more: openssl rand -hex 32")
        return found

    return table.read(named[0], read, None)


def _target(value: object) -> str:
    if not isinstance(value, str) or not _TARGET.fullmatch(value):
        raise ValueError("must be written module:function")
    return value


def _description(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 2000:
        raise ValueError("must be text of 2000 characters at most")
    return value.strip()


def _parameters(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        words = 'must be a JSON Schema of an object, as a table: type = "object", properties, required'
        raise ValueError(words)  # noqa: TRY004 - the one error that is gathered
    return value
