/**
 * The notice that a call is near its end. It is said once to who listens, and counts down for who looks.
 */

import { byId } from "./elements.js";
import { known, say } from "./words.js";

/** The place for it. */
export class LimitView {
  #box = byId("limit", HTMLElement);
  #words = byId("limit-words", HTMLElement);
  #left = byId("limit-left", HTMLElement);
  /** @type {number | null} Milliseconds; null when nobody knows. */
  #ends = null;
  #cause = "";

  /**
   * Say that the end is near.
   *
   * @param {import("../relay-call.js").CallEvents["warning"]} warning
   * @param {number} now milliseconds
   */
  announce({ cause, secondsLeft }, now) {
    this.#box.hidden = false;
    this.#cause = cause;
    this.#ends = secondsLeft === null ? null : now + secondsLeft * 1000;
    say(this.#words, known(`warning.${cause}`) ? `warning.${cause}` : "warning.time");
    this.tick(now);
  }

  /** @param {number} now milliseconds; counts down what was announced */
  tick(now) {
    if (this.#box.hidden || this.#ends === null) return;
    say(this.#left, "warning.left", { left: Math.max(0, Math.ceil((this.#ends - now) / 1000)) });
  }

  /** Somebody spoke: the call does not end for want of words. */
  heard() {
    if (this.#cause === "idle") this.clear();
  }

  /** Take it back. */
  clear() {
    this.#cause = "";
    this.#box.hidden = true;
    say(this.#words, "");
    say(this.#left, "");
  }
}
