"""A call that is attended, for the tests of parts: what they publish and what they end is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relay.attending import Attended, Planned
from relay.core.call import State
from relay.core.profile import Profile
from relay.core.upstream import Plan
from tests.doubles.call import a_call
from tests.doubles.clock import StoppedClock
from tests.doubles.sideband import DeskDouble

if TYPE_CHECKING:
    from relay.attending import Body
    from relay.core.call import Reason

SUPPORT = Profile(
    name="support", title="Support", deployment="gpt-realtime", voices=("marin", "cedar"), voice="marin"
)
"""A profile with nothing special about it."""

PLANNED = Planned(SUPPORT, Plan("gpt-realtime", {}))
"""A call of it, as it is planned."""


@dataclass
class Attending:
    """What a part is given, and what it did with it."""

    profile: Profile = SUPPORT
    adopted: bool = False
    session: dict[str, object] = field(default_factory=dict)
    desk: DeskDouble = field(default_factory=DeskDouble)
    clock: StoppedClock = field(default_factory=StoppedClock)
    published: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    ended: list[Reason] = field(default_factory=list)

    @property
    def attended(self) -> Attended:
        """As the part gets it."""
        return Attended(
            call=a_call(profile=self.profile.name, state=State.LIVE, upstream_id="rtc_1"),
            profile=self.profile,
            plan=Plan(deployment=self.profile.deployment, session=self.session),
            adopted=self.adopted,
            desk=self.desk,
            publish=self._publish,
            end=self._end,
            clock=self.clock,
        )

    async def _publish(self, kind: str, body: Body) -> None:
        self.published.append((kind, dict(body)))

    async def _end(self, reason: Reason) -> None:
        self.ended.append(reason)
