"""What the model is told of a tool: a function the relay runs, or an MCP server the upstream asks itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A function that the relay runs when the model asks for it.

    Args:
        name: As the model calls it: letters, digits, ``_`` and ``-``, 64 at most.
        description: What it is good for, in the operator's words; kept out of ``repr``.
        parameters: JSON Schema of its arguments, an object.
    """

    name: str
    description: str = field(repr=False)
    parameters: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class McpTool:
    """A server of the Model Context Protocol; the upstream talks to it, the relay only passes it on.

    Args:
        label: What the model and the upstream call it.
        url: Where it is.
        authorization: An access token for it, if it wants one; kept out of ``repr``.
        headers: To be sent to it; kept out of ``repr``.
        allowed_tools: The tools of it that may be used; ``None`` for all.
    """

    label: str
    url: str
    authorization: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    allowed_tools: tuple[str, ...] | None = None


Tool = FunctionTool | McpTool
