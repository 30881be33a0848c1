"""What the operator lets a call do, as the settings say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relay.core.limits import Ceiling


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the operator lets a call do.

    Args:
        max_seconds: Its length at most.
        presence_seconds: How long a browser that promised its presence may be silent.
        ceiling: How many at once, and how long in a day.
        retention_days: How long an ended call stays readable.
    """

    max_seconds: float
    presence_seconds: float
    ceiling: Ceiling
    retention_days: float
