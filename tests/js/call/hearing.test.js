import assert from "node:assert/strict";
import { test } from "node:test";

import { Hearing, UNHEARD, hearingAfter } from "../../../public/call/hearing.js";

/** @param {[at: number, peak: number, open?: boolean][]} looks */
function heard(looks) {
  return looks.reduce((hearing, [at, peak, open = true]) => hearingAfter(hearing, { at, peak, open }), UNHEARD).code;
}

test("a microphone that gives exact zeros for three seconds is in other hands", () => {
  assert.equal(heard([[0, 0], [2999, 0]]), "");
  assert.equal(heard([[0, 0], [3000, 0]]), "microphone_zeros");
});

test("near silence for six seconds is told, and taken back with the first sound", () => {
  assert.equal(heard([[0, 0.0001], [5999, 0.0001]]), "");
  assert.equal(heard([[0, 0.0001], [6000, 0.0001]]), "microphone_silent");
  assert.equal(heard([[0, 0.0001], [6000, 0.0001], [6050, 0.2]]), "");
});

test("zeros that end in a hiss are silence still", () => {
  assert.equal(heard([[0, 0], [3000, 0], [3050, 0.0001]]), "microphone_silent");
});

test("a muted microphone is not judged", () => {
  assert.equal(heard([[0, 0], [9000, 0, false], [9050, 0]]), "");
});

test("what holds is told once, and what no longer does", () => {
  /** @type {[string, boolean][]} */
  const told = [];
  const hearing = new Hearing((code, on) => void told.push([code, on]));
  for (const [at, peak] of [[0, 0], [3000, 0], [3050, 0], [3100, 0.5]]) hearing.note({ at, peak, open: true });

  assert.deepEqual(told, [["microphone_zeros", true], ["microphone_zeros", false]]);
});
