/**
 * Saving text as a file of the reader's.
 */

import { make } from "./elements.js";

/**
 * @param {string} name of the file
 * @param {string} text
 */
export function saveAs(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = make("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/**
 * @param {string} what
 * @param {string} ending without its dot
 * @param {Date} [when]
 * @returns {string} a file name that sorts by time, as in `voice-call-2026-11-20-2203-events.txt`
 */
export function stamped(what, ending, when = new Date()) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const day = [when.getFullYear(), two(when.getMonth() + 1), two(when.getDate())].join("-");
  return `voice-call-${day}-${two(when.getHours())}${two(when.getMinutes())}-${what}.${ending}`;
}
