/**
 * The figures of a connect, as a small table.
 */

import { byId, make } from "./elements.js";

/** The table. */
export class TimingView {
  #table = byId("timing", HTMLTableElement);
  #summary = byId("timing-summary", HTMLElement);

  /** @param {import("../call/timing.js").Timing} timing */
  show(timing) {
    const rows = timing.rows().map(({ mark, title, ms, server }) => {
      const row = make("tr", { data: { mark, ms: ms.toFixed(1), server: String(server) } });
      const name = make("th", { text: title });
      name.scope = "row";
      row.append(name, make("td", { text: ms < 10 ? ms.toFixed(1) : ms.toFixed(0) }));
      return row;
    });
    this.#table.tBodies[0].replaceChildren(...rows);
    const connected = timing.at("channel");
    if (connected === null) delete this.#table.dataset.connectMs;
    else this.#table.dataset.connectMs = connected.toFixed(1);
    this.#summary.textContent = connected === null ? "" : `connected in ${connected.toFixed(0)} ms`;
  }
}
