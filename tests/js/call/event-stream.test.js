import assert from "node:assert/strict";
import { test } from "node:test";

import { EventStreamReader } from "../../../public/call/event-stream.js";

/** @param {string} text @param {string} [lastEventId] */
const eventsOf = (text, lastEventId) => new EventStreamReader(lastEventId).read(text);

const STREAM = [
  "retry: 1000\n\n",
  'id: 1\nevent: state\ndata: {"state":"live"}\n\n',
  ":\n\n",
  'id: 2\r\nevent: warning\r\ndata: {"seconds_left":60}\r\n\r\n',
  'id: 3\revent: ended\rdata: {"state":"ended",\rdata:"reason":"é"}\r\r',
].join("");

const READ = [
  { type: "state", data: '{"state":"live"}', id: "1" },
  { type: "warning", data: '{"seconds_left":60}', id: "2" },
  { type: "ended", data: '{"state":"ended",\n"reason":"é"}', id: "3" },
];

test("events are read with all three kinds of line end, comments left out", () => {
  assert.deepEqual(eventsOf(STREAM), READ);
});

test("it does not matter where the stream is cut", () => {
  for (let first = 0; first <= STREAM.length; first += 1) {
    for (let second = first; second <= STREAM.length; second += 1) {
      const reader = new EventStreamReader();
      const pieces = [STREAM.slice(0, first), STREAM.slice(first, second), STREAM.slice(second)];

      assert.deepEqual(pieces.flatMap((piece) => reader.read(piece)), READ);
    }
  }
});

test("an event that the stream breaks off in never comes", () => {
  assert.deepEqual(eventsOf("id: 1\nevent: state\ndata: {}\n"), []);
});

test("an event without data is none, but its id counts", () => {
  assert.deepEqual(eventsOf("id: 4\nevent: state\n\ndata: x\n\n"), [{ type: "message", data: "x", id: "4" }]);
});

test("an event without an id has that of the one before, also across streams", () => {
  assert.deepEqual(eventsOf("data: x\n\n", "7"), [{ type: "message", data: "x", id: "7" }]);
});

/** @type {[string, string, string][]} */
const values = [
  ["only the first space is dropped", "data:  a: b \n\n", " a: b "],
  ["the space is not needed", "data:a\n\n", "a"],
  ["a name alone is a field without a value", "data\ndata\n\n", "\n"],
  ["unknown fields are nothing", "colour: red\ndata: a\n\n", "a"],
];

for (const [name, text, data] of values) {
  test(`in a value ${name}`, () => {
    assert.deepEqual(eventsOf(text).map((event) => event.data), [data]);
  });
}

test("an id with a null character is left out", () => {
  assert.equal(eventsOf("id: 1\nid: 2\0\ndata: x\n\n")[0].id, "1");
});
