/**
 * The picker of the page's language: the browser's choice at first, then the reader's, kept in this browser.
 */

import { byId, option } from "./elements.js";
import { keep, kept } from "./kept.js";
import { LANGUAGES, languageFor } from "./languages.js";
import { language, speak } from "./words.js";

/** The picker. */
export class LanguagePicker {
  #picker = byId("language", HTMLSelectElement);

  constructor() {
    this.#picker.replaceChildren(...LANGUAGES.map(({ code, name }) => {
      const choice = option(code, { text: name });
      choice.lang = code;
      return choice;
    }));
    this.#picker.addEventListener("change", () => {
      keep("language", this.#picker.value);
      void this.#speak([this.#picker.value]);
    });
  }

  /** Speak the reader's language. */
  async open() {
    await this.#speak([kept("language") ?? "", ...navigator.languages]);
  }

  /** @param {string[]} wanted */
  async #speak(wanted) {
    const chosen = languageFor(wanted);
    this.#picker.value = chosen.code;
    if (chosen !== language()) await speak(chosen);
  }
}
