/**
 * One call at the upstream, from the offer to the hang-up: peer connection and relay's resource together. A reconnect is
 * a second leg. What is said over it, and whether it is the first, is not known here.
 *
 * Events (CustomEvent, `detail` in brackets): `mark` (Mark), `answered`, `open`, `message` (server event), `slow`,
 * `unsteady` (boolean), `relay` (boolean: reached or not), `entry` ({kind, entry, json}), `over` (code: ended, here or
 * there), `lost` (Finding), `untold` (the relay could not be told of the hang-up).
 */

import { mediaFinding } from "./diagnosis.js";
import { Teller, follow } from "./follow.js";
import { Peer } from "./peer.js";
import { ProblemError, ownProblem } from "./problems.js";
import { CallResource } from "./resource.js";

/** @typedef {import("./signaling.js").Wishes} Wishes */

/** One leg. */
export class Leg extends Teller {
  #config;
  #around;
  #peer;
  #resource;
  #connectDirectly;
  #midTurn;
  #answer = "";
  /** Aborted when nobody could do anything with the answer any more. */
  #moot = new AbortController();
  /** Id of the exchange in the relay's log. */
  requestId = "";

  /**
   * @param {import("../relay-call.js").Config} config
   * @param {import("./around.js").Around} around
   * @param {{ sends: boolean, connectDirectly?: typeof import("./direct.js").connectDirectly, midTurn: () => boolean }} how
   *   the second in direct mode only; the last: whether an answer is under way
   * @throws {ProblemError} the browser cannot make calls
   */
  constructor(config, around, { sends, connectDirectly, midTurn }) {
    super();
    const { RTCPeerConnection, signaling, window, clock } = around;
    this.#config = config;
    this.#around = around;
    this.#connectDirectly = connectDirectly;
    this.#midTurn = midTurn;
    if (!RTCPeerConnection) throw new ProblemError(ownProblem("webrtc_unsupported"));
    try {
      this.#peer = new Peer(RTCPeerConnection, config.iceServers, sends);
    } catch (error) {
      throw new ProblemError(ownProblem("webrtc_broken", { message: String(error) }));
    }
    this.#resource = new CallResource(signaling, { window, clock, presenceSeconds: config.presenceSeconds });
    follow(this.#resource, {
      over: (reason) => this.tell("over", reason),
      contact: (reached) => this.tell("relay", reached),
      entry: (entry) => this.tell("entry", entry),
    });
    follow(this.#peer, {
      ice: () => this.tell("mark", "ice"),
      connected: () => this.tell("mark", "connected"),
      open: () => this.#onOpen(),
      message: (event) => this.tell("message", event),
      slow: () => this.tell("slow"),
      unsteady: (unsteady) => this.tell("unsteady", unsteady),
      lost: () => this.#onLost(),
      closed: () => void this.#onClosed(),
    });
  }

  /** @returns {MediaStreamTrack} */
  get assistantTrack() {
    return this.#peer.assistantTrack;
  }

  /** @returns {number | null} */
  get secondsLeft() {
    return this.#resource.secondsLeft;
  }

  /** @returns {Promise<string>} the offer; it needs no microphone yet */
  offer() {
    return this.#peer.offer();
  }

  /** @param {MediaStreamTrack | null} track the microphone from now on */
  speakBy(track) {
    return this.#peer.speakBy(track);
  }

  /** @param {import("./events.js").ClientEvent} event */
  send(event) {
    return this.#peer.send(event);
  }

  /** @returns {Promise<Iterable<any>>} */
  reports() {
    return this.#peer.reports();
  }

  /**
   * Exchange the offer and take the answer.
   *
   * @param {string} offer
   * @param {Wishes} wishes
   * @throws {ProblemError}
   */
  async exchange(offer, wishes) {
    const { signaling } = this.#around;
    const patience = { seconds: this.#config.exchangeSeconds, signal: this.#moot.signal };
    const exchanging = this.#connectDirectly?.(signaling, offer, wishes, patience) ?? signaling.connect(offer, wishes, patience);
    const exchange = await this.#whileHere(exchanging);
    this.#resource.take(exchange);
    this.requestId = exchange.requestId;
    if (this.silent) return this.#tellRelay();
    this.#resource.attend(this.#config.maxCallSeconds);
    this.#answer = exchange.answer;
    this.tell("answered", exchange.serverTiming);
    await this.#peer.accept(exchange.answer).catch((/** @type {Error} */ { message }) => {
      throw new ProblemError(ownProblem("answer_refused", { message }, exchange.requestId));
    });
  }

  /**
   * Let go of everything, and tell the relay. An exchange that is under way goes on: its answer brings the address
   * to hang up at, and `exchange` does so. In direct mode nobody could, so there the exchange is broken off.
   */
  close() {
    if (this.silent) return;
    this.silent = true;
    if (this.#connectDirectly) this.#moot.abort();
    this.#peer.close();
    this.#tellRelay();
  }

  /**
   * Break the exchange off when the page goes away, with everybody who could read its answer.
   *
   * @template Value
   * @param {Promise<Value>} exchanging
   */
  async #whileHere(exchanging) {
    const { window } = this.#around;
    const onPagehide = () => this.#moot.abort();
    window.addEventListener("pagehide", onPagehide);
    return await exchanging.finally(() => window.removeEventListener("pagehide", onPagehide));
  }

  #onOpen() {
    this.tell("open");
    void this.#resource.learnLimit();
  }

  /** The relay may know more: it may be the one who had the call hung up. */
  async #onClosed() {
    const reason = await this.#resource.askWhy();
    const seen = this.#peer.seen;
    if (reason) this.tell("over", reason);
    else if (this.#midTurn()) this.#onLost(seen);
    else this.tell("over", "other_side");
  }

  #onLost(seen = this.#peer.seen) {
    const { firefox } = this.#around;
    const turn = this.#config.iceServers.some(({ urls }) => [urls].flat().some((url) => /^turns?:/.test(url)));
    this.tell("lost", mediaFinding({ ...seen, midTurn: this.#midTurn(), firefox, turn, answer: this.#answer }));
  }

  #tellRelay() {
    void this.#resource.hangUp().then((told) => {
      if (!told) this.dispatchEvent(new CustomEvent("untold")); // also when all else is silent
    });
  }
}
