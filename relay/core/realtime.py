"""The Realtime API's JSON and names: session config to plan, mint body, client secret, call id.

Pure. What the upstream says when it refuses is read in `relay.core.refusal`; sending belongs to
`relay.upstream.realtime`. Nothing here knows a host, a key or a clock.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from relay.core.tool import FunctionTool
from relay.core.upstream import ClientSecret, HungUp, Plan
from relay.errors import UpstreamBadAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relay.core.profile import SessionConfig
    from relay.core.tool import Tool

_CALL_ID = re.compile(r"rtc_[A-Za-z0-9_-]{1,128}")
# What may stand behind "Bearer " in a header: visible ASCII. The value is opaque otherwise (fact 10).
_SECRET = re.compile(r"[\x21-\x7e]{1,4096}")
_LATEST_EXPIRY = 1e11

SILENCE_MS = 500
"""Silence that ends a turn, as the SDK documents it; left unsaid, the service takes 200 (fact 2.2)."""


def plan_from_config(config: SessionConfig) -> Plan:
    """Write a session config as the API's session object.

    The model is the deployment name; what the profile leaves to the upstream is left out, so that its own
    default applies. Source: fact 2.2.
    """
    session: dict[str, object] = {
        "type": "realtime",
        "model": config.deployment,
        "audio": {"input": _input(config), "output": _output(config)},
    }
    if config.modalities != ("audio",):
        session["output_modalities"] = list(config.modalities)
    said = {
        "instructions": config.instructions,
        "max_output_tokens": config.max_output_tokens,
        "truncation": config.truncation,
        "tools": [_tool(tool) for tool in config.tools] or None,
        "tool_choice": config.tool_choice,
        "parallel_tool_calls": config.parallel_tool_calls,
        "reasoning": None if config.reasoning_effort is None else {"effort": config.reasoning_effort},
    }
    session |= {name: value for name, value in said.items() if value is not None}
    session |= config.further
    return Plan(deployment=config.deployment, session=session, browser_filter=config.private)


def _input(config: SessionConfig) -> dict[str, object]:
    given: dict[str, object] = {
        "transcription": config.transcription,
        "turn_detection": _turn_detection(config.turn_detection),
    }
    if config.noise_reduction is not None:
        given["noise_reduction"] = {"type": config.noise_reduction}
    return given


def _output(config: SessionConfig) -> dict[str, object]:
    given: dict[str, object] = {"voice": config.voice}
    return given if config.speed is None else given | {"speed": config.speed}


def _turn_detection(said: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """Say how a turn ends; the service's own 200 ms of silence cut ordinary sentences apart (measured)."""
    if said is not None and said.get("type") == "server_vad":
        return {"silence_duration_ms": SILENCE_MS, **said}
    return said


def _tool(tool: Tool) -> dict[str, object]:
    """Write a tool as the API has it; there is no ``strict`` (fact 2.2)."""
    if isinstance(tool, FunctionTool):
        function: dict[str, object] = {"type": "function", "name": tool.name, "parameters": tool.parameters}
        return function | ({"description": tool.description} if tool.description else {})
    server = {
        "authorization": tool.authorization,
        "headers": tool.headers,
        "allowed_tools": None if tool.allowed_tools is None else list(tool.allowed_tools),
    }
    said = {name: value for name, value in server.items() if value is not None}
    return {
        "type": "mcp",
        "server_label": tool.label,
        "server_url": tool.url,
        **said,
        "require_approval": "never",
    }


def mint_body(plan: Plan, life_seconds: int) -> bytes:
    """Write the JSON body that mints a client secret.

    Args:
        plan: What the client secret is for.
        life_seconds: 10 to 7200. Always sent: Azure's own default was seen to be 7200 (fact 2.1).
    """
    body = {
        "expires_after": {"anchor": "created_at", "seconds": life_seconds},
        "session": plan.session,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def read_json_object(body: bytes) -> Mapping[str, object] | None:
    """Read foreign JSON; ``None`` when it is anything but one object, however it is broken."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def read_client_secret(body: bytes) -> ClientSecret:
    """Read the answer of the mint (fact 2.4).

    Raises:
        UpstreamBadAnswer: Not JSON, no ``value`` that could stand in a header, or no ``expires_at``.
    """
    answer = read_json_object(body) or {}
    value, expires_at = answer.get("value"), answer.get("expires_at")
    if not isinstance(value, str) or not _SECRET.fullmatch(value):
        raise UpstreamBadAnswer("The upstream's answer holds no usable client secret.")
    if isinstance(expires_at, bool) or not isinstance(expires_at, int | float):
        raise UpstreamBadAnswer("The upstream's client secret has no expiry.")
    if not math.isfinite(expires_at) or not 0 < expires_at < _LATEST_EXPIRY:
        raise UpstreamBadAnswer("The upstream's client secret has no plausible expiry.")
    return ClientSecret(value=value, expires_at=int(expires_at))


def call_id_from_location(location: str | None) -> str | None:
    """Take the call id out of a ``Location``; ``None`` when there is none to be found.

    Azure's is relative and lacks ``/openai``, so it is never joined to a host: only its last segment
    counts, or a ``call_id`` in its query. Source: fact 3.2.
    """
    path, _, query = (location or "").partition("#")[0].partition("?")
    candidates = [path.rstrip("/").rpartition("/")[2], *parse_qs(query).get("call_id", [])]
    return next((candidate for candidate in candidates if _CALL_ID.fullmatch(candidate)), None)


def is_call_id(text: str) -> bool:
    """Whether this could be an id of the Realtime API, so that it may stand in a path."""
    return _CALL_ID.fullmatch(text) is not None


def is_answer(text: str) -> bool:
    """Whether a body is an SDP. Its content type proves nothing: ``text/plain`` is usual (fact 3.2)."""
    return text.startswith("v=0")


def hung_up_from_status(status: int) -> HungUp:
    """Read how a hang-up went; 404 is a call that ended by itself (fact 4.1)."""
    if 200 <= status < 300:
        return HungUp.ENDED
    return HungUp.GONE if status == 404 else HungUp.UNSURE
