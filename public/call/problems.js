/**
 * Problems: what went wrong, by code. The words for people are not here: each language of a page has its own.
 *
 * Two sources, one shape: `application/problem+json` from the relay (RFC 9457), whose title and detail come along, and
 * what only a browser can see, which is a code and its figures. A problem is never "something".
 */

import { numberAt, stringAt } from "./events.js";

/** @typedef {import("../relay-call.js").Problem} Problem */

/** An error that carries a problem. */
export class ProblemError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.title || problem.code);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/**
 * A problem that the browser found.
 *
 * @param {string} code
 * @param {Record<string, unknown>} [params] what fills the words
 * @param {string} [requestId] of the exchange it happened in
 * @returns {Problem}
 */
export function ownProblem(code, params = {}, requestId = "") {
  const typing = code.startsWith("microphone_") || code === "insecure_page";
  return { code, title: "", detail: "", params, page: "", requestId, retryAfter: null, typing, fatal: true };
}

/**
 * The problem in a relay's refusal.
 *
 * @param {{ status: number, type: string, requestId: string, retryAfter: number | null }} head content type and headers
 * @param {string} body
 * @returns {Problem} one of our own when the body is no problem document
 */
export function problemFromResponse({ status, type, requestId, retryAfter }, body) {
  const problem = type.startsWith("application/problem+json") ? problemFromJson(parsed(body)) : null;
  if (problem) {
    return { ...problem, requestId: problem.requestId || requestId, retryAfter: problem.retryAfter ?? retryAfter };
  }
  const code = status === 401 ? "signed_out" : status === 404 ? "relay_not_found" : "relay_answer_unusable";
  return ownProblem(code, { status, type }, requestId);
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
  const page = /^\/problems\/[a-z0-9-]+$/.test(type) ? type : "";
  const retryAfter = numberAt(json, "retry_after");
  return { ...ownProblem(code, {}, stringAt(json, "request_id")), title, detail: stringAt(json, "detail"), page, retryAfter };
}

/**
 * The problem in anything that was thrown.
 *
 * @param {unknown} error
 * @returns {Problem}
 */
export function problemFromError(error) {
  if (error instanceof ProblemError) return error.problem;
  return ownProblem("page_fault", { message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
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
