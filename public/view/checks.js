/**
 * "Check my set-up": the checks that need no call, each with its outcome in words, and a report to paste.
 */

import { aroundOf } from "../call/around.js";
import { byId, make } from "./elements.js";
import { sayable } from "./phrase.js";
import { known, say } from "./words.js";

/** @typedef {import("../call/checks.js").Check} Check */
/** @typedef {{ base: string, token: string, config: import("../relay-call.js").Config | null, microphone: string | boolean, call: import("../relay-call.js").Call | null }} Circumstances */

/** Outcomes, the worst first. */
const SEVERITY = Object.freeze(["bad", "poor", "unknown", "good"]);

/** The panel. */
export class ChecksView {
  #panel = byId("checks-panel", HTMLDetailsElement);
  #list = byId("checks", HTMLUListElement);
  #said = byId("checks-said", HTMLElement);
  #run = byId("checks-run", HTMLButtonElement);
  #copy = byId("checks-copy", HTMLButtonElement);
  #field = byId("checks-report-field", HTMLElement);
  #report = byId("checks-report", HTMLTextAreaElement);
  #circumstances;
  /** @type {Map<string, Check>} */
  #checks = new Map();

  /** @param {() => Circumstances} circumstances of the moment */
  constructor(circumstances) {
    this.#circumstances = circumstances;
    this.#run.addEventListener("click", () => void this.run());
    this.#copy.addEventListener("click", () => void this.#copyReport());
  }

  /** Open the panel, and run. */
  open() {
    this.#panel.open = true;
    this.#run.focus();
    this.#panel.scrollIntoView({ block: "nearest" });
    void this.run();
  }

  /** Run all checks. */
  async run() {
    this.#checks.clear();
    this.#list.replaceChildren();
    this.#run.disabled = true;
    this.#copy.hidden = true;
    this.#field.hidden = true;
    say(this.#said, "");
    const { setupChecks } = await import("../call/checks.js");
    const { base, token, config, microphone } = this.#circumstances();
    const deviceId = typeof microphone === "string" ? microphone : "";
    const tried = { around: aroundOf(base, token), microphone: deviceId, iceServers: config?.iceServers ?? [], navigator };
    for await (const check of setupChecks(tried)) this.#show(check);
    this.#run.disabled = false;
    say(this.#run, "checks.again");
    this.#copy.hidden = false;
    const outcomes = new Set([...this.#checks.values()].map(({ outcome }) => outcome));
    const worst = SEVERITY.find((outcome) => outcomes.has(/** @type {Check["outcome"]} */ (outcome)));
    say(this.#said, worst === "bad" || worst === "poor" ? `checks.done.${worst}` : "checks.done.good");
  }

  /** @param {Check} check */
  #show(check) {
    this.#checks.set(check.code, check);
    if (check.code === "microphone_level" && check.outcome === "running") say(this.#said, "checks.speak");
    else if (this.#said.dataset.words === "checks.speak") say(this.#said, "");
    const before = this.#list.querySelector(`[data-check="${check.code}"]`);
    const line = lineOf(check);
    if (before) before.replaceWith(line);
    else this.#list.append(line);
  }

  async #copyReport() {
    const { reportText } = await import("../call/report.js");
    const { call, config } = this.#circumstances();
    const report = reportText({ checks: [...this.#checks.values()], call, config, browser: navigator.userAgent });
    this.#report.value = report;
    this.#field.hidden = false;
    try {
      await navigator.clipboard.writeText(report);
      say(this.#said, "checks.copied");
    } catch {
      this.#report.select();
    }
  }
}

/** @param {Check} check */
function lineOf({ code, outcome, figures }) {
  const key = `check.${code}`;
  const name = known(key) ? make("strong", { words: key }) : make("strong", { text: code });
  const kind = code === "microphone_level" && figures.problem ? "refused" : outcome;
  const told = known(`${key}.${kind}`) ? `${key}.${kind}` : `checks.outcome.${outcome}`;
  const mark = make("span", { class: "check-mark" });
  mark.setAttribute("aria-hidden", "true");
  const spoken = make("span", { class: "visually-hidden", words: `checks.outcome.${outcome}` });
  const text = make("span", { class: "check-words" }, name, " ", spoken, make("span", { words: told, values: valuesOf(figures) }));
  return make("li", { data: { check: code, outcome } }, mark, text);
}

/**
 * @param {Record<string, unknown>} figures
 * @returns {import("./phrase.js").Values} a problem by its title
 */
function valuesOf(figures) {
  const values = sayable(figures);
  const problem = String(figures.problem ?? "");
  const title = [`own.${problem}.title`, `problem.${problem}`].find(known);
  if (title) values.problem = { key: title };
  return values;
}
