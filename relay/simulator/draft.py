"""One response while it is made: what was asked, what was said so far, and how it is shown.

Decides the layout of the ``response`` object (fact 5.3) and what the response used. Pure.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from relay.simulator.ids import new_id
from relay.simulator.usage import (
    AUDIO_OUT_TOKENS_PER_SECOND,
    item_text_tokens,
    response_usage,
    session_tokens,
    text_tokens,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relay.simulator.events import Event


@dataclass(slots=True)
class Draft:
    """A response in the making.

    Args:
        config: The session, laid over with what ``response.create`` asked for.
        in_conversation: Whether its item joins the conversation (``conversation: "auto"``).
        item: Its one output, once there is one.
        text: All that it will say; `told` is the part that was sent in deltas.
        written: Whether it is text only.
        audio_seconds: How long all of it takes to say.
        started: Whether its item was announced.
    """

    id: str
    config: dict[str, Any]
    in_conversation: bool
    metadata: object
    item: Event = field(default_factory=dict)
    text: str = ""
    told: str = ""
    written: bool = False
    audio_seconds: float = 0.0
    started: bool = False

    @classmethod
    def of(cls, session: Mapping[str, Any], asked: Mapping[str, Any]) -> Draft:
        """Begin a draft from the session and the fields of ``response.create``."""
        config = {**session, **{name: one for name, one in asked.items() if name != "audio"}}
        output = (asked.get("audio") or {}).get("output", {})
        config["audio"] = {"output": {**session["audio"]["output"], **output}}
        in_conversation = asked.get("conversation", "auto") != "none"
        return cls(new_id("resp"), config, in_conversation, asked.get("metadata"))

    def where(self) -> Event:
        """Tell where a delta belongs."""
        return {"response_id": self.id, "item_id": self.item["id"], "output_index": 0, "content_index": 0}

    def described(self, status: str, conversation_id: str) -> Event:
        """Show the response as its events do."""
        output = self.config["audio"]["output"]
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": None,
            "output": [copy.deepcopy(self.item)] if self.started and status != "in_progress" else [],
            "conversation_id": conversation_id if self.in_conversation else None,
            "output_modalities": self.config["output_modalities"],
            "max_output_tokens": self.config["max_output_tokens"],
            "audio": {"output": {"format": output["format"], "voice": output["voice"]}},
            "usage": None,
            "metadata": self.metadata,
        }

    def usage(self, context: tuple[int, int], *, cached: int, complete: bool) -> dict[str, Any]:
        """Tell what the response used.

        Args:
            context: Text and audio tokens of the conversation, its own item included.
            cached: Text tokens of the response before.
            complete: Whether all of it was said.
        """
        joined = self.started and self.in_conversation
        said = round(self.audio_seconds * AUDIO_OUT_TOKENS_PER_SECOND)
        share = 1.0 if complete or not self.text else len(self.told) / len(self.text)
        text_in = context[0] - (item_text_tokens(self.item) if joined else 0)
        audio_in = context[1] - (said if joined else 0)
        return response_usage(
            max(0, text_in) + session_tokens(self.config),
            max(0, audio_in),
            cached=cached,
            text_out=text_tokens(self.item.get("arguments") or self.told),
            audio_out=round(said * share),
        )
