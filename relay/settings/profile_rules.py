"""What the keys of a profile mean together: contradictions that keep the relay from starting, and warnings.

Pure. A key that another one makes meaningless is a mistake: somebody would rely on what does not happen.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from relay.core.profile import Profile
from relay.settings.toml_table import TomlTable

if TYPE_CHECKING:
    from relay.settings.fields import Settings


def check_profile(profile: Profile, table: TomlTable) -> None:
    """Complain of what does not go together, at the key that says it, if this profile does."""
    for key, words in (*_needs_sideband(profile), *_others(profile)):
        table.complain(words, *((key,) if key in table.values else ()))


def _needs_sideband(profile: Profile) -> Iterator[tuple[str, str]]:
    if profile.sideband != "off":
        return
    limits = profile.limits
    for key, is_asked in (
        ("sideband_required", profile.sideband_required),
        ("tools", bool(profile.tools)),
        ("moderation", profile.moderation is not None),
        ("transcripts", profile.transcripts == "keep"),
        ("shows_cost", profile.shows_cost),
        ("limits", limits.money_per_call is not None or bool(limits.idle_seconds)),
    ):
        if is_asked:
            yield key, f"cannot have {key} without a sideband: set sideband to observe or guard"


def _others(profile: Profile) -> Iterator[tuple[str, str]]:
    if profile.tool_choice == "required" and not profile.tools:
        yield "tool_choice", "cannot require tools where the profile has none"


def profile_warnings(profiles: "dict[str, Profile]", settings: "Settings") -> Iterator[str]:
    """Return what is allowed and yet likely to surprise."""
    claimless = set(settings.relay_auth) <= {"none", "token"}
    for name, profile in profiles.items():
        if profile.allow and claimless:
            ways = ",".join(settings.relay_auth)
            yield f"profiles.{name} is open to nobody: RELAY_AUTH={ways} tells nothing to compare allow with"
        if profile.private and profile.sideband == "off":
            yield f"profiles.{name} is private and has no sideband: its page hears of no failure"
        if profile.moderation is not None and profile.transcription is None:
            yield f"profiles.{name} has moderation and no transcription: what the caller says is not judged"
        if (
            profile.browser_instructions
            and profile.browser_instructions > settings.relay_max_instructions_bytes
        ):
            yield f"profiles.{name}: RELAY_MAX_INSTRUCTIONS_BYTES comes before its browser_instructions"
