/**
 * The HTTP side of a call: the offer goes out, the answer or a problem comes back; later events, and the hang-up.
 * When any of it is to be done is decided elsewhere.
 *
 * An answer is believed only with the right status, the right content type and the right first line: whatever
 * else comes (a proxy's page, a sign-in form) becomes a problem and never reaches the peer connection.
 */

import { configFromJson } from "./config.js";
import { reachFinding } from "./diagnosis.js";
import { numberAt, stringAt } from "./events.js";
import { ProblemError, ownProblem, parsed, problemFromResponse } from "./problems.js";

/** How much longer than the relay's own deadline we wait, so that its words arrive instead of ours. */
const GRACE_SECONDS = 5;

/** @typedef {{ voice: string, instructions: string, profile: string }} Wishes  What the caller may choose. */

/** @typedef {{ seconds: number, signal: AbortSignal }} Patience  The relay's own deadline, and the caller's. */

/**
 * @typedef {object} Exchange
 * @property {string} answer SDP
 * @property {string} callUrl absolute; DELETE ends the call; empty in direct mode
 * @property {string} eventsUrl absolute; the call's event stream; empty where there is none
 * @property {string} requestId
 * @property {string} serverTiming the `Server-Timing` header
 */

/**
 * @typedef {object} Standing How a call stands at the relay.
 * @property {boolean} over
 * @property {string} reason why it ends or has ended, as the relay names it; empty while it goes on
 * @property {number | null} secondsLeft until its limit
 */

/** One relay, seen from the browser. */
export class Signaling {
  #relay;
  #fetch;
  #online;

  /**
   * @param {string | URL} relay address of the relay, ending in a slash
   * @param {typeof fetch} fetcher
   * @param {() => boolean} [online] whether there is a network, as far as the browser tells
   */
  constructor(relay, fetcher, online = () => navigator.onLine !== false) {
    this.#relay = relay;
    this.#fetch = fetcher;
    this.#online = online;
  }

  /** @returns {Promise<import("./config.js").Config>} */
  async config() {
    const { response, text } = await this.request("config", {}, 10, undefined);
    if (!response.ok) throw new ProblemError(problemFromResponse(headOf(response), text));
    return configFromJson(jsonOf(text, response));
  }

  /**
   * Have the relay get ready for a call with these wishes. Only saves time, so nothing that goes wrong matters.
   *
   * @param {Wishes} wishes
   */
  async prepare(wishes) {
    await this.request("prepare", { method: "POST", body: formOf(chosen(wishes)) }, 10, undefined).catch(() => {});
  }

  /**
   * Exchange the offer through the relay, and promise to keep the call's event stream open.
   *
   * @param {string} offer
   * @param {Wishes} wishes
   * @param {Patience} patience
   * @returns {Promise<Exchange>}
   * @throws {ProblemError}
   */
  async connect(offer, wishes, { seconds, signal }) {
    const body = formOf({ sdp: offer, ...chosen(wishes), presence: "events" });
    const { response, text } = await this.request("connect", { method: "POST", body }, seconds + GRACE_SECONDS, signal);
    const head = headOf(response);
    if (!response.ok) throw new ProblemError(problemFromResponse(head, text));
    if (response.status !== 201 || !head.type.startsWith("application/sdp") || !text.startsWith("v=0")) throw unusable(head);
    const absolute = (/** @type {string} */ path) => (path ? new URL(path, response.url || this.#relay).href : "");
    return {
      answer: text,
      callUrl: absolute(response.headers.get("location") ?? ""),
      eventsUrl: absolute(linkedAs("events", response.headers.get("link") ?? "")),
      requestId: head.requestId,
      serverTiming: response.headers.get("server-timing") ?? "",
    };
  }

  /**
   * Open a call's event stream; to do so is our sign of life.
   *
   * @param {string} eventsUrl
   * @param {string} lastEventId the last event that was read; empty for none
   * @param {AbortSignal} signal
   * @returns {Promise<Response>} whatever its status
   * @throws {TypeError} there is no way to the relay
   */
  async events(eventsUrl, lastEventId, signal) {
    const headers = { Accept: "text/event-stream", ...(lastEventId && { "Last-Event-ID": lastEventId }) };
    return await this.#fetch(eventsUrl, { headers, cache: "no-store", signal });
  }

  /**
   * Ask how a call stands.
   *
   * @param {string} callUrl
   * @param {number} seconds to wait at most
   * @returns {Promise<Standing | null>} null when the relay cannot say
   */
  async standing(callUrl, seconds) {
    try {
      const { response, text } = await this.request(callUrl, {}, seconds, undefined);
      if (!response.ok) return null;
      const json = jsonOf(text, response);
      const reason = stringAt(json, "reason");
      const over = reason !== "" || ["ended", "expired"].includes(stringAt(json, "state"));
      return { over, reason, secondsLeft: numberAt(json, "seconds_left") };
    } catch {
      return null;
    }
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
   */
  async request(path, init, seconds, signal) {
    const clock = AbortSignal.timeout(Math.ceil(seconds * 1000));
    const either = signal ? AbortSignal.any([clock, signal]) : clock;
    const address = new URL(path, this.#relay);
    try {
      const response = await this.#fetch(address, { cache: "no-store", ...init, signal: either });
      return { response, text: await response.text() };
    } catch (error) {
      if (signal?.aborted) throw error;
      const atRelay = address.href.startsWith(new URL(this.#relay).href);
      const crossOrigin = Boolean(globalThis.location) && address.origin !== location.origin;
      const seen = { online: this.#online(), timedOut: clock.aborted, seconds, host: address.host, crossOrigin };
      const { code, params } = reachFinding(seen);
      throw new ProblemError(ownProblem(atRelay || clock.aborted ? code : "upstream_unreachable_directly", params));
    }
  }
}

/**
 * Only the fields the relay takes: a wish may come in a larger object.
 *
 * @param {Wishes} wishes
 */
export function chosen({ voice, instructions, profile }) {
  return { voice, instructions, profile };
}

/**
 * @param {Record<string, string>} fields empty ones are left out
 * @returns {FormData}
 */
export function formOf(fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value) form.set(name, value);
  return form;
}

/**
 * Read a `Link` header (RFC 8288 §3), as far as the relay uses it.
 *
 * @param {string} relation
 * @param {string} header
 * @returns {string} the target; empty when nothing is linked so
 */
function linkedAs(relation, header) {
  for (const [, target, rel] of header.matchAll(/<([^>]*)>[^,]*?;\s*rel="?([\w-]+)"?/g)) {
    if (rel === relation) return target;
  }
  return "";
}

/** @param {Response} response */
export function headOf(response) {
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
export function jsonOf(body, response) {
  const json = parsed(body);
  if (json === null) throw unusable(headOf(response));
  return json;
}

/** @param {ReturnType<typeof headOf>} head */
function unusable({ status, type, requestId }) {
  return new ProblemError(ownProblem("relay_answer_unusable", { status, type }, requestId));
}
