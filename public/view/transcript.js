/**
 * The transcript on the page. Only what changed is touched; a reader who scrolled up is left in peace; finished
 * lines, not every delta, are announced to screen readers.
 */

import { byId, make } from "./elements.js";
import { clock } from "./phrase.js";
import { readingAlong } from "./reading.js";
import { quote, say, words } from "./words.js";

/** @typedef {import("../relay-call.js").Item} Item */

/** @typedef {{ element: HTMLLIElement, text: HTMLElement, note: HTMLElement, item: Item | null }} Shown */

/** @type {Readonly<Record<Item["who"], string>>} */
const ROLES = Object.freeze({ caller: "user", assistant: "assistant", tool: "tool" });

/** The transcript. */
export class TranscriptView {
  #list = byId("transcript", HTMLOListElement);
  #scroll = byId("transcript-scroll", HTMLElement);
  #empty = byId("transcript-empty", HTMLElement);
  #announcer = byId("announcer", HTMLElement);
  /** @type {Map<string, Shown>} */
  #shown = new Map();

  /** @param {boolean} live whether both sides can talk, so that the first word is awaited */
  invite(live) {
    say(this.#empty, live ? "talk.empty.live" : "talk.empty");
  }

  /** @param {readonly Item[]} items all of them, in order */
  show(items) {
    readingAlong(this.#scroll, () => this.#draw(items));
  }

  /** @param {readonly Item[]} items */
  #draw(items) {
    const kept = new Set(items.map(({ id }) => id));
    for (const [id, { element }] of this.#shown) {
      if (kept.has(id)) continue;
      element.remove();
      this.#shown.delete(id);
    }
    items.forEach((item, index) => {
      const shown = this.#shown.get(item.id) ?? this.#added(item);
      const here = this.#list.children[index];
      if (here !== shown.element) this.#list.insertBefore(shown.element, here ?? null);
      if (shown.item !== item) this.#update(shown, item);
    });
    this.#empty.hidden = items.length > 0;
  }

  /** @param {Item} item */
  #added({ id, who, at }) {
    const text = make("p", { class: "said" });
    text.dir = "auto";
    const note = make("p", { class: "said-note" });
    const role = ROLES[who];
    const head = make("p", { class: "said-head" }, make("span", { words: `who.${role}` }), " ");
    head.append(make("time", { text: clock(at / 1000) }));
    const element = make("li", { data: { role, item: id } }, head, text, note);
    const shown = { element, text, note, item: null };
    this.#shown.set(id, shown);
    return shown;
  }

  /**
   * @param {Shown} shown
   * @param {Item} item
   */
  #update(shown, item) {
    const finishes = item.final && !shown.item?.final;
    shown.element.dataset.final = String(item.final);
    shown.element.dataset.standing = item.standing;
    if (item.who === "tool") say(shown.text, "item.tool", { name: item.text });
    else quote(shown.text, item.text);
    shown.text.hidden = !item.text && item.final;
    const note = wordsOfNote(item.note);
    say(shown.note, note.key, note.values);
    shown.note.hidden = !note.key;
    if (finishes && item.text) quote(this.#announcer, `${words(`who.${ROLES[item.who]}`)}: ${item.text}`);
    shown.item = item;
  }
}

/**
 * @param {Item["note"]} note
 * @returns {{ key: string, values: import("./phrase.js").Values }}
 */
export function wordsOfNote(note) {
  const milliseconds = note?.ms;
  if (!note) return { key: "", values: {} };
  if (note.code === "interrupted" && typeof milliseconds === "number") {
    return { key: "item.interrupted.after", values: { seconds: milliseconds / 1000 } };
  }
  if (note.code !== "not_transcribed") return { key: `item.${note.code}`, values: {} };
  if (note.upstreamCode === "DeploymentNotFound") return { key: "item.not_transcribed.deployment", values: {} };
  const reason = String(note.message || note.upstreamCode || "");
  return { key: "item.not_transcribed", values: { reason: reason || { key: "notice.unexplained" } } };
}
