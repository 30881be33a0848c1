/**
 * A realtime voice call through the relay, for any page:
 *
 *     import { Call } from "https://relay.example/relay-call.js";
 *     const call = new Call();
 *     call.addEventListener("transcript", ({ detail }) => console.log(detail.changed));
 *     button.addEventListener("click", () => call.start());
 *
 * Everything that can go wrong comes as an event with a code; nothing here throws but `readConfig`. A call is used once.
 */

import { aroundOf } from "./call/around.js";
import { Course } from "./call/course.js";
/** @typedef {"idle" | "asking" | "connecting" | "listening" | "thinking" | "speaking" | "reconnecting" | "ended" | "failed"} State */

/**
 * @typedef {object} Options
 * @property {string} [base] address of the relay; by default the folder that this module came from
 * @property {string | (() => string | Promise<string>)} [token] access token or ticket, or who gives one; never stored
 * @property {string} [profile] as `/config` names it; by default the first
 * @property {string} [voice]
 * @property {string} [instructions]
 * @property {boolean} [speakFirst] whether the assistant opens the conversation
 * @property {boolean | string} [microphone] a device's id, or whether there is one: without, listen and type
 * @property {string} [speaker] a device's id; empty for the system's
 * @property {HTMLAudioElement} [audio] plays the assistant; by default an element of the call's own
 * @property {boolean} [pushToTalk] whether the microphone is heard only while `talk(true)` holds
 * @property {boolean} [muted]
 * @property {boolean} [reconnect] false to end when the connection breaks; otherwise there is one further try
 * @property {boolean} [direct] whether to exchange the offer with the upstream itself, where the relay allows it
 * @property {Config | null} [config] one that was read before
 * @property {Extras} [extras] from `call/extras.js`: what that file says
 */
/** @typedef {{ Devices?: any, EventLog?: any, Hearing?: any, Sampler?: any, Timing?: any, Waits?: any, connectDirectly?: any, meaningOf?: any }} Extras */

/** @typedef {{ code: string, [param: string]: unknown }} Note  What else a reader should know of an item. */
/** @typedef {{ id: string, who: "caller" | "assistant" | "tool", text: string, final: boolean, standing: "streaming" | "final" | "interrupted" | "failed", note: Note | null, at: number }} Item  At: milliseconds since the click. */

/**
 * @typedef {object} Problem
 * @property {string} code the relay's slug with underscores, or one of the module's own
 * @property {boolean} fatal whether the call is over
 * @property {string} title of the relay's, in English; empty for the module's own
 * @property {string} detail likewise
 * @property {Record<string, unknown>} params what fills the words for the code
 * @property {string} page path at the relay that explains it; may be empty
 * @property {string} requestId under which the relay's log has it; may be empty
 * @property {number | null} retryAfter seconds
 * @property {boolean} typing whether going on without a microphone would work
 */
/** @typedef {{ at: number, roundTrip: number | null, jitter: number | null, loss: number | null, sent: number | null, received: number | null, callerLevel: number | null, assistantLevel: number | null, way: string }} Sample  Milliseconds, share, kbit/s, 0 to 1; way: udp, tcp, relay. */
/** @typedef {{ number: number, at: number, milliseconds: number }} Turn  End of speech to first sound. */
/** @typedef {{ inputTokens: number, outputTokens: number, cost: string | null, currency: string, complete: boolean }} Usage */
/** @typedef {{ id: string, label: string }} Device */
/** @typedef {{ microphones: Device[], speakers: Device[], microphone: string, speaker: string }} Choice  The last two: ids in use. */
/** @typedef {{ number: number, at: number, direction: "in" | "out" | "page", type: string, json: string, delta: boolean }} Line */
/** @typedef {{ rows(): { mark: string, ms: number, server: boolean }[], at(mark: string): number | null, elapsed(): number }} Marks  Milliseconds since the click. */
/** @typedef {{ lines: readonly Line[], text(deltas: boolean): string }} Log */
/** @typedef {{ name: string, title: string, description: string, voices: string[], voice: string, instructionsMaxBytes: number, transcribed: boolean, private: boolean, sideband: "off" | "observe" | "guard", recorded: boolean, showsCost: boolean, signIn: boolean, maxCallSeconds: number }} Profile */
/** @typedef {{ version: string, simulated: boolean, profiles: Profile[], maxCallSeconds: number, exchangeSeconds: number, presenceSeconds: number, direct: boolean, prepare: boolean, iceServers: RTCIceServer[], signIn: { kind: "none" | "token" | "link", url: string } }} Config */

/**
 * @typedef {object} CallEvents The details of the events, by name.
 * @property {{ state: State, reason: string }} state
 * @property {{ items: readonly Item[], changed: Item[] }} transcript all in order; those that are new or different
 * @property {{ caller: number, assistant: number }} level 0 to 1, twenty times a second
 * @property {Sample} stats once a second
 * @property {Turn} turn
 * @property {Problem} problem
 * @property {{ code: string, on: boolean, [param: string]: unknown }} notice a condition that holds, or no longer does
 * @property {{ secondsLeft: number | null, cause: "time" | "idle" | "money" | "speech" }} warning
 * @property {{ id: string, name: string, state: "asked" | "done" | "failed" | "timeout", milliseconds?: number }} tool
 * @property {Usage} usage
 * @property {{ changed: string[], reverted: boolean, times: number, ended: boolean }} guard
 * @property {{ state: "attached" | "lost" | "refused" }} sideband
 * @property {{ verdict: "cancel" | "say" | "hang_up" }} moderated
 * @property {{ name: string, remaining: number, resetSeconds: number }} limits
 * @property {Marks} timing
 * @property {{ blocked: boolean }} sound blocked: the browser waits for a tap, in which `allowSound` is to be called
 * @property {{ muted: boolean, talking: boolean, pushToTalk: boolean }} mute
 * @property {Choice} devices
 * @property {Line} log
 * @property {{}} signedout the relay no longer believes the token
 * @property {{ restored: boolean, items: number }} reconnected whether the conversation was given back to the model
 * @property {{ state: "ended" | "failed", reason: string, seconds: number }} ended nothing follows
 */

/** One call. */
export class Call extends EventTarget {
  #course;
  #recvonly;

  /** @param {Options} [options] */
  constructor(options = {}) {
    super();
    this.#recvonly = options.microphone === false;
    const emit = (/** @type {string} */ name, /** @type {unknown} */ detail) => {
      this.dispatchEvent(new CustomEvent(name, { detail }));
    };
    this.#course = new Course(options, aroundOf(relayOf(options), options.token ?? ""), emit);
  }

  /**
   * @template {keyof CallEvents} Name
   * @overload
   * @param {Name} name
   * @param {(event: CustomEvent<CallEvents[Name]>) => void} listener
   * @param {boolean | AddEventListenerOptions} [options]
   * @returns {void}
   */
  /**
   * @overload
   * @param {string} name
   * @param {EventListenerOrEventListenerObject | null} listener
   * @param {boolean | AddEventListenerOptions} [options]
   * @returns {void}
   */
  /**
   * @param {string} name
   * @param {any} listener
   * @param {boolean | AddEventListenerOptions} [options]
   */
  addEventListener(name, listener, options) {
    super.addEventListener(name, listener, options);
  }

  /** @returns {State} */
  get state() {
    return this.#course.state;
  }

  /** @returns {boolean} whether both sides can talk */
  get isLive() {
    return this.#course.isLive;
  }

  /** @returns {boolean} whether nothing more can come */
  get isOver() {
    return this.#course.isOver;
  }

  /** @returns {readonly Item[]} */
  get transcript() {
    return this.#course.record.items;
  }

  /** @returns {number} milliseconds since the click */
  get elapsed() {
    return this.#course.record.elapsed;
  }

  /** @returns {number | null} until the call reaches its limit; null when none is known */
  get secondsLeft() {
    return this.#course.leg?.secondsLeft ?? null;
  }

  /** @returns {readonly Sample[]} one for each second, the last hour at most */
  get samples() {
    return this.#course.record.samples;
  }

  /** @returns {readonly Turn[]} */
  get turns() {
    return this.#course.record.turns;
  }

  /** @returns {Usage | null} totals so far, where the relay tells */
  get usage() {
    return this.#course.record.usage;
  }

  /** @returns {Marks} */
  get timing() {
    return this.#course.record.timing;
  }

  /** @returns {Log} */
  get log() {
    return this.#course.record.log ?? { lines: [], text: () => "" };
  }

  /** @returns {Config | null} once it is read */
  get config() {
    return this.#course.config;
  }

  /** @returns {Choice} */
  get devices() {
    return this.#course.sound.choice;
  }

  /** @returns {string} under which the relay's log has this call */
  get requestId() {
    return this.#course.leg?.requestId ?? "";
  }

  /** @returns {boolean} whether the upstream's events are hidden from the browser */
  get private() {
    return this.#course.profile.private;
  }

  /** @returns {boolean} whether the microphone sends silence */
  get muted() {
    return this.#course.sound.mute.muted;
  }

  set muted(muted) {
    this.#course.sound.set({ muted });
  }

  /** @returns {boolean} */
  get pushToTalk() {
    return this.#course.sound.mute.pushToTalk;
  }

  set pushToTalk(pushToTalk) {
    this.#course.sound.set({ pushToTalk });
  }

  /** @returns {boolean} whether the key of push-to-talk is held */
  get talking() {
    return this.#course.sound.mute.talking;
  }

  /** @param {boolean} talking for push-to-talk: whether the key is held */
  talk(talking) {
    this.#course.sound.set({ talking });
  }

  /** Before the click, when it can be expected: reads the relay's config, and has it get ready. */
  async prepare() {
    await this.#course.prepare();
  }

  /** Make the call. Belongs straight into a click: sound may only be switched on there. */
  async start() {
    await this.#course.start();
  }

  /** End the call. */
  hangUp() {
    this.#course.hangUp("you");
  }

  /**
   * @param {string} text what the caller types
   * @returns {boolean} false when it could not be sent
   */
  send(text) {
    return this.#course.send(text);
  }

  /** Stop what the assistant is saying. Harmless when it is silent. */
  interrupt() {
    this.#course.interrupt();
  }

  /**
   * Use another microphone from now on; mute and push-to-talk stay as they are.
   *
   * @param {string} deviceId empty for the system's
   * @returns {Promise<boolean>} false when it cannot be had, or this call has none
   */
  async useMicrophone(deviceId) {
    if (this.#recvonly) return false;
    return await this.#course.sound.useMicrophone(deviceId).then(() => true, () => false);
  }

  /**
   * @param {string} deviceId empty for the system's
   * @returns {Promise<boolean>} false when this browser cannot; the system's is used then
   */
  async useSpeaker(deviceId) {
    return await this.#course.sound.useSpeaker(deviceId);
  }

  /** Play the assistant after all; belongs into a click, after `sound` said that the browser waits for one. */
  async allowSound() {
    await this.#course.sound.resume();
  }
}

/**
 * What the relay tells about itself, for a page that lets its user choose before the call.
 *
 * @param {Pick<Options, "base" | "token">} [options]
 * @returns {Promise<Config>}
 * @throws {Error & { problem: Problem }}
 */
export async function readConfig(options = {}) {
  return await aroundOf(relayOf(options), options.token ?? "").signaling.config();
}

/** @param {Pick<Options, "base">} options */
function relayOf({ base }) {
  const url = new URL(base ?? "./", base === undefined ? import.meta.url : globalThis.location?.href);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url.href;
}
