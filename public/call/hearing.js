/**
 * What is to be thought of a microphone that is open and gives nothing. Pure.
 */

/** @typedef {{ silentSince: number, zeroSince: number, code: "" | "microphone_silent" | "microphone_zeros" }} Heard */

/** Milliseconds after which nothing heard is worth telling. */
const SILENT_MS = 6000;
const ZERO_MS = 3000;

/** Below this peak (-60 dBFS) it is silence: a working microphone in a quiet room is above. */
const SILENT_PEAK = 0.001;

/** @type {Readonly<Heard>} Nothing known yet. */
export const UNHEARD = Object.freeze({ silentSince: -1, zeroSince: -1, code: "" });

/**
 * What is to be thought of an open microphone after one more look at it. Exact zeros mean that the system gives none of
 * its sound away (another app took it, iOS); near silence, that the wrong one is open or it is switched off.
 *
 * @param {Readonly<Heard>} hearing
 * @param {{ peak: number, at: number, open: boolean }} look greatest sample 0…1, milliseconds, whether sound may come
 * @returns {Readonly<Heard>}
 */
export function hearingAfter(hearing, { peak, at, open }) {
  if (!open || peak >= SILENT_PEAK) return UNHEARD;
  const silentSince = hearing.silentSince < 0 ? at : hearing.silentSince;
  const zeroSince = peak > 0 ? -1 : hearing.zeroSince < 0 ? at : hearing.zeroSince;
  const zeros = zeroSince >= 0 && at - zeroSince >= ZERO_MS;
  const code = zeros ? "microphone_zeros" : at - silentSince >= SILENT_MS ? "microphone_silent" : hearing.code && "microphone_silent";
  return { silentSince, zeroSince, code };
}

/** Keeps the hearing of one call. */
export class Hearing {
  #hearing = UNHEARD;
  #onChange;

  /** @param {(code: string, on: boolean) => void} onChange a code that holds now, or no longer does */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {Parameters<typeof hearingAfter>[1]} look */
  note(look) {
    const before = this.#hearing.code;
    this.#hearing = hearingAfter(this.#hearing, look);
    const { code } = this.#hearing;
    if (code === before) return;
    if (before) this.#onChange(before, false);
    if (code) this.#onChange(code, true);
  }
}
