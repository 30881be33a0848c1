/**
 * One call, from the click to the end: the only place that knows the order of things.
 *
 *     idle → asking → connecting → listening ⇄ thinking ⇄ speaking → ended
 *                └────────┴──────────────┴─────────────────────────→ failed
 *
 * It draws nothing and never tries twice: a call that is over stays over, a new one is a new object. Whatever
 * ends it, here or at the relay, the microphone is released, the peer connection closed, and the relay knows.
 *
 * Events (CustomEvent, `detail` in brackets): `state` (StateChange), `transcript` (Transcript), `problem`
 * (Problem), `notice` (string), `moot` (string: a notice that no longer holds), `warning` (the limit is near),
 * `log` ({direction, event}), `timing` (Timing), `media` ({side, track}), `sound` ({blocked}), `mute`
 * (boolean).
 */

import { Conversation } from "./conversation.js";
import { trouble } from "./events.js";
import { follow } from "./follow.js";
import { Microphone } from "./microphone.js";
import { Peer } from "./peer.js";
import { ProblemError, ownProblem, problemFromError } from "./problems.js";
import { CallResource } from "./resource.js";
import { Speaker } from "./speaker.js";
import { isLive, isOver } from "./states.js";
import { Timing } from "./timing.js";

/** @typedef {import("./states.js").State} State */
/** @typedef {import("./signaling.js").Wanted} Wanted */
/** @typedef {import("./surroundings.js").Surroundings} Surroundings */

const INTERRUPTED = "Connection interrupted. The browser is looking for another way.";
const OUT_OF_REACH = "The relay is out of reach. If it stays so, the call ends.";

/** One call. */
export class Call extends EventTarget {
  #config;
  #surroundings;
  #conversation;
  /** @type {State} */
  #state = "idle";
  /** Aborted when nobody could do anything with the answer any more. */
  #moot = new AbortController();
  #direct = false;
  /** @type {Peer | null} */
  #peer = null;
  #microphone;
  #speaker;
  #speakFirst = false;
  #resource;
  #requestId = "";

  /**
   * @param {import("./config.js").Config} config
   * @param {Surroundings} surroundings
   */
  constructor(config, surroundings) {
    super();
    this.#config = config;
    this.#surroundings = surroundings;
    this.#microphone = new Microphone(surroundings.microphone);
    this.#speaker = new Speaker(surroundings.audio);
    const { signaling, window, clock } = surroundings;
    this.#resource = new CallResource(signaling, { window, clock, presenceSeconds: config.presenceSeconds });
    follow(this.#resource, {
      over: (words) => this.hangUp(words),
      warning: () => this.#emit("warning"),
      problem: (problem) => this.#emit("problem", problem),
      contact: (reached) => this.#emit(reached ? "moot" : "notice", OUT_OF_REACH),
    });
    /** The marks of this call. */
    this.timing = new Timing(surroundings.clock);
    this.#conversation = new Conversation({
      send: (event) => this.#send(event),
      onTranscript: (transcript) => this.#emit("transcript", transcript),
      onPhase: (phase) => this.isLive && this.#enter(phase),
    });
  }

  /** @returns {boolean} whether both sides can talk now */
  get isLive() {
    return isLive(this.#state);
  }

  /** @returns {boolean} */
  get isOver() {
    return isOver(this.#state);
  }

  /** @returns {boolean} */
  get muted() {
    return this.#microphone.muted;
  }

  /** @returns {number | null} seconds until the call reaches its limit; null when it has none that is known */
  get secondsLeft() {
    return this.#resource.secondsLeft;
  }

  /**
   * Make the call. Call it straight from a click: sound may only be switched on there.
   *
   * @param {Wanted} wanted
   * @returns {Promise<void>} once the answer is accepted, or the call is over
   */
  async start(wanted) {
    if (this.#state !== "idle") return;
    this.timing.mark("click");
    this.#speakFirst = wanted.speakFirst;
    this.#direct = wanted.direct;
    const profile = this.#config.profiles.find(({ name }) => name === wanted.profile);
    this.#conversation.transcribed = profile?.transcribed ?? true;
    this.#conversation.guarded = profile?.guarded ?? false;
    try {
      const peer = this.#openPeer();
      const track = wanted.microphone ? await this.#takeMicrophone() : null;
      if (this.isOver) return;
      this.#enter("connecting");
      const offer = await peer.offer(track);
      if (this.isOver) return;
      this.#note("offer");
      const { signaling } = this.#surroundings;
      const patience = { seconds: this.#config.exchangeSeconds, signal: this.#moot.signal };
      const exchanging = wanted.direct ? signaling.connectDirectly : signaling.connect;
      await this.#accept(peer, await exchanging.call(signaling, offer, wanted, patience));
    } catch (error) {
      this.#fail(problemFromError(error));
    }
  }

  /** @param {string} text what the caller types; false comes back when it could not be sent */
  send(text) {
    const said = text.trim();
    return this.isLive && said !== "" && this.#conversation.say(said, this.timing.elapsed());
  }

  /** Stop what the assistant is saying. Harmless when it is silent. */
  interrupt() {
    if (this.isLive) this.#conversation.interrupt();
  }

  /** @param {boolean} muted whether the microphone sends silence */
  mute(muted) {
    this.#microphone.muted = muted;
    this.#emit("mute", muted);
  }

  /** To be told by whoever measures it: the assistant can be heard. The first time counts. */
  noteSound() {
    this.#note("sound");
  }

  /** Play the assistant's sound after all; belongs into a click, when the browser refused it before. */
  async resumeSound() {
    this.#emit("sound", { blocked: !(await this.#speaker.resume()) });
  }

  /** @param {string} [reason] a sentence for the caller */
  hangUp(reason = "You hung up.") {
    if (this.#state === "idle" || this.isOver) return;
    this.#finish();
    this.#enter("ended", reason);
  }

  /** Hang up because the page goes away, with everybody who could read an answer that is still due. */
  leave() {
    this.#moot.abort();
    this.hangUp("You left the page.");
  }

  #openPeer() {
    const { RTCPeerConnection } = this.#surroundings;
    if (!RTCPeerConnection) throw new ProblemError(ownProblem("webrtc_unsupported", "RTCPeerConnection is missing."));
    const peer = new Peer(RTCPeerConnection, this.#config.iceServers);
    this.#peer = peer;
    // The receiver's track exists already, so sound is switched on inside the click, before anything is awaited.
    void this.#speaker.play(peer.assistantTrack).then((allowed) => this.#emit("sound", { blocked: !allowed }));
    this.#emit("media", { side: "assistant", track: peer.assistantTrack });
    follow(peer, {
      connected: () => this.#note("connected"),
      open: () => this.#onOpen(),
      message: (event) => this.#onServerEvent(event),
      unsteady: () => this.#emit("notice", INTERRUPTED),
      steady: () => this.#emit("moot", INTERRUPTED),
      blocked: (detail) => this.#fail(ownProblem("media_blocked", detail, this.#requestId)),
      lost: (detail) => this.#fail(ownProblem("media_lost", detail, this.#requestId)),
      closed: () => void this.#onClosed(),
    });
    return peer;
  }

  async #takeMicrophone() {
    this.#enter("asking");
    const track = await this.#microphone.open(() => {
      this.#emit("notice", "The microphone went away. You can go on by typing, or start again.");
    });
    if (this.isOver) return null;
    this.#note("microphone");
    this.#emit("media", { side: "caller", track });
    return track;
  }

  /**
   * @param {Peer} peer
   * @param {import("./signaling.js").Exchange} exchange
   */
  async #accept(peer, exchange) {
    this.#resource.take(exchange);
    this.#requestId = exchange.requestId;
    if (this.isOver) return this.#tellRelay();
    this.#resource.attend(this.#config.maxCallSeconds);
    this.timing.serverTiming(exchange.serverTiming);
    this.#note("answer");
    await peer.accept(exchange.answer).catch((/** @type {Error} */ { message }) => {
      throw new ProblemError(ownProblem("answer_refused", message, exchange.requestId));
    });
  }

  /** The call is up with the data channel, not with `session.created`: the filter may hide that (fact 1.3). */
  #onOpen() {
    this.#note("channel");
    this.#enter("listening");
    if (this.#speakFirst) this.#conversation.ask();
    void this.#resource.learnLimit();
  }

  /** @param {import("./events.js").ServerEvent} event */
  #onServerEvent(event) {
    this.#emit("log", { direction: "in", event });
    this.#conversation.onServerEvent(event, this.timing.elapsed());
    const said = trouble(event);
    if (said?.kind === "notice") this.#emit("notice", said.words);
    if (said?.kind === "end") this.hangUp(said.words);
  }

  /** The relay may know more: it may be the one who had the call hung up. */
  async #onClosed() {
    this.hangUp((await this.#resource.askWhy()) || "The other side ended the call.");
  }

  /** @param {import("./events.js").ClientEvent} event */
  #send(event) {
    if (!this.#peer?.send(event)) return false;
    this.#emit("log", { direction: "out", event });
    return true;
  }

  /** @param {import("./timing.js").Mark} mark */
  #note(mark) {
    if (this.timing.mark(mark)) this.#emit("timing", this.timing);
  }

  /**
   * @param {State} state
   * @param {string} [reason]
   */
  #enter(state, reason = "") {
    if (state === this.#state || this.isOver) return;
    this.#state = state;
    this.#emit("log", { direction: "page", event: { type: reason ? `${state}: ${reason}` : state } });
    this.#emit("state", { state, reason });
  }

  /** @param {import("./problems.js").Problem} problem */
  #fail(problem) {
    if (this.isOver) return;
    this.#finish();
    this.#enter("failed", problem.title);
    this.#emit("problem", problem);
  }

  /**
   * Let go of everything, and tell the relay. An exchange that is under way goes on: its answer brings the address
   * to hang up at, and `#accept` does so. In direct mode nobody could, so there the exchange is broken off.
   */
  #finish() {
    if (this.#direct) this.#moot.abort();
    this.#peer?.close();
    this.#microphone.stop();
    this.#speaker.stop();
    this.#conversation.close();
    this.#tellRelay();
  }

  #tellRelay() {
    void this.#resource.hangUp().then((told) => {
      if (!told) this.#emit("notice", "The relay could not be told of the hang-up. It ends the call by itself.");
    });
  }

  /**
   * @param {string} name
   * @param {unknown} [detail]
   */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
