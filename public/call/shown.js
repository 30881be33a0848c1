/**
 * The transcript as it is told to a page: who, what, when, without what nobody reads.
 */

/** @typedef {import("../relay-call.js").Item} Item */

/** Remembers what was told, so that only what is new or different is told again. */
export class Shown {
  /** @type {WeakMap<object, Item>} */
  #known = new WeakMap();
  /** @type {readonly Item[]} */
  items = [];

  /**
   * @param {import("./transcript.js").Transcript} transcript
   * @returns {{ items: readonly Item[], changed: Item[] }} all, in order; those that are new or different
   */
  after(transcript) {
    /** @type {Item[]} */
    const changed = [];
    this.items = transcript
      .filter(({ role }) => role !== "hidden")
      .map((entry) => {
        const known = this.#known.get(entry);
        if (known) return known;
        const { id, role, text, standing, note, at } = entry;
        const who = /** @type {Item["who"]} */ (role === "user" ? "caller" : role);
        const item = { id, who, text, final: standing !== "streaming", standing, note, at };
        this.#known.set(entry, item);
        changed.push(item);
        return item;
      });
    return { items: this.items, changed };
  }
}
