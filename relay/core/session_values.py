"""The Realtime API's session object by neutral names, and back: what `Effective` carries.

Pure. The names are those of `relay.core.profile.SessionConfig`, and a few that no profile has (``prompt``,
``include``, ``tracing``), because a browser can set them. Source: fact 2.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

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

DEFAULTS: Mapping[str, object] = MappingProxyType(
    {
        "prompt": None,
        "tools": [],
        "tool_choice": "auto",
        "modalities": ["audio"],
        "max_output_tokens": "inf",
        "speed": 1.0,
        "noise_reduction": None,
        "transcription": None,
        "truncation": "auto",
        "include": None,
        "tracing": None,
    }
)
"""What applies where a session was told nothing (fact 2.2); names that are missing differ between models."""


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


def session_of(values: Mapping[str, object], names: Iterable[str]) -> dict[str, object]:
    """Write the part of a session object that sets these names; a missing value is its default.

    Names without a value and without a default are left out: nothing is known that they could be set to.
    """
    session: dict[str, object] = {"type": "realtime"}
    for name in names:
        if name not in values and name not in DEFAULTS:
            continue
        here = session
        for key in PATHS[name][:-1]:
            below = here.setdefault(key, {})
            assert isinstance(below, dict)  # noqa: S101 - no path ends where another goes on
            here = below
        here[PATHS[name][-1]] = values[name] if name in values else DEFAULTS[name]
    return session
