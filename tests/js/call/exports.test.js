import assert from "node:assert/strict";
import { test } from "node:test";

import { logJson, searched, statsJson, transcriptJson, transcriptMarkdown } from "../../../public/call/exports.js";
import { EventLog } from "../../../public/call/log.js";
import { Timing } from "../../../public/call/timing.js";

/** @type {import("../../../public/relay-call.js").Item[]} */
const ITEMS = [
  { id: "U", who: "caller", text: "Is *this* <b>safe</b>?", final: true, standing: "final", note: null, at: 1500 },
  { id: "A", who: "assistant", text: "Yes.", final: true, standing: "interrupted", note: { code: "interrupted", ms: 900 }, at: 61_000 },
];
const BEGAN = new Date("2026-11-20T20:00:00Z");

test("a transcript as Markdown has a title, times, who and notes, and shows what was said as it was", () => {
  const who = { caller: "You", assistant: "Assistant", tool: "Tool" };
  const text = transcriptMarkdown(ITEMS, { title: "Call", began: BEGAN, who, note: ({ code }) => code });

  assert.equal(
    text,
    "# Call\n\n2026-11-20T20:00:00.000Z\n\n**You** (0:01): Is \\*this\\* \\<b\\>safe\\</b\\>?\n\n**Assistant** (1:01): Yes. *interrupted*\n",
  );
});

test("a transcript as JSON has the time of day of each line", () => {
  const { began, lines } = JSON.parse(transcriptJson(ITEMS, { began: BEGAN }));

  assert.equal(began, BEGAN.toISOString());
  assert.deepEqual(lines.map((/** @type {any} */ { at, who, item_id: id }) => [at, who, id]), [
    ["2026-11-20T20:00:01.500Z", "caller", "U"],
    ["2026-11-20T20:01:01.000Z", "assistant", "A"],
  ]);
});

/** A log of three lines. */
function logOf() {
  const log = new EventLog();
  log.add("page", { type: "connecting" }, 10);
  log.add("out", /** @type {any} */ ({ type: "response.create" }), 20);
  log.add("in", /** @type {any} */ ({ type: "error", error: { message: "Rate Limit" } }), 30);
  return log;
}

test("the event log as JSON lines can be read again, event by event", () => {
  const events = logJson(logOf()).trim().split("\n").map((line) => JSON.parse(line));

  assert.deepEqual(events[0], { at: 10, direction: "page", event: { type: "connecting" } });
  assert.deepEqual(events[2].event, { type: "error", error: { message: "Rate Limit" } });
});

test("the log is searched by words in any order and case", () => {
  const types = (/** @type {string} */ words) => searched(logOf().lines, words).map(({ type }) => type);

  assert.deepEqual(types("limit RATE"), ["error"]);
  assert.deepEqual(types("  "), ["connecting", "response.create", "error"]);
  assert.deepEqual(types("nothing of it"), []);
});

test("the figures of a call are one document", () => {
  const timing = new Timing({ now: () => 0, mark: /** @type {any} */ (() => {}) });
  timing.mark("click");
  const turns = [{ number: 1, at: 5, milliseconds: 700 }];
  const document = JSON.parse(statsJson({ samples: [], turns, timing, usage: null }));

  assert.deepEqual(document, { timing: [{ mark: "click", ms: 0, server: false }], turns, samples: [], usage: null });
});
