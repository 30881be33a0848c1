/**
 * The stage: the one big button, the status in words and colour, the time and the cost, the two meters.
 */

import { isLive, isUnderWay } from "../call/states.js";
import { byId } from "./elements.js";
import { known, price, say } from "./words.js";

/** @typedef {import("../relay-call.js").State} State */
/** @typedef {"caller" | "assistant"} Side */

/** The stage. */
export class Stage {
  #start = byId("start", HTMLButtonElement);
  #startLabel = byId("start-label", HTMLElement);
  #status = byId("status", HTMLElement);
  #word = byId("status-word", HTMLElement);
  #reason = byId("status-reason", HTMLElement);
  #hint = byId("stage-hint", HTMLElement);
  #clock = byId("clock", HTMLElement);
  #time = byId("clock-time", HTMLElement);
  #cost = byId("clock-cost", HTMLElement);
  #recording = byId("recording", HTMLElement);
  #sound = byId("sound-held", HTMLElement);
  #callerLabel = byId("caller-label", HTMLElement);
  #meters = { caller: byId("meter-caller", HTMLElement), assistant: byId("meter-assistant", HTMLElement) };
  #elapsed = 0;

  /** @param {{ onToggle: () => void, onNear: () => void, onSound: () => void }} actions near: the pointer or the focus is on Start */
  constructor({ onToggle, onNear, onSound }) {
    this.#start.addEventListener("click", onToggle);
    this.#start.addEventListener("pointerenter", onNear);
    this.#start.addEventListener("focus", onNear);
    byId("tap-for-sound", HTMLButtonElement).addEventListener("click", onSound);
  }

  /**
   * @param {State} state
   * @param {string} reason code of an ending or of a problem
   */
  showState(state, reason) {
    const underWay = isUnderWay(state);
    document.body.dataset.state = state;
    this.#status.dataset.state = state;
    say(this.#word, `state.${state}`);
    this.#showReason(state, reason);
    this.#start.dataset.action = underWay ? "stop" : "start";
    say(this.#startLabel, underWay ? "stage.stop" : "stage.start");
    if (state !== "idle" && this.#hint.dataset.words === "stage.hint.idle") this.#hint.hidden = true;
    // What it shows is still the time of the call before.
    if (underWay && !isLive(state)) this.#clock.hidden = true;
    if (underWay) return;
    this.showMicrophone("open");
    this.showSoundBlocked(false);
    say(this.#time, "stage.lasted", { elapsed: this.#elapsed });
  }

  /**
   * @param {State} state
   * @param {string} reason
   */
  #showReason(state, reason) {
    if (state === "ended" && !known(`ended.${reason}`)) say(this.#reason, "ended.unknown", { reason });
    else if (state === "ended") say(this.#reason, `ended.${reason}`);
    else if (state !== "failed") say(this.#reason, "");
  }

  /** @param {HTMLElement} title of the problem the call failed with */
  showFailure(title) {
    this.#reason.replaceChildren(title);
  }

  /** @param {"open" | "muted" | "typing" | "released"} microphone */
  showMicrophone(microphone) {
    say(this.#callerLabel, microphone === "open" ? "stage.you" : `stage.you.${microphone}`);
    this.#meters.caller.dataset.microphone = microphone;
  }

  /** @param {"microphone_silent" | "microphone_zeros" | ""} silence why nothing is heard from an open microphone; empty when it is */
  showSilence(silence) {
    this.#meters.caller.dataset.silent = String(silence !== "");
    this.#hint.hidden = !silence;
    if (silence) say(this.#hint, `notice.${silence}`);
  }

  /** @param {boolean} recorded whether the relay keeps the transcript of this call */
  showRecorded(recorded) {
    this.#recording.hidden = !recorded;
  }

  /** @param {boolean} blocked whether the browser waits for a tap before it plays sound */
  showSoundBlocked(blocked) {
    this.#sound.hidden = !blocked;
  }

  /**
   * @param {number} elapsed milliseconds
   * @param {number | null} left seconds; null when the call has no limit that is known
   */
  showClock(elapsed, left) {
    this.#clock.hidden = false;
    this.#elapsed = Math.floor(elapsed / 1000);
    if (left === null) say(this.#time, "stage.time", { elapsed: this.#elapsed });
    else say(this.#time, "stage.time.left", { elapsed: this.#elapsed, left: Math.floor(left) });
  }

  /** @param {import("../relay-call.js").Usage | null} usage null where the profile does not show it */
  showCost(usage) {
    const cost = usage?.cost ? price(usage.cost, usage.currency) : "";
    this.#cost.hidden = !cost;
    say(this.#cost, cost ? "stage.cost" : "", { cost });
  }

  /**
   * @param {Side} side
   * @param {number} level 0 to 1
   */
  showLevel(side, level) {
    const meter = this.#meters[side];
    meter.style.setProperty("--level", level.toFixed(3));
    if (side === "assistant") this.#start.style.setProperty("--level", level.toFixed(3));
    const percent = String(Math.round(level * 20) * 5);
    if (meter.getAttribute("aria-valuenow") !== percent) meter.setAttribute("aria-valuenow", percent);
  }
}
