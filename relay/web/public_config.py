"""``GET /config``: what the page may know; of a profile what may be seen and chosen, never its prompt."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from relay.core.limits import Ceiling
    from relay.core.profile import Profile
    from relay.core.rate import Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicConfig:
    """The facts behind ``/config``.

    Args:
        version: Of the relay.
        upstream: Its kind and api.
        profiles: Those that hold now; only listed ones are told of.
        instructions_max_bytes: Bound of the browser's instructions.
        max_call_seconds: The longest call.
        presence_seconds: How long a page that promised its presence may be silent.
        exchange_seconds: What the browser should wait for at most.
        rate: How often a caller may connect; ``None`` when there is no bound.
        ceiling: How many calls a caller may have, and for how long in a day.
        direct: Whether ``POST /api/session`` is on.
        prepare: Whether ``POST /prepare`` is.
        ice_servers: For the browser's peer connection.
        sign_in: What `relay.web.sign_in` says.
    """

    version: str
    upstream: Mapping[str, str]
    profiles: Iterable[Profile]
    instructions_max_bytes: int
    max_call_seconds: int
    presence_seconds: int
    exchange_seconds: float
    rate: Rate | None
    ceiling: Ceiling
    direct: bool
    prepare: bool
    ice_servers: Sequence[Mapping[str, object]]
    sign_in: Mapping[str, str] = field(default_factory=lambda: {"kind": "none"})

    def as_json(self) -> dict[str, object]:
        """Write it in the page's words."""
        profiles = [self._profile(profile) for profile in self.profiles if profile.listed]
        return {
            "version": self.version,
            "upstream": dict(self.upstream),
            "sign_in": dict(self.sign_in),
            "profiles": profiles,
            "limits": {
                "max_call_seconds": self.max_call_seconds,
                "presence_seconds": self.presence_seconds,
                "exchange_seconds": self.exchange_seconds,
                "connects": None if self.rate is None else asdict(self.rate),
                "calls_per_caller": self.ceiling.per_caller or None,
                "minutes_per_day": self.ceiling.day_seconds_per_caller // 60 or None,
            },
            "transcription": any(profile["transcription"] for profile in profiles),
            "direct": self.direct,
            "prepare": self.prepare,
            "ice_servers": list(self.ice_servers),
        }

    def _profile(self, profile: Profile) -> dict[str, object]:
        bounds = (profile.browser_instructions, self.instructions_max_bytes)
        most = min(bound for bound in bounds if bound is not None)
        longest = profile.limits.max_call_seconds or self.max_call_seconds
        return {
            "name": profile.name,
            "title": profile.title,
            "description": profile.description,
            "voices": list(profile.voices),
            "voice": profile.voice,
            "instructions_max_bytes": most,  # as many characters have at least as many bytes
            "transcription": profile.transcription is not None,
            "private": profile.private,
            "sideband": profile.sideband,
            "recorded": profile.transcripts == "keep",
            "shows_cost": profile.shows_cost,
            "max_call_seconds": min(longest, self.max_call_seconds),
            "sign_in": bool(profile.allow),
        }


class ConfigRoute:
    """The handler.

    Args:
        config: What to tell.
    """

    def __init__(self, config: PublicConfig) -> None:
        self._config = config

    async def get(self, _request: Request) -> Response:
        """Tell it."""
        return JSONResponse(self._config.as_json(), headers={"Cache-Control": "no-store"})
