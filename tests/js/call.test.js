import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Call } from "../../public/call.js";
import { configFromJson } from "../../public/config.js";
import { ProblemError, ownProblem } from "../../public/problems.js";

const WANTED = { voice: "alloy", instructions: "", profile: "", speakFirst: false, microphone: true, direct: false };
const EXCHANGE = {
  answer: "v=0",
  callUrl: "http://relay.test/calls/abc",
  eventsUrl: "http://relay.test/calls/abc/events",
  requestId: "r1",
  serverTiming: "",
};

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

/**
 * @param {object} [changes] to the surroundings
 * @param {{ [name: string]: unknown }} [relay] what it does otherwise than to be quiet
 */
function callOf(changes = {}, relay = {}) {
  /** @type {string[]} */
  const hungUp = [];
  const track = Object.assign(new EventTarget(), { enabled: true, stopped: false, stop: () => (track.stopped = true) });
  const surroundings = {
    signaling: {
      connect: async () => EXCHANGE,
      events: () => new Promise(() => {}),
      standing: async () => null,
      connectDirectly: async () => ({ ...EXCHANGE, callUrl: "", eventsUrl: "" }),
      hangUp: async (/** @type {string} */ url) => {
        if (url) hungUp.push(url);
        return true;
      },
      ...relay,
    },
    RTCPeerConnection: Connection,
    microphone: {
      isSecureContext: true,
      origin: "",
      mediaDevices: { getUserMedia: async () => ({ getAudioTracks: () => [track] }) },
    },
    audio: { srcObject: null, play: async () => {}, pause: () => {} },
    clock: { now: () => 0, mark: () => {} },
    window: new EventTarget(),
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

/**
 * @param {object} [changes]
 * @param {{ [name: string]: unknown }} [relay]
 */
async function liveCall(changes, relay) {
  const started = callOf(changes, relay);
  await started.call.start(WANTED);
  Connection.last.become("connected");
  Connection.last.open();
  return started;
}

/** @param {Call} call */
function noticesOf(call) {
  /** @type {string[]} */
  const notices = [];
  for (const name of ["notice", "moot"]) {
    call.addEventListener(name, (event) => notices.push(`${name}: ${/** @type {CustomEvent} */ (event).detail}`));
  }
  return notices;
}

/** Let everything happen that waits for nothing but its turn. */
async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** @param {...[type: string, body: object]} events */
function streamOf(...events) {
  const text = events.map(([type, body], index) => `id: ${index + 1}\nevent: ${type}\ndata: ${JSON.stringify(body)}\n\n`);
  return new Response(text.join(""), { headers: { "content-type": "text/event-stream" } });
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

test("an answer that arrives after the caller has stopped is hung up at once", async () => {
  /** @type {(exchange: object) => void} */
  let answer = () => {};
  const connect = () => new Promise((resolve) => (answer = resolve));
  const { call, hungUp } = callOf({}, { connect });
  const starting = call.start(WANTED);
  while (Connection.last.offered === 0) await Promise.resolve();
  await settled();
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
