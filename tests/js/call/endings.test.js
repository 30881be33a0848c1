import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { endingOf } from "../../../public/call/endings.js";

const TABLE = readFileSync(new URL("../../../relay/core/call.py", import.meta.url), "utf8");
const REASONS = [.../class Reason\(StrEnum\):(.*?)\nclass /s.exec(TABLE)?.[1].matchAll(/^    [A-Z_]+ = "(\w+)"/gm) ?? []].map(([, reason]) => reason);

test("every reason of the relay has a sentence of its own", () => {
  const sentences = REASONS.map(endingOf);

  assert.ok(REASONS.length > 5);
  assert.equal(new Set(sentences).size, REASONS.length);
  for (const sentence of sentences) assert.match(sentence, /^[A-Z][^_(]+\.$/);
});

test("a reason this page has never heard of is still told", () => {
  assert.equal(endingOf("full_moon"), "The relay ended the call (full_moon).");
  assert.equal(endingOf("constructor"), "The relay ended the call (constructor).");
  assert.equal(endingOf(""), "The relay ended the call.");
});
