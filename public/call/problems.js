/**
 * Problems: what went wrong, in words for the person who sees it.
 *
 * Two sources, one shape: `application/problem+json` from the relay (RFC 9457), and the problems that only a
 * browser can see, whose words stand here. A problem is never "something": it has a name, a cause and a way on.
 */

import { numberAt, stringAt } from "./events.js";

/**
 * @typedef {object} Problem
 * @property {string} code the name, with underscores
 * @property {string} title
 * @property {string} detail what happened this time
 * @property {string} fix what to do about it; empty when the problem's page says it
 * @property {string} page path of the page that explains it; empty when there is none
 * @property {string} requestId under which the relay's log has it; empty for problems of the browser
 * @property {number | null} retryAfter seconds
 * @property {boolean} typing going on without a microphone would work
 */

/** An error that carries a problem. */
export class ProblemError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.title);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** Title and way on of every problem that the browser itself finds. */
const OWN = {
  insecure_page: [
    "The microphone needs a secure page",
    "Open the page by https, or on the relay’s own machine as http://localhost.",
  ],
  microphone_unsupported: [
    "This browser offers no microphone to web pages",
    "Use a current Chrome, Edge, Firefox or Safari; inside an app, open the page in the browser itself.",
  ],
  microphone_refused: [
    "The microphone was refused",
    "Allow the microphone for this page: the icon beside the address, or the browser’s site settings. Then start again.",
  ],
  microphone_dismissed: [
    "The question about the microphone was closed without an answer",
    "Press Start again and choose “Allow”.",
  ],
  microphone_missing: [
    "No microphone was found",
    "Plug one in or switch it on; over remote desktop, redirect the microphone. Then start again.",
  ],
  microphone_busy: [
    "The microphone cannot be opened",
    "Another program may hold it, or the system forbids it: close other calls, check the system’s privacy settings, start again.",
  ],
  webrtc_unsupported: [
    "This browser cannot make calls",
    "WebRTC is missing or switched off, perhaps by an extension or a policy. Use a current browser.",
  ],
  relay_unreachable: [
    "The relay does not answer",
    "Check that the relay is running and that this device is on the network, then start again.",
  ],
  relay_timeout: ["The relay took too long", "Start again; if it stays so, the relay’s log says where the time goes."],
  signed_out: [
    "You are not signed in",
    "Reload the page, or follow its sign-in link; then start again.",
  ],
  relay_answer_unusable: [
    "The answer did not come from the relay",
    "Something between the page and the relay answered in its place: a proxy, a sign-in page, an error page.",
  ],
  upstream_refused: [
    "The upstream refused the call",
    "In direct mode the page talks to the upstream itself. Without ?direct=1 the relay does, and can say more.",
  ],
  upstream_unreachable_directly: [
    "The upstream does not answer this browser",
    "Direct mode needs a way from this browser to the upstream. Without ?direct=1 the relay goes that way instead.",
  ],
  answer_refused: [
    "The browser cannot use the answer",
    "The upstream’s SDP answer does not fit this browser’s offer. Please report it with the browser’s version.",
  ],
  media_blocked: [
    "The call was made, but sound cannot get through",
    "Usually a firewall or VPN blocks UDP and TCP port 3478. Try another network, or without the VPN; the operator can offer a TURN server (RELAY_ICE_SERVERS).",
  ],
  media_lost: ["The connection broke", "The network changed or went away. Start again to make a new call."],
  instructions_too_long: ["The instructions are too long", "Shorten them and start again."],
  page_fault: ["This page made a mistake", "Please report it together with the event log below."],
};

/** @typedef {keyof typeof OWN} OwnCode */

/** The way on after refusals of the relay that a person can mend on this page. */
const MENDED_HERE = new Map([
  ["auth_required", "Fill in the sign-in field beside the call, or follow its link. Then start again."],
  ["auth_invalid", "Check what stands in the sign-in field: all of it must have been copied."],
  ["auth_expired", "Sign in again, or ask for a new ticket. Then start again."],
  ["ticket_used", "Each ticket opens one call. Ask for a new one."],
]);

/** Problems after which a call without a microphone still makes sense. */
const TYPING_HELPS = new Set([
  "insecure_page",
  "microphone_unsupported",
  "microphone_refused",
  "microphone_dismissed",
  "microphone_missing",
  "microphone_busy",
]);

/**
 * A problem that the browser found.
 *
 * @param {OwnCode} code
 * @param {string} detail one sentence about this occurrence
 * @param {string} [requestId] of the exchange it happened in
 * @returns {Problem}
 */
export function ownProblem(code, detail, requestId = "") {
  const [title, fix] = OWN[code];
  return { code, title, detail, fix, page: "", requestId, retryAfter: null, typing: TYPING_HELPS.has(code) };
}

/**
 * The problem in a relay's refusal.
 *
 * @param {{ status: number, type: string, requestId: string, retryAfter: number | null }} head content type and headers
 * @param {string} body
 * @returns {Problem} `relay_answer_unusable` when the body is no problem document
 */
export function problemFromResponse(head, body) {
  const json = head.type.startsWith("application/problem+json") ? parsed(body) : null;
  const problem = problemFromJson(json);
  if (!problem) {
    const detail = `HTTP ${head.status}, ${head.type || "no content type"}, where a problem document was expected.`;
    return ownProblem(head.status === 401 ? "signed_out" : "relay_answer_unusable", detail, head.requestId);
  }
  return { ...problem, requestId: problem.requestId || head.requestId, retryAfter: problem.retryAfter ?? head.retryAfter };
}

/**
 * The problem in a problem document, or in an event of a call.
 *
 * @param {unknown} json
 * @returns {Problem | null} null when it is none
 */
export function problemFromJson(json) {
  const title = stringAt(json, "title");
  if (!title) return null;
  const type = stringAt(json, "type");
  const code = stringAt(json, "code") || type.replace("/problems/", "").replaceAll("-", "_");
  return {
    code,
    title,
    detail: stringAt(json, "detail"),
    fix: MENDED_HERE.get(code) ?? "",
    page: /^\/problems\/[a-z0-9-]+$/.test(type) ? type : "",
    requestId: stringAt(json, "request_id"),
    retryAfter: numberAt(json, "retry_after"),
    typing: false,
  };
}

/**
 * The problem in anything that was thrown.
 *
 * @param {unknown} error
 * @returns {Problem}
 */
export function problemFromError(error) {
  if (error instanceof ProblemError) return error.problem;
  return ownProblem("page_fault", error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

/**
 * @param {string} text
 * @returns {unknown} null when it is no JSON
 */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
