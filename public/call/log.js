/**
 * The event log: what went over the data channel and what the page did, the last few thousand lines.
 *
 * Instructions are shortened on the way in: the log is made to be pasted into bug reports.
 */

import { isDelta } from "./events.js";

/** @typedef {"in" | "out" | "page"} Direction  From the upstream, to the upstream, or the page itself. */

/**
 * @typedef {object} Line
 * @property {number} number counts up from 1
 * @property {number} at milliseconds since the start of the call
 * @property {Direction} direction
 * @property {string} type
 * @property {string} json the event, on one line; empty for lines without one
 * @property {boolean} delta
 */

/** How many lines are kept: of a long call with its deltas, the last quarter of an hour or so. */
export const KEPT_LINES = 5000;

const ARROWS = Object.freeze({ in: "←", out: "→", page: "·" });

/** A bounded list of lines. */
export class EventLog {
  #limit;
  #count = 0;
  /** @type {Line[]} */
  #lines = [];

  /** @param {number} [limit] */
  constructor(limit = KEPT_LINES) {
    this.#limit = limit;
  }

  /** @returns {readonly Line[]} */
  get lines() {
    return this.#lines;
  }

  /**
   * @param {Direction} direction
   * @param {{ type: string }} event
   * @param {number} at milliseconds since the start of the call
   * @returns {Line}
   */
  add(direction, event, at) {
    this.#count += 1;
    const bare = Object.keys(event).length === 1;
    const json = bare ? "" : JSON.stringify(event, shortened);
    const line = { number: this.#count, at, direction, type: event.type, json, delta: isDelta(event) };
    this.#lines.push(line);
    if (this.#lines.length > this.#limit) this.#lines.shift();
    return line;
  }

  /**
   * The log as text.
   *
   * @param {boolean} deltas whether to include them
   */
  text(deltas) {
    return this.#lines
      .filter((line) => deltas || !line.delta)
      .map((line) => `${lineStart(line)} ${line.type} ${line.json}`.trimEnd())
      .join("\n");
  }
}

/**
 * How a line begins: time in seconds, direction.
 *
 * @param {Line} line
 */
export function lineStart({ at, direction }) {
  return `${(at / 1000).toFixed(2).padStart(6)} ${ARROWS[direction]}`;
}

/**
 * @param {string} key
 * @param {unknown} value
 */
function shortened(key, value) {
  return key === "instructions" && typeof value === "string" ? `(${value.length} characters)` : value;
}
