/**
 * Conversation items, read: whose they are and what they say. Pure; source: fact 5.2 and 5.3.
 */

import { stringAt, valueAt } from "./events.js";

/** @typedef {"user" | "assistant" | "tool" | "hidden"} Role  Hidden: tool results, seeded system messages. */

/**
 * @param {unknown} item
 * @returns {Role}
 */
export function roleOf(item) {
  const type = stringAt(item, "type");
  if (type === "function_call" || type === "mcp_call") return "tool";
  const role = stringAt(item, "role");
  return type === "message" && (role === "user" || role === "assistant") ? role : "hidden";
}

/**
 * @param {unknown} item
 * @returns {string} the words of all its content parts
 */
export function contentText(item) {
  const parts = valueAt(item, "content");
  if (!Array.isArray(parts)) return "";
  return parts.map((part) => stringAt(part, "text") || stringAt(part, "transcript")).join("");
}

/**
 * @param {unknown} item
 * @returns {boolean} whether it is speech, whose words come later by transcription
 */
export function isSpoken(item) {
  return stringAt(item, "content", 0, "type") === "input_audio";
}

/**
 * Why the caller's words are missing. A wrong deployment name is by far the commonest cause, and the upstream
 * says so only here, turn by turn (fact 2.2).
 *
 * @param {unknown} error the upstream's error object
 * @returns {import("../relay-call.js").Note}
 */
export function notTranscribed(error) {
  return { code: "not_transcribed", upstreamCode: stringAt(error, "code"), message: stringAt(error, "message") };
}
