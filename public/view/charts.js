/**
 * How well the connection carries the call: small live charts of its figures, kept for the call, to be saved.
 *
 * They are drawn only while somebody looks; the figures themselves are kept by the call.
 */

import { statsJson } from "../call/exports.js";
import { barPicture, linePicture, topOf } from "./chart.js";
import { byId, make } from "./elements.js";
import { saveAs, stamped } from "./save.js";
import { say } from "./words.js";

/** @typedef {import("../relay-call.js").Call} Call */
/** @typedef {import("../relay-call.js").Sample} Sample */

/** Seconds of a line, at least and at most. */
const [LEAST_ROOM, ROOM] = [30, 120];

/** Turns of the bars. */
const TURNS = 20;

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {string} unit key
 * @property {number} least top of the scale, at least
 * @property {(call: Call) => (number | null)[][]} lines one or two
 */

/** @type {(pick: (sample: Sample) => number | null) => (call: Call) => (number | null)[]} */
const over = (pick) => (call) => call.samples.map(pick);

/** @type {readonly Kind[]} */
const KINDS = Object.freeze([
  { name: "roundTrip", unit: "ms", least: 100, lines: (call) => [over((sample) => sample.roundTrip)(call)] },
  { name: "jitter", unit: "ms", least: 20, lines: (call) => [over((sample) => sample.jitter)(call)] },
  { name: "loss", unit: "percent", least: 5, lines: (call) => [over(({ loss }) => (loss === null ? null : loss * 100))(call)] },
  {
    name: "bitrate",
    unit: "rate",
    least: 50,
    lines: (call) => [over((sample) => sample.received)(call), over((sample) => sample.sent)(call)],
  },
  {
    name: "levels",
    unit: "percent",
    least: 100,
    lines: (call) => [
      over(({ assistantLevel }) => (assistantLevel === null ? null : assistantLevel * 100))(call),
      over(({ callerLevel }) => (callerLevel === null ? null : callerLevel * 100))(call),
    ],
  },
  { name: "turns", unit: "ms", least: 1000, lines: (call) => [call.turns.map(({ milliseconds }) => milliseconds)] },
]);

/** The charts. */
export class Charts {
  #panel = byId("charts-panel", HTMLDetailsElement);
  #box = byId("charts", HTMLElement);
  #empty = byId("charts-empty", HTMLElement);
  #summary = byId("charts-summary", HTMLElement);
  #save = byId("charts-save", HTMLButtonElement);
  /** @type {Call | null} */
  #call = null;

  constructor() {
    this.#panel.addEventListener("toggle", () => this.draw());
    this.#save.addEventListener("click", () => {
      if (this.#call) saveAs(stamped("figures", "json"), statsJson(this.#call));
    });
  }

  /** @param {Call} call whose figures are shown from now on */
  begin(call) {
    this.#call = call;
    this.#box.replaceChildren();
    this.draw();
  }

  /** Show the figures of now. */
  draw() {
    const call = this.#call;
    const any = call !== null && (call.samples.length > 0 || call.turns.length > 0);
    this.#empty.hidden = any;
    this.#save.hidden = !any;
    const now = call?.samples.at(-1)?.roundTrip ?? null;
    say(this.#summary, now === null ? "" : "charts.summary", { value: now ?? 0 });
    if (!call || !any || !this.#panel.open) return;
    this.#box.replaceChildren(...KINDS.map((kind) => chartOf(kind, kind.lines(call))));
  }
}

/**
 * @param {Kind} kind
 * @param {(number | null)[][]} lines
 */
function chartOf({ name, unit, least }, lines) {
  const figures = lines.map((line) => line.findLast((value) => value !== null) ?? null);
  const head = make("p", { class: "chart-head" }, make("span", { words: `charts.${name}` }), figureOf(unit, figures));
  const room = name === "turns" ? TURNS : Math.min(ROOM, Math.max(LEAST_ROOM, lines[0].length));
  const shown = lines.map((line) => line.slice(-room));
  const top = topOf(shown.flat().filter((value) => value !== null), least);
  const drawing = name === "turns" ? barPicture(shown[0], { top, room }) : linePicture(shown, { top, room });
  const scale = make("span", { class: "chart-top", words: `charts.unit.${unit}`, values: { value: top } });
  return make("div", { class: "chart", data: { chart: name } }, head, make("div", { class: "chart-plot" }, drawing, scale));
}

/**
 * @param {string} unit
 * @param {(number | null)[]} figures of now
 */
function figureOf(unit, figures) {
  const [value, other] = figures.map((figure) => figure ?? { key: "charts.nothing" });
  const words = `charts.unit.${unit}${figures.length > 1 ? ".two" : ""}`;
  return make("span", { class: "chart-now", words, values: other === undefined ? { value } : { value, other } });
}
