/**
 * How long a call takes to come about: User Timing marks from the click to the first sound.
 */

/** @typedef {"click" | "config" | "microphone" | "offer" | "answer" | "ice" | "connected" | "channel" | "sound"} Mark */

/** @typedef {{ mark: string, ms: number, server: boolean }} Row  Milliseconds: since the click, or taken by the relay. */

/** The marks of one call. */
export class Marks {
  #clock;
  /** @type {Map<Mark, number>} */
  #at = new Map();
  /** The `Server-Timing` header of the answer. */
  serverTiming = "";

  /** @param {Pick<Performance, "now" | "mark">} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /**
   * Note a moment; only the first of its name counts.
   *
   * @param {Mark} mark
   * @returns {boolean} whether it was the first
   */
  mark(mark) {
    if (this.#at.has(mark)) return false;
    this.#clock.mark(`relay:${mark}`);
    this.#at.set(mark, this.#clock.now());
    return true;
  }

  /** @returns {number} milliseconds since the click */
  elapsed() {
    return this.#clock.now() - (this.#at.get("click") ?? this.#clock.now());
  }

  /**
   * @param {Mark} mark
   * @returns {number | null} milliseconds since the click; null before it has happened
   */
  at(mark) {
    const moment = this.#at.get(mark);
    return moment === undefined ? null : moment - (this.#at.get("click") ?? moment);
  }

  /** @returns {Row[]} what has happened, as it happened */
  rows() {
    return [...this.#at.keys()].map((mark) => ({ mark, ms: this.at(mark) ?? 0, server: false }));
  }
}
