import assert from "node:assert/strict";
import { test } from "node:test";

import { NO_WAIT, waitAfter } from "../../../public/call/latency.js";

/** @typedef {Parameters<typeof waitAfter>[1]} What */

/** @param {[at: number, what: What][]} events @returns {(number | undefined)[]} */
function turns(events) {
  let wait = NO_WAIT;
  const measured = [];
  for (const [at, what] of events) {
    wait = waitAfter(wait, what, at);
    if (wait.turn) measured.push(wait.turn.milliseconds);
  }
  return measured;
}

test("the wait is counted from when the caller was last heard, not from when the upstream was sure", () => {
  assert.deepEqual(turns([[0, "started"], [100, "caller"], [1000, "caller"], [1500, "stopped"], [1800, "assistant"], [1850, "assistant"]]), [800]);
});

test("without a meter the upstream's word counts", () => {
  assert.deepEqual(turns([[0, "started"], [1500, "stopped"], [1800, "assistant"]]), [300]);
});

test("a sound long before belongs to another turn", () => {
  assert.deepEqual(turns([[0, "caller"], [5000, "stopped"], [5400, "assistant"]]), [400]);
});

test("an assistant that speaks unasked is no answer, nor one that the caller talks over", () => {
  assert.deepEqual(turns([[0, "assistant"]]), []);
  assert.deepEqual(turns([[0, "stopped"], [10, "started"], [20, "assistant"]]), []);
});

test("every turn has its own wait", () => {
  assert.deepEqual(turns([[0, "stopped"], [500, "assistant"], [2000, "started"], [3000, "stopped"], [3200, "assistant"]]), [500, 200]);
});
