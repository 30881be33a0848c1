"""Makes profiles and their tools from the settings, at start and at each reload; a part of `relay.app`.

Everything that could fail in a call for a mistake of the operator's is tried here: functions are imported and
described, schemas read, and each profile's session is written once.
"""

from __future__ import annotations

import functools
import importlib
import sys
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from relay import __version__
from relay.core.profile import build_session_config
from relay.core.prompt import claims_of
from relay.core.realtime import mint_body, plan_from_config
from relay.core.tool import FunctionTool, McpTool
from relay.core.tool_schema import schema_faults
from relay.profiles import ProfileSet
from relay.settings import SettingsError
from relay.settings.base_url import host_of, is_loopback
from relay.tools.clients import WebhookClients
from relay.tools.function import Threads, load_function
from relay.tools.webhook import Webhook, webhook_key
from relay.upstream.http_client import build_client, trusted_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from relay.core.profile import Profile
    from relay.settings import Settings
    from relay.settings.tool_tables import ToolSetting
    from relay.tools.tool import RelayTool

_LIFE_SECONDS: Final = 60  # of a client secret that nobody asks for
_JUDGED: Final = {"who", "text"}


class ProfileLoader:
    """Makes sets of profiles; threads and connections are the same for all of them.

    Args:
        settings: How connections are made: CA file and egress proxy.
    """

    def __init__(self, settings: Settings) -> None:
        self._threads = Threads()
        self._clients = WebhookClients(functools.partial(_client, settings))

    def load(self, settings: Settings) -> ProfileSet:
        """Make the profiles of some settings. Imports code, so it may take a while.

        Raises:
            SettingsError: Anything is wrong with any of them.
        """
        complaints: list[str] = []
        offers: dict[str, FunctionTool | McpTool] = {}
        tools: dict[str, RelayTool] = {}
        hooks: dict[str, RelayTool] = {}
        profiles: Mapping[str, Profile] = settings.profiles
        judging = {profile.moderation for profile in profiles.values()}
        if any(tool.python for tool in settings.tools.values()) and str(settings.folder) not in sys.path:
            sys.path.append(str(settings.folder))  # functions may stand beside relay.toml
        importlib.invalidate_caches()  # or a module that was just written would not be found
        for name, tool in settings.tools.items():
            try:
                offers[name] = offer = self._make(tool, tools)
                if name in judging:
                    hooks[name] = _as_hook(tools.get(name))
            except ValueError as error:
                complaints.append(f"{tool.where} {error}")
            else:
                complaints += [f"{tool.where} {fault}" for fault in _faults(offer)]
        made = {name: _with_tools(profile, offers) for name, profile in profiles.items()}
        for profile in made.values():
            complaints += _trial(profile)
        if complaints:
            raise SettingsError(complaints)
        return ProfileSet(made, tools, hooks)

    async def close(self) -> None:
        """Let go of connections."""
        await self._clients.close()

    def _make(self, tool: ToolSetting, tools: dict[str, RelayTool]) -> FunctionTool | McpTool:
        secret = None if tool.secret is None else tool.secret.get_secret_value()
        if tool.mcp is not None:
            return McpTool(tool.name, tool.mcp, authorization=secret, allowed_tools=tool.allowed_tools)
        if tool.python is not None:
            function = load_function(
                tool.python,
                name=None if ":" in tool.name else tool.name,
                description=tool.description,
                threads=self._threads,
                timeout_seconds=tool.timeout_seconds,
                max_bytes=tool.max_bytes,
            )
            tools[tool.name] = function
            return function.offer
        local = is_loopback(host_of(tool.url or ""))
        try:
            key = webhook_key(secret or "")
        except ValueError:
            raise ValueError("has a secret that begins with whsec_ and is no base64 behind it") from None
        webhook = Webhook(
            offer=FunctionTool(tool.name, tool.description or "", tool.parameters),
            url=tool.url or "",
            secret=key,
            client=functools.partial(self._clients.client, local=local),
            wall_seconds=time.time,
            timeout_seconds=tool.timeout_seconds,
            max_bytes=tool.max_bytes,
        )
        tools[tool.name] = webhook
        return webhook.offer


def _client(settings: Settings, local: bool) -> httpx.AsyncClient:  # noqa: FBT001 - a callback's argument
    proxy = settings.relay_egress_proxy
    return build_client(
        __version__,
        trusted_context(str(settings.relay_ca_file) if settings.relay_ca_file else None),
        None if local or proxy is None else proxy.get_secret_value(),
    )


def _as_hook(tool: RelayTool | None) -> RelayTool:
    """Give what judges.

    Raises:
        ValueError: It cannot, in words that go on after its name.
    """
    if tool is None:
        raise ValueError("is an MCP server, which cannot moderate")
    if isinstance(tool, Webhook):
        return replace(tool, kind="moderation")
    parameters = tool.offer.parameters
    properties, required = parameters.get("properties"), parameters.get("required")
    if not isinstance(properties, dict) or not isinstance(required, list):
        raise ValueError("has no parameters")  # noqa: TRY004 - the one error that is gathered
    if not properties.keys() >= _JUDGED or not set(required) <= _JUDGED:
        raise ValueError("must take who and text, and nothing else that is required, to moderate")
    return tool


def _faults(offer: FunctionTool | McpTool) -> list[str]:
    if isinstance(offer, McpTool):
        return []
    faults = list(schema_faults(offer.parameters))
    if offer.parameters.get("type") != "object":
        faults.append('parameters.type must be "object"')
    return [f"has a schema that cannot be used: {fault}" for fault in faults]


def _with_tools(profile: Profile, offers: Mapping[str, FunctionTool | McpTool]) -> Profile:
    return replace(profile, offered=tuple(offers[name] for name in profile.tools if name in offers))


def _trial(profile: Profile) -> list[str]:
    """Write the session of a profile once, as a call of it would."""
    counted = Counter(tool.name if isinstance(tool, FunctionTool) else tool.label for tool in profile.offered)
    twice = [name for name, count in counted.items() if count > 1]
    complaints = [f"profiles.{profile.name}.tools has two tools of the name {name}" for name in twice]
    complaints += [
        f"profiles.{profile.name}.tools: {tool.name} needs a description, by which the model chooses it"
        for tool in profile.offered
        if isinstance(tool, FunctionTool) and not tool.description
    ]
    complaints += [
        f"profiles.{profile.name}.tools: {tool.label} has an access token, which only private = true keeps "
        "from the browser"
        for tool in profile.offered
        if isinstance(tool, McpTool) and tool.authorization and not profile.private
    ]
    claims = {name: frozenset({name}) for name in claims_of(profile.instructions or "")}
    config = build_session_config(profile, voice=None, instructions=None, claims=claims)
    try:
        mint_body(plan_from_config(config), _LIFE_SECONDS)
    except (TypeError, ValueError):
        complaints.append(
            f"profiles.{profile.name} holds something that JSON has no form for, such as a date"
        )
    return complaints
