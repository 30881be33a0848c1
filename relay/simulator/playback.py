"""What the browser is hearing of the assistant: its beginning, its end, and how it is cut off.

Decides the ``output_audio_buffer.*`` events and truncation (fact 5.3). Pure; `player.py` sends the packets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relay.simulator.events import event

if TYPE_CHECKING:
    from collections.abc import Callable

    from relay.simulator.speech import Utterance
    from relay.simulator.stage import Stage


@dataclass(frozen=True, slots=True)
class _Playing:
    response_id: str
    item_id: str
    utterance: Utterance
    begins: float


class Playback:
    """The one utterance that is playing, if any.

    Args:
        stage: Where events and sound go.
        ended: Told when it has ended, for whatever reason.
    """

    def __init__(self, stage: Stage, ended: Callable[[float], None]) -> None:
        self._stage = stage
        self._ended = ended
        self._playing: _Playing | None = None
        self.has_spoken = False
        """Whether the assistant was ever heard; from then on its voice is fixed."""

    @property
    def ends(self) -> float | None:
        """When what is playing will have been heard; ``None`` when nothing is playing."""
        return None if self._playing is None else self._playing.begins + self._playing.utterance.seconds

    def begin(self, now: float, response_id: str, item_id: str, utterance: Utterance) -> None:
        """Begin to play."""
        self.has_spoken = True
        self._playing = _Playing(response_id, item_id, utterance, now)
        self._stage.agenda.drop("playback")
        self._stage.agenda.add(now + utterance.seconds, "playback", self._drained)
        self._stage.emit(event("output_audio_buffer.started", response_id=response_id))
        self._stage.play(utterance)

    def _drained(self, now: float) -> None:
        if self._playing is not None:
            self._stage.emit(event("output_audio_buffer.stopped", response_id=self._playing.response_id))
            self._playing = None
            self._ended(now)

    def hush(self, now: float) -> None:
        """Stop at once, as a client may ask; what was unheard stays in the conversation."""
        if self._playing is not None:
            response_id, self._playing = self._playing.response_id, None
            self._stage.agenda.drop("playback")
            self._stage.hush()
            self._stage.emit(event("output_audio_buffer.cleared", response_id=response_id))
            self._ended(now)

    def interrupt(self, now: float) -> None:
        """Stop because somebody speaks, and cut off what was unheard."""
        playing = self._playing
        self.hush(now)
        if playing is not None:
            heard_ms = max(0, round((now - playing.begins) * 1000))
            self.truncate(playing.item_id, heard_ms, playing.utterance)

    def truncate(self, item_id: str, audio_end_ms: int, utterance: Utterance | None = None) -> None:
        """Cut an item of the assistant's to what was heard of it; the words too, when they are known."""
        item = self._stage.items.get(item_id)
        if item is not None and utterance is not None and item.get("content"):
            heard = utterance.spoken_until(audio_end_ms / 1000)
            item["content"] = [{"type": "output_audio", "transcript": heard}]
        self._stage.emit(
            event("conversation.item.truncated", item_id=item_id, content_index=0, audio_end_ms=audio_end_ms)
        )
