"""Hears from loudness alone when somebody begins and ends to speak.

Decides on levels of 20 ms frames; pure, and never sees a sample. Thresholds follow the session's turn
detection (fact 2.2). The noise of the room is learnt, so that a fan is no speaker.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

QUIET_DB = -60.0
"""The level (dBFS) of a quiet room; a threshold of 0 stands here, one of 1 thirty decibels above."""

_RANGE_DB = 30.0
_ABOVE_NOISE_DB = 9.0
_LOUDEST_NOISE_DB = -25.0
_ONSET_FRAMES = 3  # of the last five: one click is no speech
_NOISE_FRAMES = 250  # 5 s without a pause is noise, not speech
_SEMANTIC_SILENCE_MS = {"low": 1500, "medium": 800, "auto": 800, "high": 500}


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody began to speak; `at_ms` includes the padding before it, on the clock of the audio."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """Somebody stopped; `spoken_ms` is how long they spoke, without padding and closing silence."""

    at_ms: int
    spoken_ms: int


class VoiceActivity:
    """Turns the levels of one audio stream into beginnings and ends of speech."""

    def __init__(self) -> None:
        self._noise_db = QUIET_DB
        self._recent: deque[bool] = deque(maxlen=5)
        self._levels: deque[float] = deque(maxlen=_NOISE_FRAMES)
        self._began_ms: float | None = None
        self._loud_ms = 0.0
        self.spoken_ms = 0.0
        """Milliseconds of loud frames since the last `forget`; what push-to-talk is measured by."""
        self.buffered_ms = 0.0
        """Milliseconds of audio since the last `forget`, loud or not."""

    @property
    def speaking(self) -> bool:
        """Whether somebody speaks now."""
        return self._began_ms is not None

    def forget(self) -> None:
        """Start a new measure, as after a commit or a clear."""
        self.spoken_ms = self.buffered_ms = 0.0
        self._began_ms = None
        self._recent.clear()

    def feed(
        self, at_ms: float, level_db: float, turn_detection: Mapping[str, Any] | None
    ) -> SpeechStarted | SpeechStopped | None:
        """Take the next frame.

        Args:
            at_ms: Where the frame begins, in milliseconds since the stream began.
            level_db: Its loudness in dBFS.
            turn_detection: The session's; ``None`` measures only.
        """
        loud = level_db > self._threshold(turn_detection)
        self.buffered_ms += 20
        self.spoken_ms += 20 if loud else 0
        self._learn(level_db, loud=loud)
        self._recent.append(loud)
        if turn_detection is None:
            return None
        if self._began_ms is None:
            return self._onset(at_ms, turn_detection)
        if loud:
            self._loud_ms = at_ms + 20
        if at_ms + 20 - self._loud_ms < silence_ms(turn_detection):
            return None
        spoken, self._began_ms = self._loud_ms - self._began_ms, None
        self._recent.clear()
        return SpeechStopped(round(at_ms + 20), round(spoken))

    def _onset(self, at_ms: float, turn_detection: Mapping[str, Any]) -> SpeechStarted | None:
        if sum(self._recent) < _ONSET_FRAMES:
            return None
        self._began_ms = at_ms + 20 - 20 * _ONSET_FRAMES
        self._loud_ms = at_ms + 20
        padding = turn_detection.get("prefix_padding_ms", 300)
        return SpeechStarted(max(0, round(self._began_ms - padding)))

    def _threshold(self, turn_detection: Mapping[str, Any] | None) -> float:
        share = float((turn_detection or {}).get("threshold", 0.5))
        return max(QUIET_DB + share * _RANGE_DB, self._noise_db + _ABOVE_NOISE_DB)

    def _learn(self, level_db: float, *, loud: bool) -> None:
        self._levels.append(level_db)
        heard = level_db
        if loud:
            if len(self._levels) < _NOISE_FRAMES:
                return
            heard = min(self._levels)
            if heard <= self._noise_db + _ABOVE_NOISE_DB:
                return
            self._levels.clear()
            self._noise_db = min(heard, _LOUDEST_NOISE_DB)
            return
        self._noise_db += 0.05 * (max(QUIET_DB, min(heard, _LOUDEST_NOISE_DB)) - self._noise_db)


def silence_ms(turn_detection: Mapping[str, Any]) -> int:
    """Tell how long a silence ends a turn; semantic detection is played by a longer one."""
    if turn_detection["type"] == "semantic_vad":
        return _SEMANTIC_SILENCE_MS[turn_detection["eagerness"]]
    return int(turn_detection["silence_duration_ms"])
