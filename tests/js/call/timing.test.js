import assert from "node:assert/strict";
import { test } from "node:test";

import { Timing, parseServerTiming } from "../../../public/call/timing.js";

/** @param {number[]} times */
function clockOf(...times) {
  /** @type {string[]} */
  const marks = [];
  /** @type {any} */
  const clock = { now: () => times.shift() ?? 0, mark: (/** @type {string} */ name) => marks.push(name) };
  return { clock, marks };
}

test("Server-Timing durations are read in their order", () => {
  assert.deepEqual(parseServerTiming('credential;dur=0.1, secret;desc="kept";dur=40.2 , exchange; dur="120.5"'), [
    { name: "credential", ms: 0.1 },
    { name: "secret", ms: 40.2 },
    { name: "exchange", ms: 120.5 },
  ]);
});

for (const header of ["", "miss", "a;dur=x", ";dur=1", ",,"]) {
  test(`a Server-Timing header of “${header}” has no figures`, () => {
    assert.deepEqual(parseServerTiming(header), []);
  });
}

test("marks count from the click, in the browser's User Timing too", () => {
  const { clock, marks } = clockOf(1000, 1040);
  const timing = new Timing(clock);
  timing.mark("click");
  timing.mark("microphone");

  assert.equal(timing.at("microphone"), 40);
  assert.equal(timing.at("sound"), null);
  assert.deepEqual(marks, ["relay:click", "relay:microphone"]);
});

test("only the first of its name counts", () => {
  const timing = new Timing(clockOf(0, 5, 9).clock);
  timing.mark("click");

  assert.equal(timing.mark("sound"), true);
  assert.equal(timing.mark("sound"), false);
  assert.equal(timing.at("sound"), 5);
});

test("the relay's figures stand after the answer they are part of", () => {
  const timing = new Timing(clockOf(0, 90, 120).clock);
  timing.mark("click");
  timing.mark("answer");
  timing.mark("connected");
  timing.serverTiming = "secret;dur=40, odd;dur=1";

  assert.deepEqual(timing.rows().map(({ mark }) => mark), ["click", "answer", "relay-secret", "relay-odd", "connected"]);
});
