/**
 * Showing what went wrong: title, what happened, what to do, where to read more, under which number it is logged.
 *
 * The problems of the browser are said in the page's language. Those of the relay have their title in it; what
 * happened this time is quoted as the relay says it, in English.
 */

import { button, byId, make } from "./elements.js";
import { sayable } from "./phrase.js";
import { remedyOf } from "./remedies.js";
import { known, say } from "./words.js";

/** @typedef {import("../relay-call.js").Problem} Problem */

/** The place for problems that break a call. */
export class ProblemView {
  #box = byId("problem", HTMLElement);
  #base;
  #actions;

  /**
   * @param {string | URL} base address that problem pages are relative to
   * @param {{ onTyping: () => void, onCheck: () => void }} actions go on without a microphone; check the set-up
   */
  constructor(base, actions) {
    this.#base = base;
    this.#actions = actions;
  }

  /**
   * @param {Problem} problem
   * @param {{ titled?: boolean }} [how] without its title where the status of the call says it already
   */
  show(problem, { titled = true } = {}) {
    const { detail, fix } = wordsOf(problem);
    const values = sayable(problem.params);
    /** @type {HTMLElement[]} */
    const parts = titled ? [make("h2", {}, titleOf(problem))] : [];
    if (detail) parts.push(say(make("p", { class: "problem-detail" }), detail, values));
    else if (problem.detail) parts.push(quoted("p", problem.detail, "problem-detail"));
    if (fix) parts.push(say(make("p", { class: "problem-fix" }), fix, values));
    if (problem.retryAfter !== null) {
      parts.push(make("p", { words: "problem.retry", values: { seconds: problem.retryAfter } }));
    }
    parts.push(this.#further(problem));
    this.#box.dataset.code = problem.code;
    this.#box.replaceChildren(...parts);
    this.#box.hidden = false;
  }

  /** Take it back. */
  clear() {
    this.#box.hidden = true;
    this.#box.replaceChildren();
    delete this.#box.dataset.code;
  }

  /** @param {Problem} problem */
  #further(problem) {
    const further = make("p", { class: "problem-further" });
    if (problem.page) further.append(this.#link(problem.page));
    if (problem.requestId) {
      const number = make("code", { text: problem.requestId });
      further.append(make("span", {}, make("span", { words: "problem.request" }), " ", number));
    }
    if (problem.typing) {
      const typing = button({ words: "problem.typing" }, this.#actions.onTyping);
      typing.id = "type-instead";
      further.append(typing);
    }
    if (CHECKED.test(problem.code)) further.append(button({ words: "problem.check" }, this.#actions.onCheck));
    return further;
  }

  /** @param {string} page */
  #link(page) {
    const link = make("a", { words: "problem.page" });
    link.href = new URL(page.replace(/^\//, ""), this.#base).href;
    link.target = "_blank";
    link.rel = "noopener";
    return link;
  }
}

/** Problems about which "Check my set-up" can say more. */
const CHECKED = /^(insecure|microphone|webrtc|relay_|media_|offline)/;

/**
 * @param {Problem} problem
 * @returns {HTMLElement}
 */
export function titleOf(problem) {
  const key = [`own.${variantOf(problem)}.title`, `problem.${problem.code}`].find(known);
  return key ? make("span", { words: key, values: sayable(problem.params) }) : quoted("span", problem.title || problem.code);
}

/**
 * @param {Problem} problem
 * @returns {{ detail: string, fix: string }} keys; empty where there are no words
 */
function wordsOf(problem) {
  const own = `own.${variantOf(problem)}`;
  if (problem.params.again) return { detail: "own.again", fix: `${own}.fix` };
  if (known(`${own}.title`)) return { detail: `${own}.detail`, fix: `${own}.fix` };
  return { detail: "", fix: remedyOf(problem.code) };
}

/** @param {Problem} problem */
function variantOf({ code, params }) {
  if (code === "relay_unreachable" && params.crossOrigin) return "relay_unreachable_elsewhere";
  if (code === "media_blocked" && params.turn === false) return "media_blocked_no_turn";
  return code;
}

/**
 * @param {"p" | "span"} tag
 * @param {string} text of the relay or the upstream
 * @param {string} [name] of its class
 */
function quoted(tag, text, name = "") {
  const element = make(tag, { class: name, text });
  element.lang = "en";
  element.dir = "ltr";
  return element;
}
