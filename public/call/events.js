/**
 * The words of the data channel: server events read with care, client events built.
 *
 * Pure. Foreign JSON is read field by field with `stringAt` and `numberAt`, so that no odd event can make the
 * page throw. Source: fact 5 (azure-realtime.md §5.2, §5.3).
 */

/** The label of the data channel. Any label works upstream; this is the one most samples use (fact 5.1). */
export const CHANNEL_LABEL = "oai-events";

/** @typedef {{ type: string } & Record<string, unknown>} ServerEvent  One message from the upstream. */
/** @typedef {{ type: string } & Record<string, unknown>} ClientEvent  One message to the upstream. */

/**
 * Read one data-channel message.
 *
 * @param {unknown} data what the channel delivered
 * @returns {ServerEvent | null} null when it is not a JSON object with a type
 */
export function readServerEvent(data) {
  if (typeof data !== "string") return null;
  try {
    const value = JSON.parse(data);
    return value !== null && typeof value === "object" && typeof value.type === "string" ? value : null;
  } catch {
    return null;
  }
}

/**
 * Follow keys into foreign JSON.
 *
 * @param {unknown} value
 * @param {...(string | number)} path
 * @returns {unknown} undefined as soon as a step is missing
 */
export function valueAt(value, ...path) {
  let here = value;
  for (const key of path) {
    if (here === null || typeof here !== "object") return undefined;
    here = /** @type {Record<string | number, unknown>} */ (here)[key];
  }
  return here;
}

/**
 * @param {unknown} value
 * @param {...(string | number)} path
 * @returns {string} the empty string when there is no string
 */
export function stringAt(value, ...path) {
  const found = valueAt(value, ...path);
  return typeof found === "string" ? found : "";
}

/**
 * @param {unknown} value
 * @param {...(string | number)} path
 * @returns {number | null} null when there is no finite number
 */
export function numberAt(value, ...path) {
  const found = valueAt(value, ...path);
  return typeof found === "number" && Number.isFinite(found) ? found : null;
}

/**
 * Whether an event is one drop of a stream; the event log can hide these.
 *
 * @param {{ type: string }} event
 */
export function isDelta(event) {
  return event.type.endsWith(".delta");
}

/**
 * A fresh id for an item that the page creates itself, so that it can show the item at once.
 *
 * @param {(bytes: Uint8Array<ArrayBuffer>) => Uint8Array} [random] fills the array with random bytes
 * @returns {string} `item_` and 24 hex digits, within the 32 characters the upstream allows
 */
export function newItemId(random = (bytes) => crypto.getRandomValues(bytes)) {
  const bytes = random(new Uint8Array(12));
  return `item_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * The client event that adds what the caller typed. It is not answered by itself: `askForResponse` follows.
 *
 * @param {string} id from `newItemId`
 * @param {string} text
 * @returns {ClientEvent}
 */
export function typedMessage(id, text) {
  const content = [{ type: "input_text", text }];
  return { type: "conversation.item.create", item: { id, type: "message", role: "user", content } };
}

/** @returns {ClientEvent} asks the model to speak now */
export const askForResponse = () => ({ type: "response.create" });

/** @returns {ClientEvent} stops the response that is being made */
export const cancelResponse = () => ({ type: "response.cancel" });

/** @returns {ClientEvent} throws away the audio not yet played; belongs after `cancelResponse` (fact 5.4) */
export const clearOutput = () => ({ type: "output_audio_buffer.clear" });

/** Errors that only say we were a moment too late or too early; the page acts on them and stays quiet. */
const HARMLESS = new Set([
  "response_cancel_not_active",
  "conversation_already_has_active_response",
  "input_audio_buffer_commit_empty",
]);

/**
 * What an event that reports a failure means for the person in front of the page.
 *
 * Most `error` events leave the call intact (fact 5.3), so they become a notice. `session_expired` is the
 * upstream's time limit: a normal end. A response that failed or was filtered is said, too, because otherwise
 * there is only silence.
 *
 * @param {ServerEvent} event
 * @returns {{ code: string, end?: true, upstreamCode?: string, message?: string, why?: string } | null} null when there
 *   is nothing to say
 */
export function trouble(event) {
  if (event.type === "error") {
    const code = stringAt(event, "error", "code");
    if (HARMLESS.has(code)) return null;
    if (code === "session_expired") return { code: "expired", end: true };
    return { code: "upstream_error", ...reason(event.error) };
  }
  if (event.type !== "response.done") return null;
  const status = stringAt(event, "response", "status");
  const details = valueAt(event, "response", "status_details");
  if (status === "failed") return { code: "answer_failed", ...reason(valueAt(details, "error")) };
  if (status !== "incomplete") return null;
  const why = stringAt(details, "reason");
  if (why === "content_filter") return { code: "answer_filtered" };
  return why === "max_output_tokens" ? { code: "answer_too_long" } : { code: "answer_incomplete", why };
}

/**
 * @param {unknown} error the upstream's error object
 * @returns {{ upstreamCode: string, message: string }} as far as there are any
 */
function reason(error) {
  return { upstreamCode: stringAt(error, "code") || stringAt(error, "type"), message: stringAt(error, "message") };
}

/**
 * A relay's JSON in the names of this language: `seconds_left` becomes `secondsLeft`.
 *
 * @param {unknown} json
 * @returns {any} an object, empty when it is none
 */
export function camel(json) {
  if (json === null || typeof json !== "object" || Array.isArray(json)) return {};
  const named = Object.entries(json).map(([key, value]) => [key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()), value]);
  return Object.fromEntries(named);
}
