"""The profiles and tools that hold now: one value that a reload replaces as a whole.

A call keeps the profile it was placed with; what is looked up by name is what holds now.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from relay.core.profile import Profile
    from relay.tools.tool import RelayTool

DEFAULT: Final = "default"
"""The profile that always exists, and is meant when none is named."""


@dataclass(frozen=True, slots=True)
class ProfileSet:
    """Profiles, and what runs their tools.

    Args:
        profiles: By name; ``default`` is one of them.
        tools: What runs each tool, by what profiles name it by.
        hooks: The same for moderation.
    """

    profiles: Mapping[str, Profile]
    tools: Mapping[str, RelayTool] = field(default_factory=dict)
    hooks: Mapping[str, RelayTool] = field(default_factory=dict)


class Profiles:
    """Holds the set.

    Args:
        current: The first one.
    """

    def __init__(self, current: ProfileSet) -> None:
        self.current = current

    def __iter__(self) -> Iterator[Profile]:
        return iter(self.current.profiles.values())

    def get(self, name: str) -> Profile | None:
        """Find a profile by name."""
        return self.current.profiles.get(name)

    def shows_cost(self, name: str) -> bool:
        """Whether the page may show what calls of this profile cost."""
        profile = self.get(name)
        return profile is not None and profile.shows_cost

    def tool(self, name: str) -> RelayTool | None:
        """Find what runs a tool."""
        return self.current.tools.get(name)

    def hook(self, name: str) -> RelayTool | None:
        """Find what moderates."""
        return self.current.hooks.get(name)
