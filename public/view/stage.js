/**
 * The stage: the one big button, the status in words, the clock, the controls of a running call, the two meters.
 */

import { isLive, isUnderWay } from "../call/states.js";
import { byId, clockText } from "./elements.js";

/** @typedef {import("../call/states.js").State} State */
/** @typedef {import("../call/level.js").Side} Side */

/** @type {Readonly<Record<State, string>>} */
const WORDS = Object.freeze({
  idle: "Ready",
  asking: "Asking for the microphone",
  connecting: "Connecting",
  listening: "Listening",
  thinking: "Thinking",
  speaking: "Speaking",
  ended: "Ended",
  failed: "Failed",
});

/**
 * @typedef {object} StageActions
 * @property {() => void} onToggle start or stop
 * @property {() => void} onMute
 * @property {() => void} onInterrupt
 * @property {() => void} onSound the tap that allows sound
 */

/** The stage. */
export class Stage {
  #start = byId("start", HTMLButtonElement);
  #startLabel = byId("start-label", HTMLElement);
  #status = byId("status", HTMLElement);
  #word = byId("status-word", HTMLElement);
  #reason = byId("status-reason", HTMLElement);
  #clock = byId("clock", HTMLElement);
  #mute = byId("mute", HTMLButtonElement);
  #interrupt = byId("interrupt", HTMLButtonElement);
  #tap = byId("tap-for-sound", HTMLButtonElement);
  #callerLabel = byId("caller-label", HTMLElement);
  #elapsed = "";
  #meters = { caller: byId("meter-caller", HTMLElement), assistant: byId("meter-assistant", HTMLElement) };

  /** @param {StageActions} actions */
  constructor({ onToggle, onMute, onInterrupt, onSound }) {
    this.#start.addEventListener("click", onToggle);
    this.#mute.addEventListener("click", onMute);
    this.#interrupt.addEventListener("click", onInterrupt);
    this.#tap.addEventListener("click", onSound);
  }

  /** @param {import("../call/states.js").StateChange} change */
  showState({ state, reason }) {
    const underWay = isUnderWay(state);
    document.body.dataset.state = state;
    this.#status.dataset.state = state;
    this.#word.textContent = WORDS[state];
    this.#reason.textContent = reason;
    this.#start.dataset.action = underWay ? "stop" : "start";
    this.#startLabel.textContent = underWay ? "Stop" : "Start";
    // What it shows is still the time of the call before.
    if (underWay && !isLive(state)) this.#clock.hidden = true;
    this.#mute.disabled = !underWay;
    this.#interrupt.disabled = !isLive(state);
    if (underWay) return;
    this.showMuted(false);
    this.showMicrophone("open");
    this.showSoundBlocked(false);
    this.#clock.textContent = `It lasted ${this.#elapsed}`;
  }

  /** @param {boolean} muted */
  showMuted(muted) {
    this.#mute.setAttribute("aria-pressed", String(muted));
  }

  /** @param {"open" | "muted" | "none"} microphone */
  showMicrophone(microphone) {
    const words = { open: "You", muted: "You, muted", none: "You, typing" };
    this.#callerLabel.textContent = words[microphone];
    this.#meters.caller.dataset.microphone = microphone;
  }

  /** @param {boolean} blocked whether the browser waits for a tap before it plays sound */
  showSoundBlocked(blocked) {
    this.#tap.hidden = !blocked;
  }

  /**
   * @param {number} elapsed milliseconds
   * @param {number | null} secondsLeft null when the call has no limit that is known
   */
  showClock(elapsed, secondsLeft) {
    this.#clock.hidden = false;
    const left = secondsLeft === null ? "" : `, ${clockText(secondsLeft * 1000)} left`;
    this.#elapsed = clockText(elapsed);
    this.#clock.textContent = this.#elapsed + left;
  }

  /**
   * @param {Side} side
   * @param {number} level 0 to 1
   */
  showLevel(side, level) {
    const meter = this.#meters[side];
    meter.style.setProperty("--level", level.toFixed(3));
    const percent = String(Math.round(level * 20) * 5);
    if (meter.getAttribute("aria-valuenow") !== percent) meter.setAttribute("aria-valuenow", percent);
  }
}
