import assert from "node:assert/strict";
import { test } from "node:test";

import { loudnessOf } from "../../../public/call/level.js";

test("silence is nothing, full scale is one, and -30 dB is the middle", () => {
  assert.equal(loudnessOf(new Float32Array(512)).level, 0);
  assert.equal(loudnessOf(new Float32Array(512).fill(1)).level, 1);
  assert.ok(Math.abs(loudnessOf(new Float32Array(512).fill(10 ** (-30 / 20))).level - 0.5) < 1e-6);
});

test("no samples are silence", () => {
  assert.deepEqual(loudnessOf(new Float32Array(0)), { level: 0, peak: 0 });
});
