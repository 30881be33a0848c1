import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, filled, money, sayable } from "../../public/view/phrase.js";

/** @param {string} key */
const inner = (key) => `<${key}>`;

test("placeholders are filled in the way of the language", () => {
  assert.equal(filled("{n:number} of {all:number}", { n: 1234, all: 5 }, "en", inner), "1,234 of 5");
  assert.equal(filled("{n:number}", { n: 1234 }, "de", inner), "1.234");
  assert.equal(filled("in {s:span}", { s: 7 }, "en", inner), "in 7 seconds");
  assert.equal(filled("in {s:span}", { s: 1 }, "en", inner), "in 1 second");
  assert.equal(filled("{s:span}", { s: 600 }, "fr", inner), "10 minutes");
  assert.equal(filled("{s:span}", { s: 600 }, "es", inner), "10 minutos");
  assert.equal(filled("{s:clock} left", { s: 65 }, "en", inner), "1:05 left");
});

test("figures keep a digit after the point only while they are small", () => {
  assert.equal(filled("{x:figure} ms", { x: 3.14159 }, "en", inner), "3.1 ms");
  assert.equal(filled("{x:figure} ms", { x: 314.159 }, "de", inner), "314 ms");
});

test("lists and words by key are said in the language, unknown placeholders are left to be seen", () => {
  assert.equal(filled("{ports}", { ports: ["UDP 3478", "TCP 3478"] }, "de", inner), "UDP 3478 und TCP 3478");
  assert.equal(filled("{why}", { why: { key: "a.b" } }, "en", inner), "<a.b>");
  assert.equal(filled("{nobody}", {}, "en", inner), "{nobody}");
});

test("what is filled in is not filled in again", () => {
  assert.equal(filled("{a} {b}", { a: "{b}", b: "x" }, "en", inner), "{b} x");
});

test("a clock counts minutes and seconds, never below nothing", () => {
  assert.deepEqual([clock(7.9), clock(61), clock(-3), clock(3600)], ["0:07", "1:01", "0:00", "60:00"]);
});

test("small amounts of money keep their digits", () => {
  assert.equal(money("0.0123", "USD", "en"), "$0.0123");
  assert.equal(money("2", "USD", "en"), "$2.00");
  assert.match(money("0.5", "EUR", "de"), /^0,50\s€$/);
});

test("of foreign figures only what can be said is taken", () => {
  assert.deepEqual(sayable({ n: 1, s: "x", list: ["a", 2], none: null, object: {}, yes: true }), { n: 1, s: "x", list: ["a", "2"] });
});
