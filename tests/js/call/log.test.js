import assert from "node:assert/strict";
import { test } from "node:test";

import { EventLog, lineStart } from "../../../public/call/log.js";

test("the log keeps the newest lines and goes on counting", () => {
  const log = new EventLog(2);
  for (const type of ["a", "b", "c"]) log.add("in", { type }, 0);

  assert.deepEqual(log.lines.map(({ number, type }) => [number, type]), [[2, "b"], [3, "c"]]);
});

test("a line begins with seconds and direction", () => {
  const line = new EventLog().add("out", { type: "response.create" }, 1234);

  assert.equal(lineStart(line), "  1.23 →");
});

test("the text has the JSON, and deltas only when wanted", () => {
  const log = new EventLog();
  log.add("page", { type: "connecting" }, 0);
  log.add("in", /** @type {any} */ ({ type: "response.output_text.delta", delta: "x" }), 10);

  assert.equal(log.text(false), "  0.00 · connecting");
  assert.match(log.text(true), /← response\.output_text\.delta \{"type":"response\.output_text\.delta","delta":"x"\}$/);
});

test("instructions do not get into the log", () => {
  const log = new EventLog();
  log.add("in", /** @type {any} */ ({ type: "session.created", session: { instructions: "private words" } }), 0);

  assert.doesNotMatch(log.text(true), /private words/);
  assert.match(log.text(true), /13 characters/);
});
