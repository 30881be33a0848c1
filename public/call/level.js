/**
 * How loud both sides are, measured with WebAudio. Nothing is recorded, and nothing here is played.
 */

/** Quieter than this reads as silence, in decibels relative to full scale. */
const FLOOR_DB = -60;

/** From this level on, sound counts as heard. */
export const AUDIBLE = 0.25;

/** @typedef {"caller" | "assistant"} Side */

/** Meters of the two sides of a call. */
export class Levels {
  #context;
  /** @type {Partial<Record<Side, { source: MediaStreamAudioSourceNode, analyser: AnalyserNode }>>} */
  #meters = {};
  #samples = new Float32Array(512);

  /** @param {AudioContext} context made or resumed in a click, or it stays silent */
  constructor(context) {
    this.#context = context;
  }

  /**
   * @param {Side} side
   * @param {MediaStreamTrack} track
   */
  attach(side, track) {
    this.#meters[side]?.source.disconnect();
    const source = this.#context.createMediaStreamSource(new MediaStream([track]));
    const analyser = new AnalyserNode(this.#context, { fftSize: 512 });
    source.connect(analyser);
    this.#meters[side] = { source, analyser };
  }

  /**
   * @param {Side} side
   * @returns {number} 0 (silence) to 1 (full scale)
   */
  read(side) {
    const meter = this.#meters[side];
    if (!meter) return 0;
    meter.analyser.getFloatTimeDomainData(this.#samples);
    return levelOf(this.#samples);
  }

  /** Let go of both sides. */
  detach() {
    for (const meter of Object.values(this.#meters)) meter.source.disconnect();
    this.#meters = {};
  }
}

/**
 * Loudness of a moment on a scale that moves as hearing does.
 *
 * @param {Float32Array} samples -1 to 1
 * @returns {number} 0 at -60 dBFS and below, 1 at 0 dBFS
 */
export function levelOf(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / Math.max(1, samples.length));
  return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
}
