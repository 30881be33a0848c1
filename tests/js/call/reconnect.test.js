import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { configFromJson } from "../../../public/call/config.js";
import { ProblemError, ownProblem } from "../../../public/call/problems.js";
import { isUnanswered, restoring } from "../../../public/call/restore.js";
import { Connection, EXCHANGE, liveCall, settled } from "./call-doubles.js";

beforeEach(() => {
  /** @type {any} */ (globalThis).MediaStream = class {};
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

afterEach(async () => {
  await settled();
  await settled();
  mock.timers.reset();
});

const SAID = [
  { type: "conversation.item.added", previous_item_id: null, item: { id: "U", type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] } },
  { type: "response.output_audio_transcript.done", item_id: "A", response_id: "r", transcript: "Hi there." },
  { type: "response.done", response: { id: "r", status: "completed", output: [{ id: "A", content: [] }] } },
];

/** Break the connection and let the next one come up. */
async function breakAndReturn() {
  const lost = Connection.last;
  lost.become("failed");
  await settled();
  await settled();
  Connection.last.open();
  return lost;
}

test("a call that breaks is made once more, with the same microphone and the transcript given back", async () => {
  const { states, hungUp, told, track } = await liveCall();
  for (const event of SAID) Connection.last.deliver(event);
  const lost = await breakAndReturn();

  assert.deepEqual(states.slice(-2), [["reconnecting", "media_lost"], ["listening", ""]]);
  assert.deepEqual([lost.closed, hungUp, track.stopped], [true, [EXCHANGE.callUrl], false]);
  assert.deepEqual(Connection.last.microphones, [track]);
  const given = Connection.last.channel.events.map(({ type, item }) => [type, item?.role, item?.content]);
  assert.deepEqual(given, [
    ["conversation.item.create", "user", [{ type: "input_text", text: "Hello" }]],
    ["conversation.item.create", "assistant", [{ type: "output_text", text: "Hi there." }]],
  ]);
  assert.deepEqual(told.find(([name]) => name === "reconnected")?.[1], { restored: true, items: 2 });
});

test("what was given back does not show up twice, and what follows stands behind it", async () => {
  const { told } = await liveCall();
  for (const event of SAID) Connection.last.deliver(event);
  await breakAndReturn();
  const [first, second] = Connection.last.channel.events.map(({ item }) => item);
  Connection.last.deliver({ type: "conversation.item.added", previous_item_id: null, item: first });
  Connection.last.deliver({ type: "conversation.item.added", previous_item_id: first.id, item: second });
  const item = { id: "N", type: "message", role: "user", content: [{ type: "input_text", text: "Go on." }] };
  Connection.last.deliver({ type: "conversation.item.added", previous_item_id: second.id, item });
  const { items } = told.findLast(([name]) => name === "transcript")?.[1];

  assert.deepEqual(items.map(({ text }) => text), ["Hello", "Hi there.", "Go on."]);
});

test("a question that was not answered yet is answered after the reconnect", async () => {
  await liveCall();
  Connection.last.deliver(SAID[0]);
  await breakAndReturn();

  assert.deepEqual(Connection.last.channel.sent, ["conversation.item.create", "response.create"]);
});

test("in a private profile nothing is given back, and that is said", async () => {
  const config = configFromJson({ profiles: [{ name: "secret", private: true }] });
  const { told } = await liveCall({}, {}, { config });
  for (const event of SAID) Connection.last.deliver(event);
  await breakAndReturn();

  assert.deepEqual(Connection.last.channel.sent, []);
  assert.deepEqual(told.find(([name]) => name === "reconnected")?.[1], { restored: false, items: 0 });
});

test("a call that breaks a second time has failed", async () => {
  const { problems, hungUp } = await liveCall();
  await breakAndReturn();
  Connection.last.become("failed");

  assert.deepEqual(problems, ["media_lost"]);
  assert.equal(hungUp.length, 2);
});

test("a reconnect that the relay refuses is the failure of the call that was lost", async () => {
  let times = 0;
  const connect = async () => {
    if (times++ === 0) return EXCHANGE;
    throw new ProblemError(ownProblem("ticket_used"));
  };
  const { told } = await liveCall({}, { connect });
  await breakAndReturn();
  const problem = told.find(([name]) => name === "problem")?.[1];

  assert.deepEqual([problem.code, problem.params.again], ["media_lost", "ticket_used"]);
});

test("while the network is away the reconnect waits, and goes on as soon as it is back", async () => {
  let online = true;
  const connect = async () => {
    if (online) return EXCHANGE;
    throw new ProblemError(ownProblem("offline"));
  };
  const { states, window } = await liveCall({}, { connect });
  online = false;
  Connection.last.become("failed");
  await settled();
  await settled();
  assert.equal(states.at(-1)?.[0], "reconnecting");

  online = true;
  window.dispatchEvent(new Event("online"));
  await settled();
  await settled();
  Connection.last.open();

  assert.equal(states.at(-1)?.[0], "listening");
});

test("a caller who hangs up while it reconnects has hung up", async () => {
  const { call, states, hungUp } = await liveCall();
  Connection.last.become("failed");
  call.hangUp("you");
  await settled();
  await settled();

  assert.deepEqual(states.at(-1), ["ended", "you"]);
  assert.equal(Connection.last.closed, true);
  assert.ok(hungUp.every((url) => url === EXCHANGE.callUrl));
});

test("an interruption of ten seconds is enough to try anew, a shorter one is not", async () => {
  const { states } = await liveCall();
  Connection.last.become("disconnected");
  mock.timers.tick(9_000);
  Connection.last.become("connected");
  mock.timers.tick(60_000);
  assert.equal(states.at(-1)?.[0], "listening");

  Connection.last.become("disconnected");
  mock.timers.tick(10_000);

  assert.equal(states.at(-1)?.[0], "reconnecting");
});

test("a channel that closes in the middle of an answer is a loss, though the relay knows of no end", async () => {
  const { states } = await liveCall({ firefox: true });
  Connection.last.deliver({ type: "output_audio_buffer.started", response_id: "r" });
  Connection.last.channel.dispatchEvent(new Event("close"));
  await settled();

  assert.deepEqual(states.at(-1), ["reconnecting", "media_lost_firefox"]);
});

/** @param {Partial<import("../../../public/call/transcript.js").Entry>} fields @returns {any} */
const entry = (fields) => ({ id: "x", role: "user", text: "t", standing: "final", note: null, at: 0, ...fields });

test("only the last lines are given back, and no more than the model should pay for", () => {
  const many = Array.from({ length: 100 }, (_, index) => entry({ text: `line ${index}` }));
  const long = [entry({ text: "a".repeat(15_000) }), entry({ text: "b".repeat(9_000) }), entry({ text: "c" })];
  const texts = (/** @type {any[]} */ events) => events.map(({ item }) => item.content[0].text[0]);

  assert.equal(restoring(many, () => "id").length, 40);
  assert.deepEqual(texts(restoring(long, () => "id")), ["b", "c"]);
});

test("tools, hidden items and lines without words are not given back", () => {
  assert.deepEqual(restoring([entry({ role: "tool" }), entry({ role: "hidden" }), entry({ text: "" })], () => "id"), []);
});

test("an answer is due after a question, or after one that the loss cut off, not after one the caller stopped", () => {
  const cut = entry({ role: "assistant", standing: "interrupted" });

  assert.equal(isUnanswered([entry({})]), true);
  assert.equal(isUnanswered([entry({}), cut]), true);
  assert.equal(isUnanswered([entry({}), { ...cut, note: { code: "interrupted" } }]), false);
  assert.equal(isUnanswered([entry({}), entry({ role: "assistant" })]), false);
  assert.equal(isUnanswered([entry({ text: "" })]), false);
  assert.equal(isUnanswered([]), false);
});
