import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Conversation } from "../../../public/call/conversation.js";

/** A conversation, what it sent, and where it stands. */
function begun() {
  /** @type {string[]} */
  const sent = [];
  /** @type {{ phase: string, transcript: readonly any[], open: boolean }} */
  const seen = { phase: "", transcript: [], open: true };
  const conversation = new Conversation({
    send: (event) => {
      if (seen.open) sent.push(event.type);
      return seen.open;
    },
    onTranscript: (transcript) => (seen.transcript = transcript),
    onPhase: (phase) => (seen.phase = phase),
  });
  /** @param {string} type @param {object} [fields] */
  const hear = (type, fields = {}) => conversation.onServerEvent({ type, ...fields }, 0);
  return { conversation, sent, seen, hear };
}

const CREATED = { response: { id: "r1" } };

test("a typed message is sent, shown, and asks for an answer", () => {
  const { conversation, sent, seen } = begun();
  conversation.say("Hello", 12);

  assert.deepEqual(sent, ["conversation.item.create", "response.create"]);
  assert.equal(seen.transcript[0].text, "Hello");
  assert.equal(seen.phase, "thinking");
});

test("in a guarded call the relay asks for the answer, and the page for none", () => {
  const { conversation, sent } = begun();
  conversation.guarded = true;
  conversation.say("Hello", 12);
  conversation.ask();

  assert.deepEqual(sent, ["conversation.item.create"]);
});

test("a message typed into an answer interrupts it, and its own answer waits for the end of the old one", () => {
  const { conversation, sent, hear } = begun();
  hear("response.created", CREATED);
  hear("output_audio_buffer.started", { response_id: "r1" });
  conversation.say("Wait", 0);

  assert.deepEqual(sent, ["response.cancel", "output_audio_buffer.clear", "conversation.item.create"]);
  hear("response.done", { response: { id: "r1", status: "cancelled" } });
  assert.deepEqual(sent.slice(3), ["response.create"]);
});

test("where the filter hides the end of the old answer, a short silence stands in for it", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { conversation, sent, hear } = begun();
  hear("response.output_audio_transcript.delta", { response_id: "r1", item_id: "A", delta: "Hi" });
  conversation.say("Wait", 0);

  assert.equal(sent.at(-1), "conversation.item.create");
  mock.timers.tick(1000);
  assert.equal(sent.at(-1), "response.create");
  mock.timers.reset();
});

test("two messages in a row ask twice, one answer after the other", () => {
  const { conversation, sent, hear } = begun();
  conversation.say("First", 0);
  conversation.say("Second", 0);

  assert.deepEqual(sent, ["conversation.item.create", "response.create", "conversation.item.create"]);
  hear("response.created", CREATED);
  hear("response.done", CREATED);
  assert.equal(sent.at(-1), "response.create");
});

test("a refused request for an answer is repeated when the active one is over", () => {
  const { conversation, sent, hear } = begun();
  conversation.ask();
  hear("error", { error: { code: "conversation_already_has_active_response" } });
  hear("response.created", CREATED);
  hear("response.done", CREATED);

  assert.deepEqual(sent, ["response.create", "response.create"]);
});

test("interrupting stops the making before the playing, and marks the line", () => {
  const { conversation, sent, seen, hear } = begun();
  hear("response.created", CREATED);
  hear("response.output_audio_transcript.delta", { response_id: "r1", item_id: "A", delta: "Hi" });
  hear("output_audio_buffer.started", { response_id: "r1" });
  conversation.interrupt();

  assert.deepEqual(sent, ["response.cancel", "output_audio_buffer.clear"]);
  assert.equal(seen.phase, "listening");
  assert.equal(seen.transcript[0].standing, "interrupted");
});

test("audio that is still draining after the response is done is cleared without a cancel", () => {
  const { conversation, sent, hear } = begun();
  hear("response.created", CREATED);
  hear("output_audio_buffer.started", { response_id: "r1" });
  hear("response.done", CREATED);
  conversation.interrupt();

  assert.deepEqual(sent, ["output_audio_buffer.clear"]);
});

test("interrupting twice, or in silence, sends nothing more", () => {
  const { conversation, sent, hear } = begun();
  conversation.interrupt();
  hear("response.created", CREATED);
  conversation.interrupt();
  conversation.interrupt();

  assert.deepEqual(sent, ["response.cancel", "output_audio_buffer.clear"]);
});

test("a message that cannot be sent is not shown", () => {
  const { conversation, seen } = begun();
  seen.open = false;

  assert.equal(conversation.say("Hello", 0), false);
  assert.deepEqual(seen.transcript, []);
});
