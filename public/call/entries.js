/**
 * What an entry of the relay's event stream means for the page. Pure.
 *
 * What the upstream's filter hides in a private profile comes this way only; in others it comes over the data channel
 * too, and would be told twice.
 */

import { problemFromJson } from "./problems.js";

/**
 * @typedef {object} Meaning
 * @property {[string, any][]} emit events of the call: name and detail
 * @property {import("./events.js").ServerEvent[]} understand the upstream's events that it stands for
 */

/** Entries that are handed on as they are. */
const HANDED_ON = new Set(["usage", "tool", "guard", "sideband", "moderated", "limits"]);

/**
 * @param {{ kind: string, entry: any, json: unknown }} told the entry in the names of this language, and as it came
 * @param {boolean} hidden whether the upstream's filter is on
 * @returns {Meaning}
 */
export function meaningOf({ kind, entry, json }, hidden) {
  if (HANDED_ON.has(kind)) return { emit: [[kind, entry]], understand: [] };
  if (kind === "warning") return { emit: [[kind, { secondsLeft: null, cause: "time", ...entry }]], understand: [] };
  if (kind === "failed") return failure(entry, hidden);
  const problem = kind === "problem" ? problemFromJson(json) : null;
  if (problem) return { emit: [["problem", { ...problem, fatal: false }]], understand: [] };
  const { id, status, reason } = entry;
  const done = { type: "response.done", response: { id, status, status_details: { reason } } };
  return { emit: [], understand: kind === "response" && hidden ? [done] : [] };
}

/**
 * @param {any} entry
 * @param {boolean} hidden
 * @returns {Meaning}
 */
function failure({ what, code: upstreamCode, itemId, hint }, hidden) {
  if (!hidden && what !== "tool" && what !== "sideband") return { emit: [], understand: [] };
  const page = hint ? `/problems/${hint}` : "";
  const type = "conversation.item.input_audio_transcription.failed";
  const untold = { type, item_id: itemId, error: { code: upstreamCode } };
  return {
    emit: [["notice", { code: "failed", on: true, what, upstreamCode, page }]],
    understand: what === "transcription" && itemId ? [untold] : [],
  };
}
