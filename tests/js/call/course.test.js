import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { ProblemError, ownProblem } from "../../../public/call/problems.js";
import { Connection, EXCHANGE, callOf, liveCall, settled } from "./call-doubles.js";

beforeEach(() => {
  /** @type {any} */ (globalThis).MediaStream = class {};
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

afterEach(() => mock.timers.reset());

test("a call goes from asking over connecting to listening", async () => {
  const { states } = await liveCall();

  assert.deepEqual(states.map(([state]) => state), ["asking", "connecting", "listening"]);
});

test("a call is live with its data channel, without waiting for session.created", async () => {
  const { call } = await liveCall();

  assert.equal(call.isLive, true);
  assert.deepEqual(Connection.last.channel.sent, []);
});

test("the assistant speaks first only when that is wanted", async () => {
  const { call } = callOf({}, {}, { speakFirst: true });
  await call.start();
  Connection.last.open();

  assert.deepEqual(Connection.last.channel.sent, ["response.create"]);
});

test("a refused microphone fails the call before any offer is sent", async () => {
  const refuse = async () => {
    throw new DOMException("Permission denied", "NotAllowedError");
  };
  const microphone = { isSecureContext: true, origin: "", mediaDevices: Object.assign(new EventTarget(), { getUserMedia: refuse }) };
  const { call, problems } = callOf({ microphone }, { connect: () => assert.fail("nothing is to be spent") });
  await call.start();

  assert.deepEqual(problems, ["microphone_refused"]);
  assert.equal(Connection.last.closed, true);
});

test("without a microphone the offer is receive-only and nobody is asked", async () => {
  const microphone = { isSecureContext: false, origin: "", mediaDevices: undefined };
  const { call, states } = callOf({ microphone }, {}, { microphone: false });
  await call.start();

  assert.equal(Connection.last.transceiver.direction, "recvonly");
  assert.deepEqual(states.map(([state]) => state), ["connecting"]);
});

test("a relay's refusal fails the call with its problem", async () => {
  const connect = async () => {
    throw new ProblemError(ownProblem("relay_timeout"));
  };
  const { call, problems, states } = callOf({}, { connect });
  await call.start();

  assert.deepEqual(problems, ["relay_timeout"]);
  assert.deepEqual(states.at(-1), ["failed", "relay_timeout"]);
});

test("an answer the browser refuses fails the call and hangs it up", async () => {
  const { call, problems, hungUp } = callOf();
  mock.method(Connection.prototype, "setRemoteDescription", async () => {
    throw new DOMException("bad", "InvalidAccessError");
  }, { times: 1 });
  await call.start();

  assert.deepEqual(problems, ["answer_refused"]);
  assert.deepEqual(hungUp, [EXCHANGE.callUrl]);
});

test("media that do not come up in fifteen seconds are said to be blocked, and the call is hung up", async () => {
  const { call, problems, hungUp } = callOf();
  await call.start();
  mock.timers.tick(14_999);

  assert.deepEqual(problems, []);
  mock.timers.tick(1);
  assert.deepEqual(problems, ["media_blocked"]);
  assert.deepEqual(hungUp, [EXCHANGE.callUrl]);
});

test("an open call is not timed out", async () => {
  const { problems } = await liveCall();
  mock.timers.tick(60_000);

  assert.deepEqual(problems, []);
});

test("hanging up releases microphone and connection and tells the relay once", async () => {
  const { call, hungUp, track, states } = await liveCall();
  call.hangUp("you");
  call.hangUp("you");

  assert.equal(track.stopped, true);
  assert.equal(Connection.last.closed, true);
  assert.deepEqual(hungUp, [EXCHANGE.callUrl]);
  assert.deepEqual(states.at(-1), ["ended", "you"]);
});

test("a call stopped while the browser asks for the microphone sends no offer", async () => {
  const { call, track } = callOf({}, { connect: () => assert.fail("nobody is to be called") });
  const starting = call.start();
  call.hangUp("you");
  await starting;

  assert.equal(track.stopped, true);
});

/**
 * A relay that takes its time, and breaks off when the page does.
 *
 * @returns {{ connect: Function, signal: AbortSignal | null, answer: () => void }}
 */
function slowRelay() {
  /** @type {(exchange: object) => void} */
  let resolved = () => {};
  const relay = {
    /** @type {AbortSignal | null} */
    signal: null,
    answer: () => resolved(EXCHANGE),
    connect: (/** @type {string} */ _offer, /** @type {object} */ _wishes, /** @type {any} */ { signal }) => {
      relay.signal = signal;
      return new Promise((resolve, reject) => {
        resolved = resolve;
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
  };
  return relay;
}

test("an answer that arrives after the caller has stopped is hung up at once", async () => {
  const relay = slowRelay();
  const { call, hungUp, states } = callOf({}, { connect: relay.connect });
  const starting = call.start();
  await settled();
  call.hangUp("you");
  assert.deepEqual(hungUp, []);

  relay.answer();
  await starting;

  assert.deepEqual(hungUp, [EXCHANGE.callUrl]);
  assert.deepEqual(states.at(-1), ["ended", "you"]);
});

test("an exchange that fails after the caller has stopped is not told", async () => {
  /** @type {(error: Error) => void} */
  let refuse = () => {};
  const { call, problems, states } = callOf({}, { connect: () => new Promise((_, reject) => (refuse = reject)) });
  const starting = call.start();
  await settled();
  call.hangUp("you");
  refuse(new ProblemError(ownProblem("relay_timeout")));
  await starting;

  assert.deepEqual(problems, []);
  assert.deepEqual(states.at(-1), ["ended", "you"]);
});

test("a page that goes away breaks the exchange off, so that the relay sees that nobody waits", async () => {
  const relay = slowRelay();
  const { call, states, window } = callOf({}, { connect: relay.connect });
  const starting = call.start();
  await settled();
  call.hangUp("you");
  assert.equal(relay.signal?.aborted, false);
  window.dispatchEvent(new Event("pagehide"));
  await starting;

  assert.equal(relay.signal?.aborted, true);
  assert.deepEqual(states.at(-1), ["ended", "you"]);
});

test("a call stopped in direct mode breaks off, because nobody could hang it up later", async () => {
  const relay = slowRelay();
  const connectDirectly = (/** @type {any} */ _signaling, /** @type {any[]} */ ...given) => relay.connect(...given);
  const { call } = callOf({}, {}, { direct: true, extras: { connectDirectly } });
  const starting = call.start();
  await settled();
  call.hangUp("you");
  await starting;

  assert.equal(relay.signal?.aborted, true);
});

test("a call stopped while the offer is made is not asked for", async () => {
  let asked = false;
  const { call } = callOf({}, { connect: async () => ((asked = true), EXCHANGE) }, { microphone: false });
  const starting = call.start();
  call.hangUp("you");
  await starting;

  assert.equal(Connection.last.offered, 1);
  assert.equal(asked, false);
});

test("a connection that breaks is a problem, one that the other side closes is an end", async () => {
  const broken = await liveCall({}, {}, { reconnect: false });
  Connection.last.become("failed");
  const finished = await liveCall();
  Connection.last.channel.dispatchEvent(new Event("close"));
  await settled();

  assert.deepEqual(broken.problems, ["media_lost"]);
  assert.deepEqual(finished.states.at(-1), ["ended", "other_side"]);
});

test("an interrupted connection is a notice that is taken back", async () => {
  const { notices } = await liveCall();
  Connection.last.become("disconnected");
  Connection.last.become("connected");

  assert.deepEqual(notices(), ["+unsteady", "-unsteady"]);
});

test("the upstream's time limit ends the call in words", async () => {
  const { states } = await liveCall();
  Connection.last.deliver({ type: "error", error: { code: "session_expired", message: "…" } });

  assert.deepEqual(states.at(-1), ["ended", "expired"]);
});

test("server events move the state and the transcript", async () => {
  const { told, states } = await liveCall();
  Connection.last.deliver({ type: "response.output_audio_transcript.delta", response_id: "r", item_id: "A", delta: "Hi" });
  Connection.last.deliver({ type: "output_audio_buffer.started", response_id: "r" });

  assert.deepEqual(states.slice(-2).map(([state]) => state), ["thinking", "speaking"]);
  const { items, changed } = told.findLast(([name]) => name === "transcript")?.[1];
  assert.deepEqual(items, changed);
  const { id, who, text, final, at } = items[0];
  assert.deepEqual({ id, who, text, final, at }, { id: "A", who: "assistant", text: "Hi", final: false, at: 0 });
});

test("nothing is sent before the call is up, nor blank messages", async () => {
  const { call } = callOf();

  assert.equal(call.send("Hello"), false);
  const live = await liveCall();
  assert.equal(live.call.send("  "), false);
  assert.equal(live.call.send(" Hello "), true);
});

test("sound that the browser refuses to play is offered to a tap", async () => {
  const play = async () => {
    throw new DOMException("", "NotAllowedError");
  };
  const { call, told } = callOf({ audio: () => ({ srcObject: null, play, pause: () => {} }) });
  await call.start();

  assert.deepEqual(told.filter(([name]) => name === "sound").map(([, { blocked }]) => blocked), [true]);
});

test("a browser without WebRTC is told so", async () => {
  const { call, problems } = callOf({ RTCPeerConnection: undefined });
  await call.start();

  assert.deepEqual(problems, ["webrtc_unsupported"]);
});

test("a connection that cannot even be made is told apart from a browser without WebRTC", async () => {
  const broken = class {
    constructor() {
      throw new DOMException("forbidden", "NotAllowedError");
    }
  };
  const { call, problems } = callOf({ RTCPeerConnection: broken });
  await call.start();

  assert.deepEqual(problems, ["webrtc_broken"]);
});

test("microphone, config and offer are awaited side by side, the offer goes out once all are there", async () => {
  /** @type {string[]} */
  const order = [];
  /** @type {(stream: object) => void} */
  let allow = () => {};
  const getUserMedia = () => new Promise((resolve) => (allow = resolve));
  const microphone = { isSecureContext: true, origin: "", mediaDevices: Object.assign(new EventTarget(), { getUserMedia }) };
  const { call, track } = callOf({ microphone }, { connect: async () => (order.push("sent"), EXCHANGE) });
  const starting = call.start();
  await settled();
  assert.deepEqual([Connection.last.offered, order], [1, []]);

  allow({ getAudioTracks: () => [track] });
  await starting;

  assert.deepEqual(order, ["sent"]);
  assert.deepEqual(Connection.last.microphones, [track]);
});

test("preparing asks the relay only where it says that it can, and never fails", async () => {
  /** @type {object[]} */
  const asked = [];
  const prepare = async (/** @type {object} */ wishes) => void asked.push(wishes);
  const config = { prepare: true, profiles: [] };
  await callOf({}, { prepare }, { config, voice: "alloy" }).call.prepare();
  await callOf({}, { prepare }).call.prepare();
  const { call, problems } = callOf({}, { config: async () => assert.fail("no network") }, { config: null });
  await call.prepare();

  assert.equal(asked.length, 1);
  assert.equal(/** @type {any} */ (asked[0]).voice, "alloy");
  assert.deepEqual(problems, []);
});

test("the marks are set from the click to the channel, in order", async () => {
  let now = 0;
  const { call } = await liveCall({ clock: { now: () => (now += 1), mark: () => {} } });
  const marks = call.record.timing.rows().map(({ mark }) => mark);

  assert.deepEqual(marks, ["click", "offer", "microphone", "answer", "connected", "channel"]);
});

test("the end is the last event, with its reason and how long it lasted", async () => {
  const { call, told } = await liveCall();
  call.hangUp("you");

  assert.deepEqual(told.at(-1), ["ended", { state: "ended", reason: "you", seconds: 0 }]);
});

test("without the extras a call is a call all the same", async () => {
  const { call, told, notices } = await liveCall({}, {}, { extras: undefined });
  mock.timers.tick(5_000);
  call.hangUp("you");
  const names = new Set(told.map(([name]) => name));

  assert.equal(names.has("log") || names.has("stats") || names.has("turn"), false);
  assert.deepEqual(call.sound.choice, { microphones: [], speakers: [], microphone: "mic-1", speaker: "" });
  assert.deepEqual([call.record.timing.rows().length > 4, notices()], [true, []]);
});
