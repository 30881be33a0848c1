"""Builds those who attend calls over their sidebands; a part of `relay.app`. Nothing is decided here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.attendants import Attendants
from relay.attending import Planned
from relay.core.profile import build_session_config
from relay.guard import make_guard
from relay.republished import make_republished

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from relay.attending import PartFactory
    from relay.clock import Clock
    from relay.core.profile import Profile
    from relay.core.upstream import Upstream


def build_attendants(
    *,
    upstream: Upstream,
    profile_of: Callable[[str], Profile | None],
    parts: Sequence[PartFactory],
    clock: Clock,
) -> Attendants:
    """Build the attendants of a process.

    Args:
        upstream: Where the sidebands are.
        profile_of: Finds a profile that holds now.
        parts: What stands between the guard, which is told first, and the event stream, which is told last.
        clock: Tells the time.
    """

    def replan(name: str) -> Planned | None:
        """Plan a call that another process placed, if it is attended; what its browser brought is unknown."""
        profile = profile_of(name)
        if profile is None or profile.sideband == "off":
            return None
        return Planned(profile, upstream.plan(build_session_config(profile, voice=None, instructions=None)))

    return Attendants(
        upstream=upstream,
        replan=replan,
        parts=(make_guard, *parts, make_republished),
        clock=clock,
    )
