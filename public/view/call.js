/**
 * One call after the other, as it is seen: hands each event of a call to the part of the page that shows it.
 */

import { isLive, isOver, isUnderWay } from "../call/states.js";
import { Charts } from "./charts.js";
import { Composer } from "./composer.js";
import { Controls } from "./controls.js";
import { DevicesView } from "./devices.js";
import { Facts } from "./facts.js";
import { LimitView } from "./limit.js";
import { LogView } from "./log.js";
import { Notices } from "./notices.js";
import { ProblemView, titleOf } from "./problem.js";
import { Setup } from "./setup.js";
import { Stage } from "./stage.js";
import { Takeaway } from "./takeaway.js";
import { TimingView } from "./timing.js";
import { TranscriptView } from "./transcript.js";
import { known } from "./words.js";

/** @typedef {import("../relay-call.js").Call} Call */

/**
 * @typedef {object} Actions
 * @property {() => void} onToggle start or stop
 * @property {() => void} onNear
 * @property {() => void} onTyping
 * @property {() => void} onCheck
 * @property {() => Call | null} call the one under way
 */

/** Milliseconds between two looks at the clock. */
const TICK_MS = 250;

/** All that shows a call. */
export class CallView {
  setup = new Setup();
  notices = new Notices();
  controls;
  devices;
  #stage;
  #problems;
  #composer;
  #limit = new LimitView();
  #transcript = new TranscriptView();
  #takeaway = new Takeaway();
  #facts = new Facts();
  #timing = new TimingView();
  #charts = new Charts();
  #log = new LogView();
  /** @type {Call | null} The last one. */
  #call = null;
  #showsCost = false;

  /**
   * @param {string} base
   * @param {Actions} actions
   */
  constructor(base, { onToggle, onNear, onTyping, onCheck, call }) {
    this.#stage = new Stage({ onToggle, onNear, onSound: () => void call()?.allowSound() });
    this.#problems = new ProblemView(base, { onTyping, onCheck });
    this.#composer = new Composer((text) => call()?.send(text) ?? false);
    this.controls = new Controls({
      onMute: () => {
        const current = call();
        if (current && !current.pushToTalk) current.muted = !current.muted;
      },
      onInterrupt: () => call()?.interrupt(),
      onTalk: (talking) => call()?.talk(talking),
      onPushToTalk: (pushToTalk) => {
        const current = call();
        if (current) current.pushToTalk = pushToTalk;
      },
    });
    this.devices = new DevicesView({
      onMicrophone: (microphone) => {
        const current = call();
        if (current && microphone === false) current.muted = true;
        else void current?.useMicrophone(microphone === true ? "" : String(microphone));
      },
      onSpeaker: (id) => void call()?.useSpeaker(id),
    });
  }

  /** Take back what the call before has left. */
  clear() {
    this.#problems.clear();
    this.notices.clear();
    this.#limit.clear();
  }

  /** @param {unknown} error with a problem, or one of ours */
  showProblem(error) {
    const problem = error instanceof Error && "problem" in error ? error.problem : null;
    this.#problems.show(problem ? /** @type {import("../relay-call.js").Problem} */ (problem) : faultOf(error));
  }

  /** @param {{ bytes: number, limit: number }} excess of the instructions */
  showExcess(excess) {
    this.#problems.show({ ...faultOf(""), code: "instructions_too_long", params: excess });
  }

  /**
   * Show everything that becomes of a call.
   *
   * @param {Call} call
   * @param {{ voice: string, typing: boolean }} how it is made
   */
  follow(call, { voice, typing }) {
    this.#call = call;
    const { profile } = this.setup;
    this.#showsCost = profile?.showsCost ?? false;
    this.#transcript.show([]);
    this.#takeaway.begin(call);
    this.#timing.show(call.timing);
    this.#charts.begin(call);
    this.#log.begin(call.log);
    if (profile) this.#facts.begin({ profile, voice });
    this.#stage.showRecorded(profile?.recorded ?? false);
    this.#stage.showCost(null);
    this.#listen(call, typing);
    const ticking = setInterval(() => {
      if (call.isOver) clearInterval(ticking);
      else if (call.isLive && this.#call === call) this.#showTime(call);
    }, TICK_MS);
  }

  /**
   * @param {Call} call
   * @param {boolean} typing
   */
  #listen(call, typing) {
    /** @type {(name: string, listener: (detail: any) => void) => void} */
    const on = (name, listener) => {
      call.addEventListener(name, (event) => {
        if (this.#call === call) listener(/** @type {CustomEvent} */ (event).detail);
      });
    };
    on("state", (change) => this.#onState(change, typing));
    on("transcript", ({ items }) => {
      this.#transcript.show(items);
      this.#takeaway.show();
    });
    on("level", ({ caller, assistant }) => {
      this.#stage.showLevel("caller", caller);
      this.#stage.showLevel("assistant", assistant);
    });
    on("mute", (how) => {
      this.controls.showMute(how);
      this.#showMicrophone(how, typing);
    });
    on("notice", (notice) => this.#onNotice(notice));
    on("problem", (problem) => this.#onProblem(problem));
    on("warning", (warning) => this.#limit.announce(warning, performance.now()));
    on("sound", ({ blocked }) => this.#stage.showSoundBlocked(blocked));
    on("signedout", () => this.notices.say("forgotten", "setup.forgotten"));
    on("reconnected", ({ restored }) => {
      this.notices.takeBack("unsteady"); // of the connection that is no more
      this.notices.say("reconnected", restored ? "notice.reconnected" : "notice.reconnected.bare");
    });
    on("moderated", ({ verdict }) => this.notices.say("moderated", `moderated.${verdict}`));
    on("guard", (guard) => this.#onGuard(guard));
    this.#listenToFigures(on);
  }

  /** @param {(name: string, listener: (detail: any) => void) => void} on */
  #listenToFigures(on) {
    on("timing", (timing) => this.#timing.show(timing));
    on("stats", () => this.#charts.draw());
    on("turn", () => this.#charts.draw());
    on("log", (line) => this.#log.add(line));
    on("tool", (tool) => this.#facts.showTool(tool));
    on("limits", (limits) => this.#facts.showLimits(limits));
    on("sideband", ({ state }) => this.#facts.showSideband(state));
    on("usage", (usage) => {
      this.#facts.showUsage(usage, { priced: this.#showsCost });
      this.#stage.showCost(this.#showsCost ? usage : null);
    });
  }

  /**
   * @param {{ state: import("../relay-call.js").State, reason: string }} change
   * @param {boolean} typing
   */
  #onState({ state, reason }, typing) {
    this.#stage.showState(state, reason);
    this.controls.showState(state);
    this.setup.lock(isUnderWay(state));
    this.#composer.allow(isLive(state));
    this.#transcript.invite(isLive(state));
    if (state === "thinking" || state === "speaking") this.#limit.heard();
    if (state === "listening" && typing) this.#composer.invite();
    if (isUnderWay(state) && this.#call) this.#showMicrophone(this.#call, typing);
    if (isLive(state) && this.#call) this.#showTime(this.#call);
    if (!isOver(state)) return;
    this.#limit.clear();
    this.#facts.end();
    this.#stage.showRecorded(false);
    this.#stage.showSilence("");
    this.#stage.showLevel("caller", 0);
    this.#stage.showLevel("assistant", 0);
  }

  /**
   * @param {{ muted: boolean, talking: boolean, pushToTalk: boolean }} how
   * @param {boolean} typing
   */
  #showMicrophone({ muted, talking, pushToTalk }, typing) {
    if (typing) this.#stage.showMicrophone("typing");
    else if (pushToTalk) this.#stage.showMicrophone(talking ? "open" : "released");
    else this.#stage.showMicrophone(muted ? "muted" : "open");
  }

  /** @param {import("../relay-call.js").CallEvents["notice"]} notice */
  #onNotice(notice) {
    const { code, on } = notice;
    if (code === "microphone_silent" || code === "microphone_zeros") this.#stage.showSilence(on ? code : "");
    else this.notices.show(notice);
  }

  /** @param {import("../relay-call.js").Problem} problem */
  #onProblem(problem) {
    if (problem.fatal) this.#stage.showFailure(titleOf(problem));
    this.#problems.show(problem, { titled: !problem.fatal });
  }

  /** @param {{ changed: string[], reverted: boolean, ended: boolean }} guard */
  #onGuard({ changed, reverted, ended }) {
    const [first] = changed;
    const what = { key: known(`guard.what.${first}`) ? `guard.what.${first}` : "guard.what.other" };
    const fate = ended ? "ended" : reverted ? "reverted" : "changed";
    this.notices.say("guard", `guard.${fate}`, { what });
  }

  /** @param {Call} call */
  #showTime(call) {
    this.#stage.showClock(call.elapsed, call.secondsLeft);
    this.#limit.tick(performance.now());
  }
}

/**
 * @param {unknown} error
 * @returns {import("../relay-call.js").Problem}
 */
function faultOf(error) {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const rest = { title: "", detail: "", page: "", requestId: "", retryAfter: null, typing: false };
  return { code: "page_fault", fatal: true, params: { message }, ...rest };
}
