"""The user's spoken turns: from the level of the sound to a committed item and its transcript.

Decides when a turn begins and ends, with server detection or by push-to-talk, and what can honestly be
written of it. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.simulator.events import delta, event, user_audio_item
from relay.simulator.fields import FieldRefused
from relay.simulator.ids import new_id
from relay.simulator.usage import AUDIO_IN_TOKENS_PER_SECOND, transcription_usage
from relay.simulator.voice_activity import SpeechStarted, SpeechStopped, VoiceActivity

if TYPE_CHECKING:
    from collections.abc import Callable

    from relay.simulator.responses import Speaker
    from relay.simulator.stage import Failure, Stage

TRANSCRIBING_SECONDS = 0.25
"""From a committed turn to the first piece of its transcript."""

_LEAST_COMMIT_MS = 100
_DELTA = "conversation.item.input_audio_transcription.delta"
_COMPLETED = "conversation.item.input_audio_transcription.completed"
_FAILED = "conversation.item.input_audio_transcription.failed"


class Listener:
    """Follows the incoming sound of one call.

    Args:
        stage: Where events go.
        speaker: Who may be interrupted.
        answer: Called when a turn has ended that is to be answered.
    """

    def __init__(self, stage: Stage, speaker: Speaker, answer: Callable[[float], None]) -> None:
        self._stage = stage
        self._speaker = speaker
        self._answer = answer
        self._activity = VoiceActivity()
        self._item_id = ""
        self._spoke_over = False
        self._at_ms = 0.0
        self.seconds: dict[str, float] = {}
        """Seconds of speech by item id."""
        self.interruptions: set[str] = set()
        """Ids of the items that were spoken over the assistant."""
        stage.fell_silent = self._await_idle

    def hear(self, at_ms: float, level_db: float, now: float) -> None:
        """Take the next 20 ms of sound."""
        detection = self._stage.session["audio"]["input"]["turn_detection"]
        self._at_ms = at_ms
        change = self._activity.feed(at_ms, level_db, detection)
        if isinstance(change, SpeechStarted):
            self._started(change, now, interrupt=detection["interrupt_response"])
        elif isinstance(change, SpeechStopped):
            stopped = event(
                "input_audio_buffer.speech_stopped", audio_end_ms=change.at_ms, item_id=self._item_id
            )
            self._stage.emit(stopped)
            self._commit(change.spoken_ms / 1000, now)
            if detection["create_response"]:
                self._answer(now)

    def _started(self, change: SpeechStarted, now: float, *, interrupt: bool) -> None:
        self._stage.agenda.drop("idle")
        self._item_id = new_id("item")
        self._stage.emit(
            event("input_audio_buffer.speech_started", audio_start_ms=change.at_ms, item_id=self._item_id)
        )
        self._spoke_over = interrupt and self._speaker.playback.ends is not None
        if interrupt and self._speaker.audible:
            self._speaker.interrupt(now)

    def commit(self, now: float) -> None:
        """End a push-to-talk turn.

        Raises:
            FieldRefused: There is less than 100 ms of sound.
        """
        heard_ms = self._activity.buffered_ms
        if heard_ms < _LEAST_COMMIT_MS:
            message = (
                f"Error committing input audio buffer: buffer too small. Expected at least "
                f"{_LEAST_COMMIT_MS}ms of audio, but buffer only has {heard_ms:.2f}ms of audio."
            )
            raise FieldRefused("input_audio_buffer_commit_empty", "", message)
        self._item_id = new_id("item")
        self._spoke_over = False
        self._commit(self._activity.spoken_ms / 1000, now)

    def clear(self) -> None:
        """Forget the sound since the last turn."""
        self._activity.forget()
        self._stage.emit(event("input_audio_buffer.cleared"))

    def _commit(self, seconds: float, now: float) -> None:
        stage, item_id = self._stage, self._item_id
        self._activity.forget()
        self.seconds[item_id] = seconds
        if self._spoke_over:
            self.interruptions.add(item_id)
        item = user_audio_item(item_id)
        before = stage.items.add(item, audio_tokens=round(seconds * AUDIO_IN_TOKENS_PER_SECOND))
        stage.emit(event("input_audio_buffer.committed", previous_item_id=before, item_id=item_id))
        stage.emit(event("conversation.item.added", previous_item_id=before, item=user_audio_item(item_id)))
        stage.emit(event("conversation.item.done", previous_item_id=before, item=user_audio_item(item_id)))
        transcription = stage.session["audio"]["input"]["transcription"]
        if transcription is not None:
            at = now + TRANSCRIBING_SECONDS
            stage.agenda.add(
                at, "transcript", lambda _: self._transcribe(item_id, seconds, transcription["model"])
            )

    def _transcribe(self, item_id: str, seconds: float, model: str) -> None:
        where = {"item_id": item_id, "content_index": 0}
        failure = self._stage.take_fault("transcription") or self._unknown(item_id, model)
        if failure is not None:
            code, message = failure
            error = {"type": "server_error", "code": code, "message": message, "param": None}
            self._stage.emit(event(_FAILED, **where, error=error))
            return
        transcript = f"({seconds:.1f} seconds of speech)"
        for number, word in enumerate(transcript.split(" ")):
            self._stage.emit(delta(_DELTA, word if number == 0 else f" {word}", **where))
        usage = transcription_usage(model, seconds, transcript)
        self._stage.emit(event(_COMPLETED, **where, transcript=transcript, usage=usage))
        self._stage.used({"transcripts": 1, "transcription_tokens": usage.get("total_tokens", 0)})

    def _unknown(self, item_id: str, model: str) -> Failure | None:
        if model in self._stage.transcribers:
            return None
        return "DeploymentNotFound", f"Input transcription failed for item '{item_id}'."

    def _await_idle(self, now: float) -> None:
        """Plan the nudge of ``idle_timeout_ms``: nothing is to be heard from either side any more."""
        detection = self._stage.session["audio"]["input"]["turn_detection"]
        wait_ms = detection and detection.get("idle_timeout_ms")
        self._stage.agenda.drop("idle")
        if wait_ms and self._speaker.playback.has_spoken and not self._activity.speaking:
            self._stage.agenda.add(now + wait_ms / 1000, "idle", lambda at: self._nudge(at, wait_ms))

    def _nudge(self, now: float, wait_ms: int) -> None:
        self._item_id, self._spoke_over = new_id("item"), False
        start = max(0, round(self._at_ms) - wait_ms)
        self._stage.emit(
            event(
                "input_audio_buffer.timeout_triggered",
                audio_start_ms=start,
                audio_end_ms=round(self._at_ms),
                item_id=self._item_id,
            )
        )
        self._commit(0.0, now)
        self._answer(now)
