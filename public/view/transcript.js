/**
 * The transcript on the page. Only what changed is touched; a reader who scrolled up is left in peace; finished
 * lines, not every delta, are announced to screen readers.
 */

import { isFinal } from "../call/transcript.js";
import { byId, clockText, make } from "./elements.js";
import { readingAlong } from "./reading.js";

/** @typedef {import("../call/transcript.js").Entry} Entry */
/** @typedef {import("../call/transcript.js").Transcript} Transcript */

/** @typedef {{ item: HTMLLIElement, text: HTMLElement, note: HTMLElement, entry: Readonly<Entry> | null }} Shown */

const WHO = Object.freeze({ user: "You", assistant: "Assistant", tool: "Tool", hidden: "" });

/** The transcript. */
export class TranscriptView {
  #list = byId("transcript", HTMLOListElement);
  #scroll = byId("transcript-scroll", HTMLElement);
  #empty = byId("transcript-empty", HTMLElement);
  #announcer = byId("announcer", HTMLElement);
  /** @type {Map<string, Shown>} */
  #shown = new Map();

  /** @param {Transcript} transcript */
  show(transcript) {
    readingAlong(this.#scroll, () => this.#draw(transcript.filter((entry) => entry.role !== "hidden")));
  }

  /** @param {Transcript} visible */
  #draw(visible) {
    const kept = new Set(visible.map((entry) => entry.id));
    for (const [id, { item }] of this.#shown) {
      if (kept.has(id)) continue;
      item.remove();
      this.#shown.delete(id);
    }
    visible.forEach((entry, index) => {
      const shown = this.#shown.get(entry.id) ?? this.#added(entry);
      if (this.#list.children[index] !== shown.item) this.#list.insertBefore(shown.item, this.#list.children[index] ?? null);
      if (shown.entry !== entry) this.#update(shown, entry);
    });
    this.#empty.hidden = visible.length > 0;
  }

  /** @param {Readonly<Entry>} entry */
  #added(entry) {
    const text = make("p", { class: "said" });
    const note = make("p", { class: "said-note" });
    const head = make("p", { class: "said-head" }, make("span", { text: WHO[entry.role] }), " ");
    head.append(make("time", { text: clockText(entry.at) }));
    const item = make("li", { data: { role: entry.role, item: entry.id } }, head, text, note);
    const shown = { item, text, note, entry: null };
    this.#shown.set(entry.id, shown);
    return shown;
  }

  /**
   * @param {Shown} shown
   * @param {Readonly<Entry>} entry
   */
  #update(shown, entry) {
    const final = isFinal(entry);
    const finishes = final && !(shown.entry && isFinal(shown.entry));
    shown.item.dataset.final = String(final);
    shown.item.dataset.standing = entry.standing;
    shown.text.textContent = entry.text;
    shown.text.hidden = !entry.text && final;
    shown.note.textContent = entry.note;
    shown.note.hidden = !entry.note;
    if (finishes && entry.text) this.#announcer.textContent = `${WHO[entry.role]}: ${entry.text}`;
    shown.entry = entry;
  }
}
