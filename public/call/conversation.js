/**
 * What is said in a call: both sides' transcript, whose turn it is, and when the assistant may be asked to speak.
 *
 * It knows no network: events go in, client events go out through `send`. A response is asked for only when none
 * is being made, because the upstream refuses a second one; where its filter hides the end of a cancelled
 * response, a short wait stands in for it.
 */

import { askForResponse, cancelResponse, clearOutput, newItemId, stringAt, typedMessage } from "./events.js";
import { isUnanswered, restoring } from "./restore.js";
import { EMPTY, closed, cutShort, transcriptAfter, withTyped } from "./transcript.js";
import { SILENCE, isBusy, phaseOf, settled, turnAfter } from "./turn.js";

/** Milliseconds without any event after which a response that should have ended is taken as ended. */
const SETTLE_MS = 1000;

/**
 * @typedef {object} Ends Where a conversation is plugged in.
 * @property {(event: import("./events.js").ClientEvent) => boolean} send whether it could be sent
 * @property {(transcript: import("./transcript.js").Transcript) => void} onTranscript
 * @property {(phase: import("./turn.js").Phase) => void} onPhase
 */

/** One conversation. */
export class Conversation {
  #ends;
  #turn = SILENCE;
  #transcript = EMPTY;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Ids of items that repeat what the transcript has already. @type {Set<string>} */
  #repeated = new Set();

  /** Whether the caller's speech is transcribed, so that its words are worth waiting for. */
  transcribed = true;

  /** Whether the relay asks for every response, and takes one of the page's for an attempt to break out. */
  guarded = false;

  /** @param {Ends} ends */
  constructor(ends) {
    this.#ends = ends;
  }

  /** @returns {import("./transcript.js").Transcript} */
  get transcript() {
    return this.#transcript;
  }

  /** @returns {import("./turn.js").Phase} */
  get phase() {
    return phaseOf(this.#turn);
  }

  /** Ask the assistant to speak, as soon as it may. */
  ask() {
    if (this.guarded) return;
    this.#setTurn({ ...this.#turn, wanted: true });
  }

  /**
   * Say something by typing. What the assistant is saying is interrupted.
   *
   * @param {string} text not blank
   * @param {number} at milliseconds since the start of the call
   * @returns {boolean} whether it could be sent
   */
  say(text, at) {
    const message = { id: newItemId(), text, at };
    this.interrupt();
    if (!this.#send(typedMessage(message.id, text))) return false;
    this.#setTranscript(withTyped(this.#transcript, message));
    this.ask();
    return true;
  }

  /** Stop the assistant: what it is making, then what it has not yet played (fact 5.4). */
  interrupt() {
    const { response, dropped, playing } = this.#turn;
    const underWay = response !== "" && response !== dropped;
    if (underWay) this.#send(cancelResponse());
    if (!underWay && !playing) return;
    this.#send(clearOutput());
    this.#setTranscript(cutShort(this.#transcript, playing));
  }

  /**
   * @param {import("./events.js").ServerEvent} event
   * @param {number} at milliseconds since the start of the call
   */
  onServerEvent(event, at) {
    if (this.#repeated.has(stringAt(event, "item", "id"))) return;
    this.#setTranscript(transcriptAfter(this.#transcript, event, { at, transcribed: this.transcribed }));
    this.#setTurn(turnAfter(this.#turn, event));
  }

  /**
   * The connection is lost, and a new one will take its place: what was under way is cut off.
   */
  interrupted() {
    this.close();
    this.#turn = SILENCE;
  }

  /**
   * Tell a model that knows nothing of it what was said so far, and have it answer what is not answered yet.
   *
   * @returns {number} how many items could be given back
   */
  restore() {
    const events = restoring(this.#transcript, newItemId);
    for (const event of events) this.#repeated.add(stringAt(event, "item", "id"));
    const given = events.filter((event) => this.#ends.send(event)).length;
    if (given > 0 && isUnanswered(this.#transcript)) this.ask();
    return given;
  }

  /** The call is over: nothing more is sent, what is open in the transcript is closed. */
  close() {
    clearTimeout(this.#timer);
    this.#setTranscript(closed(this.#transcript));
  }

  /**
   * @param {import("./events.js").ClientEvent} event
   * @returns {boolean}
   */
  #send(event) {
    if (!this.#ends.send(event)) return false;
    this.#setTurn(turnAfter(this.#turn, event));
    return true;
  }

  /** @param {Readonly<import("./turn.js").Turn>} turn */
  #setTurn(turn) {
    clearTimeout(this.#timer);
    this.#turn = turn;
    if (turn.wanted && !isBusy(turn) && this.#send(askForResponse())) return;
    if (turn.wanted) this.#timer = setTimeout(() => this.#setTurn(settled(this.#turn)), SETTLE_MS);
    this.#ends.onPhase(phaseOf(turn));
  }

  /** @param {import("./transcript.js").Transcript} transcript */
  #setTranscript(transcript) {
    if (transcript === this.#transcript) return;
    this.#transcript = transcript;
    this.#ends.onTranscript(transcript);
  }
}
