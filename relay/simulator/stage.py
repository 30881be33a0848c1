"""What the parts of a conversation share, and the effects they leave for whoever runs it.

Decides nothing. Effects are collected here and carried out elsewhere, which keeps every decision pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relay.simulator.agenda import Agenda
from relay.simulator.ids import new_id
from relay.simulator.items import Items

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relay.simulator.events import Event
    from relay.simulator.session_config import Session
    from relay.simulator.settings import Flavour
    from relay.simulator.speech import Utterance


@dataclass(frozen=True, slots=True)
class Emit:
    """Send a server event to the browser (subject to its filter) and to every sideband."""

    event: Event


@dataclass(frozen=True, slots=True)
class Play:
    """Begin to send the sound of an utterance."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class Hush:
    """Stop sending sound at once."""


@dataclass(frozen=True, slots=True)
class Used:
    """Add to the usage of the call."""

    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Expired:
    """The call has reached its time limit: close everything."""


Effect = Emit | Play | Hush | Used | Expired
Failure = tuple[str, str]
"""Code and message of a failure that a fault asks for."""


def _nothing_more(_: float) -> None:
    return None


@dataclass(slots=True)
class Stage:
    """One conversation's shared state.

    Args:
        session: The full session object, as it is in force.
        stock: What the assistant can say.
        flavour: Whose differences to show (fact 9.10).
        transcribers: Deployments that transcribe; any other fails per turn (fact 2.2).
        take_fault: Gives the failure that is due for a step, if there is one.
        fell_silent: Told whenever nothing more is to be heard.
    """

    session: Session
    stock: Mapping[str, Utterance]
    flavour: Flavour = "azure"
    transcribers: tuple[str, ...] = ()
    take_fault: Callable[[str], Failure | None] = lambda _: None
    fell_silent: Callable[[float], None] = _nothing_more
    items: Items = field(default_factory=Items)
    agenda: Agenda = field(default_factory=Agenda)
    conversation_id: str = field(default_factory=lambda: new_id("conv"))
    effects: list[Effect] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        """Leave a server event to be sent."""
        self.effects.append(Emit(event))

    def play(self, utterance: Utterance) -> None:
        """Leave an utterance to be played."""
        self.effects.append(Play(utterance))

    def hush(self) -> None:
        """Leave word to stop the sound."""
        self.effects.append(Hush())

    def used(self, counts: Mapping[str, int]) -> None:
        """Leave usage to be counted."""
        self.effects.append(Used(counts))
