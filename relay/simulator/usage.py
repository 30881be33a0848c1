"""What a turn is said to have used: plausible, and the same for the same conversation.

Decides how words and seconds become tokens, and the layout of usage (fact 5.3). Pure.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

AUDIO_IN_TOKENS_PER_SECOND = 10
AUDIO_OUT_TOKENS_PER_SECOND = 20
_CHARACTERS_PER_TOKEN = 4


def item_text_tokens(item: Mapping[str, Any]) -> int:
    """Estimate the text tokens of an item."""
    written = [str(item.get(name, "")) for name in ("name", "arguments", "output")]
    written += [str(part.get("text") or part.get("transcript") or "") for part in item.get("content", ())]
    return 4 + text_tokens("".join(written))


def text_tokens(written: str) -> int:
    """Estimate tokens: about four characters each."""
    return -(-len(written) // _CHARACTERS_PER_TOKEN)


def session_tokens(session: Mapping[str, Any]) -> int:
    """Estimate what instructions and tools weigh in every response."""
    tools = session.get("tools") or []
    return text_tokens(session.get("instructions") or "") + (text_tokens(json.dumps(tools)) if tools else 0)


def response_usage(
    text_in: int, audio_in: int, *, cached: int, text_out: int, audio_out: int
) -> dict[str, Any]:
    """Lay usage out as ``response.done`` does; the cached part is counted in whole blocks of 64."""
    cached = min(cached // 64 * 64, text_in // 64 * 64)
    return {
        "total_tokens": text_in + audio_in + text_out + audio_out,
        "input_tokens": text_in + audio_in,
        "output_tokens": text_out + audio_out,
        "input_token_details": {
            "text_tokens": text_in,
            "audio_tokens": audio_in,
            "image_tokens": 0,
            "cached_tokens": cached,
            "cached_tokens_details": {"text_tokens": cached, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": text_out, "audio_tokens": audio_out},
    }


def transcription_usage(model: str, seconds: float, transcript: str) -> dict[str, Any]:
    """Lay out what a transcript used: seconds for whisper-like models, tokens for the others."""
    if "whisper" in model:
        return {"type": "duration", "seconds": max(1, round(seconds))}
    audio, written = round(seconds * AUDIO_IN_TOKENS_PER_SECOND), text_tokens(transcript)
    return {
        "type": "tokens",
        "total_tokens": audio + written,
        "input_tokens": audio,
        "input_token_details": {"text_tokens": 0, "audio_tokens": audio},
        "output_tokens": written,
    }
