/**
 * Showing the relay who asks: a token or ticket goes with every request to the relay, and with none to others.
 *
 * It is never put into a store of the browser, an address or a cookie. Where it comes from is not decided here.
 *
 * Events (CustomEvent): `forgotten` (the relay no longer believes what it is shown, in the middle of a call).
 */

/** @typedef {string | (() => string | Promise<string>)} Token  Empty for none; a function is asked for each request. */

/** Puts what is shown into requests. */
export class SignIn extends EventTarget {
  #relay;
  #fetch;
  #token;

  /**
   * @param {string | URL} relay address of the relay, ending in a slash
   * @param {typeof fetch} fetcher
   * @param {Token} token
   */
  constructor(relay, fetcher, token) {
    super();
    this.#relay = new URL(relay);
    this.#fetch = fetcher;
    this.#token = token;
  }

  /**
   * A `fetch` for the relay. A request that shows something else already keeps it.
   *
   * @param {string | URL} input
   * @param {RequestInit} [init]
   * @returns {Promise<Response>}
   */
  async fetch(input, init = {}) {
    const address = new URL(input, this.#relay);
    const ours = address.origin === this.#relay.origin && address.pathname.startsWith(this.#relay.pathname);
    const headers = new Headers(init.headers);
    if (!ours || headers.has("Authorization")) return await this.#fetch(input, init);
    // Without waiting where it can be: what a page sends while it is being left must be on its way at once.
    const given = typeof this.#token === "function" ? this.#token() : this.#token;
    const shown = (typeof given === "string" ? given : await given).trim();
    if (shown) headers.set("Authorization", `Bearer ${shown}`);
    const response = await this.#fetch(input, { ...init, headers });
    if (response.status === 401 && (init.method ?? "GET") === "GET") this.dispatchEvent(new CustomEvent("forgotten"));
    return response;
  }
}
