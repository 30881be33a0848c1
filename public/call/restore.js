/**
 * Giving a conversation back to the model after a reconnect: the last lines of the transcript as conversation items.
 * Pure. What was only heard and never written down is lost; so is what tools did.
 */

/** How much is given back: enough to go on, too little to be felt in the cost of the next answer. */
const MOST_ITEMS = 40;
const MOST_CHARACTERS = 16_000;

/**
 * @param {import("./transcript.js").Transcript} transcript
 * @param {() => string} newId
 * @returns {import("./events.js").ClientEvent[]} in the order in which they were said
 */
export function restoring(transcript, newId) {
  let room = MOST_CHARACTERS;
  const spoken = transcript.filter(({ role, text }) => (role === "user" || role === "assistant") && text !== "");
  const recent = spoken.slice(-MOST_ITEMS).reverse();
  const kept = recent.filter(({ text }) => (room -= text.length) >= 0);
  return kept.reverse().map(({ role, text }) => {
    const content = [{ type: role === "user" ? "input_text" : "output_text", text }];
    return { type: "conversation.item.create", item: { id: newId(), type: "message", role, content } };
  });
}

/**
 * Whether an answer was lost with the connection: the caller has said something and heard nothing, or only its beginning.
 *
 * @param {import("./transcript.js").Transcript} transcript closed
 */
export function isUnanswered(transcript) {
  const last = transcript.findLast(({ role, text }) => role === "user" || (role === "assistant" && text !== ""));
  if (!last || last.text === "") return false;
  return last.role === "user" || (last.standing === "interrupted" && last.note === null);
}
