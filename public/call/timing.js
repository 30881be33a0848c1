/**
 * The marks of a call in the order in which they are to be read, with the relay's own `Server-Timing` among them.
 */

import { Marks } from "./marks.js";

/** @typedef {import("./marks.js").Mark} Mark */
/** @typedef {import("./marks.js").Row} Row */

/** @type {readonly Mark[]} In the order in which they usually happen; microphone and offer are made side by side. */
export const MARKS = ["click", "config", "offer", "microphone", "answer", "ice", "connected", "channel", "sound"];

/** The marks of one call, and what the relay says of its share. */
export class Timing extends Marks {
  /** @returns {Row[]} what has happened, in order, the relay's figures after the answer they are part of */
  rows() {
    /** @type {Row[]} */
    const rows = [];
    for (const mark of MARKS) {
      const ms = this.at(mark);
      if (ms !== null) rows.push({ mark, ms, server: false });
      if (mark === "answer") rows.push(...parseServerTiming(this.serverTiming).map(serverRow));
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
