/**
 * The notice that a call is near its limit. It is said once to who listens, and counts down for who looks.
 */

import { byId, clockText } from "./elements.js";

/** The place for it. */
export class LimitView {
  #box = byId("limit", HTMLElement);
  #words = byId("limit-words", HTMLElement);
  #left = byId("limit-left", HTMLElement);

  /** Say that the end is near. */
  announce() {
    this.#box.hidden = false;
    this.#words.textContent = "This call is about to reach its time limit.";
  }

  /** @param {number | null} secondsLeft shown only after the announcement */
  show(secondsLeft) {
    const text = secondsLeft === null ? "" : `${clockText(secondsLeft * 1000)} left`;
    if (!this.#box.hidden && this.#left.textContent !== text) this.#left.textContent = text;
  }

  /** Take it back: the call is over. */
  clear() {
    this.#box.hidden = true;
    this.#words.textContent = "";
    this.#left.textContent = "";
  }
}
