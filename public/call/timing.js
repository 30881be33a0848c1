/**
 * How long a call takes to come about: User Timing marks from the click to the first sound, and the relay's own
 * `Server-Timing`.
 */

/** @typedef {"click" | "config" | "microphone" | "offer" | "answer" | "ice" | "connected" | "channel" | "sound"} Mark */

/** @type {readonly Mark[]} In the order in which they usually happen; microphone and offer are made side by side. */
export const MARKS = ["click", "config", "offer", "microphone", "answer", "ice", "connected", "channel", "sound"];

/** @typedef {{ mark: string, ms: number, server: boolean }} Row  Milliseconds: since the click, or taken by the relay. */

/** The marks of one call. */
export class Timing {
  #clock;
  /** @type {Map<Mark, number>} */
  #at = new Map();
  #serverTiming = "";

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

  /** @param {string} header the `Server-Timing` header */
  serverTiming(header) {
    this.#serverTiming = header;
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

  /** @returns {Row[]} what has happened, in order, the relay's figures after the answer they are part of */
  rows() {
    /** @type {Row[]} */
    const rows = [];
    for (const mark of MARKS) {
      const ms = this.at(mark);
      if (ms !== null) rows.push({ mark, ms, server: false });
      if (mark === "answer") rows.push(...parseServerTiming(this.#serverTiming).map(serverRow));
    }
    return rows;
  }
}

/**
 * Read a `Server-Timing` header (W3C Server Timing §3), as far as durations go.
 *
 * @param {string} header
 * @returns {{ name: string, ms: number }[]} entries without a duration are left out
 */
export function parseServerTiming(header) {
  return header.split(",").flatMap((entry) => {
    const [name, ...parameters] = entry.split(";").map((part) => part.trim());
    const duration = parameters.map((part) => /^dur\s*=\s*"?([\d.]+)"?$/i.exec(part)?.[1]).find(Boolean);
    const ms = Number(duration);
    return name && duration && Number.isFinite(ms) ? [{ name, ms }] : [];
  });
}

/**
 * @param {{ name: string, ms: number }} figure
 * @returns {Row}
 */
function serverRow({ name, ms }) {
  return { mark: `relay-${name}`, ms, server: true };
}
