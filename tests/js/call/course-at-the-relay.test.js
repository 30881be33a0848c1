import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { configFromJson } from "../../../public/call/config.js";
import { Connection, EXCHANGE, callOf, liveCall, settled, streamOf } from "./call-doubles.js";

beforeEach(() => {
  /** @type {any} */ (globalThis).MediaStream = class {};
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
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
  await call.start();

  assert.deepEqual(opened, [[EXCHANGE.eventsUrl, ""]]);
});

for (const [type, state] of [["state", "ending"], ["ended", "ended"]]) {
  test(`when the relay says that the call is ${state}, everything is let go and nothing is sent`, async () => {
    const { states, hungUp, track } = await liveCall({}, saying([type, { state, reason: "operator" }]));
    await eventually(() => Connection.last.closed);

    assert.deepEqual(states.at(-1), ["ended", "operator"]);
    assert.equal(track.stopped, true);
    assert.deepEqual(hungUp, []);
  });
}

test("a call that the relay no longer knows is over", async () => {
  const { states, hungUp } = await liveCall({}, { events: async () => new Response("", { status: 404 }) });
  await eventually(() => Connection.last.closed);

  assert.deepEqual(states.at(-1), ["ended", "forgotten"]);
  assert.deepEqual(hungUp, []);
});

test("a warning brings the time that is left", async () => {
  const { call, told } = callOf({}, saying(["warning", { seconds_left: 60 }]));
  await call.start();
  const warning = () => told.find(([name]) => name === "warning")?.[1];
  await eventually(warning);

  assert.deepEqual(warning(), { secondsLeft: 60, cause: "time" });
  assert.equal(call.leg?.secondsLeft, 60);
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
  assert.equal(call.leg?.secondsLeft, 30);

  mock.timers.tick(32_999);
  assert.equal(call.isLive, true);
  mock.timers.tick(1);

  assert.deepEqual(states.at(-1), ["ended", "max_duration"]);
  assert.deepEqual(hungUp, [EXCHANGE.callUrl]);
});

test("when the other side is gone, the relay is asked why", async () => {
  const standing = async () => ({ over: true, reason: "max_duration", secondsLeft: 0 });
  const { states } = await liveCall({}, { standing });
  Connection.last.channel.dispatchEvent(new Event("close"));
  await settled();

  assert.deepEqual(states.at(-1), ["ended", "max_duration"]);
});

test("a relay out of reach is said, and taken back when it is there again", async () => {
  let away = true;
  const events = async () => {
    if (away) throw new TypeError("Failed to fetch");
    return streamOf(["state", { state: "live" }]);
  };
  const { call, notices } = callOf({}, { events });
  await call.start();
  const contacts = () => notices().filter((notice) => notice.endsWith("relay_away"));
  await eventually(() => contacts().length === 1 || mock.timers.tick(50));
  away = false;
  await eventually(() => contacts().length === 2 || mock.timers.tick(50));

  assert.deepEqual(contacts(), ["+relay_away", "-relay_away"]);
  assert.equal(call.isOver, false);
  call.hangUp("you");
});

test("a call in direct mode has no stream, no limit and no hang-up", async () => {
  const events = () => assert.fail("no stream is there to be opened");
  const relay = { events, standing: () => assert.fail("nobody is there to be asked") };
  const { call, hungUp } = callOf({}, relay, { direct: true });
  await call.start();
  Connection.last.open();
  call.hangUp("you");

  assert.equal(call.leg?.secondsLeft, null);
  assert.deepEqual(hungUp, []);
});

test("what the relay tells of tools, usage, guard and sideband is handed on in the names of this language", async () => {
  const { told } = await liveCall({}, saying(
    ["usage", { input_tokens: 5, output_tokens: 7, cost: "0.0123", currency: "USD", complete: true }],
    ["tool", { id: "t", name: "weather", state: "done", milliseconds: 12 }],
    ["guard", { changed: ["tools"], reverted: true, times: 1, ended: false }],
    ["sideband", { state: "attached" }],
    ["unheard_of", { some_thing: 1 }],
  ));
  const of = (/** @type {string} */ kind) => told.filter(([name]) => name === kind).map(([, detail]) => detail);
  await eventually(() => of("sideband").length > 0);

  assert.deepEqual(of("usage"), [{ inputTokens: 5, outputTokens: 7, cost: "0.0123", currency: "USD", complete: true }]);
  assert.deepEqual(of("tool"), [{ id: "t", name: "weather", state: "done", milliseconds: 12 }]);
  assert.deepEqual(of("guard"), [{ changed: ["tools"], reverted: true, times: 1, ended: false }]);
  assert.deepEqual(of("unheard_of"), []);
});

const PRIVATE = { config: configFromJson({ transcription: true, profiles: [{ name: "secret", private: true, instructions_max_bytes: 0 }] }) };

test("in a private profile the relay's stream stands in for what the filter hides", async () => {
  const { told, notices, states } = await liveCall({}, saying(
    ["failed", { what: "transcription", code: "DeploymentNotFound", item_id: "U", hint: "upstream-deployment" }],
    ["response", { id: "r", status: "incomplete", reason: "content_filter" }],
  ), PRIVATE);
  Connection.last.deliver({ type: "input_audio_buffer.speech_started", item_id: "U" });
  Connection.last.deliver({ type: "input_audio_buffer.speech_stopped", item_id: "U" });
  Connection.last.deliver({ type: "output_audio_buffer.started", response_id: "r" });
  Connection.last.deliver({ type: "output_audio_buffer.stopped", response_id: "r" });
  await eventually(() => notices().length > 1);
  const { items } = told.findLast(([name]) => name === "transcript")?.[1];

  assert.deepEqual(states.slice(-3).map(([state]) => state), ["thinking", "speaking", "listening"]);
  assert.deepEqual(notices(), ["+failed", "+answer_filtered"]);
  assert.equal(items[0].note.upstreamCode, "DeploymentNotFound");
});

test("in other profiles the stream repeats what the data channel said, and is not told twice", async () => {
  const { told, notices } = await liveCall({}, saying(
    ["failed", { what: "response", code: "server_error" }],
    ["response", { id: "r", status: "failed" }],
    ["failed", { what: "tool", code: "timeout" }],
    ["limits", { name: "tokens", remaining: 5, reset_seconds: 1 }],
  ));
  await eventually(() => told.some(([name]) => name === "limits"));

  assert.deepEqual(notices(), ["+failed"]);
});
