/**
 * The event log on the page: one line per event, its JSON unfolded on demand, deltas hidden unless wanted, searched
 * by word. It stays at the newest line, unless the reader went back.
 */

import { searched } from "../call/exports.js";
import { lineStart } from "../call/log.js";
import { byId, make } from "./elements.js";
import { readingAlong, toEnd } from "./reading.js";
import { saveAs, stamped } from "./save.js";
import { say } from "./words.js";

/** @typedef {import("../relay-call.js").Line} Line */
/** @typedef {import("../relay-call.js").Log} EventLog */

/** Lines on the page; the call keeps more, for who saves it. */
const DRAWN = 500;

/** The log. */
export class LogView {
  #list = byId("log", HTMLOListElement);
  #summary = byId("log-summary", HTMLElement);
  #deltas = byId("log-deltas", HTMLInputElement);
  #search = byId("log-search", HTMLInputElement);
  #found = byId("log-found", HTMLElement);
  #copied = byId("log-copied", HTMLElement);
  /** @type {Line[]} Those on the page, across calls. */
  #lines = [];
  /** @type {EventLog | null} Of the last call. */
  #log = null;

  constructor() {
    this.#deltas.addEventListener("change", () => {
      readingAlong(this.#list, () => {
        this.#list.dataset.deltas = this.#deltas.checked ? "shown" : "hidden";
      });
    });
    this.#search.addEventListener("input", () => this.#filter());
    byId("log-panel", HTMLDetailsElement).addEventListener("toggle", () => toEnd(this.#list));
    byId("log-copy", HTMLButtonElement).addEventListener("click", () => void this.#copy());
    byId("log-save", HTMLButtonElement).addEventListener("click", () => saveAs(stamped("events", "txt"), this.#text()));
  }

  /** @param {EventLog} log of the call that begins */
  begin(log) {
    this.#log = log;
    this.#lines = [];
    this.#list.replaceChildren();
    this.#summary.textContent = "";
    say(this.#copied, "");
    this.#filter();
  }

  /** @param {Line} line */
  add(line) {
    this.#lines.push(line);
    const element = lineElement(line);
    element.hidden = this.#hides(line);
    readingAlong(this.#list, () => {
      this.#list.append(element);
      if (this.#lines.length > DRAWN) {
        this.#lines.shift();
        this.#list.firstElementChild?.remove();
      }
    });
    this.#summary.textContent = String(line.number);
    if (this.#search.value) this.#count();
  }

  /** @param {Line} line */
  #hides(line) {
    return this.#search.value !== "" && searched([line], this.#search.value).length === 0;
  }

  #filter() {
    this.#lines.forEach((line, index) => {
      const element = this.#list.children[index];
      if (element instanceof HTMLElement) element.hidden = this.#hides(line);
    });
    this.#count();
  }

  #count() {
    if (!this.#search.value) return void say(this.#found, "");
    const found = searched(this.#lines, this.#search.value).length;
    say(this.#found, "log.found", { found, all: this.#lines.length });
  }

  #text() {
    return this.#log?.text(this.#deltas.checked) ?? "";
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#text());
      say(this.#copied, "log.copied");
    } catch {
      getSelection()?.selectAllChildren(this.#list);
      say(this.#copied, "log.not-copied");
    }
  }
}

/**
 * @param {Line} line
 * @returns {HTMLLIElement}
 */
function lineElement(line) {
  const item = make("li", { data: { direction: line.direction, type: line.type, delta: String(line.delta) } });
  if (!line.json) {
    item.append(headOf(line));
    return item;
  }
  const body = make("pre", { text: "" });
  const unfolding = make("details", {}, make("summary", {}, headOf(line)), body);
  unfolding.addEventListener("toggle", () => {
    if (!body.textContent) body.textContent = JSON.stringify(JSON.parse(line.json), null, 2);
  });
  item.append(unfolding);
  return item;
}

/**
 * @param {Line} line
 * @returns {HTMLElement} long types may break after a dot
 */
function headOf(line) {
  const parts = line.type.split(/(?<=\.)/).flatMap((part) => [part, make("wbr")]);
  return make("code", {}, make("span", { text: lineStart(line) }), make("span", {}, ...parts));
}
