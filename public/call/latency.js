/**
 * How long the assistant lets the caller wait: from the end of speech to the first sound of the answer, turn by turn.
 * A pure reducer over what the meters and the upstream say.
 *
 * The upstream reports the end of speech only after the silence that proves it; so the moment that counts is when the
 * caller was last heard before.
 */

/**
 * @typedef {object} Wait
 * @property {number} heardAt when the caller was last heard, in milliseconds; -1 for not yet
 * @property {number} endedAt end of the speech that waits for an answer; -1 for none
 * @property {number} number of turns measured so far
 * @property {import("../relay-call.js").Turn | null} turn measured just now
 */

/** @type {Readonly<Wait>} */
export const NO_WAIT = Object.freeze({ heardAt: -1, endedAt: -1, number: 0, turn: null });

/** No end of speech is reported later than this after it: an older sound was something else. */
const LONGEST_PROOF_MS = 3000;

/**
 * @param {Readonly<Wait>} wait
 * @param {"caller" | "assistant" | "stopped" | "started"} what the caller or the assistant can be heard; the upstream
 *   says that the caller stopped, or started, speaking
 * @param {number} at milliseconds since the start of the call
 * @returns {Readonly<Wait>}
 */
export function waitAfter(wait, what, at) {
  switch (what) {
    case "caller":
      return { ...wait, heardAt: at, turn: null };
    case "started":
      return { ...wait, endedAt: -1, turn: null };
    case "stopped": {
      const known = wait.heardAt >= 0 && at - wait.heardAt < LONGEST_PROOF_MS;
      return { ...wait, endedAt: known ? wait.heardAt : at, turn: null };
    }
    default: {
      if (wait.endedAt < 0) return wait.turn ? { ...wait, turn: null } : wait;
      const turn = { number: wait.number + 1, at, milliseconds: Math.max(0, at - wait.endedAt) };
      return { ...wait, endedAt: -1, number: turn.number, turn };
    }
  }
}

/** Keeps the wait of one call. */
export class Waits {
  #wait = NO_WAIT;
  #onTurn;

  /** @param {(turn: import("../relay-call.js").Turn) => void} onTurn */
  constructor(onTurn) {
    this.#onTurn = onTurn;
  }

  /**
   * @param {Parameters<typeof waitAfter>[1]} what
   * @param {number} at milliseconds since the start of the call
   */
  note(what, at) {
    this.#wait = waitAfter(this.#wait, what, at);
    if (this.#wait.turn) this.#onTurn(this.#wait.turn);
  }
}
