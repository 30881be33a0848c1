/**
 * Why a call is over, in words: one sentence for each reason that the relay gives (`relay/core/call.py`).
 */

/** @type {Readonly<Record<string, string>>} */
const SENTENCES = Object.freeze({
  caller: "The call was hung up.",
  left: "The relay took this page for gone before the call had begun, and hung up.",
  presence: "The relay heard nothing from this page for too long, so it hung up.",
  max_duration: "The call reached the relay’s time limit.",
  operator: "An operator ended the call.",
  shutdown: "The relay was stopped and hung up first.",
  crash: "The relay broke down before the call had begun, and hung up when it was back.",
  refused: "The upstream refused the call.",
  no_answer: "The upstream did not answer in time.",
  bad_answer: "The upstream’s answer was unusable, so the relay hung up.",
  no_call_id: "The upstream gave the call no name to hang it up by, so the relay did not let it begin.",
  upstream_ended: "The other side ended the call.",
});

/** What is said when the relay no longer knows the call. */
export const FORGOTTEN = "The relay no longer knows this call.";

/** What is said when the other side is gone and the relay cannot be asked why. */
export const OUT_OF_REACH = "The relay could not be reached, and the call was ended.";

/**
 * @param {string} reason as the relay names it; empty when it names none
 * @returns {string} a sentence
 */
export function endingOf(reason) {
  const sentence = Object.hasOwn(SENTENCES, reason) ? SENTENCES[reason] : "";
  if (sentence) return sentence;
  return reason ? `The relay ended the call (${reason}).` : "The relay ended the call.";
}
