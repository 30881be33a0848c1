"""Which plans are known before anybody calls, so that a client secret can be at hand for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.core.profile import build_session_config
from relay.core.prompt import claims_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from relay.core.profile import Profile, SessionConfig
    from relay.core.upstream import Plan
    from relay.settings import Settings


def fixed_plans(
    settings: Settings, profiles: Iterable[Profile], plan: Callable[[SessionConfig], Plan]
) -> list[Plan]:
    """Plan each profile in which callers choose nothing but the voice, with the voice it begins with.

    Nothing is known where the upstream is told who calls: a client secret is then one caller's.
    """
    if settings.relay_safety_identifier:
        return []
    return [
        plan(build_session_config(profile, voice=None, instructions=None))
        for profile in profiles
        if _is_fixed(profile, settings)
    ]


def _is_fixed(profile: Profile, settings: Settings) -> bool:
    adds_nothing = profile.browser_instructions == 0 or settings.relay_max_instructions_bytes == 0
    return adds_nothing and not claims_of(profile.instructions or "")
