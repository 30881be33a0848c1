import assert from "node:assert/strict";
import { test } from "node:test";

import { SILENCE, isBusy, phaseOf, settled, turnAfter } from "../../../public/call/turn.js";

/**
 * @param {(string | object)[]} events
 * @returns the phases after each
 */
function phases(...events) {
  let turn = SILENCE;
  return events.map((event) => {
    turn = turnAfter(turn, typeof event === "string" ? { type: event, response_id: "r1" } : event);
    return phaseOf(turn);
  });
}

const created = { type: "response.created", response: { id: "r1" } };
const done = { type: "response.done", response: { id: "r1", status: "completed" } };

test("a spoken turn goes from listening over thinking to speaking and back", () => {
  const seen = phases(
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    created,
    "response.output_audio_transcript.delta",
    "output_audio_buffer.started",
    done,
    "output_audio_buffer.stopped",
  );

  assert.deepEqual(seen, ["listening", "thinking", "thinking", "thinking", "speaking", "speaking", "listening"]);
});

test("a spoken turn ends in listening when the filter hides everything about the response", () => {
  const seen = phases(
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "response.output_audio_transcript.delta",
    "output_audio_buffer.started",
    "response.output_audio_transcript.done",
    "output_audio_buffer.stopped",
  );

  assert.deepEqual(seen, ["listening", "thinking", "thinking", "speaking", "speaking", "listening"]);
});

test("an answer in text ends with its text when the filter hides response.done", () => {
  assert.deepEqual(phases("response.create", "response.output_text.delta", "response.output_text.done"), [
    "thinking",
    "thinking",
    "listening",
  ]);
});

test("speaking over the answer makes the page listen", () => {
  assert.deepEqual(phases(created, "output_audio_buffer.started", "input_audio_buffer.speech_started").at(-1), "listening");
});

test("after an interruption late deltas of the same response change nothing", () => {
  const seen = phases(
    created,
    "output_audio_buffer.started",
    "response.cancel",
    "output_audio_buffer.clear",
    "response.output_audio_transcript.delta",
    "output_audio_buffer.started",
  );

  assert.deepEqual(seen.slice(3), ["listening", "listening", "listening"]);
});

test("a response is busy from the asking to its end", () => {
  const asked = turnAfter(SILENCE, { type: "response.create" });
  const open = turnAfter(asked, created);

  assert.equal(isBusy(SILENCE), false);
  assert.equal(isBusy(asked), true);
  assert.equal(isBusy(open), true);
  assert.equal(isBusy(turnAfter(open, { type: "response.cancel" })), true);
  assert.equal(isBusy(turnAfter(open, done)), false);
  assert.equal(isBusy(settled(open)), false);
});

test("the end of another response does not end this one", () => {
  const open = turnAfter(SILENCE, created);

  assert.equal(turnAfter(open, { type: "response.done", response: { id: "r0" } }), open);
});

test("a refused response.create stays wanted until the active one is over", () => {
  const refused = turnAfter(SILENCE, { type: "error", error: { code: "conversation_already_has_active_response" } });

  assert.equal(refused.wanted, true);
  assert.equal(isBusy(refused), true);
});

test("an error ends the waiting for a response that will not come", () => {
  assert.deepEqual(phases("response.create", { type: "error", error: { code: "server_error" } }), ["thinking", "listening"]);
});

test("an unknown event leaves the turn as it is", () => {
  assert.equal(turnAfter(SILENCE, { type: "rate_limits.updated" }), SILENCE);
});
