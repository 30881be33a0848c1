/**
 * Direct mode: the page exchanges the offer with the upstream itself, where the relay allows it.
 */

import { stringAt } from "./events.js";
import { ProblemError, ownProblem, problemFromResponse } from "./problems.js";
import { chosen, formOf, headOf, jsonOf } from "./signaling.js";

/**
 * Exchange the offer with the upstream itself, with a client secret that the relay minted.
 *
 * @param {Pick<import("./signaling.js").Signaling, "request">} signaling
 * @param {string} offer
 * @param {import("./signaling.js").Wishes} wishes
 * @param {import("./signaling.js").Patience} patience
 * @returns {Promise<import("./signaling.js").Exchange>} without a call URL: only the peer connection can end such a call
 * @throws {ProblemError}
 */
export async function connectDirectly(signaling, offer, wishes, { seconds, signal }) {
  const minted = await signaling.request("api/session", { method: "POST", body: formOf(chosen(wishes)) }, seconds, signal);
  const head = headOf(minted.response);
  if (!minted.response.ok) throw new ProblemError(problemFromResponse(head, minted.text));
  const grant = jsonOf(minted.text, minted.response);
  /** @type {RequestInit} */
  const init = {
    method: "POST",
    headers: { Authorization: `Bearer ${stringAt(grant, "value")}`, "Content-Type": "application/sdp" },
    body: offer,
    credentials: "omit",
    referrerPolicy: "no-referrer",
  };
  const { response, text: answer } = await signaling.request(stringAt(grant, "calls_url"), init, seconds, signal);
  if (!response.ok || !answer.startsWith("v=0")) {
    throw new ProblemError(ownProblem("upstream_refused", { status: response.status }, head.requestId));
  }
  const serverTiming = minted.response.headers.get("server-timing") ?? "";
  return { answer, callUrl: "", eventsUrl: "", requestId: head.requestId, serverTiming };
}
