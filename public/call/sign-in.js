/**
 * Showing the relay who asks: a token or ticket goes with every request to the relay, and with none to others.
 *
 * It is kept in memory for the calls to come, never in a store of the browser, an address or a cookie. What the field
 * looks like, and where a link leads, is not decided here.
 *
 * Events (CustomEvent): `forgotten` (the relay no longer believes what it is shown, in the middle of a call).
 */

/** One way of signing in, as `GET /config` names it. */
/** @typedef {"none" | "token" | "link"} SignInKind */

/** Puts what is shown into requests. */
export class SignIn extends EventTarget {
  #relay;
  #fetch;
  #shown = "";

  /**
   * @param {string | URL} relay address of the relay, ending in a slash
   * @param {typeof fetch} fetcher
   */
  constructor(relay, fetcher) {
    super();
    this.#relay = new URL(relay);
    this.#fetch = fetcher;
  }

  /** @param {string} shown the token or ticket from now on; empty for none */
  show(shown) {
    this.#shown = shown.trim();
  }

  /**
   * A `fetch` for the relay. A request that shows something else already keeps it.
   *
   * @param {RequestInfo | URL} input
   * @param {RequestInit} [init]
   * @returns {Promise<Response>}
   */
  async fetch(input, init = {}) {
    const address = new URL(input instanceof Request ? input.url : input, this.#relay);
    const ours = address.origin === this.#relay.origin && address.pathname.startsWith(this.#relay.pathname);
    if (!ours) return await this.#fetch(input, init);
    const headers = new Headers(init.headers);
    if (this.#shown && !headers.has("Authorization")) headers.set("Authorization", `Bearer ${this.#shown}`);
    const response = await this.#fetch(input, { ...init, headers });
    if (response.status === 401 && (init.method ?? "GET") === "GET") this.dispatchEvent(new CustomEvent("forgotten"));
    return response;
  }
}

/**
 * Where a link of the relay's may lead.
 *
 * @param {string} url
 * @returns {string} a path of this host or an https address; empty for anything else, such as a script
 */
export function signInUrl(url) {
  return /^\/(?![/\\])/.test(url) || url.startsWith("https://") ? url : "";
}
