/**
 * The call as the relay keeps it (`/calls/<id>`): the page's presence there, the time it has left, why it is over,
 * and the hang-up. Media and words are not its concern.
 *
 * Events (CustomEvent, `detail` in brackets): `over` (string: the reason's code), `contact` (boolean: whether the relay
 * can be reached), `entry` ({kind, entry}: anything else that the relay's event stream tells).
 */

import { camel, stringAt } from "./events.js";
import { Teller, follow } from "./follow.js";
import { Presence } from "./presence.js";
import { parsed } from "./problems.js";

/** Seconds after the limit at which the page hangs up by itself: the relay is not there to do it. */
const GRACE_SECONDS = 3;

/** Seconds to wait for the relay's word when the other side is gone. */
const WHY_SECONDS = 1;

/** States of the relay's in which a call has no future. */
const ENDING = new Set(["ending", "ended", "expired"]);

/** One call at the relay; without an address (direct mode) everything here does nothing. */
export class CallResource extends Teller {
  #signaling;
  #clock;
  #presence;
  #callUrl = "";
  #eventsUrl = "";
  /** Milliseconds on the clock. */
  #endsAt = Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #limitTimer;

  /**
   * @param {Pick<import("./signaling.js").Signaling, "events" | "standing" | "hangUp">} signaling
   * @param {{ window: EventTarget, clock: Pick<Performance, "now">, presenceSeconds: number }} nearby
   */
  constructor(signaling, nearby) {
    super();
    this.#signaling = signaling;
    this.#clock = nearby.clock;
    const open = (/** @type {string} */ id, /** @type {AbortSignal} */ signal) => signaling.events(this.#eventsUrl, id, signal);
    this.#presence = new Presence({ ...nearby, open });
    follow(this.#presence, {
      event: (event) => this.#onEvent(event),
      contact: (reached) => this.tell("contact", reached),
      gone: () => this.#endedThere("forgotten"),
    });
  }

  /** @returns {number | null} seconds until the call reaches its limit; null when there is none known */
  get secondsLeft() {
    if (this.#endsAt === Infinity) return null;
    return Math.max(0, (this.#endsAt - this.#clock.now()) / 1000);
  }

  /**
   * Know the call's address.
   *
   * @param {Pick<import("./signaling.js").Exchange, "callUrl" | "eventsUrl">} exchange
   */
  take({ callUrl, eventsUrl }) {
    this.#callUrl = callUrl;
    this.#eventsUrl = eventsUrl;
  }

  /**
   * Begin to show that the page is there.
   *
   * @param {number} maxSeconds how long a call may last, from now on at most; 0 when unknown
   */
  attend(maxSeconds) {
    if (this.#callUrl && maxSeconds > 0) this.#limitTo(maxSeconds);
    if (this.#eventsUrl) this.#presence.open();
  }

  /** Ask the relay how much time is left. */
  async learnLimit() {
    if (!this.#callUrl) return;
    const standing = await this.#signaling.standing(this.#callUrl, 10);
    if (this.#callUrl && standing?.secondsLeft && !standing.over) this.#limitTo(standing.secondsLeft);
  }

  /** @returns {Promise<string>} why the other side is gone, as far as the relay knows: a code; else empty */
  async askWhy() {
    if (!this.#callUrl) return "";
    if (this.#presence.away) return "out_of_reach";
    const standing = await this.#signaling.standing(this.#callUrl, WHY_SECONDS);
    return standing?.over ? standing.reason || "relay" : "";
  }

  /**
   * Let go of the call, and tell the relay unless it knows.
   *
   * @returns {Promise<boolean>} false when the relay could not be told
   */
  async hangUp() {
    const callUrl = this.#callUrl;
    this.#letGo();
    return await this.#signaling.hangUp(callUrl);
  }

  /** @param {import("./event-stream.js").StreamEvent} event */
  #onEvent({ type, data }) {
    const json = parsed(data);
    const entry = camel(json);
    if (type === "warning") this.#onWarning(entry);
    if (type !== "state" && type !== "ended") this.tell("entry", { kind: type, entry, json });
    if (ENDING.has(stringAt(json, "state"))) this.#endedThere(stringAt(json, "reason") || "relay");
  }

  /** @param {{ secondsLeft?: unknown, cause?: unknown }} entry its time was left when it was given; it may have come late */
  #onWarning(entry) {
    const { secondsLeft, cause = "time" } = entry;
    if (typeof secondsLeft === "number" && cause === "time" && secondsLeft < (this.secondsLeft ?? Infinity)) {
      this.#limitTo(secondsLeft);
    }
  }

  /** @param {number} seconds from now */
  #limitTo(seconds) {
    this.#endsAt = this.#clock.now() + seconds * 1000;
    clearTimeout(this.#limitTimer);
    this.#limitTimer = setTimeout(() => this.tell("over", "max_duration"), (seconds + GRACE_SECONDS) * 1000);
  }

  /** @param {string} reason */
  #endedThere(reason) {
    this.#letGo();
    this.tell("over", reason);
  }

  #letGo() {
    this.#callUrl = "";
    clearTimeout(this.#limitTimer);
    this.#presence.close();
  }
}
