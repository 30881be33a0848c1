"""Reads the settings again at SIGHUP, and takes from them what may change while calls go on.

That is what stands in the tables of relay.toml, and the settings that the default profile is made of.
Settings that cannot be used change nothing: the old ones stay, and the log says what is wrong.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from relay.settings import Settings, SettingsError
from relay.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from relay.app_profiles import ProfileLoader
    from relay.profiles import Profiles, ProfileSet

_log = logging.getLogger("relay.server")

TAKEN: Final = frozenset(
    {
        "azure_openai_deployment",
        "azure_openai_transcription_deployment",
        "relay_voices",
        "relay_voice",
        "relay_turn_detection",
        "relay_sideband",
    }
)
"""Settings that a reload takes: those of the default profile. Every other one needs a restart."""


class Reload:
    """Reloads; what is asked for while it is under way is done once more after it.

    Args:
        settings: In force now.
        read: Reads them again.
        loader: Makes profiles of them.
        profiles: Where they are put.
        then: Done when profiles were put there.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        read: Callable[[], Settings],
        loader: ProfileLoader,
        profiles: Profiles,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        self.settings = settings
        """As they were read last; only the tables in them hold now."""
        self._at_start = settings
        self._read = read
        self._loader = loader
        self._profiles = profiles
        self._then = then
        self._lock = asyncio.Lock()

    async def __call__(self) -> None:
        """Read, and put the new profiles in the place of the old ones."""
        async with self._lock:
            try:
                settings, made = await asyncio.to_thread(self._load)  # it imports code and opens files
            except SettingsError as error:
                for complaint in error.complaints:
                    log(_log, logging.ERROR, "a reload was refused", complaint=complaint)
                log(_log, logging.ERROR, "the profiles stay as they were", complaints=len(error.complaints))
                return
            self._profiles.current = made
            self.settings = settings
            self._then()
            ignored = _changed(self._at_start, settings)
            log(_log, logging.WARNING, "profiles were reloaded", profiles=", ".join(made.profiles))
            if ignored:
                log(_log, logging.WARNING, "other settings need a restart", settings=", ".join(ignored))

    def _load(self) -> tuple[Settings, ProfileSet]:
        settings = self._read()
        return settings, self._loader.load(settings)


def _changed(before: Settings, after: Settings) -> list[str]:
    """The settings that differ and are not taken."""
    return [
        name.upper()
        for name, info in Settings.model_fields.items()
        if not info.exclude and name not in TAKEN and getattr(before, name) != getattr(after, name)
    ]
