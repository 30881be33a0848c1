/**
 * What the tests of a call share: a peer connection, a relay and a microphone that do what they are told.
 */

import { Course } from "../../../public/call/course.js";
import { EXTRAS } from "../../../public/call/extras.js";
import { configFromJson } from "../../../public/call/config.js";

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
  /** @type {any[]} */
  events = [];
  /** @param {string} text */
  send(text) {
    this.events.push(JSON.parse(text));
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
  iceConnectionState = "checking";
  channel = new Channel();
  closed = false;
  offered = 0;
  /** @type {unknown[]} */
  microphones = [];
  transceiver = {
    direction: "",
    receiver: { track: { kind: "audio" } },
    sender: { replaceTrack: async (/** @type {unknown} */ track) => void this.microphones.push(track) },
  };
  constructor() {
    super();
    Connection.last = this;
  }
  /** @param {string} _kind @param {{ direction: string }} init */
  addTransceiver(_kind, { direction }) {
    this.transceiver.direction = direction;
    return this.transceiver;
  }
  createDataChannel() {
    return this.channel;
  }
  async createOffer() {
    this.offered += 1;
    return { type: "offer", sdp: "v=0 offer" };
  }
  async getStats() {
    return new Map();
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

/** A microphone's track that remembers. */
export class Track extends EventTarget {
  enabled = true;
  stopped = false;
  label = "Headset";
  /** @param {string} [deviceId] */
  constructor(deviceId = "mic-1") {
    super();
    this.deviceId = deviceId;
  }
  getSettings() {
    return { deviceId: this.deviceId };
  }
  stop() {
    this.stopped = true;
  }
}

/**
 * @param {object} [changes] to what is around
 * @param {{ [name: string]: unknown }} [relay] what it does otherwise than to be quiet
 * @param {object} [options] of the call
 */
export function callOf(changes = {}, relay = {}, options = {}) {
  /** @type {string[]} */
  const hungUp = [];
  const track = new Track();
  const mediaDevices = Object.assign(new EventTarget(), { getUserMedia: async () => ({ getAudioTracks: () => [track] }) });
  const around = {
    signaling: {
      config: async () => configFromJson({}),
      prepare: async () => {},
      connect: async () => EXCHANGE,
      events: () => new Promise(() => {}),
      standing: async () => null,
      hangUp: async (/** @type {string} */ url) => {
        if (url) hungUp.push(url);
        return true;
      },
      ...relay,
    },
    signIn: new EventTarget(),
    RTCPeerConnection: Connection,
    microphone: { isSecureContext: true, origin: "", mediaDevices },
    devices: undefined,
    audio: () => ({ srcObject: null, play: async () => {}, pause: () => {} }),
    audioContext: null,
    clock: { now: () => 0, mark: () => {} },
    window: new EventTarget(),
    firefox: false,
    ...changes,
  };
  /** @type {[string, string][]} */
  const states = [];
  /** @type {any[]} */
  const problems = [];
  /** @type {[string, any][]} */
  const told = [];
  const extras = { ...EXTRAS, connectDirectly: async () => ({ ...EXCHANGE, callUrl: "", eventsUrl: "" }) };
  const call = new Course({ config: configFromJson({ direct: true }), extras, ...options }, /** @type {any} */ (around), (name, detail) => {
    const said = /** @type {any} */ (detail);
    told.push([name, said]);
    if (name === "state") states.push([said.state, said.reason]);
    if (name === "problem") problems.push(said.code);
  });
  /** The notices, in short. */
  const notices = () => told.filter(([name]) => name === "notice").map(([, { code, on }]) => `${on ? "+" : "-"}${code}`);
  return { call, states, problems, hungUp, track, told, notices, window: around.window };
}

/**
 * @param {object} [changes]
 * @param {{ [name: string]: unknown }} [relay]
 * @param {object} [options]
 */
export async function liveCall(changes, relay, options) {
  const started = callOf(changes, relay, options);
  await started.call.start();
  Connection.last.become("connected");
  Connection.last.open();
  return started;
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
