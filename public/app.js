/**
 * The page: wires the call to what is seen and pressed. No decision about a call is made here.
 */

import { Call } from "./call/call.js";
import { AUDIBLE, Levels } from "./call/level.js";
import { problemFromError } from "./call/problems.js";
import { SignIn } from "./call/sign-in.js";
import { Signaling } from "./call/signaling.js";
import { isLive, isOver, isUnderWay } from "./call/states.js";
import { surroundingsOf } from "./call/surroundings.js";
import { byId, durationText } from "./view/elements.js";
import { Keyboard } from "./view/keyboard.js";
import { LimitView } from "./view/limit.js";
import { LogView } from "./view/log.js";
import { ProblemView } from "./view/problem.js";
import { Setup } from "./view/setup.js";
import { SignInView } from "./view/sign-in.js";
import { Stage } from "./view/stage.js";
import { TimingView } from "./view/timing.js";
import { TranscriptView } from "./view/transcript.js";

/** Where the relay is: the page's own folder. */
const RELAY = new URL("./", location.href);

const FORGOTTEN = "The relay no longer knows you, and will end the call. Sign in again for the next one.";

/** The page, with at most one call under way. */
class Page {
  #signIn = new SignIn(RELAY, (input, init) => fetch(input, init));
  #signInView = new SignInView();
  #signaling = new Signaling(RELAY, (input, init) => this.#signIn.fetch(input, init));
  #setup = new Setup();
  #stage = new Stage({
    onToggle: () => void this.#toggle(),
    onMute: () => this.#toggleMute(),
    onInterrupt: () => this.#call?.interrupt(),
    onSound: () => void this.#call?.resumeSound(),
  });
  #limit = new LimitView();
  #problems = new ProblemView(RELAY, () => void this.#start(false));
  #transcript = new TranscriptView();
  #log = new LogView();
  #timing = new TimingView();
  #message = byId("message", HTMLTextAreaElement);
  #send = byId("send", HTMLButtonElement);
  #direct = new URLSearchParams(location.search).get("direct") === "1";
  /** @type {import("./call/config.js").Config | null} */
  #config = null;
  /** @type {Call | null} */
  #call = null;
  /** @type {AudioContext | null} */
  #audioContext = null;

  /** Read the relay's config and listen to keyboard, form and window. */
  async open() {
    byId("composer", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#sendMessage();
    });
    this.#message.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#sendMessage();
    });
    new Keyboard({ onMute: () => this.#toggleMute(), onInterrupt: () => this.#call?.interrupt() });
    window.addEventListener("pagehide", () => this.#call?.leave());
    this.#signIn.addEventListener("forgotten", () => this.#problems.notice(FORGOTTEN));
    try {
      await this.#loadConfig();
    } catch (error) {
      this.#problems.show(problemFromError(error));
    }
  }

  async #loadConfig() {
    const config = await this.#signaling.config();
    this.#config = config;
    this.#setup.showProfiles(config.profiles);
    this.#signInView.show(config.signIn);
    byId("simulator-badge", HTMLElement).hidden = !config.simulated;
    const limit = config.maxCallSeconds > 0 ? ` A call lasts ${durationText(config.maxCallSeconds)} at most.` : "";
    byId("about", HTMLElement).textContent = `Relay ${config.version}.${limit}`;
    if (this.#direct && !config.direct) {
      this.#problems.notice(
        "Direct mode is off on this relay (RELAY_EPHEMERAL_KEYS). Calls go through the relay as usual.",
      );
    }
    return config;
  }

  async #toggle() {
    if (this.#call && !this.#call.isOver) this.#call.hangUp();
    else await this.#start(true);
  }

  /** @param {boolean} microphone */
  async #start(microphone) {
    this.#problems.clear();
    try {
      const config = this.#config ?? (await this.#loadConfig());
      const wishes = this.#setup.wishes();
      this.#signIn.show(this.#signInView.shown);
      const call = new Call(config, surroundingsOf(this.#signaling, byId("assistant-audio", HTMLAudioElement)));
      this.#follow(call, microphone);
      await call.start({ ...wishes, microphone, direct: this.#direct && config.direct });
    } catch (error) {
      this.#problems.show(problemFromError(error));
    }
  }

  /**
   * Show everything that becomes of a call.
   *
   * @param {Call} call
   * @param {boolean} microphone
   */
  #follow(call, microphone) {
    this.#call = call;
    this.#transcript.show([]);
    this.#timing.show(call.timing);
    this.#stage.showMuted(false);
    this.#stage.showMicrophone(microphone ? "open" : "none");
    const levels = this.#openLevels();
    /** @type {(name: string, listener: (detail: any) => void) => void} */
    const on = (name, listener) => {
      call.addEventListener(name, (event) => {
        if (this.#call === call) listener(/** @type {CustomEvent} */ (event).detail);
      });
    };
    on("state", (change) => {
      this.#onState(change);
      if (change.state === "listening" && !microphone && !this.#message.value) this.#message.focus();
    });
    on("transcript", (transcript) => this.#transcript.show(transcript));
    on("problem", (problem) => this.#problems.show(problem, { titled: !call.isOver }));
    on("notice", (words) => this.#problems.notice(words));
    on("moot", (words) => this.#problems.takeBack(words));
    on("warning", () => this.#limit.announce());
    on("log", ({ direction, event }) => this.#log.add(direction, event, call.timing.elapsed()));
    on("timing", (timing) => this.#timing.show(timing));
    on("media", ({ side, track }) => levels?.attach(side, track));
    on("sound", ({ blocked }) => this.#stage.showSoundBlocked(blocked));
    on("mute", (muted) => {
      this.#stage.showMuted(muted);
      if (microphone) this.#stage.showMicrophone(muted ? "muted" : "open");
    });
    this.#drawWhileUnderWay(call, levels);
  }

  /** @param {import("./call/states.js").StateChange} change */
  #onState(change) {
    const live = isLive(change.state);
    this.#stage.showState(change);
    if (isOver(change.state)) this.#limit.clear();
    this.#setup.lock(isUnderWay(change.state));
    this.#message.disabled = !live;
    this.#send.disabled = !live;
  }

  /** @returns {Levels | null} null where the browser has no WebAudio */
  #openLevels() {
    if (!window.AudioContext) return null;
    this.#audioContext ??= new AudioContext();
    void this.#audioContext.resume();
    return new Levels(this.#audioContext);
  }

  /**
   * @param {Call} call
   * @param {Levels | null} levels
   */
  #drawWhileUnderWay(call, levels) {
    const draw = () => {
      if (call.isOver) {
        levels?.detach();
        if (this.#call === call) void this.#audioContext?.suspend();
      }
      const heard = levels?.read("assistant") ?? 0;
      this.#stage.showLevel("caller", call.muted ? 0 : (levels?.read("caller") ?? 0));
      this.#stage.showLevel("assistant", heard);
      if (heard >= AUDIBLE) call.noteSound();
      if (call.isOver) return;
      if (call.isLive) this.#showTime(call);
      requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
  }

  /** @param {Call} call */
  #showTime(call) {
    this.#stage.showClock(call.timing.elapsed(), call.secondsLeft);
    this.#limit.show(call.secondsLeft);
  }

  #sendMessage() {
    if (this.#call?.send(this.#message.value)) this.#message.value = "";
  }

  #toggleMute() {
    if (this.#call && !this.#call.isOver) this.#call.mute(!this.#call.muted);
  }
}

await new Page().open();
