"""Every guard of the door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.guards.door import DOOR
from tests.guards.limits import LIMITS
from tests.guards.offer import OFFER
from tests.guards.settings import SETTINGS
from tests.guards.sign_in import SIGN_IN

if TYPE_CHECKING:
    from tests.guards.guard import Guard

GUARDS: Final[tuple[Guard, ...]] = (*DOOR, *SIGN_IN, *LIMITS, *OFFER, *SETTINGS)
