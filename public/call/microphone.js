/**
 * Opening the microphone, and telling the ways apart in which that fails.
 *
 * It happens before any offer is sent: a call without a microphone is only made when the caller says so.
 * The browser is an argument, so that every failure can be tested without one.
 */

import { ProblemError, ownProblem } from "./problems.js";

/** What we ask of the microphone: without echo cancellation the assistant interrupts itself on loudspeakers. */
const CONSTRAINTS = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: false,
};

/**
 * @typedef {object} MicrophoneSource The parts of a window that lead to a microphone.
 * @property {boolean} isSecureContext
 * @property {string} origin
 * @property {Pick<MediaDevices, "getUserMedia"> | undefined} mediaDevices
 */

/** The microphone of one call. */
export class Microphone {
  #source;
  /** @type {MediaStreamTrack | null} */
  #track = null;
  #muted = false;
  #stopped = false;

  /** @param {MicrophoneSource} source */
  constructor(source) {
    this.#source = source;
  }

  /**
   * Ask for it; the browser may ask the caller.
   *
   * @param {() => void} onGone called when the device goes away during the call
   * @returns {Promise<MediaStreamTrack>} ended already when `stop` was called meanwhile
   * @throws {ProblemError} with one of the `microphone_…` problems, or `insecure_page`
   */
  async open(onGone) {
    const track = await trackFrom(this.#source);
    this.#track = track;
    track.enabled = !this.#muted;
    track.addEventListener("ended", onGone);
    if (this.#stopped) track.stop();
    return track;
  }

  /** @returns {boolean} */
  get muted() {
    return this.#muted;
  }

  /** Whether it sends silence; may be set before it is open. */
  set muted(muted) {
    this.#muted = muted;
    if (this.#track) this.#track.enabled = !muted;
  }

  /** Release the device: the browser's recording sign goes out. */
  stop() {
    this.#stopped = true;
    this.#track?.stop();
  }
}

/** @param {MicrophoneSource} source */
async function trackFrom(source) {
  if (!source.isSecureContext) {
    throw new ProblemError(
      ownProblem("insecure_page", `Browsers keep the microphone from plain http pages such as ${source.origin}.`),
    );
  }
  if (!source.mediaDevices) {
    throw new ProblemError(ownProblem("microphone_unsupported", "navigator.mediaDevices is missing."));
  }
  try {
    const stream = await source.mediaDevices.getUserMedia(CONSTRAINTS);
    const [track] = stream.getAudioTracks();
    if (track) return track;
  } catch (error) {
    throw new ProblemError(microphoneProblem(error));
  }
  throw new ProblemError(ownProblem("microphone_missing", "The browser gave a stream without sound."));
}

/**
 * What a refusal of `getUserMedia` means (W3C Media Capture and Streams, §10.3; messages as Chromium words them).
 *
 * @param {unknown} error
 * @returns {import("./problems.js").Problem}
 */
export function microphoneProblem(error) {
  const name = error instanceof Error ? error.name : "";
  const message = error instanceof Error ? error.message : String(error);
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return refusal(message);
    case "NotFoundError":
    case "OverconstrainedError":
      return ownProblem("microphone_missing", "The browser knows of no microphone on this device.");
    case "NotReadableError":
    case "AbortError":
      return ownProblem("microphone_busy", `The browser says: ${message || name}.`);
    default:
      return ownProblem("microphone_busy", `The browser says: ${name} ${message}`.trim());
  }
}

/** @param {string} message */
function refusal(message) {
  if (/dismissed/i.test(message)) {
    return ownProblem("microphone_dismissed", "The browser asked, and the question was closed.");
  }
  if (/system/i.test(message)) {
    return ownProblem("microphone_refused", "The operating system keeps the microphone from this browser.");
  }
  if (/policy/i.test(message)) {
    return ownProblem("microphone_refused", "The page that embeds this one does not hand on the microphone.");
  }
  return ownProblem("microphone_refused", "The browser keeps the microphone from this page: it was told to, just now or earlier.");
}
