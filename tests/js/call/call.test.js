import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { ProblemError, ownProblem } from "../../../public/call/problems.js";
import { Connection, EXCHANGE, WANTED, callOf, liveCall, noticesOf, settled } from "./call-doubles.js";

beforeEach(() => {
  /** @type {any} */ (globalThis).MediaStream = class {};
  mock.timers.enable({ apis: ["setTimeout"] });
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
  const { call } = callOf();
  await call.start({ ...WANTED, speakFirst: true });
  Connection.last.open();

  assert.deepEqual(Connection.last.channel.sent, ["response.create"]);
});

test("a refused microphone fails the call before any offer is made", async () => {
  const refuse = async () => {
    throw new DOMException("Permission denied", "NotAllowedError");
  };
  const { call, problems } = callOf({
    microphone: { isSecureContext: true, origin: "", mediaDevices: { getUserMedia: refuse } },
  });
  await call.start(WANTED);

  assert.deepEqual(problems, ["microphone_refused"]);
  assert.equal(Connection.last.offered, 0);
  assert.equal(Connection.last.closed, true);
});

test("without a microphone the offer is receive-only and nobody is asked", async () => {
  const { call, states } = callOf({ microphone: { isSecureContext: false, origin: "", mediaDevices: undefined } });
  await call.start({ ...WANTED, microphone: false });

  assert.equal(Connection.last.transceiver.direction, "recvonly");
  assert.deepEqual(states.map(([state]) => state), ["connecting"]);
});

test("a relay's refusal fails the call with its problem", async () => {
  const connect = async () => {
    throw new ProblemError(ownProblem("relay_timeout", ""));
  };
  const { call, problems, states } = callOf({}, { connect });
  await call.start(WANTED);

  assert.deepEqual(problems, ["relay_timeout"]);
  assert.deepEqual(states.at(-1), ["failed", "The relay took too long"]);
});

test("an answer the browser refuses fails the call and hangs it up", async () => {
  const { call, problems, hungUp } = callOf();
  mock.method(Connection.prototype, "setRemoteDescription", async () => {
    throw new DOMException("bad", "InvalidAccessError");
  }, { times: 1 });
  await call.start(WANTED);

  assert.deepEqual(problems, ["answer_refused"]);
  assert.deepEqual(hungUp, [EXCHANGE.callUrl]);
});

test("media that do not come up in fifteen seconds are said to be blocked, and the call is hung up", async () => {
  const { call, problems, hungUp } = callOf();
  await call.start(WANTED);
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
  call.hangUp();
  call.hangUp();

  assert.equal(track.stopped, true);
  assert.equal(Connection.last.closed, true);
  assert.deepEqual(hungUp, [EXCHANGE.callUrl]);
  assert.deepEqual(states.at(-1), ["ended", "You hung up."]);
});

test("a call stopped while the browser asks for the microphone makes no offer", async () => {
  const { call, track } = callOf();
  const starting = call.start(WANTED);
  call.hangUp();
  await starting;

  assert.equal(track.stopped, true);
  assert.equal(Connection.last.offered, 0);
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
  const starting = call.start(WANTED);
  await settled();
  call.hangUp();
  assert.deepEqual(hungUp, []);

  relay.answer();
  await starting;

  assert.deepEqual(hungUp, [EXCHANGE.callUrl]);
  assert.deepEqual(states.at(-1), ["ended", "You hung up."]);
});

test("an exchange that fails after the caller has stopped is not told", async () => {
  /** @type {(error: Error) => void} */
  let refuse = () => {};
  const { call, problems, states } = callOf({}, { connect: () => new Promise((_, reject) => (refuse = reject)) });
  const starting = call.start(WANTED);
  await settled();
  call.hangUp();
  refuse(new ProblemError(ownProblem("relay_timeout", "")));
  await starting;

  assert.deepEqual(problems, []);
  assert.deepEqual(states.at(-1), ["ended", "You hung up."]);
});

test("a page that goes away breaks the exchange off, so that the relay sees that nobody waits", async () => {
  const relay = slowRelay();
  const { call, states } = callOf({}, { connect: relay.connect });
  const starting = call.start(WANTED);
  await settled();
  call.hangUp();
  assert.equal(relay.signal?.aborted, false);
  call.leave();
  await starting;

  assert.equal(relay.signal?.aborted, true);
  assert.deepEqual(states.at(-1), ["ended", "You hung up."]);
});

test("a call stopped in direct mode breaks off, because nobody could hang it up later", async () => {
  const relay = slowRelay();
  const { call } = callOf({}, { connectDirectly: relay.connect });
  const starting = call.start({ ...WANTED, direct: true });
  await settled();
  call.hangUp();
  await starting;

  assert.equal(relay.signal?.aborted, true);
});

test("a call stopped while the offer is made is not asked for", async () => {
  let asked = false;
  const { call } = callOf({}, { connect: async () => ((asked = true), EXCHANGE) });
  const starting = call.start({ ...WANTED, microphone: false });
  call.hangUp();
  await starting;

  assert.equal(Connection.last.offered, 1);
  assert.equal(asked, false);
});

test("a connection that breaks is a problem, one that the other side closes is an end", async () => {
  const broken = await liveCall();
  Connection.last.become("failed");
  const finished = await liveCall();
  Connection.last.channel.dispatchEvent(new Event("close"));
  await settled();

  assert.deepEqual(broken.problems, ["media_lost"]);
  assert.deepEqual(finished.states.at(-1), ["ended", "The other side ended the call."]);
});

test("an interrupted connection is a notice that is taken back", async () => {
  const { call } = await liveCall();
  const notices = noticesOf(call);
  Connection.last.become("disconnected");
  Connection.last.become("connected");

  assert.match(notices[0], /^notice: Connection interrupted\./);
  assert.match(notices[1], /^moot: Connection interrupted\./);
});

test("the upstream's time limit ends the call in words", async () => {
  const { states } = await liveCall();
  Connection.last.deliver({ type: "error", error: { code: "session_expired", message: "…" } });

  assert.deepEqual(states.at(-1), ["ended", "The call reached the upstream’s time limit."]);
});

test("server events move the state and the transcript", async () => {
  const { call, states } = await liveCall();
  /** @type {any} */
  let transcript;
  call.addEventListener("transcript", (event) => (transcript = /** @type {CustomEvent} */ (event).detail));
  Connection.last.deliver({ type: "response.output_audio_transcript.delta", response_id: "r", item_id: "A", delta: "Hi" });
  Connection.last.deliver({ type: "output_audio_buffer.started", response_id: "r" });

  assert.deepEqual(states.slice(-2).map(([state]) => state), ["thinking", "speaking"]);
  assert.equal(transcript[0].text, "Hi");
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
  const { call } = callOf({ audio: { srcObject: null, play, pause: () => {} } });
  /** @type {boolean[]} */
  const blocked = [];
  call.addEventListener("sound", (event) => blocked.push(/** @type {CustomEvent} */ (event).detail.blocked));
  await call.start(WANTED);

  assert.deepEqual(blocked, [true]);
});

test("a browser without WebRTC is told so", async () => {
  const { call, problems } = callOf({ RTCPeerConnection: undefined });
  await call.start(WANTED);

  assert.deepEqual(problems, ["webrtc_unsupported"]);
});
