/**
 * Playing the assistant: an audio element that browsers allow to sound only when a click asked for it.
 */

/** The assistant's voice in the room. */
export class Speaker {
  #audio;

  /** @param {Pick<HTMLAudioElement, "play" | "pause" | "srcObject">} audio an element of the page */
  constructor(audio) {
    this.#audio = audio;
  }

  /**
   * Play a track from now on. Belongs into the click, before anything is awaited.
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

  /** Fall silent and let go of the track. */
  stop() {
    this.#audio.pause();
    this.#audio.srcObject = null;
  }
}
