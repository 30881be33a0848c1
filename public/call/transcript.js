/**
 * What both sides have said, as it streams in: a pure reducer from server events to an ordered list.
 *
 * The order is the upstream's own (`previous_item_id`), because transcription of the caller arrives whenever it
 * is ready, often after the answer has begun. Entries are replaced, never changed, so that a view sees by
 * identity what is new. Items nobody reads (tool results, seeded system messages) are kept hidden: later items
 * name them as their predecessor.
 */

import { numberAt, stringAt, valueAt } from "./events.js";
import { contentText, isSpoken, notTranscribed, roleOf } from "./items.js";

/** @typedef {import("./items.js").Role} Role */
/** @typedef {"streaming" | "final" | "interrupted" | "failed"} Standing  How far an entry has come. */

/**
 * @typedef {object} Entry
 * @property {string} id the upstream's item id
 * @property {Role} role
 * @property {string} text
 * @property {Standing} standing
 * @property {import("../relay-call.js").Note | null} note what else a reader should know; mostly nothing
 * @property {number} at milliseconds since the start of the call
 */

/** @typedef {readonly Readonly<Entry>[]} Transcript */

/** @typedef {{ at: number, transcribed: boolean }} Circumstances  Now, and whether the caller's speech is transcribed. */

/** @type {Transcript} */
export const EMPTY = Object.freeze([]);

/** @type {Partial<Entry>} */
const FINISHED = Object.freeze({ standing: "final" });

/** @type {Partial<Entry>} */
const CUT_SHORT = Object.freeze({ standing: "interrupted", note: { code: "interrupted", ms: null } });

const NOT_TRANSCRIBED = Object.freeze({ code: "no_transcription" });

/**
 * Whether nothing more will be added to an entry.
 *
 * @param {Readonly<Entry>} entry
 */
export function isFinal(entry) {
  return entry.standing !== "streaming";
}

/**
 * Put a typed message at the end at once, before the upstream confirms it.
 *
 * @param {Transcript} transcript
 * @param {{ id: string, text: string, at: number }} message
 * @returns {Transcript}
 */
export function withTyped(transcript, { id, text, at }) {
  return [...transcript, { id, role: "user", text, standing: "final", note: null, at }];
}

/**
 * Mark what the assistant is saying as interrupted by us: the upstream's filter may hide that it obeyed.
 *
 * @param {Transcript} transcript
 * @param {boolean} audible whether its last line is being played, even if its text is complete
 * @returns {Transcript}
 */
export function cutShort(transcript, audible) {
  const index = transcript.findLastIndex((entry) => entry.role === "assistant");
  if (index < 0 || !(audible || !isFinal(transcript[index]))) return transcript;
  return transcript.with(index, { ...transcript[index], ...CUT_SHORT });
}

/**
 * Close what is still open, when the call is over.
 *
 * @param {Transcript} transcript
 * @returns {Transcript}
 */
export function closed(transcript) {
  if (transcript.every(isFinal)) return transcript;
  return transcript.map((entry) => {
    if (isFinal(entry)) return entry;
    const note = entry.text ? entry.note : { code: "unfinished" };
    return { ...entry, standing: "interrupted", note: entry.role === "user" ? note : entry.note };
  });
}

/**
 * The transcript after a server event.
 *
 * @param {Transcript} transcript
 * @param {{ type: string }} event
 * @param {Circumstances} now
 * @returns {Transcript} the same object when the event says nothing about it
 */
export function transcriptAfter(transcript, event, now) {
  const id = stringAt(event, "item_id");
  switch (event.type) {
    case "input_audio_buffer.speech_started":
      return change(transcript, id, "user", now, {});
    case "input_audio_buffer.speech_stopped":
    case "input_audio_buffer.committed":
      if (now.transcribed) return transcript;
      return change(transcript, id, "user", now, { standing: "final", note: NOT_TRANSCRIBED });
    case "conversation.item.added":
    case "conversation.item.created":
      return withItem(transcript, event, now);
    case "conversation.item.done":
    case "response.output_item.done":
      return withItemDone(transcript, event, now);
    case "conversation.item.deleted":
      return transcript.filter((entry) => entry.id !== id);
    case "conversation.item.truncated":
      return change(transcript, id, "assistant", now, {
        standing: "interrupted",
        note: { code: "interrupted", ms: numberAt(event, "audio_end_ms") },
      });
    case "conversation.item.input_audio_transcription.delta":
      return append(transcript, id, "user", now, stringAt(event, "delta"));
    case "conversation.item.input_audio_transcription.completed":
      return withTranscription(transcript, id, stringAt(event, "transcript").trim(), now);
    case "conversation.item.input_audio_transcription.failed":
      return change(transcript, id, "user", now, { standing: "failed", note: notTranscribed(valueAt(event, "error")) });
    case "response.output_audio_transcript.delta":
    case "response.output_text.delta":
      return append(transcript, id, "assistant", now, stringAt(event, "delta"));
    case "response.output_audio_transcript.done":
      return withAnswer(transcript, id, stringAt(event, "transcript"), now);
    case "response.output_text.done":
      return withAnswer(transcript, id, stringAt(event, "text"), now);
    case "response.done":
      return withResponseDone(transcript, event, now);
    default:
      return transcript;
  }
}

/**
 * Replace an entry, or append it when it is new.
 *
 * @param {Transcript} transcript
 * @param {string} id
 * @param {Role} role used only for a new entry
 * @param {Circumstances} now
 * @param {Partial<Entry>} fields
 * @returns {Transcript}
 */
function change(transcript, id, role, now, fields) {
  if (!id) return transcript;
  const index = transcript.findIndex((entry) => entry.id === id);
  if (index >= 0) return transcript.with(index, { ...transcript[index], ...fields });
  return [...transcript, { id, role, text: "", standing: "streaming", note: null, at: now.at, ...fields }];
}

/**
 * @param {Transcript} transcript
 * @param {string} id
 * @param {Role} role
 * @param {Circumstances} now
 * @param {string} delta
 */
function append(transcript, id, role, now, delta) {
  const entry = find(transcript, id);
  if (entry && isFinal(entry)) return transcript;
  return change(transcript, id, role, now, { text: (entry?.text ?? "") + delta });
}

/**
 * @param {Transcript} transcript
 * @param {string} id
 */
function find(transcript, id) {
  return transcript.find((entry) => entry.id === id);
}

/**
 * An item has its place now: after the one that `previous_item_id` names.
 *
 * @param {Transcript} transcript
 * @param {{ type: string }} event
 * @param {Circumstances} now
 */
function withItem(transcript, event, now) {
  const item = valueAt(event, "item");
  const id = stringAt(item, "id");
  const role = roleOf(item);
  const known = find(transcript, id);
  const text = contentText(item);
  const spoken = role === "user" && isSpoken(item);
  /** @type {Partial<Entry>} */
  let fields = {};
  if (!known && role === "user" && !spoken) fields = { text, standing: "final" };
  if (!known && spoken && !now.transcribed) fields = { standing: "final", note: NOT_TRANSCRIBED };
  if (role === "tool") fields = { text: stringAt(item, "name"), standing: "final" };
  if (role === "hidden") fields = { standing: "final" };
  const changed = change(transcript, id, role, now, fields);
  return placed(changed, id, valueAt(event, "previous_item_id"));
}

/**
 * @param {Transcript} transcript
 * @param {string} id
 * @param {unknown} previous an id; null for the very first; anything else leaves the entry where it is
 * @returns {Transcript}
 */
function placed(transcript, id, previous) {
  const entry = find(transcript, id);
  if (!entry) return transcript;
  const others = transcript.filter((other) => other !== entry);
  const before = others.findIndex((other) => other.id === previous);
  if (before < 0 && previous !== null) return transcript;
  return others.toSpliced(before + 1, 0, entry);
}

/**
 * @param {Transcript} transcript
 * @param {{ type: string }} event
 * @param {Circumstances} now
 */
function withItemDone(transcript, event, now) {
  const item = valueAt(event, "item");
  const entry = find(transcript, stringAt(item, "id"));
  if (!entry || entry.role !== "assistant" || isFinal(entry)) return transcript;
  if (stringAt(item, "status") === "incomplete") {
    return change(transcript, entry.id, entry.role, now, CUT_SHORT);
  }
  return change(transcript, entry.id, entry.role, now, {
    text: contentText(item) || entry.text,
    standing: "final",
  });
}

/**
 * @param {Transcript} transcript
 * @param {string} id
 * @param {string} text
 * @param {Circumstances} now
 */
function withTranscription(transcript, id, text, now) {
  const note = text ? null : { code: "no_words" };
  return change(transcript, id, "user", now, { text, standing: "final", note });
}

/**
 * The whole text of an answer: it corrects what the deltas had built up. An interruption noted earlier stays.
 *
 * @param {Transcript} transcript
 * @param {string} id
 * @param {string} text
 * @param {Circumstances} now
 */
function withAnswer(transcript, id, text, now) {
  const interrupted = find(transcript, id)?.standing === "interrupted";
  return change(transcript, id, "assistant", now, interrupted ? { text } : { text, standing: "final" });
}

/**
 * What becomes of a response becomes of its answer: also of one that looked finished when it was cancelled.
 *
 * @param {Transcript} transcript
 * @param {{ type: string }} event
 * @param {Circumstances} now
 */
function withResponseDone(transcript, event, now) {
  const output = valueAt(event, "response", "output");
  const complete = stringAt(event, "response", "status") === "completed";
  let result = transcript;
  for (const item of Array.isArray(output) ? output : []) {
    const entry = find(result, stringAt(item, "id"));
    if (!entry || entry.role !== "assistant" || entry.standing === "interrupted") continue;
    const text = contentText(item) || entry.text;
    const fate = complete ? FINISHED : CUT_SHORT;
    if (!isFinal(entry) || !complete) result = change(result, entry.id, entry.role, now, { text, ...fate });
  }
  return result;
}
