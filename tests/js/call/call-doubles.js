/**
 * What the tests of a call share: a peer connection, a relay and a microphone that do what they are told.
 */

import { Call } from "../../../public/call/call.js";
import { configFromJson } from "../../../public/call/config.js";

export const WANTED = { voice: "alloy", instructions: "", profile: "", speakFirst: false, microphone: true, direct: false };
export const EXCHANGE = {
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
export class Connection extends EventTarget {
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
export function callOf(changes = {}, relay = {}) {
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
export async function liveCall(changes, relay) {
  const started = callOf(changes, relay);
  await started.call.start(WANTED);
  Connection.last.become("connected");
  Connection.last.open();
  return started;
}

/** @param {Call} call */
export function noticesOf(call) {
  /** @type {string[]} */
  const notices = [];
  for (const name of ["notice", "moot"]) {
    call.addEventListener(name, (event) => notices.push(`${name}: ${/** @type {CustomEvent} */ (event).detail}`));
  }
  return notices;
}

/** Let everything happen that waits for nothing but its turn. */
export async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** @param {...[type: string, body: object]} events */
export function streamOf(...events) {
  const text = events.map(([type, body], index) => `id: ${index + 1}\nevent: ${type}\ndata: ${JSON.stringify(body)}\n\n`);
  return new Response(text.join(""), { headers: { "content-type": "text/event-stream" } });
}
