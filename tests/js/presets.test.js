import assert from "node:assert/strict";
import { test } from "node:test";

import { PRESETS, presetById } from "../../public/view/presets.js";

test("there are a conversation, a mock interview and a language tutor", () => {
  assert.deepEqual(PRESETS.map(({ id }) => id), ["conversation", "interview", "tutor"]);
});

test("only a conversation waits for the caller to begin", () => {
  assert.deepEqual(PRESETS.map(({ speakFirst }) => speakFirst), [false, true, true]);
});

test("an unknown preset is the first", () => {
  assert.equal(presetById("nonsense"), PRESETS[0]);
});
