"""Minted client secrets and the sessions they open (facts 2.4 and 3.4).

Decides how long one lives; a secret may open any number of calls until then. Never outlives the process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relay.simulator.ids import base62, new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT = 20_000  # beyond it the oldest go, so that a load test cannot fill the memory
DEFAULT_LIFE_SECONDS = {"azure": 7200, "openai": 600}
"""How long a secret lives when the request does not say; Azure's is measured (fact 2.1)."""


@dataclass(slots=True)
class Minted:
    """What a client secret opens.

    Args:
        session: The session object it was minted with.
        session_id: The id of the first call's session; a second call gets a new one.
        expires_at: Unix time in seconds.
        used: Whether a call was placed with it.
    """

    session: Mapping[str, object]
    session_id: str
    expires_at: float
    used: bool = False


class ClientSecrets:
    """All client secrets that are not forgotten."""

    def __init__(self) -> None:
        self._minted: dict[str, Minted] = {}

    def mint(self, session: Mapping[str, object], *, expires_at: float) -> tuple[str, Minted]:
        """Make a new secret for a session."""
        value = f"ek_{base62(32)}"
        minted = Minted(session, new_id("sess"), expires_at)
        self._minted[value] = minted
        if len(self._minted) > _KEPT:
            del self._minted[next(iter(self._minted))]
        return value, minted

    def find(self, value: str, *, now: float) -> Minted | None:
        """Look a secret up; ``None`` when it was never minted or has expired."""
        minted = self._minted.get(value)
        return minted if minted is not None and now < minted.expires_at else None
