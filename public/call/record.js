/**
 * What is kept of a call, for as long as its object lives: marks, log, transcript, figures. Bounded, so that a long call
 * costs no more than a short one. Everything new is told at once.
 */

import { Marks } from "./marks.js";
import { Shown } from "./shown.js";

/** How many samples are kept: the longest call there is (one hour). */
const KEPT_SAMPLES = 3600;

/** The record of one call. */
export class CallRecord {
  #emit;
  #shown = new Shown();
  /** @type {import("../relay-call.js").Sample[]} */
  samples = [];
  /** @type {import("../relay-call.js").Turn[]} */
  turns = [];
  /** @type {import("../relay-call.js").Usage | null} */
  usage = null;

  /**
   * @param {Pick<Performance, "now" | "mark">} clock
   * @param {(name: string, detail?: unknown) => void} emit
   * @param {import("../relay-call.js").Extras} extras
   */
  constructor(clock, emit, { EventLog, Timing = Marks }) {
    this.#emit = emit;
    this.timing = new Timing(clock);
    this.log = EventLog && new EventLog();
  }

  /** @returns {number} milliseconds since the click */
  get elapsed() {
    return this.timing.elapsed();
  }

  get items() {
    return this.#shown.items;
  }

  /**
   * @param {import("./log.js").Direction} direction
   * @param {{ type: string }} event
   */
  write(direction, event) {
    if (this.log) this.#emit("log", this.log.add(direction, event, this.elapsed));
  }

  /** @param {import("./timing.js").Mark} mark only the first of its name counts */
  note(mark) {
    if (this.timing.mark(mark)) this.#emit("timing", this.timing);
  }

  /** @param {import("./transcript.js").Transcript} transcript */
  say(transcript) {
    this.#emit("transcript", this.#shown.after(transcript));
  }

  /** @param {import("../relay-call.js").Sample} sample */
  sample(sample) {
    this.samples.push(sample);
    if (this.samples.length > KEPT_SAMPLES) this.samples.shift();
    this.#emit("stats", sample);
  }

  /** @param {import("../relay-call.js").Turn} turn */
  turn(turn) {
    this.turns.push(turn);
    this.#emit("turn", turn);
  }
}
