import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Presence } from "../../../public/call/presence.js";

/** A stream as the relay serves it; the test says what comes and when it ends. */
class Stream {
  /** @type {ReadableStreamDefaultController<Uint8Array>} */
  #controller;
  response;
  cancelled = false;

  constructor() {
    const body = new ReadableStream({ start: (controller) => (this.#controller = controller) });
    this.response = new Response(body, { headers: { "content-type": "text/event-stream" } });
  }
  /** @param {string} text */
  say(text) {
    this.#controller.enqueue(new TextEncoder().encode(text));
  }
  end() {
    this.#controller.close();
  }
  break() {
    this.#controller.error(new TypeError("network error"));
  }
}

/** @param {(number: number) => Stream | Response | Error | Promise<Response>} answer to the request of this number */
function presenceOf(answer) {
  /** @type {{ id: string, at: number, signal: AbortSignal }[]} */
  const asked = [];
  /** @type {string[]} */
  const told = [];
  const clock = { now: () => Date.now() };
  const window = new EventTarget();
  const presence = new Presence({
    window,
    clock,
    presenceSeconds: 15,
    open: async (id, signal) => {
      asked.push({ id, at: Date.now() / 1000, signal });
      const given = await answer(asked.length);
      if (given instanceof Error) throw given;
      if (!(given instanceof Stream)) return given;
      signal.addEventListener("abort", () => given.break());
      return given.response;
    },
  });
  for (const name of ["event", "contact", "gone"]) {
    presence.addEventListener(name, (event) => {
      const { detail } = /** @type {CustomEvent} */ (event);
      told.push(`${name}: ${detail?.data ?? detail}`);
    });
  }
  presence.open();
  return { presence, window, asked, told, times: () => asked.map(({ at }) => at) };
}

/** Let everything happen that waits for no timer. */
async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** @param {number} seconds in steps, so that what a timer sets off can set the next one */
async function pass(seconds) {
  await settled();
  for (let left = Math.round(seconds * 1000); left > 0; left -= 50) {
    mock.timers.tick(Math.min(50, left));
    await settled();
  }
}

const refused = () => new TypeError("Failed to fetch");

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

test("a stream that the relay ends is opened again at once, after the last event", async () => {
  const streams = [new Stream(), new Stream(), new Stream()];
  const { presence, asked, told, times } = presenceOf((number) => streams[number - 1]);
  await settled();
  streams[0].say('id: 3\nevent: state\ndata: {"state":"live"}\n\n');
  await pass(4);
  streams[0].end();
  await settled();
  await pass(4.5);
  streams[1].end();
  await settled();

  assert.deepEqual(times(), [0, 4, 8.5]);
  assert.deepEqual(asked.map(({ id }) => id), ["", "3", "3"]);
  assert.deepEqual(told, ['event: {"state":"live"}']);
  presence.close();
});

test("a stream that breaks is opened again at once", async () => {
  const streams = [new Stream(), new Stream()];
  const { presence, times } = presenceOf((number) => streams[number - 1]);
  await pass(2);
  streams[0].break();
  await settled();

  assert.deepEqual(times(), [0, 2]);
  presence.close();
});

test("the pauses grow from a quarter of a second to three, and a good stream ends that", async () => {
  const stream = new Stream();
  const { presence, times } = presenceOf((number) => (number === 8 ? stream : refused()));
  await pass(14);
  stream.end();
  await settled();
  await pass(0.5);

  assert.deepEqual(times(), [0, 0.25, 0.75, 1.75, 3.75, 6.75, 9.75, 12.75, 14, 14.25]);
  presence.close();
});

test("a stream that ends as soon as it begins counts as a failure", async () => {
  const { presence, times } = presenceOf(() => new Response("retry: 1000\n\n"));
  await pass(3);

  assert.deepEqual(times(), [0, 0.25, 0.75, 1.75]);
  presence.close();
});

for (const status of [500, 503, 429, 401]) {
  test(`status ${status} is waited out`, async () => {
    const { presence, told, times } = presenceOf(() => new Response("", { status }));
    await pass(0.5);

    assert.deepEqual(times(), [0, 0.25]);
    assert.deepEqual(told, []);
    presence.close();
  });
}

test("status 404 is the end", async () => {
  const { told, times } = presenceOf(() => new Response("", { status: 404 }));
  await pass(5);

  assert.deepEqual(times(), [0]);
  assert.deepEqual(told, ["gone: null"]);
});

test("the relay is said to be away after three failures, and to be back with the first sign of it", async () => {
  const stream = new Stream();
  const { presence, told } = presenceOf((number) => (number === 5 ? stream : refused()));
  await pass(0.7);
  assert.equal(presence.away, false);
  await pass(1);
  assert.equal(presence.away, true);
  await pass(3);
  stream.say(":\n\n");
  await settled();

  assert.equal(presence.away, false);
  assert.deepEqual(told, ["contact: false", "contact: true"]);
  presence.close();
});

test("when the network is back, nothing is waited for", async () => {
  const { presence, window, times } = presenceOf(refused);
  await pass(8);
  window.dispatchEvent(new Event("online"));
  await settled();

  assert.equal(times().at(-1), 8);
  presence.close();
});

test("when the network changes, a stream that seems to live is given up", async () => {
  const { presence, window, asked, times } = presenceOf(() => new Stream());
  await pass(1);
  window.dispatchEvent(new Event("online"));
  await settled();

  assert.deepEqual(times(), [0, 1]);
  assert.equal(asked[0].signal.aborted, true);
  presence.close();
});

test("a page that is looked at again gives up a stream only when it has been silent", async () => {
  const stream = new Stream();
  const { presence, window, times } = presenceOf((number) => (number === 1 ? stream : new Stream()));
  await settled();
  stream.say(":\n\n");
  await pass(4);
  window.dispatchEvent(new Event("visibilitychange"));
  await settled();
  assert.deepEqual(times(), [0]);
  await pass(2);
  window.dispatchEvent(new Event("visibilitychange"));
  await settled();

  assert.deepEqual(times(), [0, 6]);
  presence.close();
});

test("an answer that does not come within five seconds, and a stream silent for eleven, are given up", async () => {
  const stream = new Stream();
  const hanging = (/** @type {number} */ number) => (number === 1 ? stream : new Promise(() => {}));
  const { presence, asked, times } = presenceOf((number) => /** @type {any} */ (hanging(number)));
  await settled();
  stream.say(":\n\n");
  await pass(11);
  await pass(5);

  assert.deepEqual(times(), [0, 11]);
  assert.equal(asked[1].signal.aborted, true);
  presence.close();
});

test("after the end nothing is asked for, said or waited for", async () => {
  const stream = new Stream();
  const { presence, asked, window, told } = presenceOf(() => stream);
  await settled();
  presence.close();
  window.dispatchEvent(new Event("online"));
  await pass(20);

  assert.equal(asked.length, 1);
  assert.equal(asked[0].signal.aborted, true);
  assert.deepEqual(told, []);
});
