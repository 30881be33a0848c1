/**
 * The states of a call as the page names them. "Connected" is not among them: the phase of the turn says more.
 */

/** @typedef {"idle" | "asking" | "connecting" | "listening" | "thinking" | "speaking" | "ended" | "failed"} State */
/** @typedef {{ state: State, reason: string }} StateChange  The reason is a sentence, for `ended` and `failed`. */

/** @type {ReadonlySet<State>} */
const LIVE = new Set(["listening", "thinking", "speaking"]);

/** @type {ReadonlySet<State>} */
const OVER = new Set(["ended", "failed"]);

/**
 * @param {State} state
 * @returns {boolean} whether both sides can talk
 */
export function isLive(state) {
  return LIVE.has(state);
}

/**
 * @param {State} state
 * @returns {boolean} whether nothing more can come
 */
export function isOver(state) {
  return OVER.has(state);
}

/**
 * @param {State} state
 * @returns {boolean} whether a call is under way, from the click on
 */
export function isUnderWay(state) {
  return state !== "idle" && !isOver(state);
}
