import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Call } from "../../public/call.js";
import { configFromJson } from "../../public/config.js";
import { ProblemError, ownProblem } from "../../public/problems.js";

const WANTED = { voice: "alloy", instructions: "", profile: "", speakFirst: false, microphone: true, direct: false };
const EXCHANGE = { answer: "v=0", callUrl: "http://relay.test/calls/abc", requestId: "r1", serverTiming: "" };

/** A data channel that remembers. */
class Channel extends EventTarget {
  readyState = "connecting";
  /** @type {string[]} */
  sent = [];
  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text).type);
  }
  close() {
    this.readyState = "closed";
  }
}

/** A peer connection that does nothing by itself. */
class Connection extends EventTarget {
  /** @type {Connection} */
  static last;
  connectionState = "new";
  iceConnectionState = "new";
  channel = new Channel();
  closed = false;
  offered = 0;
  transceiver = {
    direction: "sendrecv",
    receiver: { track: { kind: "audio" } },
    sender: { replaceTrack: async () => {} },
  };
  constructor() {
    super();
    Connection.last = this;
  }
  addTransceiver() {
    return this.transceiver;
  }
  createDataChannel() {
    return this.channel;
  }
  async createOffer() {
    this.offered += 1;
    return { type: "offer", sdp: "v=0 offer" };
  }
  async setLocalDescription() {}
  async setRemoteDescription() {}
  close() {
    this.closed = true;
  }
  /** @param {string} state */
  become(state) {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
  open() {
    this.channel.readyState = "open";
    this.channel.dispatchEvent(new Event("open"));
  }
  /** @param {object} event */
  deliver(event) {
    this.channel.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(event) }));
  }
}

/** @param {object} [changes] to the surroundings */
function callOf(changes = {}) {
  /** @type {string[]} */
  const hungUp = [];
  const track = Object.assign(new EventTarget(), { enabled: true, stopped: false, stop: () => (track.stopped = true) });
  const surroundings = {
    signaling: {
      connect: async () => EXCHANGE,
      connectDirectly: async () => ({ ...EXCHANGE, callUrl: "" }),
      hangUp: async (/** @type {string} */ url) => {
        if (url) hungUp.push(url);
        return true;
      },
    },
    RTCPeerConnection: Connection,
    microphone: {
      isSecureContext: true,
      origin: "",
      mediaDevices: { getUserMedia: async () => ({ getAudioTracks: () => [track] }) },
    },
    audio: { srcObject: null, play: async () => {}, pause: () => {} },
    clock: { now: () => 0, mark: () => {} },
    ...changes,
  };
  const call = new Call(configFromJson({}), /** @type {any} */ (surroundings));
  /** @type {[string, string][]} */
  const states = [];
  /** @type {any[]} */
  const problems = [];
  call.addEventListener("state", (event) => {
    const { state, reason } = /** @type {CustomEvent} */ (event).detail;
    states.push([state, reason]);
  });
  call.addEventListener("problem", (event) => problems.push(/** @type {CustomEvent} */ (event).detail.code));
  return { call, states, problems, hungUp, track };
}

/** @param {object} [changes] */
async function liveCall(changes) {
  const started = callOf(changes);
  await started.call.start(WANTED);
  Connection.last.become("connected");
  Connection.last.open();
  return started;
}

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
  const { call, problems, states } = callOf({ signaling: { connect, hangUp: async () => true } });
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

test("an answer that arrives after the caller has stopped is hung up at once", async () => {
  /** @type {(exchange: object) => void} */
  let answer = () => {};
  const hungUp = /** @type {string[]} */ ([]);
  const hangUp = async (/** @type {string} */ url) => Boolean(url && hungUp.push(url)) || true;
  const connect = () => new Promise((resolve) => (answer = resolve));
  const { call } = callOf({ signaling: { connect, hangUp } });
  const starting = call.start(WANTED);
  while (Connection.last.offered === 0) await Promise.resolve();
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  call.hangUp();
  answer(EXCHANGE);
  await starting;

  assert.deepEqual(hungUp, [EXCHANGE.callUrl]);
});

test("a connection that breaks is a problem, one that the other side closes is an end", async () => {
  const broken = await liveCall();
  Connection.last.become("failed");
  const finished = await liveCall();
  Connection.last.channel.dispatchEvent(new Event("close"));

  assert.deepEqual(broken.problems, ["media_lost"]);
  assert.deepEqual(finished.states.at(-1), ["ended", "The other side ended the call."]);
});

test("an unsteady connection is a notice that is taken back", async () => {
  const { call } = await liveCall();
  /** @type {string[]} */
  const notices = [];
  call.addEventListener("notice", (event) => notices.push(/** @type {CustomEvent} */ (event).detail));
  Connection.last.become("disconnected");
  Connection.last.become("connected");

  assert.deepEqual(notices, ["The connection is unsteady.", ""]);
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
