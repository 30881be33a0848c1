import assert from "node:assert/strict";
import { test } from "node:test";

import { lineOf, topOf } from "../../public/view/chart.js";
import { barsOf } from "../../public/view/timing.js";

test("the top of a chart is a pleasant number, and noise stays at its foot", () => {
  assert.deepEqual([topOf([3], 100), topOf([101], 100), topOf([260], 100), topOf([], 20)], [100, 200, 500, 20]);
});

test("a line ends at the right edge and is broken where nothing was measured", () => {
  const path = lineOf([0, null, 100, 100], 100, 4);

  assert.match(path, /^M0\.0 47\.0M160\.0 1\.0L240\.0 1\.0$/);
  assert.equal(lineOf([], 100, 10), "");
  assert.equal(lineOf([null, null], 100, 10), "");
});

test("a value above the top stays in the picture", () => {
  assert.equal(lineOf([500], 100, 2), "M240.0 1.0");
});

test("each bar reaches from the step before; the relay's durations stand one after the other in the exchange", () => {
  const rows = [
    { mark: "click", ms: 0, server: false },
    { mark: "offer", ms: 40, server: false },
    { mark: "answer", ms: 300, server: false },
    { mark: "relay-secret", ms: 100, server: true },
    { mark: "relay-exchange", ms: 120, server: true },
    { mark: "channel", ms: 420, server: false },
  ];

  assert.deepEqual(barsOf(rows).map(({ mark, from, to }) => [mark, from, to]), [
    ["click", 0, 0],
    ["offer", 0, 40],
    ["answer", 40, 300],
    ["relay-secret", 40, 140],
    ["relay-exchange", 140, 260],
    ["channel", 300, 420],
  ]);
});

test("a step that came before the one above it has a bar without length", () => {
  const [, , late] = barsOf([
    { mark: "click", ms: 0, server: false },
    { mark: "offer", ms: 50, server: false },
    { mark: "microphone", ms: 30, server: false },
  ]);

  assert.deepEqual([late.from, late.to], [30, 30]);
});
