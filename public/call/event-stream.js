/**
 * Reading server-sent events (WHATWG HTML §9.2.6) out of text that arrives in pieces cut anywhere. It reads only:
 * whether and when a stream is opened again is not decided here.
 *
 * EventSource would do this by itself, but it can carry no access token and tells nobody why it failed.
 */

/**
 * @typedef {object} StreamEvent
 * @property {string} type `message` where the stream names none
 * @property {string} data lines joined by line feeds
 * @property {string} id the last one the stream named, which a new stream is to go on after; empty for none
 */

/** What is read so far of one stream; a new stream begins with a new one. */
export class EventStreamReader {
  #line = "";
  #afterReturn = false;
  #type = "";
  /** @type {string[]} */
  #data = [];
  #id;

  /** @param {string} [lastEventId] of the stream that this one continues */
  constructor(lastEventId = "") {
    this.#id = lastEventId;
  }

  /**
   * Read on.
   *
   * @param {string} text the next piece, decoded and without a byte order mark
   * @returns {StreamEvent[]} those that it completes; an event that the stream breaks off in never comes
   */
  read(text) {
    if (!text) return [];
    // A line feed that only completes the line end of the piece before is no line of its own.
    const piece = this.#afterReturn && text.startsWith("\n") ? text.slice(1) : text;
    this.#afterReturn = text.endsWith("\r");
    const lines = (this.#line + piece).split(/\r\n|\n|\r/);
    this.#line = lines.pop() ?? "";
    return lines.flatMap((line) => this.#onLine(line));
  }

  /**
   * @param {string} line
   * @returns {StreamEvent[]} the event that an empty line ends, if there is one
   */
  #onLine(line) {
    if (line === "") return this.#finished();
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#type = value;
    if (name === "data") this.#data.push(value);
    if (name === "id" && !value.includes("\0")) this.#id = value;
    return [];
  }

  #finished() {
    const type = this.#type || "message";
    const data = this.#data;
    this.#type = "";
    this.#data = [];
    return data.length > 0 ? [{ type, data: data.join("\n"), id: this.#id }] : [];
  }
}
