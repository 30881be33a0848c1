"""The Realtime API's session object by neutral names, and back: what `Effective` carries.

Pure. The names are those of `relay.core.profile.SessionConfig`, and a few that no profile has (``prompt``,
``include``, ``tracing``), because a browser can set them. Source: fact 2.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PATHS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "instructions": ("instructions",),
        "prompt": ("prompt",),
        "tools": ("tools",),
        "tool_choice": ("tool_choice",),
        "parallel_tool_calls": ("parallel_tool_calls",),
        "modalities": ("output_modalities",),
        "max_output_tokens": ("max_output_tokens",),
        "reasoning_effort": ("reasoning", "effort"),
        "truncation": ("truncation",),
        "include": ("include",),
        "tracing": ("tracing",),
        "voice": ("audio", "output", "voice"),
        "speed": ("audio", "output", "speed"),
        "noise_reduction": ("audio", "input", "noise_reduction"),
        "transcription": ("audio", "input", "transcription"),
        "turn_detection": ("audio", "input", "turn_detection"),
    }
)
"""Where each value stands in a session object, and in a response's description as far as it has it."""


def values_of(session: Mapping[str, object]) -> dict[str, object]:
    """Read what a session object, or a response, carries; what it leaves out is left out."""
    found: dict[str, object] = {}
    for name, path in PATHS.items():
        here: object = session
        for key in path:
            if not isinstance(here, Mapping) or key not in here:
                break
            here = here[key]
        else:
            found[name] = here
    return found


def session_of(values: Mapping[str, object]) -> dict[str, object]:
    """Write the session object that sets these values, and no others."""
    session: dict[str, object] = {"type": "realtime"}
    for name, value in values.items():
        here = session
        for key in PATHS[name][:-1]:
            below = here.setdefault(key, {})
            assert isinstance(below, dict)  # noqa: S101 - no path ends where another goes on
            here = below
        here[PATHS[name][-1]] = value
    return session
