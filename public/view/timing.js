/**
 * Connecting, step by step: a waterfall. Each bar reaches from the step before to the step; the relay's own figures,
 * which are durations, stand in the bar of the exchange they are part of.
 */

import { byId, make } from "./elements.js";
import { known, say } from "./words.js";

/** @typedef {ReturnType<import("../relay-call.js").Marks["rows"]>[number]} Row */
/** @typedef {Row & { from: number, to: number }} Bar  Milliseconds since the click. */

/** The first sound waits for people, too; it has no bar, or the others could not be seen. */
const LAST = "sound";

/** The waterfall. */
export class TimingView {
  #table = byId("timing", HTMLTableElement);
  #empty = byId("timing-empty", HTMLElement);
  #summary = byId("timing-summary", HTMLElement);

  /** @param {import("../relay-call.js").Marks} timing */
  show(timing) {
    const bars = barsOf(timing.rows());
    const whole = Math.max(1, ...bars.filter(({ mark }) => mark !== LAST).map(({ to }) => to));
    this.#table.tBodies[0].replaceChildren(...bars.map((bar) => rowOf(bar, whole)));
    this.#empty.hidden = bars.length > 0;
    const connected = timing.at("channel");
    if (connected === null) delete this.#table.dataset.connectMs;
    else this.#table.dataset.connectMs = connected.toFixed(1);
    say(this.#summary, connected === null ? "" : "timing.connected", { ms: Math.round(connected ?? 0) });
  }
}

/**
 * Where each bar begins and ends.
 *
 * @param {Row[]} rows in the order in which they happened, the relay's after the answer
 * @returns {Bar[]}
 */
export function barsOf(rows) {
  let last = 0;
  let relay = 0;
  return rows.map((row) => {
    if (row.server) {
      const from = relay;
      relay += row.ms;
      return { ...row, from, to: relay };
    }
    const from = Math.min(last, row.ms);
    if (row.mark === "answer") relay = from;
    last = Math.max(last, row.ms);
    return { ...row, from, to: row.ms };
  });
}

/**
 * @param {Bar} bar
 * @param {number} whole milliseconds that fill the width
 */
function rowOf({ mark, ms, server, from, to }, whole) {
  const row = make("tr", { data: { mark, ms: ms.toFixed(1), server: String(server) } });
  const key = `timing.mark.${mark}`;
  const name = known(key)
    ? make("th", { words: key })
    : make("th", { words: "timing.mark.relay-other", values: { name: mark.replace("relay-", "") } });
  name.scope = "row";
  const bar = make("span", { class: "timing-bar" });
  bar.style.setProperty("--from", (from / whole).toFixed(4));
  bar.style.setProperty("--long", ((to - from) / whole).toFixed(4));
  bar.hidden = mark === LAST;
  row.append(name, make("td", { class: "timing-way" }, bar), make("td", { text: ms < 10 ? ms.toFixed(1) : ms.toFixed(0) }));
  return row;
}
