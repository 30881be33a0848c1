/**
 * How long a call takes to come about: User Timing marks from the click to the first sound, and the relay's own
 * `Server-Timing`.
 */

/** @typedef {"click" | "microphone" | "offer" | "answer" | "connected" | "channel" | "sound"} Mark */

/** @type {Readonly<Record<Mark, string>>} In the order in which they usually happen. */
export const MARKS = Object.freeze({
  click: "Start pressed",
  microphone: "Microphone open",
  offer: "Offer made",
  answer: "Answer here",
  connected: "Media connected",
  channel: "Data channel open",
  sound: "First sound of the assistant",
});

/** @type {Readonly<Record<string, string>>} What the relay's figures are called. */
const SERVER_TITLES = Object.freeze({
  credential: "Relay: credential",
  secret: "Relay: client secret",
  exchange: "Relay: exchange with the upstream",
  store: "Relay: store",
});

/** @typedef {{ mark: string, title: string, ms: number, server: boolean }} Row  Milliseconds: since the click, or taken. */

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
    for (const [mark, title] of /** @type {[Mark, string][]} */ (Object.entries(MARKS))) {
      const ms = this.at(mark);
      if (ms !== null) rows.push({ mark, title, ms, server: false });
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
  return { mark: `relay-${name}`, title: SERVER_TITLES[name] ?? `Relay: ${name}`, ms, server: true };
}
