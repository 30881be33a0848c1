/**
 * A text to paste into a bug report: what was checked, how the last call went. It is built from codes and figures only,
 * so that no address, no secret and no word that was said can be in it. Pure.
 */

/**
 * @typedef {object} Reported
 * @property {readonly import("./checks.js").Check[]} checks
 * @property {string} browser as `navigator.userAgent` says
 * @property {import("../relay-call.js").Config | null} [config]
 * @property {Pick<import("../relay-call.js").Call, "state" | "requestId" | "timing" | "samples" | "turns" | "log"> | null} [call] the last one
 * @property {Pick<import("../relay-call.js").Problem, "code" | "requestId" | "params"> | null} [problem] the last one
 */

/** What of a problem's figures may be told. */
const TELLING = new Set(["connection", "ice", "channel", "ports", "turn", "seconds", "status", "again", "crossOrigin"]);

/** How many of the newest lines of the log are told, by type only. */
const LAST_LINES = 30;

/**
 * @param {Reported} reported
 * @returns {string} Markdown
 */
export function reportText({ checks, browser, config, call, problem }) {
  const lines = ["## Voice call: report", "", `- Browser: ${bare(browser)}`];
  if (config) {
    const upstream = config.simulated ? "simulator" : "upstream";
    lines.push(`- Relay: ${bare(config.version)}, ${upstream}, ${config.iceServers.length} ICE servers, sign-in ${config.signIn.kind}`);
  }
  lines.push(...checks.map(({ code, outcome, figures }) => `- ${code}: ${outcome}${told(figures)}`));
  if (problem) {
    const params = Object.fromEntries(Object.entries(problem.params).filter(([key]) => TELLING.has(key)));
    lines.push(`- Problem: ${bare(problem.code)}${told(params)}${problem.requestId && `, request ${bare(problem.requestId)}`}`);
  }
  if (call) lines.push("", "### Last call", "", ...callLines(call));
  return `${lines.join("\n")}\n`;
}

/** @param {NonNullable<Reported["call"]>} call */
function callLines({ state, requestId, timing, samples, turns, log }) {
  const marks = timing.rows().map(({ mark, ms }) => `${mark} ${ms.toFixed(0)}`);
  const last = samples.at(-1);
  const waits = turns.map(({ milliseconds }) => milliseconds.toFixed(0));
  const events = log.lines.filter(({ delta }) => !delta).slice(-LAST_LINES);
  return [
    `- State: ${state}${requestId && `, request ${bare(requestId)}`}`,
    `- Milliseconds: ${marks.join(", ") || "none"}`,
    `- Media: ${last ? told({ ...last }).slice(2) : "none"}`,
    `- Waits for an answer: ${waits.join(", ") || "none"}`,
    `- Events: ${events.map(({ direction, type }) => `${direction} ${bare(type)}`).join("; ") || "none"}`,
  ];
}

/** @param {Record<string, unknown>} figures */
function told(figures) {
  const pairs = Object.entries(figures).filter(([, value]) => value !== null && value !== "");
  const words = pairs.map(([key, value]) => `${key} ${typeof value === "number" ? Number(value.toFixed(3)) : bare(String(value))}`);
  return words.length > 0 ? `, ${words.join(", ")}` : "";
}

/**
 * Whatever looks like an address or a secret is taken out, whoever put it in.
 *
 * @param {string} text
 */
function bare(text) {
  return text
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, "(address)")
    .replace(/\b\d{1,3}(\.\d{1,3}){3}\b/g, (found) => (/\.0\.0\.0$/.test(found) ? found : "(address)"))
    .replace(/\b(?:[0-9a-f]{1,4}:){3,}[0-9a-f:]*/gi, "(address)")
    .replace(/\b(?:ek_|sk-|eyJ)[\w.-]+/g, "(secret)");
}
