/**
 * The page's sign of life: it keeps the event stream of its call open, for as long as the call lasts.
 *
 * The relay ends each stream after a while and takes the next one as the sign that the page is still there. So a
 * stream that ends is opened again at once, one that breaks or is silent too; only failing again and again makes
 * it wait. What the events mean is not decided here.
 *
 * Events (CustomEvent, `detail` in brackets): `event` (StreamEvent), `contact` (boolean: whether the relay can be
 * reached), `gone` (the relay knows no such call; nothing follows).
 */

import { EventStreamReader } from "./event-stream.js";
import { Teller } from "./follow.js";

/** Seconds to wait after the first failure, doubled with each in a row up to the longest pause. */
const SHORTEST_PAUSE_SECONDS = 0.25;
const LONGEST_PAUSE_SECONDS = 3;

/** Seconds a stream must have lasted to be no failure: an answer that ends at once is not to be asked for in a loop. */
const SHORTEST_STREAM_SECONDS = 0.25;

/** Tries in a row without a word from the relay that are told of: fewer pass unnoticed. */
const AWAY_AFTER = 3;

/**
 * @typedef {object} Nearby
 * @property {(lastEventId: string, signal: AbortSignal) => Promise<Response>} open asks for the stream
 * @property {EventTarget} window tells of the network's return (`online`) and of the reader's (`visibilitychange`)
 * @property {Pick<Performance, "now">} clock
 * @property {number} presenceSeconds how long the relay lets the page be silent
 */

/** Keeps one stream open. */
export class Presence extends Teller {
  #nearby;
  #patience;
  #lastEventId = "";
  #failures = 0;
  #unheard = 0;
  #heard = 0;
  #over = new AbortController();
  /** The stream being read, or the pause before the next one. */
  #current = new AbortController();

  /** @param {Nearby} nearby */
  constructor(nearby) {
    super();
    this.#nearby = nearby;
    this.#patience = patienceOf(nearby.presenceSeconds);
  }

  /** @returns {boolean} whether the relay has not been reached for a while */
  get away() {
    return this.#unheard >= AWAY_AFTER;
  }

  /** Open the stream and keep it open until `close`. */
  open() {
    const { signal } = this.#over;
    this.#nearby.window.addEventListener("online", () => this.#current.abort(), { signal });
    this.#nearby.window.addEventListener("visibilitychange", () => this.#onVisibility(), { signal });
    void this.#keepOpen();
  }

  /** End it. No event follows. */
  close() {
    this.silent = true;
    this.#over.abort();
  }

  async #keepOpen() {
    while (!this.#over.signal.aborted) {
      this.#current = new AbortController();
      const began = this.#now();
      const status = await this.#readOne(AbortSignal.any([this.#over.signal, this.#current.signal]));
      if (status === 404 || status === 410) return this.#onGone();
      if (this.#unheard === AWAY_AFTER) this.tell("contact", false);
      const served = status === 200 && this.#now() - began >= SHORTEST_STREAM_SECONDS;
      this.#failures = served ? 0 : this.#failures + 1;
      if (!served) await this.#pause();
    }
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<number>} HTTP status; 0 when there was no answer
   */
  async #readOne(signal) {
    let silence = setTimeout(() => this.#current.abort(), this.#patience.open * 1000);
    let status = 0;
    this.#unheard += 1;
    try {
      const response = await this.#nearby.open(this.#lastEventId, signal);
      status = response.status;
      if (status !== 200 || !response.body) return status;
      const pieces = response.body.getReader();
      const decoder = new TextDecoder();
      const events = new EventStreamReader(this.#lastEventId);
      for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) {
        this.#onHeard();
        clearTimeout(silence);
        silence = setTimeout(() => this.#current.abort(), this.#patience.silence * 1000);
        for (const event of events.read(decoder.decode(piece.value, { stream: true }))) this.#onEvent(event);
      }
    } catch {
      // It broke off, could not be opened, or was given up: all the same to who opens the next one.
    } finally {
      clearTimeout(silence);
    }
    return status;
  }

  /** Wait, unless something tells that it is worth trying now. */
  async #pause() {
    if (this.#current.signal.aborted) return;
    const signal = AbortSignal.any([this.#over.signal, this.#current.signal]);
    const seconds = Math.min(SHORTEST_PAUSE_SECONDS * 2 ** (this.#failures - 1), this.#patience.pause);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve(null);
      });
    });
  }

  /** A page that was asleep may hold a stream that died meanwhile. */
  #onVisibility() {
    if (this.#now() - this.#heard > this.#patience.open) this.#current.abort();
  }

  #onHeard() {
    this.#heard = this.#now();
    const away = this.away;
    this.#unheard = 0;
    if (away) this.tell("contact", true);
  }

  /** @param {import("./event-stream.js").StreamEvent} event */
  #onEvent(event) {
    this.#lastEventId = event.id;
    this.tell("event", event);
  }

  #onGone() {
    this.tell("gone");
    this.close();
  }

  #now() {
    return this.#nearby.clock.now() / 1000;
  }
}

/**
 * How many seconds the answer may take, an open stream may be silent, and a pause may last. The relay says something
 * at least three times in each stream and every five seconds; so a dead stream is noticed while there is time for a
 * new one, and several tries fall into the time that the relay waits.
 *
 * @param {number} presenceSeconds
 */
function patienceOf(presenceSeconds) {
  const open = Math.max(2, Math.min(5, presenceSeconds / 3));
  return { open, silence: 2 * open + 1, pause: Math.min(LONGEST_PAUSE_SECONDS, presenceSeconds / 5) };
}
