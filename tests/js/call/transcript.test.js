import assert from "node:assert/strict";
import { test } from "node:test";

import { EMPTY, closed, cutShort, isFinal, transcriptAfter, withTyped } from "../../../public/call/transcript.js";

/**
 * @param {object[]} events
 * @param {boolean} [transcribed]
 */
function after(events, transcribed = true) {
  return events.reduce(
    (transcript, event, index) =>
      transcriptAfter(transcript, /** @type {{ type: string }} */ (event), { at: index * 100, transcribed }),
    EMPTY,
  );
}

/** @param {import("../../../public/call/transcript.js").Transcript} transcript */
const brief = (transcript) => transcript.map(({ role, text, standing }) => [role, text, standing]);

const spoken = { id: "U", type: "message", role: "user", content: [{ type: "input_audio", transcript: null }] };
const answer = { id: "A", type: "message", role: "assistant", status: "in_progress", content: [] };
const began = [
  { type: "input_audio_buffer.speech_started", item_id: "U" },
  { type: "input_audio_buffer.speech_stopped", item_id: "U" },
  { type: "conversation.item.added", previous_item_id: null, item: spoken },
  { type: "conversation.item.added", previous_item_id: "U", item: answer },
  { type: "response.output_audio_transcript.delta", item_id: "A", delta: "Hi" },
  { type: "response.output_audio_transcript.delta", item_id: "A", delta: " there" },
];

test("both sides stream in the order of the conversation, though the caller's words come last", () => {
  const transcript = after([
    ...began,
    { type: "conversation.item.input_audio_transcription.delta", item_id: "U", delta: "Hello" },
  ]);

  assert.deepEqual(brief(transcript), [
    ["user", "Hello", "streaming"],
    ["assistant", "Hi there", "streaming"],
  ]);
});

test("the finished text corrects what the deltas had built up", () => {
  const transcript = after([
    ...began,
    { type: "conversation.item.input_audio_transcription.delta", item_id: "U", delta: "Helo" },
    { type: "conversation.item.input_audio_transcription.completed", item_id: "U", transcript: " Hello? " },
    { type: "response.output_audio_transcript.done", item_id: "A", transcript: "Hi there." },
  ]);

  assert.deepEqual(brief(transcript), [
    ["user", "Hello?", "final"],
    ["assistant", "Hi there.", "final"],
  ]);
});

test("text answers stream like spoken ones", () => {
  const transcript = after([
    { type: "response.output_text.delta", item_id: "A", delta: "Yes" },
    { type: "response.output_text.done", item_id: "A", text: "Yes." },
  ]);

  assert.deepEqual(brief(transcript), [["assistant", "Yes.", "final"]]);
});

test("previous_item_id decides the place, not the time of arrival", () => {
  const transcript = after([
    { type: "response.output_text.delta", item_id: "A", delta: "Yes" },
    { type: "conversation.item.input_audio_transcription.completed", item_id: "U", transcript: "Really?" },
    { type: "conversation.item.added", previous_item_id: null, item: spoken },
    { type: "conversation.item.added", previous_item_id: "U", item: answer },
  ]);

  assert.deepEqual(transcript.map(({ id }) => id), ["U", "A"]);
});

test("an item whose predecessor is unknown stays where it is", () => {
  const transcript = after([...began, { type: "conversation.item.added", previous_item_id: "gone", item: spoken }]);

  assert.deepEqual(transcript.map(({ id }) => id), ["U", "A"]);
});

test("hidden items keep the order and are marked", () => {
  const system = { id: "S", type: "message", role: "system", content: [{ type: "input_text", text: "secret" }] };
  const transcript = after([
    { type: "conversation.item.added", previous_item_id: null, item: system },
    { type: "conversation.item.added", previous_item_id: "S", item: { ...answer } },
  ]);

  assert.deepEqual(transcript.map(({ role }) => role), ["hidden", "assistant"]);
  assert.equal(transcript[0].text, "");
});

test("a tool call is a line of its own", () => {
  const item = { id: "F", type: "function_call", name: "get_weather", call_id: "c", arguments: "{}" };
  const transcript = after([{ type: "conversation.item.added", previous_item_id: null, item }]);

  assert.deepEqual(brief(transcript), [["tool", "get_weather", "final"]]);
});

test("a truncated answer says how much of it was heard, and its late text does not hide that", () => {
  const transcript = after([
    ...began,
    { type: "conversation.item.truncated", item_id: "A", content_index: 0, audio_end_ms: 1500 },
    { type: "response.output_audio_transcript.delta", item_id: "A", delta: " and so on" },
    { type: "response.output_audio_transcript.done", item_id: "A", transcript: "Hi there." },
  ]);

  assert.deepEqual(brief(transcript)[1], ["assistant", "Hi there.", "interrupted"]);
  assert.deepEqual(transcript[1].note, { code: "interrupted", ms: 1500 });
});

test("a cancelled response marks its answer, even one that looked finished", () => {
  const item = { ...answer, content: [{ type: "output_audio", transcript: "Hi" }] };
  const transcript = after([
    ...began,
    { type: "conversation.item.done", item },
    { type: "response.done", response: { id: "r", status: "cancelled", output: [item] } },
  ]);

  assert.deepEqual(brief(transcript)[1], ["assistant", "Hi", "interrupted"]);
});

test("a completed response closes its answer when nothing else did", () => {
  const item = { ...answer, content: [{ type: "output_audio", transcript: "Hi there." }] };
  const transcript = after([...began, { type: "response.done", response: { status: "completed", output: [item] } }]);

  assert.deepEqual(brief(transcript)[1], ["assistant", "Hi there.", "final"]);
});

test("our own interruption marks the line that is being said, and only that", () => {
  const streaming = after(began);
  const finished = after([...began, { type: "response.output_audio_transcript.done", item_id: "A", transcript: "Hi." }]);

  assert.equal(cutShort(streaming, false)[1].standing, "interrupted");
  assert.equal(cutShort(finished, true)[1].standing, "interrupted");
  assert.equal(cutShort(finished, false), finished);
  assert.equal(cutShort(EMPTY, true), EMPTY);
});

test("a missing transcription deployment is named as such", () => {
  const error = { code: "DeploymentNotFound", message: "Input transcription failed." };
  const transcript = after([
    ...began,
    { type: "conversation.item.input_audio_transcription.failed", item_id: "U", content_index: 0, error },
  ]);

  assert.equal(transcript[0].standing, "failed");
  assert.equal(transcript[0].note?.upstreamCode, "DeploymentNotFound");
});

test("another failed transcription shows the upstream's message and code", () => {
  const error = { code: "server_error", message: "Try later." };
  const transcript = after([
    { type: "conversation.item.input_audio_transcription.failed", item_id: "U", content_index: 0, error },
  ]);

  assert.deepEqual(transcript[0].note, { code: "not_transcribed", upstreamCode: "server_error", message: "Try later." });
});

test("an empty transcription says that no words were recognised", () => {
  const transcript = after([
    { type: "conversation.item.input_audio_transcription.completed", item_id: "U", transcript: "" },
  ]);

  assert.deepEqual(transcript[0].note, { code: "no_words" });
});

test("without transcription the caller's turn is final at once and says why it has no words", () => {
  const transcript = after(began, false);

  assert.equal(isFinal(transcript[0]), true);
  assert.deepEqual(transcript[0].note, { code: "no_transcription" });
});

test("a typed message is shown at once and not doubled by its confirmation", () => {
  const typed = withTyped(EMPTY, { id: "T", text: "Hello", at: 5 });
  const item = { id: "T", type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] };
  const confirmed = transcriptAfter(
    typed,
    /** @type {{ type: string }} */ ({ type: "conversation.item.added", previous_item_id: null, item }),
    { at: 9, transcribed: true },
  );

  assert.deepEqual(brief(confirmed), [["user", "Hello", "final"]]);
});

test("a deleted item disappears", () => {
  assert.deepEqual(after([...began, { type: "conversation.item.deleted", item_id: "A" }]).map(({ id }) => id), ["U"]);
});

test("the end of the call closes what is open and says which words are missing", () => {
  const transcript = closed(after(began));

  assert.ok(transcript.every(isFinal));
  assert.deepEqual(transcript[0].note, { code: "unfinished" });
  assert.equal(closed(transcript), transcript);
});

test("unchanged entries stay the same objects, so that a view need not touch them", () => {
  const before = after(began);
  const next = transcriptAfter(
    before,
    /** @type {{ type: string }} */ ({ type: "response.output_audio_transcript.delta", item_id: "A", delta: "!" }),
    { at: 900, transcribed: true },
  );

  assert.equal(next[0], before[0]);
  assert.notEqual(next[1], before[1]);
});

for (const event of [{ type: "session.created" }, { type: "conversation.item.added" }, { type: "conversation.item.truncated" }]) {
  test(`${event.type} without its fields changes nothing`, () => {
    assert.deepEqual(after([event]), EMPTY);
  });
}
