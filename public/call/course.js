/**
 * The course of a call, from the click to the end: the only place that knows the order of things.
 *
 *     idle → asking → connecting → listening ⇄ thinking ⇄ speaking → ended
 *                └────────┴──────────────┴── reconnecting (once) ──→ failed
 *
 * Nothing is drawn here. Whatever ends the call, here or at the relay, the microphone is released, the peer connection
 * closed, and the relay knows.
 */

import { profileOf } from "./config.js";
import { Conversation } from "./conversation.js";
import { mayReconnect } from "./diagnosis.js";
import { trouble } from "./events.js";
import { bareMeaning } from "./bare-meaning.js";
import { follow } from "./follow.js";
import { Leg } from "./leg.js";
import { isWorthWaiting, networkOrPause } from "./patience.js";
import { ownProblem, problemFromError } from "./problems.js";
import { CallRecord } from "./record.js";
import { Sound } from "./sound.js";
import { isLive, isOver } from "./states.js";

/** The course of one call. */
export class Course {
  #options;
  #around;
  #emit;
  #conversation;
  /** @type {import("./states.js").State} */
  #state = "idle";
  /** @type {Leg | null} */
  #leg = null;
  /** @type {import("./stats.js").Sampler | undefined} */
  #sampler;
  #reconnected = false;
  #onPagehide = () => this.hangUp("left");

  /**
   * @param {import("../relay-call.js").Options} options
   * @param {import("./around.js").Around} around
   * @param {(name: string, detail?: unknown) => void} emit
   */
  constructor(options, around, emit) {
    this.#options = options;
    this.#around = around;
    this.#emit = emit;
    this.config = options.config ?? null;
    this.record = new CallRecord(around.clock, emit, options.extras ?? {});
    this.sound = new Sound(around, options, () => this.record.elapsed);
    this.#conversation = new Conversation({
      send: (event) => this.#send(event),
      onTranscript: (transcript) => this.record.say(transcript),
      onPhase: (phase) => this.isLive && this.#enter(phase),
    });
    follow(this.sound, {
      level: (level) => this.#emit("level", level),
      heard: () => this.#note("sound"),
      turn: (turn) => this.record.turn(turn),
      mute: (mute) => this.#emit("mute", mute),
      devices: (choice) => this.#emit("devices", choice),
      track: (track) => void this.#leg?.speakBy(track),
      blocked: (blocked) => this.#emit("sound", { blocked }),
      notice: (notice) => this.#notice(notice),
    });
    around.signIn.addEventListener("forgotten", () => this.#emit("signedout", {}));
  }

  get state() {
    return this.#state;
  }

  get isLive() {
    return isLive(this.#state);
  }

  get isOver() {
    return isOver(this.#state);
  }

  /** @returns {import("../relay-call.js").Profile} the one that was asked for, as far as it is known */
  get profile() {
    return profileOf(this.config, this.#options.profile ?? "");
  }

  get leg() {
    return this.#leg;
  }

  get #wishes() {
    return { profile: "", voice: "", instructions: "", ...this.#options };
  }

  /** Read the relay's config and have it get ready; nothing that goes wrong matters yet. */
  async prepare() {
    try {
      const config = await this.#readConfig();
      if (config.prepare && this.#state === "idle") await this.#around.signaling.prepare(this.#wishes);
    } catch {
      // `start` asks again, and tells.
    }
  }

  /** Make the call. */
  async start() {
    if (this.#state !== "idle") return;
    this.record.timing.mark("click");
    this.sound.unlock();
    this.#around.window.addEventListener("pagehide", this.#onPagehide);
    const asks = this.#options.microphone !== false;
    this.#enter(asks ? "asking" : "connecting");
    try {
      const opening = asks ? this.sound.open().then(() => this.#note("microphone")) : null;
      const [offer] = await Promise.all([this.#newOffer(), opening]);
      await this.#place(offer);
    } catch (error) {
      this.#fail(problemFromError(error));
    }
  }

  /** @param {string} text false comes back when it could not be sent */
  send(text) {
    const said = text.trim();
    return this.isLive && said !== "" && this.#conversation.say(said, this.record.elapsed);
  }

  interrupt() {
    if (this.isLive) this.#conversation.interrupt();
  }

  /** @param {string} reason a code */
  hangUp(reason) {
    if (this.#state === "idle" || this.isOver) return;
    this.#end("ended", reason);
  }

  async #readConfig() {
    if (this.config) return this.config;
    this.config = await this.#around.signaling.config();
    this.#note("config");
    return this.config;
  }

  /** @returns {Promise<string>} the offer of a new leg; empty when the call is over meanwhile */
  async #newOffer() {
    const config = this.config ?? (await this.#readConfig());
    if (this.isOver) return "";
    const { microphone, direct, extras } = this.#options;
    this.#conversation.transcribed = this.profile.transcribed;
    this.#conversation.guarded = this.profile.sideband === "guard";
    const midTurn = () => this.#conversation.phase !== "listening";
    const connectDirectly = direct && config.direct ? extras?.connectDirectly : undefined;
    const leg = new Leg(config, this.#around, { sends: microphone !== false, connectDirectly, midTurn });
    this.#leg = leg;
    void this.sound.play(leg.assistantTrack);
    follow(leg, {
      mark: (mark) => this.#note(mark),
      answered: (serverTiming) => {
        this.record.timing.serverTiming = serverTiming;
        this.#note("answer");
      },
      open: () => this.#onOpen(),
      message: (event) => {
        this.record.write("in", event);
        this.#understand(event);
      },
      slow: () => this.#notice({ code: "slow" }),
      unsteady: (unsteady) => this.#notice({ code: "unsteady", on: unsteady }),
      relay: (reached) => this.#notice({ code: "relay_away", on: !reached }),
      entry: (told) => this.#onEntry(told),
      over: (reason) => this.hangUp(reason),
      lost: (finding) => void this.#onLost(finding),
      untold: () => this.#notice({ code: "hang_up_untold" }),
    });
    const offer = await leg.offer();
    this.#note("offer");
    return offer;
  }

  /** @param {string} offer */
  async #place(offer) {
    if (this.isOver || !this.#leg) return;
    if (this.#state === "asking") this.#enter("connecting");
    if (this.sound.track) await this.#leg.speakBy(this.sound.track);
    await this.#leg.exchange(offer, this.#wishes);
  }

  /** The call is up with the data channel, not with `session.created`: the filter may hide that (fact 1.3). */
  #onOpen() {
    const again = this.#state === "reconnecting";
    this.#note("channel");
    this.sound.live = true;
    this.#enter("listening");
    const { Sampler } = this.#options.extras ?? {};
    const reports = async () => (await this.#leg?.reports()) ?? [];
    const onSample = (/** @type {import("../relay-call.js").Sample} */ sample) => this.isOver || this.record.sample(sample);
    this.#sampler = Sampler && new Sampler(reports, () => this.record.elapsed, onSample);
    if (!again) return this.#options.speakFirst && this.#conversation.ask();
    // A private profile's conversation is not the browser's to write: the relay's guard would take it for a change.
    const items = this.profile.private ? 0 : this.#conversation.restore();
    this.#emit("reconnected", { restored: items > 0, items });
  }

  /** @param {import("./events.js").ServerEvent} event of the data channel, or made of what the relay tells instead */
  #understand(event) {
    this.sound.onServerEvent(event.type);
    this.#conversation.onServerEvent(event, this.record.elapsed);
    const said = trouble(event);
    if (!said) return;
    if (said.end) this.hangUp(said.code);
    else this.#notice(said);
  }

  /** @param {{ kind: string, entry: any, json: unknown }} told by the relay */
  #onEntry(told) {
    const { meaningOf = bareMeaning } = this.#options.extras ?? {};
    const { emit, understand } = meaningOf(told, this.profile.private);
    for (const [name, detail] of emit) {
      if (name === "usage") this.record.usage = detail;
      this.#emit(name, detail);
    }
    for (const event of understand) this.#understand(event);
  }

  /** @param {import("./diagnosis.js").Finding} finding */
  async #onLost(finding) {
    const problem = ownProblem(finding.code, finding.params, this.#leg?.requestId);
    const wasUp = finding.code.startsWith("media_lost");
    const seen = { wanted: this.#options.reconnect !== false, tried: this.#reconnected, wasUp, endedThere: this.isOver };
    if (!mayReconnect(seen)) return this.#fail(problem);
    this.#reconnected = true;
    this.#conversation.interrupted();
    this.sound.live = false;
    this.#enter("reconnecting", finding.code);
    for (let tries = 1; !this.isOver; tries += 1) {
      this.#sampler?.stop();
      this.#leg?.close();
      try {
        return await this.#place(await this.#newOffer());
      } catch (error) {
        const { code } = problemFromError(error);
        if (!isWorthWaiting(code, tries)) return this.#fail({ ...problem, params: { ...problem.params, again: code } });
      }
      await networkOrPause(this.#around.window);
    }
  }

  /** @param {import("./events.js").ClientEvent} event */
  #send(event) {
    if (!this.#leg?.send(event)) return false;
    this.record.write("out", event);
    return true;
  }

  /** @param {import("./timing.js").Mark} mark */
  #note(mark) {
    if (!this.isOver && this.#state !== "idle") this.record.note(mark);
  }

  /** @param {{ code: string, on?: boolean, [param: string]: unknown }} notice a condition that holds, unless said otherwise */
  #notice(notice) {
    this.#emit("notice", { on: true, ...notice });
  }

  /**
   * @param {import("./states.js").State} state
   * @param {string} [reason]
   */
  #enter(state, reason = "") {
    if (state === this.#state || this.isOver) return;
    this.#state = state;
    this.record.write("page", { type: reason ? `${state}: ${reason}` : state });
    this.#emit("state", { state, reason });
  }

  /** @param {import("../relay-call.js").Problem} problem */
  #fail(problem) {
    if (this.isOver) return;
    this.#end("failed", problem.code, problem);
  }

  /**
   * @param {"ended" | "failed"} state
   * @param {string} reason
   * @param {import("../relay-call.js").Problem} [problem]
   */
  #end(state, reason, problem) {
    const seconds = this.record.elapsed / 1000;
    this.#around.window.removeEventListener("pagehide", this.#onPagehide);
    this.#sampler?.stop();
    this.sound.close();
    this.#conversation.close();
    this.#leg?.close();
    this.#enter(state, reason);
    if (problem) this.#emit("problem", problem);
    this.#emit("ended", { state, reason, seconds });
  }
}
