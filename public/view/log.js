/**
 * The event log on the page: one line per event, its JSON unfolded on demand, deltas hidden unless wanted. It stays
 * at the newest line, unless the reader went back.
 */

import { EventLog, KEPT_LINES, lineStart } from "../call/log.js";
import { byId, make } from "./elements.js";
import { readingAlong, toEnd } from "./reading.js";

/** The log. */
export class LogView {
  #log = new EventLog(KEPT_LINES);
  #list = byId("log", HTMLOListElement);
  #summary = byId("log-summary", HTMLElement);
  #deltas = byId("log-deltas", HTMLInputElement);
  #copied = byId("log-copied", HTMLElement);

  constructor() {
    this.#deltas.addEventListener("change", () => {
      readingAlong(this.#list, () => {
        this.#list.dataset.deltas = this.#deltas.checked ? "shown" : "hidden";
      });
    });
    byId("log-panel", HTMLDetailsElement).addEventListener("toggle", () => toEnd(this.#list));
    byId("log-copy", HTMLButtonElement).addEventListener("click", () => void this.#copy());
  }

  /**
   * @param {import("../call/log.js").Direction} direction
   * @param {{ type: string }} event
   * @param {number} at milliseconds since the start of the call
   */
  add(direction, event, at) {
    const line = this.#log.add(direction, event, at);
    readingAlong(this.#list, () => {
      this.#list.append(lineElement(line));
      if (this.#list.children.length > KEPT_LINES) this.#list.firstElementChild?.remove();
    });
    this.#summary.textContent = String(line.number);
  }

  async #copy() {
    const text = this.#log.text(this.#deltas.checked);
    try {
      await navigator.clipboard.writeText(text);
      this.#copied.textContent = "Copied.";
    } catch {
      getSelection()?.selectAllChildren(this.#list);
      this.#copied.textContent = "The browser does not let this page copy: the log is selected, copy it yourself.";
    }
  }
}

/**
 * @param {import("../call/log.js").Line} line
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
 * @param {import("../call/log.js").Line} line
 * @returns {HTMLElement} long types may break after a dot
 */
function headOf(line) {
  const parts = line.type.split(/(?<=\.)/).flatMap((part) => [part, make("wbr")]);
  return make("code", {}, make("span", { text: lineStart(line) }), make("span", {}, ...parts));
}
