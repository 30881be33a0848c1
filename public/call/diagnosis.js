/**
 * Why a call does not work: what was seen goes in, a code and its figures come out. Pure; nothing is looked up here,
 * and no words are chosen.
 */

/** @typedef {{ code: string, params: Record<string, unknown> }} Finding */

/**
 * Why there is no microphone (W3C Media Capture and Streams §10.3; messages as Chromium, Firefox and Safari word them).
 *
 * @param {{ secure: boolean, supported: boolean, origin: string, name: string, message: string }} seen name and message
 *   of the error; empty when none was thrown
 * @returns {Finding}
 */
export function microphoneFinding({ secure, supported, origin, name, message }) {
  if (!secure) return { code: "insecure_page", params: { origin } };
  if (!supported) return { code: "microphone_unsupported", params: {} };
  if (name === "NotAllowedError" || name === "SecurityError") return { code: refusal(message), params: {} };
  if (name === "NotFoundError" || name === "OverconstrainedError" || !name) return { code: "microphone_missing", params: {} };
  return { code: "microphone_busy", params: { message: message || name } };
}

/** @param {string} message */
function refusal(message) {
  if (/dismissed/i.test(message)) return "microphone_dismissed";
  if (/system/i.test(message)) return "microphone_system";
  return /policy/i.test(message) ? "microphone_policy" : "microphone_refused";
}

/**
 * @typedef {object} MediaSeen
 * @property {string} connection state of the peer connection
 * @property {string} ice state of ICE
 * @property {string} channel state of the data channel
 * @property {boolean} wasUp whether both sides could talk before
 * @property {boolean} midTurn whether an answer was under way
 * @property {boolean} firefox
 * @property {boolean} turn whether there is a TURN server to try
 * @property {string} answer SDP; empty before it is here
 */

/**
 * Why sound does not come through, once the answer was here: signalling worked.
 *
 * @param {MediaSeen} seen
 * @returns {Finding}
 */
export function mediaFinding({ connection, ice, channel, wasUp, midTurn, firefox, turn, answer }) {
  const params = { connection, ice, channel };
  if (wasUp) return { code: firefox && midTurn ? "media_lost_firefox" : "media_lost", params };
  if (ice === "new" && connection !== "failed") return { code: "media_not_begun", params };
  if (ice === "connected" || ice === "completed") return { code: "media_handshake", params };
  return { code: "media_blocked", params: { ...params, ports: portsOf(answer), turn } };
}

/**
 * Where the other side waits for media: to be let through by a firewall.
 *
 * @param {string} answer SDP
 * @returns {string[]} such as `UDP 3478`, without addresses
 */
export function portsOf(answer) {
  const candidates = answer.matchAll(/^a=candidate:\S+ \d+ (\w+) \d+ \S+ (\d+) /gm);
  return [...new Set([...candidates].map(([, protocol, port]) => `${protocol.toUpperCase()} ${port}`))];
}

/**
 * Why a request got no answer at all.
 *
 * @param {{ online: boolean, timedOut: boolean, seconds: number, host: string, crossOrigin: boolean }} seen
 * @returns {Finding}
 */
export function reachFinding({ online, timedOut, seconds, host, crossOrigin }) {
  if (timedOut) return { code: "relay_timeout", params: { seconds } };
  if (!online) return { code: "offline", params: { host } };
  return { code: "relay_unreachable", params: { host, crossOrigin } };
}

/**
 * Whether one further try is due after a call was lost.
 *
 * @param {{ wanted: boolean, tried: boolean, wasUp: boolean, endedThere: boolean }} seen
 */
export function mayReconnect({ wanted, tried, wasUp, endedThere }) {
  return wanted && !tried && wasUp && !endedThere;
}
