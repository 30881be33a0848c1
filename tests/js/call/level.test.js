import assert from "node:assert/strict";
import { test } from "node:test";

import { levelOf } from "../../../public/call/level.js";

test("silence is nothing, full scale is one, and -30 dB is the middle", () => {
  assert.equal(levelOf(new Float32Array(512)), 0);
  assert.equal(levelOf(new Float32Array(512).fill(1)), 1);
  assert.ok(Math.abs(levelOf(new Float32Array(512).fill(10 ** (-30 / 20))) - 0.5) < 1e-6);
});

test("no samples are silence", () => {
  assert.equal(levelOf(new Float32Array(0)), 0);
});
