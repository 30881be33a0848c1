/**
 * Playing the assistant: an audio element that browsers allow to sound only when a click asked for it.
 */

/** @typedef {Pick<HTMLAudioElement, "play" | "pause" | "srcObject"> & { setSinkId?: (id: string) => Promise<void> }} Output */

/** The assistant's voice in the room. */
export class Speaker {
  #audio;
  /** Id of the device that is used; empty for the system's. */
  deviceId = "";

  /** @param {Output} audio an element, of the page or of nobody */
  constructor(audio) {
    this.#audio = audio;
  }

  /** To be called in the click: what plays there, be it nothing, may play later too. */
  unlock() {
    this.#audio.srcObject = new MediaStream();
    void this.resume();
  }

  /**
   * Play a track from now on.
   *
   * @param {MediaStreamTrack} track it may still be silent
   * @returns {Promise<boolean>} false when the browser refuses to play without a further click
   */
  play(track) {
    this.#audio.srcObject = new MediaStream([track]);
    return this.resume();
  }

  /** @returns {Promise<boolean>} as `play`, for the same track once more */
  async resume() {
    try {
      await this.#audio.play();
      return true;
    } catch (error) {
      return !(error instanceof Error && error.name === "NotAllowedError");
    }
  }

  /**
   * @param {string} deviceId empty for the system's choice
   * @returns {Promise<boolean>} false when that one cannot be used; the system's is then
   */
  async use(deviceId) {
    try {
      await this.#audio.setSinkId?.(deviceId);
      this.deviceId = this.#audio.setSinkId ? deviceId : "";
    } catch {
      if (deviceId) await this.use("");
    }
    return this.deviceId === deviceId;
  }

  /** Fall silent and let go of the track. */
  stop() {
    this.#audio.pause();
    this.#audio.srcObject = null;
  }
}
