/**
 * What an entry of the relay's event stream means for a page that does not care to understand all of them. Pure.
 */

/**
 * Of what the relay tells, what nobody may miss: that the call will end.
 *
 * @param {{ kind: string, entry: any }} told
 * @returns {import("./entries.js").Meaning}
 */
export function bareMeaning({ kind, entry }) {
  return { emit: kind === "warning" ? [[kind, { secondsLeft: null, cause: "time", ...entry }]] : [], understand: [] };
}
