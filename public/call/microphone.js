/**
 * The microphone of a call: opened before anything is spent, muted, exchanged for another, and replaced when it is
 * unplugged. Whether it may be heard (muted, push-to-talk) survives every exchange.
 *
 * Events (CustomEvent, `detail` in brackets): `track` (MediaStreamTrack: another one from now on), `replaced` ({label}:
 * the one before went away), `gone` (boolean: there is none at the moment).
 */

import { microphoneFinding } from "./diagnosis.js";
import { Teller } from "./follow.js";
import { ProblemError, ownProblem } from "./problems.js";

/** What we ask of the microphone: without echo cancellation the assistant interrupts itself on loudspeakers. */
const WISHES = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/**
 * @typedef {object} MicrophoneSource The parts of a window that lead to a microphone.
 * @property {boolean} isSecureContext
 * @property {string} origin
 * @property {Pick<MediaDevices, "getUserMedia" | "addEventListener" | "removeEventListener"> | undefined} mediaDevices
 */

/** The microphone of one call. */
export class Microphone extends Teller {
  #source;
  #deviceId;
  /** @type {MediaStreamTrack | null} */
  #track = null;
  #gone = false;
  /** Whether it sends silence. To be changed by `set`, like the next two. */
  muted = false;
  /** Whether it is heard only while the key is held, and whether that is so now. */
  pushToTalk = false;
  talking = false;
  #onDevices = () => void (this.#gone && this.#replace());

  /**
   * @param {MicrophoneSource} source
   * @param {string} [deviceId] empty for the system's choice
   */
  constructor(source, deviceId = "") {
    super();
    this.#source = source;
    this.#deviceId = deviceId;
  }

  /** @returns {MediaStreamTrack | null} the open one */
  get track() {
    return this.#track;
  }

  /** @returns {string} id of the device that is open, as far as the browser tells */
  get deviceId() {
    return this.#track?.getSettings().deviceId ?? this.#deviceId;
  }

  /** @returns {boolean} whether what it hears goes out */
  get isOpen() {
    return !this.muted && (!this.pushToTalk || this.talking) && !this.#gone && this.#track !== null;
  }

  /** @param {Partial<{ muted: boolean, pushToTalk: boolean, talking: boolean }>} changes to whether it may be heard */
  set(changes) {
    Object.assign(this, changes);
    this.talking = this.talking && this.pushToTalk;
    this.#apply();
  }

  /**
   * Ask for it; the browser may ask the caller.
   *
   * @returns {Promise<MediaStreamTrack>} ended already when `stop` was called meanwhile
   * @throws {ProblemError} with one of the `microphone_…` problems, or `insecure_page`
   */
  async open() {
    const track = await trackFrom(this.#source, this.#deviceId);
    this.#take(track);
    this.#source.mediaDevices?.addEventListener("devicechange", this.#onDevices);
    return track;
  }

  /**
   * Use another one from now on.
   *
   * @param {string} deviceId empty for the system's choice
   * @throws {ProblemError} the one before goes on then
   */
  async use(deviceId) {
    const track = await trackFrom(this.#source, deviceId);
    this.#deviceId = deviceId;
    this.#take(track);
  }

  /** Release the device: the browser's recording sign goes out. */
  stop() {
    this.silent = true;
    this.#source.mediaDevices?.removeEventListener("devicechange", this.#onDevices);
    this.#track?.stop();
  }

  /** @param {MediaStreamTrack} track */
  #take(track) {
    const before = this.#track;
    this.#track = track;
    if (before) before.stop();
    if (this.silent) return track.stop();
    this.#apply();
    track.addEventListener("ended", () => void (this.#track === track && this.#replace()));
    this.#setGone(false);
    if (before) this.tell("track", track);
  }

  /** Its device is away: whatever the system offers now takes its place, later if there is nothing yet. */
  async #replace() {
    if (this.silent) return;
    try {
      await this.use("");
      this.tell("replaced", { label: this.#track?.label ?? "" });
    } catch {
      this.#setGone(true);
    }
  }

  /** @param {boolean} gone */
  #setGone(gone) {
    if (gone === this.#gone) return;
    this.#gone = gone;
    this.tell("gone", gone);
  }

  #apply() {
    if (this.#track) this.#track.enabled = this.isOpen;
  }
}

/**
 * @param {MicrophoneSource} source
 * @param {string} deviceId one that is not there any more counts as none
 * @returns {Promise<MediaStreamTrack>}
 */
async function trackFrom({ isSecureContext, origin, mediaDevices }, deviceId) {
  const seen = { secure: isSecureContext, supported: Boolean(mediaDevices), origin, name: "", message: "" };
  if (!isSecureContext || !mediaDevices) throw problem(seen);
  try {
    const audio = deviceId ? { ...WISHES, deviceId: { exact: deviceId } } : WISHES;
    const [track] = (await mediaDevices.getUserMedia({ audio, video: false })).getAudioTracks();
    if (track) return track;
  } catch (error) {
    const { name = "Error", message = "" } = error instanceof Error ? error : {};
    if (deviceId && name === "OverconstrainedError") return await trackFrom({ isSecureContext, origin, mediaDevices }, "");
    throw problem({ ...seen, name, message });
  }
  throw problem(seen);
}

/** @param {Parameters<typeof microphoneFinding>[0]} seen */
function problem(seen) {
  const { code, params } = microphoneFinding(seen);
  return new ProblemError(ownProblem(code, params));
}
