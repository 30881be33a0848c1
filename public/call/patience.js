/**
 * Waiting for the network to come back, after a call was lost with it.
 */

/** Problems that pass by themselves when it does. */
const PASSING = new Set(["offline", "relay_unreachable"]);
const TRIES = 8;
const PAUSE_MS = 3000;

/**
 * @param {string} code of the problem that one more try brought
 * @param {number} tries so far
 */
export function isWorthWaiting(code, tries) {
  return PASSING.has(code) && tries < TRIES;
}

/**
 * Wait until the network is said to be back, or a while.
 *
 * @param {EventTarget} window
 */
export async function networkOrPause(window) {
  const done = new AbortController();
  await new Promise((resolve) => {
    window.addEventListener("online", resolve, { signal: done.signal });
    setTimeout(resolve, PAUSE_MS);
  });
  done.abort();
}
