/**
 * The keys that work anywhere on the page. M is a plain letter, so it can be switched off, for those whose speech
 * input or whose hands press letters by chance (WCAG 2.1.4); the choice is kept in this browser.
 */

import { byId } from "./elements.js";

/** Where the choice is kept. */
const KEPT_AS = "relay.key-m";

/** What a letter is typed into. */
const FIELDS = "input:not([type=checkbox]), textarea, select";

/** The keys. */
export class Keyboard {
  #mute = byId("mute", HTMLButtonElement);
  #hint = byId("mute-key", HTMLElement);
  #tick = byId("key-m", HTMLInputElement);
  #actions;

  /** @param {{ onMute: () => void, onInterrupt: () => void }} actions what M and Escape do */
  constructor(actions) {
    this.#actions = actions;
    this.#tick.checked = kept() !== "off";
    this.#tick.addEventListener("change", () => {
      keep(this.#tick.checked ? "on" : "off");
      this.#show();
    });
    this.#show();
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  #show() {
    this.#hint.hidden = !this.#tick.checked;
    if (this.#tick.checked) this.#mute.setAttribute("aria-keyshortcuts", "M");
    else this.#mute.removeAttribute("aria-keyshortcuts");
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === "Escape") this.#actions.onInterrupt();
    const typing = event.target instanceof Element && event.target.closest(FIELDS) !== null;
    if (event.key.toLowerCase() === "m" && !typing && this.#tick.checked) this.#actions.onMute();
  }
}

/** @returns {string | null} null also where the browser keeps nothing for this page */
function kept() {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null;
  }
}

/** @param {string} choice */
function keep(choice) {
  try {
    localStorage.setItem(KEPT_AS, choice);
  } catch {
    // It then holds until the page is closed.
  }
}
