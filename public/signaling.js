/**
 * The HTTP side of a call: the offer goes out, the answer or a problem comes back; later the hang-up.
 *
 * An answer is believed only with the right status, the right content type and the right first line: whatever
 * else comes (a proxy's page, a sign-in form) becomes a problem and never reaches the peer connection.
 */

import { configFromJson } from "./config.js";
import { stringAt } from "./events.js";
import { ProblemError, ownProblem, problemFromResponse } from "./problems.js";

/** How much longer than the relay's own deadline we wait, so that its words arrive instead of ours. */
const GRACE_SECONDS = 5;

/** @typedef {{ voice: string, instructions: string, profile: string }} Wishes  What the caller may choose. */

/**
 * @typedef {object} Exchange
 * @property {string} answer SDP
 * @property {string} callUrl absolute; DELETE ends the call; empty in direct mode
 * @property {string} requestId
 * @property {string} serverTiming the `Server-Timing` header
 */

/** One relay, seen from the browser. */
export class Signaling {
  #relay;
  #fetch;

  /**
   * @param {string | URL} relay address of the relay, ending in a slash
   * @param {typeof fetch} fetcher
   */
  constructor(relay, fetcher) {
    this.#relay = relay;
    this.#fetch = fetcher;
  }

  /** @returns {Promise<import("./config.js").Config>} */
  async config() {
    const { response, text } = await this.#request("config", {}, 10, undefined);
    if (!response.ok) throw new ProblemError(problemFromResponse(headOf(response), text));
    return configFromJson(jsonOf(text, response));
  }

  /**
   * Exchange the offer through the relay.
   *
   * @param {string} offer
   * @param {Wishes} wishes
   * @param {{ seconds: number, signal: AbortSignal }} patience the relay's own deadline, and the caller's
   * @returns {Promise<Exchange>}
   * @throws {ProblemError}
   */
  async connect(offer, wishes, { seconds, signal }) {
    const body = formOf({ sdp: offer, ...chosen(wishes) });
    const { response, text } = await this.#request("connect", { method: "POST", body }, seconds + GRACE_SECONDS, signal);
    const head = headOf(response);
    if (!response.ok) throw new ProblemError(problemFromResponse(head, text));
    if (response.status !== 201 || !head.type.startsWith("application/sdp") || !text.startsWith("v=0")) {
      const detail = `HTTP ${head.status}, ${head.type || "no content type"}, where an SDP answer was expected.`;
      throw new ProblemError(ownProblem("relay_answer_unusable", detail, head.requestId));
    }
    const location = response.headers.get("location");
    return {
      answer: text,
      callUrl: location ? new URL(location, response.url || this.#relay).href : "",
      requestId: head.requestId,
      serverTiming: response.headers.get("server-timing") ?? "",
    };
  }

  /**
   * Exchange the offer with the upstream itself, with a client secret that the relay minted.
   *
   * @param {string} offer
   * @param {Wishes} wishes
   * @param {{ seconds: number, signal: AbortSignal }} patience
   * @returns {Promise<Exchange>} without a call URL: only the peer connection can end such a call
   * @throws {ProblemError}
   */
  async connectDirectly(offer, wishes, { seconds, signal }) {
    const init = { method: "POST", body: formOf(chosen(wishes)) };
    const minted = await this.#request("api/session", init, seconds + GRACE_SECONDS, signal);
    const head = headOf(minted.response);
    if (!minted.response.ok) throw new ProblemError(problemFromResponse(head, minted.text));
    const grant = jsonOf(minted.text, minted.response);
    const { response, text: answer } = await this.#request(
      stringAt(grant, "calls_url"),
      {
        method: "POST",
        headers: { Authorization: `Bearer ${stringAt(grant, "value")}`, "Content-Type": "application/sdp" },
        body: offer,
        credentials: "omit",
        referrerPolicy: "no-referrer",
      },
      seconds,
      signal,
      "upstream_unreachable_directly",
    );
    if (!response.ok || !answer.startsWith("v=0")) {
      throw new ProblemError(ownProblem("upstream_refused", `It answered HTTP ${response.status}.`, head.requestId));
    }
    const serverTiming = minted.response.headers.get("server-timing") ?? "";
    return { answer, callUrl: "", requestId: head.requestId, serverTiming };
  }

  /**
   * Hang up. Harmless when repeated; outlives the page.
   *
   * @param {string} callUrl
   * @returns {Promise<boolean>} false when the relay could not be told; its own clocks end the call then
   */
  async hangUp(callUrl) {
    if (!callUrl) return true;
    try {
      const response = await this.#fetch(callUrl, { method: "DELETE", keepalive: true });
      return response.ok || response.status === 404;
    } catch {
      return false;
    }
  }

  /**
   * Fetch and read to the end, within a time.
   *
   * @param {string} path relative to the relay, or absolute
   * @param {RequestInit} init
   * @param {number} seconds
   * @param {AbortSignal | undefined} signal
   * @param {"relay_unreachable" | "upstream_unreachable_directly"} unreachable
   */
  async #request(path, init, seconds, signal, unreachable = "relay_unreachable") {
    const clock = AbortSignal.timeout(Math.ceil(seconds * 1000));
    const either = signal ? AbortSignal.any([clock, signal]) : clock;
    const address = new URL(path, this.#relay);
    try {
      const response = await this.#fetch(address, { cache: "no-store", ...init, signal: either });
      return { response, text: await response.text() };
    } catch (error) {
      if (signal?.aborted) throw error;
      const problem = clock.aborted
        ? ownProblem("relay_timeout", `There was no answer within ${seconds} seconds.`)
        : ownProblem(unreachable, `No connection to ${address.host}.`);
      throw new ProblemError(problem);
    }
  }
}

/**
 * Only the fields the relay takes: a wish may come in a larger object.
 *
 * @param {Wishes} wishes
 */
function chosen({ voice, instructions, profile }) {
  return { voice, instructions, profile };
}

/**
 * @param {Record<string, string>} fields empty ones are left out
 * @returns {FormData}
 */
function formOf(fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value) form.set(name, value);
  return form;
}

/** @param {Response} response */
function headOf(response) {
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  return {
    status: response.status,
    type: response.headers.get("content-type") ?? "",
    requestId: response.headers.get("x-request-id") ?? "",
    retryAfter: Number.isFinite(seconds) ? seconds : null,
  };
}

/**
 * @param {string} body
 * @param {Response} response
 * @returns {unknown}
 * @throws {ProblemError}
 */
function jsonOf(body, response) {
  try {
    return JSON.parse(body);
  } catch {
    const { status, type, requestId } = headOf(response);
    const detail = `HTTP ${status}, ${type || "no content type"}, where JSON was expected.`;
    throw new ProblemError(ownProblem("relay_answer_unusable", detail, requestId));
  }
}
