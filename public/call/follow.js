/**
 * Telling, and listening to several events of one object at once, by their details.
 */

/**
 * @param {EventTarget} target dispatches CustomEvents
 * @param {Record<string, (detail: any) => void>} listeners by the event's name
 */
export function follow(target, listeners) {
  for (const [name, listener] of Object.entries(listeners)) {
    target.addEventListener(name, (event) => listener(/** @type {CustomEvent} */ (event).detail));
  }
}

/** Something that others listen to, until it has fallen silent. */
export class Teller extends EventTarget {
  /** Whether nothing more is told. */
  silent = false;

  /**
   * @param {string} name
   * @param {unknown} [detail]
   */
  tell(name, detail) {
    if (!this.silent) this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
