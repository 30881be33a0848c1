"""What a sideband tells of a running call, in words that no API owns: the facts.

`relay.core.server_events` reads them from the Realtime API's JSON; the attendant of a call hands each to the
guard, the account, the transcript, the tools and the idle clock. Nothing is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Who = Literal["caller", "assistant"]
"""The two that speak."""


@dataclass(frozen=True, slots=True)
class Effective:
    """The session as it now is, or one response as it was begun.

    Args:
        values: By the neutral names of `relay.core.profile.SessionConfig` (``instructions``, ``voice``,
            ``tools``, ``modalities``, ``max_output_tokens``, …); only those the server event carried. Kept
            out of ``repr``.
        response_id: Of the response; ``None`` when it is the session.
        mark: What the relay wrote into the metadata of a response it asked for itself; ``None`` for
            others.
    """

    values: Mapping[str, object] = field(repr=False)
    response_id: str | None = None
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Speech:
    """Somebody began or stopped to speak, as voice activity detection or the output buffer has it."""

    who: Who
    began: bool


@dataclass(frozen=True, slots=True)
class Committed:
    """The upstream took what the caller said as a turn."""

    item_id: str


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """An item entered the conversation, whoever put it there.

    Args:
        item_id: The upstream's.
        role: ``user``, ``assistant``, ``system``; empty for what is no message.
        kind: ``message``, ``function_call``, ``function_call_output``, …
        text: Its written text, as far as it has any; kept out of ``repr``.
        call_id: Of a function call or its output; empty for others.
        spoken: Whether it is (or will be) sound rather than writing.
        after: The item before it; empty for the first of the conversation.
    """

    item_id: str
    role: str
    kind: str
    text: str = field(default="", repr=False)
    call_id: str = ""
    spoken: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True)
class OutputItem:
    """A response is about to make an item; its `ItemAdded` follows. What enters otherwise, somebody put in.

    Args:
        item_id: The upstream's.
        response_id: Of the response.
    """

    item_id: str
    response_id: str


@dataclass(frozen=True, slots=True)
class Line:
    """A finished piece of transcript; a second one of the same item and index replaces the first.

    Args:
        who: Who spoke or wrote it.
        item_id: The upstream's.
        index: Which content part of the item.
        text: The words; kept out of ``repr``.
    """

    who: Who
    item_id: str
    index: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens by kind, as the upstream counts them (fact 5.3). The cached ones are part of the input ones."""

    text_in: int = 0
    audio_in: int = 0
    image_in: int = 0
    text_cached: int = 0
    audio_cached: int = 0
    image_cached: int = 0
    text_out: int = 0
    audio_out: int = 0

    @property
    def input(self) -> int:
        """All that went in."""
        return self.text_in + self.audio_in + self.image_in

    @property
    def output(self) -> int:
        """All that came out."""
        return self.text_out + self.audio_out


TOKEN_KINDS: Final = tuple(kind.name for kind in fields(Tokens))
"""The kinds, in their order."""


@dataclass(frozen=True, slots=True)
class Used:
    """What one response or one transcription used.

    Args:
        source: Which of them.
        id: Response id, or item id and content index: counted once, however often it is told.
        tokens: By kind.
        seconds: Of sound, where the upstream counts that instead of tokens (whisper-like transcription).
    """

    source: Literal["response", "transcription"]
    id: str
    tokens: Tokens
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ToolAsked:
    """The model asks for a tool.

    Args:
        id: The upstream's ``call_id``, to be named in the answer.
        name: The tool.
        arguments: JSON text as the model wrote it, maybe broken; kept out of ``repr``.
        response_id: The response that asks; several may be asked for in one.
    """

    id: str
    name: str
    arguments: str = field(repr=False)
    response_id: str = ""


@dataclass(frozen=True, slots=True)
class ResponseDone:
    """A response is over.

    Args:
        response_id: The upstream's.
        status: ``completed``, ``cancelled``, ``failed``, ``incomplete``.
        reason: A short code (``turn_detected``, ``max_output_tokens``, ``server_error``, …) or empty.
        mark: As in `Effective`.
        asked_tools: How many tools it asks for.
    """

    response_id: str
    status: str
    reason: str = ""
    mark: str | None = None
    asked_tools: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """Something in the call failed, and the call goes on.

    Args:
        what: ``transcription`` of an item, or a client event that was refused (``error``).
        code: The upstream's short code; never its text.
        item_id: Of the item, where one is meant.
        event_id: Of the client event that was refused, where it had one.
    """

    what: Literal["transcription", "error"]
    code: str
    item_id: str = ""
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What is left of one of the upstream's own limits."""

    name: str
    remaining: float
    reset_seconds: float


@dataclass(frozen=True, slots=True)
class CallOver:
    """The upstream has ended the call, or will at once.

    Args:
        expired: Whether it reached the upstream's own longest session (fact 4.3).
    """

    expired: bool


Fact = (
    Effective
    | Speech
    | Committed
    | ItemAdded
    | OutputItem
    | Line
    | Used
    | ToolAsked
    | ResponseDone
    | Failed
    | RateLimit
    | CallOver
)
"""Any of them."""
