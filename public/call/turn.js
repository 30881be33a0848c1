/**
 * Whose turn it is: a pure reducer over server events and over the client events we send ourselves.
 *
 * It works with all events and with the few that `webrtcfilter=on` lets through (fact 1.3): there is then no
 * `response.created`, no `response.done` and no `output_audio_buffer.cleared`, so a response is also known by
 * its first delta, and ends when its audio stops or its text is done.
 */

import { stringAt } from "./events.js";

/**
 * @typedef {object} Turn
 * @property {boolean} hearing the caller is speaking
 * @property {boolean} asked a response is due, its id is not known yet
 * @property {string} response id of the response being made; empty when there is none
 * @property {string} dropped id of the response that was told to stop; its rest does not count
 * @property {boolean} playing the assistant can be heard
 * @property {boolean} wanted a response should be asked for as soon as none is being made
 */

/** @typedef {"listening" | "thinking" | "speaking"} Phase */

/** @type {Readonly<Turn>} The turn at the start of a call. */
export const SILENCE = Object.freeze({
  hearing: false,
  asked: false,
  response: "",
  dropped: "",
  playing: false,
  wanted: false,
});

/**
 * What the page calls the moment.
 *
 * @param {Readonly<Turn>} turn
 * @returns {Phase}
 */
export function phaseOf(turn) {
  if (turn.hearing) return "listening";
  if (turn.playing) return "speaking";
  const underWay = turn.response !== "" && turn.response !== turn.dropped;
  return turn.asked || turn.wanted || underWay ? "thinking" : "listening";
}

/**
 * Whether `response.create` would be refused now, because a response is being made or due.
 *
 * @param {Readonly<Turn>} turn
 */
export function isBusy(turn) {
  return turn.asked || turn.response !== "";
}

/**
 * Take a response as closed that the upstream's filter never told us the end of.
 *
 * @param {Readonly<Turn>} turn
 * @returns {Turn}
 */
export function settled(turn) {
  return { ...turn, asked: false, response: "" };
}

/**
 * The turn after an event, in either direction.
 *
 * @param {Readonly<Turn>} turn
 * @param {{ type: string }} event server event, or a client event as it is sent
 * @returns {Readonly<Turn>} the same object when nothing changed
 */
export function turnAfter(turn, event) {
  const id = stringAt(event, "response_id") || stringAt(event, "response", "id");
  switch (event.type) {
    case "input_audio_buffer.speech_started":
      return { ...turn, hearing: true, playing: false };
    case "input_audio_buffer.speech_stopped":
      return { ...turn, hearing: false, asked: true };
    case "response.create":
      return { ...turn, asked: true, wanted: false };
    case "response.cancel":
      return { ...turn, dropped: turn.response };
    case "output_audio_buffer.clear":
      return { ...turn, playing: false };
    case "response.created":
      return { ...turn, asked: false, response: id };
    case "response.output_audio_transcript.delta":
    case "response.output_text.delta":
      if (id === turn.dropped || id === turn.response) return turn;
      return { ...turn, asked: false, response: id };
    case "output_audio_buffer.started":
      return id === turn.dropped && id !== "" ? turn : { ...turn, asked: false, playing: true };
    case "output_audio_buffer.cleared":
      return { ...turn, playing: false, response: "" };
    case "output_audio_buffer.stopped":
      return { ...turn, playing: false, response: id === turn.response ? "" : turn.response };
    case "response.output_text.done":
    case "response.done":
      return id === turn.response ? { ...turn, response: "" } : turn;
    case "error":
      return afterError(turn, stringAt(event, "error", "code"));
    default:
      return turn;
  }
}

/**
 * @param {Readonly<Turn>} turn
 * @param {string} code
 * @returns {Readonly<Turn>}
 */
function afterError(turn, code) {
  if (code === "conversation_already_has_active_response") {
    return { ...turn, asked: false, wanted: true, response: turn.response || "unknown" };
  }
  return code === "response_cancel_not_active" ? { ...turn, response: "" } : { ...turn, asked: false };
}
