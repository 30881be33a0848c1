/**
 * The place to sign in: a field for a token or ticket, a link to wherever people sign in, or nothing.
 */

import { byId } from "./elements.js";

/** The field and the link. */
export class SignInView {
  #field = byId("access-field", HTMLElement);
  #access = byId("access", HTMLInputElement);
  #elsewhere = byId("sign-in-elsewhere", HTMLElement);
  #link = byId("sign-in-link", HTMLAnchorElement);

  /** @param {import("../relay-call.js").Config["signIn"]} signIn as the relay's config says */
  show({ kind, url }) {
    this.#field.hidden = kind !== "token";
    this.#elsewhere.hidden = !url;
    if (url) this.#link.href = url;
  }

  /** @returns {string} what is in the field */
  get shown() {
    return this.#access.value.trim();
  }
}
