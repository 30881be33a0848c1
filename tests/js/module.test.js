import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { bundle, types } from "./generate.js";

const PUBLIC = new URL("../../public/", import.meta.url);

/** @param {string} name */
const read = (name) => readFileSync(new URL(name, PUBLIC), "utf8");

/** Bytes; what people's pages load. */
const MOST_BYTES = 12 * 1024;

test("the types are those of the module: run make module", () => {
  assert.equal(read("relay-call.d.ts"), types());
});

test("the one file is the module: run make module", () => {
  assert.equal(read("relay-call.min.js"), bundle());
});

test("the types need no other file, and leave nothing open but what the extras are", () => {
  const text = read("relay-call.d.ts").replace(/\/\*[^]*?\*\/|export type Extras = \{[^}]*\}/g, "");

  assert.doesNotMatch(text, /\bimport\b|from "|: any\b/);
  assert.match(text, /addEventListener<Name extends keyof CallEvents>/);
});

test("the one file loads nothing else and is small", (context) => {
  const text = read("relay-call.min.js");
  const bytes = gzipSync(text, { level: 9 }).length;
  context.diagnostic(`relay-call.min.js: ${text.length} bytes, ${bytes} gzipped`);

  assert.doesNotMatch(text, /\bimport\(|\bfrom"|https?:\/\/[a-z]/);
  assert.ok(bytes < MOST_BYTES, String(bytes));
});

test("what a page need not have is not in the one file", () => {
  assert.doesNotMatch(read("relay-call.min.js"), /enumerateDevices|api\/session|selectedCandidatePairId/);
});

test("the page of ten lines has ten lines", () => {
  assert.equal(read("embed.html").trimEnd().split("\n").length, 10);
});

test("the module can be imported where there is no window, and asks for none before it is used", async () => {
  const { Call, readConfig } = await import("../../public/relay-call.js");

  assert.deepEqual([typeof Call, typeof readConfig], ["function", "function"]);
});
