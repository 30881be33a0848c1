/**
 * How loud both sides are, measured with WebAudio. Nothing is recorded, and nothing here is played.
 */

/** Quieter than this reads as silence, in decibels relative to full scale. */
const FLOOR_DB = -60;

/** From this level on, sound counts as heard. */
export const AUDIBLE = 0.25;

/** Milliseconds between two looks. */
const EVERY_MS = 50;

/** @typedef {"caller" | "assistant"} Side */
/** @typedef {{ level: number, peak: number }} Loudness  0 (silence) to 1 on a scale as hearing has it; greatest sample. */

/** Meters of the two sides of a call. */
export class Levels {
  #context;
  #onLook;
  /** @type {Partial<Record<Side, { source: MediaStreamAudioSourceNode, analyser: AnalyserNode }>>} */
  #meters = {};
  #samples = new Float32Array(2048);
  /** @type {ReturnType<typeof setInterval>} */
  #timer;

  /**
   * @param {AudioContext} context made in a click, or it stays silent; closed by `close`
   * @param {(look: Record<Side, Loudness>) => void} onLook called twenty times a second
   */
  constructor(context, onLook) {
    this.#context = context;
    this.#onLook = onLook;
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
    void this.resume();
  }

  /** Measure after all; belongs into a click, when the browser refused it before. */
  async resume() {
    await this.#context.resume().catch(() => {});
  }

  /**
   * @param {Side} side
   * @param {MediaStreamTrack} track
   */
  attach(side, track) {
    this.#meters[side]?.source.disconnect();
    const source = this.#context.createMediaStreamSource(new MediaStream([track]));
    const analyser = this.#context.createAnalyser();
    source.connect(analyser);
    this.#meters[side] = { source, analyser };
  }

  /** Let go of both sides: with the context everything ends that hangs on it. */
  close() {
    clearInterval(this.#timer);
    void this.#context.close();
  }

  #look() {
    if (this.#context.state !== "running") return;
    this.#onLook({ caller: this.#read("caller"), assistant: this.#read("assistant") });
  }

  /**
   * @param {Side} side
   * @returns {Loudness}
   */
  #read(side) {
    const meter = this.#meters[side];
    if (!meter) return { level: 0, peak: 0 };
    meter.analyser.getFloatTimeDomainData(this.#samples);
    return loudnessOf(this.#samples);
  }
}

/**
 * Loudness of a moment on a scale that moves as hearing does.
 *
 * @param {Float32Array} samples -1 to 1
 * @returns {Loudness} level 0 at -60 dBFS and below, 1 at 0 dBFS
 */
export function loudnessOf(samples) {
  let sum = 0;
  let peak = 0;
  for (const sample of samples) {
    sum += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  const decibels = 10 * Math.log10(sum / Math.max(1, samples.length));
  return { level: Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB)), peak };
}
