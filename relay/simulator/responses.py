"""How one response goes out: the order of its events, in pace with the sound, and how it is broken off.

Decides the order of facts 5.3 and 5.4. Pure: times come in, events and sound go to the `Stage`.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from relay.simulator.draft import Draft
from relay.simulator.events import (
    Event,
    delta,
    event,
    function_call_item,
    message_item,
    part_event,
    rate_limits,
)
from relay.simulator.ids import new_id
from relay.simulator.playback import Playback
from relay.simulator.reply import FunctionCall, Spoken
from relay.simulator.usage import AUDIO_OUT_TOKENS_PER_SECOND

if TYPE_CHECKING:
    from relay.simulator.agenda import Step
    from relay.simulator.speech import Utterance
    from relay.simulator.stage import Stage

THINKING_SECONDS = 0.15
"""From `response.created` to the first output; a real model takes longer."""

_LEAD_SECONDS = 0.3  # the transcript runs this far ahead of the sound, as a model's does
_STEP_SECONDS = 0.1
_WRITING_SECONDS = 0.03  # per word of a written answer


class Speaker:
    """Makes responses, one at a time, and knows what of them is still to be heard."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._response: Draft | None = None
        self._cached_tokens = 0
        self.playback = Playback(stage, self._quiet)
        """What of the responses is being heard."""

    @property
    def active(self) -> bool:
        """Whether a response is being made."""
        return self._response is not None

    @property
    def response_id(self) -> str | None:
        """The id of the response being made."""
        return self._response.id if self._response else None

    @property
    def audible(self) -> bool:
        """Whether the assistant is making or playing an answer, so that speaking now interrupts it."""
        return self._response is not None or self.playback.ends is not None

    def respond(self, now: float, reply: Spoken | FunctionCall, asked: dict[str, Any], repeated: str) -> None:
        """Begin a response.

        Args:
            now: Seconds.
            reply: What to answer.
            asked: The fields of ``response.create``.
            repeated: What a written answer begins with.
        """
        stage = self._stage
        response = Draft.of(stage.session, asked)
        config = response.config
        self._response = response
        stage.emit(
            event("response.created", response=response.described("in_progress", stage.conversation_id))
        )
        failure = stage.take_fault("response")
        if failure is not None:
            code, message = failure
            stage.agenda.add(now + THINKING_SECONDS, "response", lambda at: self._fail(at, code, message))
        elif isinstance(reply, FunctionCall):
            stage.agenda.add(now + THINKING_SECONDS, "response", lambda at: self._call(at, reply))
        elif config["output_modalities"] == ["text"]:
            sentence = stage.stock[reply.name].text
            response.text = f"{repeated} {sentence}".lstrip()
            response.written = True
            stage.agenda.add(now + THINKING_SECONDS, "response", self._write)
        else:
            utterance = stage.stock[reply.name]
            response.text = utterance.text
            stage.agenda.add(now + THINKING_SECONDS, "response", lambda at: self._speak(at, utterance))

    def _speak(self, now: float, utterance: Utterance) -> None:
        response = self._current()
        self._begin_message()
        begins = max(now, self.playback.ends or now)
        self._tell(utterance.spoken_until(_LEAD_SECONDS) or utterance.text.split(" ", 1)[0])
        self._stage.agenda.add(begins, "response", lambda at: self._play(at, utterance))
        steps = int((utterance.seconds - _LEAD_SECONDS) / _STEP_SECONDS)
        for step in range(1, max(0, steps) + 1):
            reached = step * _STEP_SECONDS
            self._stage.agenda.add(begins + reached, "response", self._following(utterance, reached))
        ends = begins + max(0.0, utterance.seconds - _LEAD_SECONDS)
        response.audio_seconds = utterance.seconds
        self._stage.agenda.add(ends, "response", lambda at: self._finish(at, "completed", None))

    def _following(self, utterance: Utterance, seconds: float) -> Step:
        return lambda _: self._tell(utterance.spoken_until(seconds + _LEAD_SECONDS))

    def _play(self, now: float, utterance: Utterance) -> None:
        response = self._current()
        self.playback.begin(now, response.id, response.item["id"], utterance)

    def _quiet(self, now: float) -> None:
        if not self.audible:
            self._stage.fell_silent(now)

    def _write(self, now: float) -> None:
        response = self._current()
        self._begin_message()
        words = response.text.split(" ")
        for count in range(1, len(words) + 1):
            self._stage.agenda.add(now + count * _WRITING_SECONDS, "response", self._telling(words[:count]))
        ends = now + (len(words) + 1) * _WRITING_SECONDS
        self._stage.agenda.add(ends, "response", lambda at: self._finish(at, "completed", None))

    def _telling(self, words: list[str]) -> Step:
        return lambda _: self._tell(" ".join(words))

    def _begin_message(self) -> None:
        response = self._current()
        response.item = message_item(new_id("item"), "assistant", "in_progress", [])
        self._add_item()
        part: Event = (
            {"type": "text", "text": ""} if response.written else {"type": "audio", "transcript": ""}
        )
        self._part("response.content_part.added", part)

    def _add_item(self) -> None:
        response = self._current()
        response.started = True
        item = copy.deepcopy(response.item)
        self._stage.emit(
            event("response.output_item.added", response_id=response.id, output_index=0, item=item)
        )
        if response.in_conversation:
            before = self._stage.items.add(response.item)
            self._stage.emit(event("conversation.item.added", previous_item_id=before, item=item))

    def _tell(self, sofar: str) -> None:
        response = self._current()
        new = sofar[len(response.told) :]
        if new:
            kind = (
                "response.output_text.delta" if response.written else "response.output_audio_transcript.delta"
            )
            self._stage.emit(delta(kind, new, **self._current().where()))
            response.told = sofar

    def _part(self, kind: str, part: Event) -> None:
        self._stage.emit(
            part_event(kind, part, doubled=self._stage.flavour == "azure", **self._current().where())
        )

    def _call(self, now: float, call: FunctionCall) -> None:
        response = self._current()
        call_id = new_id("call", 16)
        response.item = function_call_item(
            new_id("item"), "in_progress", name=call.name, call_id=call_id, arguments=""
        )
        self._add_item()
        where = {
            "response_id": response.id,
            "item_id": response.item["id"],
            "output_index": 0,
            "call_id": call_id,
        }
        third = max(1, -(-len(call.arguments) // 3))
        for start in range(0, len(call.arguments), third):
            piece = call.arguments[start : start + third]
            self._stage.emit(delta("response.function_call_arguments.delta", piece, **where))
        done = event(
            "response.function_call_arguments.done", **where, name=call.name, arguments=call.arguments
        )
        self._stage.emit(done)
        response.item["arguments"] = call.arguments
        self._finish(now, "completed", None)

    def _fail(self, now: float, code: str, message: str) -> None:
        error = {"type": "server_error", "code": code, "message": message}
        self._finish(now, "failed", {"type": "failed", "error": error})

    def _finish(self, now: float, status: str, details: object) -> None:
        """Send the closing events, from the last transcript to `response.done`."""
        response = self._current()
        stage = self._stage
        stage.agenda.drop("response")
        complete = status == "completed"
        if complete:
            self._tell(response.text)
        if response.started:
            if response.item["type"] == "message":
                self._finish_content(response.text if complete else response.told)
            response.item["status"] = "completed" if complete else "incomplete"
            self._finish_item()
        usage = None
        if status != "failed":
            usage = response.usage(stage.items.tokens(), cached=self._cached_tokens, complete=complete)
            self._cached_tokens = usage["input_token_details"]["text_tokens"]
        done = response.described(status, stage.conversation_id) | {"status_details": details, "usage": usage}
        self._response = None
        stage.emit(event("response.done", response=done))
        if usage is not None:
            stage.used({**{name: usage[name] for name in _TOTALS}, "responses": 1})
        if stage.flavour == "openai":
            stage.emit(rate_limits(usage["total_tokens"] if usage else 0))
        self._quiet(now)

    def _finish_content(self, text: str) -> None:
        response, stage, where = self._current(), self._stage, self._current().where()
        if response.written:
            stage.emit(event("response.output_text.done", **where, text=text))
            self._part("response.content_part.done", {"type": "text", "text": text})
            response.item["content"] = [{"type": "output_text", "text": text}]
            return
        stage.emit(event("response.output_audio.done", **where))
        stage.emit(event("response.output_audio_transcript.done", **where, transcript=text))
        self._part("response.content_part.done", {"type": "audio", "transcript": text})
        response.item["content"] = [{"type": "output_audio", "transcript": text}]

    def _finish_item(self) -> None:
        response, stage = self._current(), self._stage
        item = copy.deepcopy(response.item)
        if response.in_conversation:
            order = [one["id"] for one in stage.items]
            at = order.index(item["id"]) if item["id"] in order else 0
            stage.items.replace(
                item, audio_tokens=round(response.audio_seconds * AUDIO_OUT_TOKENS_PER_SECOND)
            )
            before = order[at - 1] if at else None
            stage.emit(event("conversation.item.done", previous_item_id=before, item=item))
        stage.emit(event("response.output_item.done", response_id=response.id, output_index=0, item=item))

    def _current(self) -> Draft:
        assert self._response is not None  # noqa: S101 - steps of a response are dropped with it
        return self._response

    def cancel(self, now: float, reason: str) -> None:
        """Stop making the response; what was said already goes on playing."""
        if self._response is not None:
            self._finish(now, "cancelled", {"type": "cancelled", "reason": reason})

    def interrupt(self, now: float) -> None:
        """Break off because somebody speaks: silence, then what was unheard is cut off, then the response."""
        self.playback.interrupt(now)
        self.cancel(now, "turn_detected")


_TOTALS = ("total_tokens", "input_tokens", "output_tokens")
