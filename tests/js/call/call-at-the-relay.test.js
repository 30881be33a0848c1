import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Connection, EXCHANGE, WANTED, callOf, liveCall, noticesOf, settled, streamOf } from "./call-doubles.js";

beforeEach(() => {
  /** @type {any} */ (globalThis).MediaStream = class {};
  mock.timers.enable({ apis: ["setTimeout"] });
});

afterEach(() => mock.timers.reset());

/** A relay whose stream says this once and then stays open. @param {...[type: string, body: object]} said */
function saying(...said) {
  const answers = [streamOf(...said)];
  return { events: async () => answers.shift() ?? new Promise(() => {}) };
}

/** @param {() => unknown} look */
async function eventually(look) {
  for (let turn = 0; turn < 200 && !look(); turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(look());
}

test("the stream is opened with the answer, before media are up", async () => {
  /** @type {unknown[][]} */
  const opened = [];
  const events = (/** @type {unknown[]} */ ...given) => {
    opened.push(given.slice(0, 2));
    return new Promise(() => {});
  };
  const { call } = callOf({}, { events });
  await call.start(WANTED);

  assert.deepEqual(opened, [[EXCHANGE.eventsUrl, ""]]);
});

for (const [type, state] of [["state", "ending"], ["ended", "ended"]]) {
  test(`when the relay says that the call is ${state}, everything is let go and nothing is sent`, async () => {
    const { states, hungUp, track } = await liveCall({}, saying([type, { state, reason: "operator" }]));
    await eventually(() => Connection.last.closed);

    assert.deepEqual(states.at(-1), ["ended", "An operator ended the call."]);
    assert.equal(track.stopped, true);
    assert.deepEqual(hungUp, []);
  });
}

test("a call that the relay no longer knows is over", async () => {
  const { states, hungUp } = await liveCall({}, { events: async () => new Response("", { status: 404 }) });
  await eventually(() => Connection.last.closed);

  assert.deepEqual(states.at(-1), ["ended", "The relay no longer knows this call."]);
  assert.deepEqual(hungUp, []);
});

test("a warning brings the time that is left", async () => {
  const { call } = callOf({}, saying(["warning", { seconds_left: 60 }]));
  let warned = false;
  call.addEventListener("warning", () => (warned = true));
  await call.start(WANTED);
  await eventually(() => warned);

  assert.equal(call.secondsLeft, 60);
  assert.equal(call.isOver, false);
});

test("a problem that the relay tells of leaves the call alone", async () => {
  const { call, problems } = await liveCall({}, saying(["problem", { title: "Odd", code: "odd" }], ["problem", {}]));
  await eventually(() => problems.length > 0);

  assert.deepEqual(problems, ["odd"]);
  assert.equal(call.isLive, true);
});

test("the relay says how much time is left; when it is gone and the relay too, the page hangs up by itself", async () => {
  const standing = async () => ({ over: false, reason: "", secondsLeft: 30 });
  const { call, hungUp, states } = await liveCall({}, { standing });
  await settled();
  assert.equal(call.secondsLeft, 30);

  mock.timers.tick(32_999);
  assert.equal(call.isLive, true);
  mock.timers.tick(1);

  assert.deepEqual(states.at(-1), ["ended", "The call reached the relay’s time limit."]);
  assert.deepEqual(hungUp, [EXCHANGE.callUrl]);
});

test("when the other side is gone, the relay is asked why", async () => {
  const standing = async () => ({ over: true, reason: "max_duration", secondsLeft: 0 });
  const { states } = await liveCall({}, { standing });
  Connection.last.channel.dispatchEvent(new Event("close"));
  await settled();

  assert.deepEqual(states.at(-1), ["ended", "The call reached the relay’s time limit."]);
});

test("a relay out of reach is said, and taken back when it is there again", async () => {
  let away = true;
  const events = async () => {
    if (away) throw new TypeError("Failed to fetch");
    return streamOf(["state", { state: "live" }]);
  };
  const { call } = callOf({}, { events });
  const notices = noticesOf(call);
  await call.start(WANTED);
  await eventually(() => notices.length === 1 || mock.timers.tick(50));
  away = false;
  await eventually(() => notices.length === 2 || mock.timers.tick(50));

  assert.match(notices[0], /^notice: The relay is out of reach/);
  assert.match(notices[1], /^moot: The relay is out of reach/);
  assert.equal(call.isOver, false);
  call.hangUp();
});

test("a call in direct mode has no stream, no limit and no hang-up", async () => {
  const events = () => assert.fail("no stream is there to be opened");
  const { call, hungUp } = callOf({}, { events, standing: () => assert.fail("nobody is there to be asked") });
  await call.start({ ...WANTED, direct: true });
  Connection.last.open();
  call.hangUp();

  assert.equal(call.secondsLeft, null);
  assert.deepEqual(hungUp, []);
});
