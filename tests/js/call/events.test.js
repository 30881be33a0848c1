import assert from "node:assert/strict";
import { test } from "node:test";

import { camel, isDelta, newItemId, numberAt, readServerEvent, stringAt, trouble, typedMessage } from "../../../public/call/events.js";

const event = { type: "response.done", response: { id: "resp_1", output: [{ id: "item_1" }], n: 3 } };

test("a message that is an object with a type is an event", () => {
  assert.deepEqual(readServerEvent(JSON.stringify(event)), event);
});

for (const odd of ["", "{", "null", "7", "[]", '{"type":7}', '"text"', new ArrayBuffer(2), undefined]) {
  test(`a message such as ${String(odd) || "nothing"} is no event and does not throw`, () => {
    assert.equal(readServerEvent(odd), null);
  });
}

test("reading into foreign JSON never throws", () => {
  assert.equal(stringAt(event, "response", "output", 0, "id"), "item_1");
  assert.equal(stringAt(event, "response", "output", 9, "id"), "");
  assert.equal(stringAt(null, "a", "b"), "");
  assert.equal(stringAt(event, "response", "n"), "");
  assert.equal(numberAt(event, "response", "n"), 3);
  assert.equal(numberAt(event, "type"), null);
});

test("deltas are told from other events", () => {
  assert.equal(isDelta({ type: "response.output_text.delta" }), true);
  assert.equal(isDelta({ type: "response.output_text.done" }), false);
});

test("an item id is short enough for the upstream and made of random bytes", () => {
  assert.equal(
    newItemId((bytes) => bytes.fill(10)),
    `item_${"0a".repeat(12)}`,
  );
  assert.ok(newItemId().length <= 32);
  assert.notEqual(newItemId(), newItemId());
});

test("a typed message is an item of the user's with text", () => {
  assert.deepEqual(typedMessage("item_1", "Hello"), {
    type: "conversation.item.create",
    item: { id: "item_1", type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] },
  });
});

for (const code of [
  "response_cancel_not_active",
  "conversation_already_has_active_response",
  "input_audio_buffer_commit_empty",
]) {
  test(`${code} is nothing to bother anybody with`, () => {
    assert.equal(trouble({ type: "error", error: { code } }), null);
  });
}

test("the session's time limit is an end, not an error", () => {
  assert.equal(trouble({ type: "error", error: { code: "session_expired" } })?.end, true);
});

test("another error is a notice with its message and code", () => {
  const said = trouble({ type: "error", error: { code: "rate_limit_exceeded", message: "Too fast." } });

  assert.deepEqual(said, { code: "upstream_error", upstreamCode: "rate_limit_exceeded", message: "Too fast." });
});

test("an error without an error object still has a code", () => {
  assert.deepEqual(trouble({ type: "error" }), { code: "upstream_error", upstreamCode: "", message: "" });
});

/** @type {[string, object, object | null][]} */
const responses = [
  ["completed", { status: "completed" }, null],
  ["cancelled", { status: "cancelled", status_details: { reason: "turn_detected" } }, null],
  ["failed", { status: "failed", status_details: { error: { code: "server_error" } } }, { code: "answer_failed", upstreamCode: "server_error", message: "" }],
  ["filtered", { status: "incomplete", status_details: { reason: "content_filter" } }, { code: "answer_filtered" }],
  ["cut off", { status: "incomplete", status_details: { reason: "max_output_tokens" } }, { code: "answer_too_long" }],
  ["incomplete", { status: "incomplete" }, { code: "answer_incomplete", why: "" }],
];

for (const [name, response, words] of responses) {
  test(`a response that is ${name} ${words ? "is explained" : "needs no words"}`, () => {
    const said = trouble({ type: "response.done", response });

    assert.deepEqual(said, words);
  });
}

test("a relay's JSON is read in the names of this language, whatever it is", () => {
  assert.deepEqual(camel({ seconds_left: 5, cause: "time" }), { secondsLeft: 5, cause: "time" });
  for (const odd of [null, undefined, "text", [1], 7]) assert.deepEqual(camel(odd), {});
});
