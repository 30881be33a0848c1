/**
 * Notices: what holds for a while, or has just happened, and does not break the call. One line each, newest last;
 * a condition that no longer holds takes its line away, any line can be put away.
 */

import { byId, make } from "./elements.js";
import { known, sayIn } from "./words.js";

/** More lines than this would push the transcript away. */
const MOST = 3;

/** The notices. */
export class Notices {
  #box = byId("notice", HTMLElement);

  /** @param {import("../relay-call.js").CallEvents["notice"]} notice */
  show({ code, on, ...params }) {
    if (!on) this.takeBack(code);
    else this.#add(code, keyOf(code, params), valuesOf(code, params));
  }

  /**
   * @param {string} name of the notice; one of the same name is replaced
   * @param {string} key
   * @param {import("./phrase.js").Values} [values]
   */
  say(name, key, values = {}) {
    this.#add(name, key, values);
  }

  /** @param {string} name */
  takeBack(name) {
    this.#box.querySelector(`[data-code="${name}"]`)?.remove();
  }

  /** Take all back. */
  clear() {
    this.#box.replaceChildren();
  }

  /**
   * @param {string} name
   * @param {string} key
   * @param {import("./phrase.js").Values} values
   */
  #add(name, key, values) {
    this.takeBack(name);
    const away = make("button", { class: "away", text: "×" });
    away.type = "button";
    sayIn(away, "aria-label", "notice.away");
    const line = make("p", { class: "notice", data: { code: name } }, make("span", { words: key, values }), away);
    away.addEventListener("click", () => line.remove());
    this.#box.append(line);
    while (this.#box.children.length > MOST) this.#box.firstElementChild?.remove();
  }
}

/** @typedef {Record<string, unknown>} Params */

/**
 * @param {string} code
 * @param {Params} params
 */
function keyOf(code, params) {
  const key = code === "failed" ? `notice.failed.${params.what}` : `notice.${code}`;
  return known(key) ? key : "notice.unknown";
}

/**
 * @param {string} code
 * @param {Params} params
 * @returns {import("./phrase.js").Values} the most telling of what is known becomes the reason
 */
function valuesOf(code, params) {
  const reasons = [params.message, params.upstreamCode, params.why].filter((each) => typeof each === "string" && each);
  /** @type {import("./phrase.js").Value} */
  let reason = reasons.length > 0 ? String(reasons[0]) : { key: "notice.unexplained" };
  if (!known(`notice.${code}`) && code !== "failed") reason = code;
  return { reason, label: String(params.label ?? "") };
}
