"""Sounds made for the microphone from `speech.wav`."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_CHATTER_SECONDS: Final = (0.3, 3.3)  # of speech.wav: 0.2 s of silence, the sentence, 0.8 s of silence


def speech_without_pauses(speech: Path, path: Path) -> Path:
    """Cut the long silence off, so that somebody speaks every three seconds."""
    with wave.open(str(speech), "rb") as source, wave.open(str(path), "wb") as target:
        target.setparams(source.getparams())
        begin, end = (round(second * source.getframerate()) for second in _CHATTER_SECONDS)
        source.setpos(begin)
        target.writeframes(source.readframes(end - begin))
    return path


def silence(path: Path) -> Path:
    """Write a second of silence; the browser repeats it."""
    with wave.open(str(path), "wb") as target:
        target.setparams((1, 2, 24_000, 0, "NONE", ""))
        target.writeframes(bytes(2 * 24_000))
    return path
