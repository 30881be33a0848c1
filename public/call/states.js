/**
 * The states of a call as the page names them. "Connected" is not among them: the phase of the turn says more.
 */

/** @typedef {import("../relay-call.js").State} State */

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
