"""The Realtime API's server events, read into facts (fact 5.3).

Pure and forgiving: an event that is unknown, or shaped otherwise than expected, gives no facts and never
raises. Of foreign text only what a fact names is kept; error messages never are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from relay.core.facts import (
    CallOver,
    Committed,
    Effective,
    Fact,
    Failed,
    ItemAdded,
    Line,
    OutputItem,
    RateLimit,
    ResponseDone,
    Speech,
    Tokens,
    ToolAsked,
    Used,
    Who,
)
from relay.core.session_values import values_of

MARK: Final = "relay"
"""The key in a response's metadata under which the relay's own mark stands."""

SESSION_EXPIRED: Final = "session_expired"
"""The code of the error that precedes the upstream's own end (fact 4.3)."""

SERVER_ERROR: Final = "server_error"
"""The reason of a response that failed through no fault of ours (fact 5.3)."""

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NO: Final[Mapping[str, object]] = MappingProxyType({})


def read_facts(event: Mapping[str, object]) -> tuple[Fact, ...]:
    """Read one server event; empty when it says nothing that anybody asks for."""
    kind = event.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    return () if reader is None else reader(event)


def _session(event: Mapping[str, object]) -> tuple[Fact, ...]:
    return (Effective(values=values_of(_object(event, "session"))),)


def _response_created(event: Mapping[str, object]) -> tuple[Fact, ...]:
    response = _object(event, "response")
    return (Effective(values=values_of(response), response_id=_text(response, "id"), mark=_mark(response)),)


def _response_done(event: Mapping[str, object]) -> tuple[Fact, ...]:
    response = _object(event, "response")
    details = _object(response, "status_details")
    output = response.get("output")
    items = output if isinstance(output, list) else []
    done = ResponseDone(
        response_id=_text(response, "id"),
        status=_code(response.get("status")),
        reason=_code(details.get("reason")) or _failure(_object(details, "error")),
        mark=_mark(response),
        asked_tools=sum(_is_finished_call(item) for item in items),
    )
    usage = _object(response, "usage")
    if not usage:
        return (done,)
    return (Used("response", done.response_id, _tokens(usage)), done)


def _output_item_added(event: Mapping[str, object]) -> tuple[Fact, ...]:
    return (OutputItem(_text(_object(event, "item"), "id"), _text(event, "response_id")),)


def _output_item_done(event: Mapping[str, object]) -> tuple[Fact, ...]:
    item = _object(event, "item")
    if not _is_finished_call(item):
        return ()
    return (
        ToolAsked(
            id=_text(item, "call_id"),
            name=_text(item, "name"),
            arguments=_text(item, "arguments"),
            response_id=_text(event, "response_id"),
        ),
    )


def _is_finished_call(item: object) -> bool:
    """Whether a tool is asked for; a call that was broken off is not (its arguments are cut short)."""
    return (
        isinstance(item, Mapping)
        and item.get("type") == "function_call"
        and item.get("status") != "incomplete"
        and bool(_text(item, "call_id"))
    )


def _item_added(event: Mapping[str, object]) -> tuple[Fact, ...]:
    item = _object(event, "item")
    content = item.get("content")
    parts = [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []
    kinds = [_text(part, "type") for part in parts]
    return (
        ItemAdded(
            item_id=_text(item, "id"),
            role=_text(item, "role"),
            kind=_text(item, "type"),
            text=" ".join(filter(None, (_text(part, "text") for part in parts))),
            call_id=_text(item, "call_id"),
            spoken=any(kind.endswith("audio") for kind in kinds),
            after=_text(event, "previous_item_id"),
        ),
    )


def _transcribed(event: Mapping[str, object]) -> tuple[Fact, ...]:
    item_id, index = _text(event, "item_id"), _index(event)
    line = Line("caller", item_id, index, _text(event, "transcript"))
    usage = _object(event, "usage")
    if not usage:
        return (line,)
    seconds = _number(usage.get("seconds")) if usage.get("type") == "duration" else 0.0
    return (line, Used("transcription", f"{item_id}/{index}", _tokens(usage), seconds))


def _not_transcribed(event: Mapping[str, object]) -> tuple[Fact, ...]:
    code = error_code(_object(event, "error")) or "unknown"
    return (Failed("transcription", code, item_id=_text(event, "item_id")),)


def _error(event: Mapping[str, object]) -> tuple[Fact, ...]:
    error = _object(event, "error")
    code = error_code(error) or "unknown"
    if code == SESSION_EXPIRED:
        return (CallOver(expired=True),)
    return (Failed("error", code, event_id=_text(error, "event_id")),)


def _rate_limits(event: Mapping[str, object]) -> tuple[Fact, ...]:
    limits = event.get("rate_limits")
    return tuple(
        RateLimit(_code(one.get("name")), _number(one.get("remaining")), _number(one.get("reset_seconds")))
        for one in (limits if isinstance(limits, list) else [])
        if isinstance(one, Mapping)
    )


def _spoken(who: Who, *, began: bool) -> _Reader:
    return lambda _: (Speech(who, began),)


def _said(words: str) -> _Reader:
    return lambda event: (Line("assistant", _text(event, "item_id"), _index(event), _text(event, words)),)


def _tokens(usage: Mapping[str, object]) -> Tokens:
    """Read tokens by kind; what a usage does not split is counted as text (fact 5.3)."""
    read, written = _object(usage, "input_token_details"), _object(usage, "output_token_details")
    cached = _object(read, "cached_tokens_details")
    text_in, audio_in, image_in = (_count(read, f"{kind}_tokens") for kind in ("text", "audio", "image"))
    text_out, audio_out = _count(written, "text_tokens"), _count(written, "audio_tokens")
    unsplit_in = max(0, _count(usage, "input_tokens") - text_in - audio_in - image_in)
    unsplit_out = max(0, _count(usage, "output_tokens") - text_out - audio_out)
    return Tokens(
        text_in=text_in + unsplit_in,
        audio_in=audio_in,
        image_in=image_in,
        text_cached=_count(cached, "text_tokens") if cached else _count(read, "cached_tokens"),
        audio_cached=_count(cached, "audio_tokens"),
        image_cached=_count(cached, "image_tokens"),
        text_out=text_out + unsplit_out,
        audio_out=audio_out,
    )


def error_code(error: Mapping[str, object]) -> str:
    """Take an error's short code, or its type where it has none; empty when neither looks like a code."""
    return _code(error.get("code")) or _code(error.get("type"))


def _failure(error: Mapping[str, object]) -> str:
    """Name why a response failed; that it was the server's fault counts more than its code for it."""
    return SERVER_ERROR if error.get("type") == SERVER_ERROR else error_code(error)


def _mark(response: Mapping[str, object]) -> str | None:
    return _text(_object(response, "metadata"), MARK) or None


def _object(of: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = of.get(name)
    return value if isinstance(value, Mapping) else _NO


def _text(of: Mapping[str, object], name: str) -> str:
    value = of.get(name)
    return value if isinstance(value, str) else ""


def _code(value: object) -> str:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def _index(event: Mapping[str, object]) -> int:
    return _count(event, "content_index")


def _count(of: Mapping[str, object], name: str) -> int:
    value = of.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0.0
    return float(value)


_Reader = Callable[[Mapping[str, object]], tuple[Fact, ...]]
_READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        "session.created": _session,
        "session.updated": _session,
        "input_audio_buffer.speech_started": _spoken("caller", began=True),
        "input_audio_buffer.speech_stopped": _spoken("caller", began=False),
        "input_audio_buffer.committed": lambda event: (Committed(_text(event, "item_id")),),
        "output_audio_buffer.started": _spoken("assistant", began=True),
        "output_audio_buffer.stopped": _spoken("assistant", began=False),
        "output_audio_buffer.cleared": _spoken("assistant", began=False),
        "conversation.item.added": _item_added,
        "conversation.item.input_audio_transcription.completed": _transcribed,
        "conversation.item.input_audio_transcription.failed": _not_transcribed,
        "response.created": _response_created,
        "response.output_item.added": _output_item_added,
        "response.output_item.done": _output_item_done,
        "response.output_audio_transcript.done": _said("transcript"),
        "response.output_text.done": _said("text"),
        "response.done": _response_done,
        "rate_limits.updated": _rate_limits,
        "error": _error,
    }
)
