/**
 * What a call leaves behind, as text to keep: transcript, event log, figures. Pure; saving it is done elsewhere.
 */

import { lineStart } from "./log.js";

/** @typedef {import("../relay-call.js").Item} Item */
/** @typedef {import("../relay-call.js").Line} Line */

/**
 * @typedef {object} Wording
 * @property {string} title
 * @property {Date} began
 * @property {Record<Item["who"], string>} who
 * @property {(note: import("../relay-call.js").Note) => string} note
 */

/**
 * @param {readonly Item[]} items
 * @param {Wording} wording
 * @returns {string}
 */
export function transcriptMarkdown(items, { title, began, who, note }) {
  const paragraphs = items.map((item) => {
    const said = item.text ? ` ${escaped(item.text)}` : "";
    return `**${escaped(who[item.who])}** (${clock(item.at)}):${said}${item.note ? ` *${escaped(note(item.note))}*` : ""}`;
  });
  return `${[`# ${escaped(title)}`, began.toISOString(), ...paragraphs].join("\n\n")}\n`;
}

/**
 * @param {readonly Item[]} items
 * @param {{ began: Date }} call
 * @returns {string} JSON with the moments as times of the day
 */
export function transcriptJson(items, { began }) {
  const lines = items.map(({ id, who, text, standing, note, at }) => {
    return { at: new Date(began.getTime() + at).toISOString(), who, text, standing, note, item_id: id };
  });
  return `${JSON.stringify({ began: began.toISOString(), lines }, null, 2)}\n`;
}

/**
 * @param {{ lines: readonly Line[] }} log
 * @returns {string} one JSON object in each line, the event under `event`
 */
export function logJson({ lines }) {
  return lines.map(({ at, direction, type, json }) => `${JSON.stringify({ at, direction, event: json ? JSON.parse(json) : { type } })}\n`).join("");
}

/**
 * @param {Pick<import("../relay-call.js").Call, "samples" | "turns" | "timing" | "usage">} call
 * @returns {string} JSON
 */
export function statsJson({ samples, turns, timing, usage }) {
  return `${JSON.stringify({ timing: timing.rows(), turns, samples, usage }, null, 2)}\n`;
}

/**
 * The lines of a log that hold all of the words.
 *
 * @param {readonly Line[]} lines
 * @param {string} words in any order and case
 */
export function searched(lines, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return lines.filter((line) => {
    const text = `${lineStart(line)} ${line.type} ${line.json}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** @param {number} ms */
function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** @param {string} text so that Markdown shows it as it is */
function escaped(text) {
  return text.replace(/[\\`*_[\]<>#]/g, "\\$&");
}
