/**
 * Showing what went wrong: title, what happened, what to do, where to read more, under which number it is logged.
 */

import { byId, make } from "./elements.js";

/** @typedef {import("../call/problems.js").Problem} Problem */

/** The place for problems, which break a call, and for notices, which do not. */
export class ProblemView {
  #problem = byId("problem", HTMLElement);
  #notice = byId("notice", HTMLElement);
  #relay;
  #onTyping;

  /**
   * @param {string | URL} relay address that problem pages are relative to
   * @param {() => void} onTyping the caller wants to go on without a microphone
   */
  constructor(relay, onTyping) {
    this.#relay = relay;
    this.#onTyping = onTyping;
  }

  /**
   * @param {Problem} problem
   * @param {{ titled?: boolean }} [how] without its title where the status of the call says it already
   */
  show(problem, { titled = true } = {}) {
    const parts = titled ? [make("h2", { text: problem.title })] : [];
    if (problem.detail) parts.push(make("p", { class: "problem-detail", text: problem.detail }));
    if (problem.fix) parts.push(make("p", { class: "problem-fix", text: problem.fix }));
    if (problem.retryAfter !== null) {
      parts.push(make("p", { text: `It makes sense to try again in ${problem.retryAfter} seconds.` }));
    }
    const further = make("p", { class: "problem-further" });
    if (problem.page) further.append(this.#link(problem.page));
    if (problem.requestId) {
      further.append(make("span", { text: "Request " }, make("code", { text: problem.requestId })));
    }
    if (problem.typing) further.append(this.#typingButton());
    if (further.childNodes.length > 0) parts.push(further);
    this.#problem.dataset.code = problem.code;
    this.#problem.replaceChildren(...parts);
    this.#problem.hidden = false;
  }

  /** @param {string} words stay until others come, or until they are taken back; empty for none */
  notice(words) {
    this.#notice.textContent = words;
    this.#notice.hidden = !words;
  }

  /** @param {string} words of a notice that no longer holds; another one, given since, stays */
  takeBack(words) {
    if (this.#notice.textContent === words) this.notice("");
  }

  /** Take everything back. */
  clear() {
    this.#problem.hidden = true;
    this.#problem.replaceChildren();
    delete this.#problem.dataset.code;
    this.notice("");
  }

  /** @param {string} page */
  #link(page) {
    const link = make("a", { text: "What this means and how to fix it" });
    link.href = new URL(page, this.#relay).href;
    link.target = "_blank";
    link.rel = "noopener";
    return link;
  }

  #typingButton() {
    const button = make("button", { class: "pill", text: "Go on by typing" });
    button.type = "button";
    button.id = "type-instead";
    button.addEventListener("click", this.#onTyping);
    return button;
  }
}
