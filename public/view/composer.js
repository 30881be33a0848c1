/**
 * Typing to the assistant: Enter sends, with Shift it begins a new line.
 */

import { byId } from "./elements.js";

/** The field and its button. */
export class Composer {
  #message = byId("message", HTMLTextAreaElement);
  #send = byId("send", HTMLButtonElement);
  #onSend;

  /** @param {(text: string) => boolean} onSend whether it could be sent; else it stays in the field */
  constructor(onSend) {
    this.#onSend = onSend;
    byId("composer", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#sendNow();
    });
    this.#message.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#sendNow();
    });
  }

  /** @param {boolean} live whether both sides can talk */
  allow(live) {
    this.#message.disabled = !live;
    this.#send.disabled = !live;
  }

  /** Put the caret there, unless something was begun already. */
  invite() {
    if (!this.#message.value) this.#message.focus();
  }

  #sendNow() {
    if (this.#onSend(this.#message.value)) this.#message.value = "";
  }
}
