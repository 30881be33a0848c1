/**
 * What is known of this call beside its words: profile, voice, cost, tokens, limits, and what its tools do.
 */

import { byId, make } from "./elements.js";
import { capitalised } from "./setup.js";
import { price, say } from "./words.js";

/** @typedef {import("./phrase.js").Values} Values */

/** Tools shown at once. */
const TOOLS = 3;

/** The facts. */
export class Facts {
  #panel = byId("facts-panel", HTMLElement);
  #heading = byId("facts-heading", HTMLElement);
  #list = byId("facts", HTMLElement);
  #tools = byId("tools", HTMLUListElement);

  /**
   * @param {{ profile: import("../relay-call.js").Profile, voice: string }} chosen of the call that begins
   */
  begin({ profile, voice }) {
    this.#list.replaceChildren();
    this.#tools.replaceChildren();
    this.#tools.hidden = true;
    this.#panel.hidden = false;
    say(this.#heading, "facts.heading");
    this.#show("profile", make("dd", { text: profile.title || profile.name }));
    this.#show("voice", make("dd", { text: capitalised(voice) }));
  }

  /** The call is over: what stays worth knowing is what it cost. */
  end() {
    say(this.#heading, "facts.heading.last");
    this.#panel.hidden = this.#list.querySelector('[data-fact="tokens"]') === null;
  }

  /**
   * @param {import("../relay-call.js").Usage} usage
   * @param {{ priced: boolean }} how whether the profile shows what it costs
   */
  showUsage({ inputTokens, outputTokens, cost, currency, complete }, { priced }) {
    const values = { input: inputTokens, output: outputTokens };
    this.#show("tokens", make("dd", { words: "facts.tokens.words", values }));
    if (!priced) return;
    if (cost === null) return this.#show("cost", make("dd", { words: "facts.cost.unknown" }));
    const words = complete ? "facts.cost.words" : "facts.cost.incomplete";
    this.#show("cost", make("dd", { words, values: { cost: price(cost, currency) } }));
  }

  /** @param {{ name: string, remaining: number, resetSeconds: number }} limits of the upstream */
  showLimits({ name, remaining, resetSeconds }) {
    const values = { name, remaining, seconds: resetSeconds };
    this.#show("left", make("dd", { words: "facts.left.words", values }));
  }

  /** @param {"attached" | "lost" | "refused"} state */
  showSideband(state) {
    this.#show("sideband", make("dd", { words: `facts.sideband.${state}` }));
  }

  /** @param {{ id: string, name: string, state: "asked" | "done" | "failed" | "timeout", milliseconds?: number | null }} tool */
  showTool({ id, name, state, milliseconds }) {
    const known = this.#tools.querySelector(`[data-tool="${CSS.escape(id)}"]`);
    const line = known instanceof HTMLElement ? known : make("li", { data: { tool: id } });
    line.dataset.state = state;
    const timed = state === "done" && typeof milliseconds === "number";
    say(line, timed ? "tool.done.after" : `tool.${state}`, { name, milliseconds: milliseconds ?? 0 });
    if (!known) this.#tools.append(line);
    while (this.#tools.children.length > TOOLS) this.#tools.firstElementChild?.remove();
    this.#tools.hidden = false;
  }

  /**
   * @param {string} fact
   * @param {HTMLElement} value
   */
  #show(fact, value) {
    const known = this.#list.querySelector(`[data-fact="${fact}"]`);
    const line = make("div", { data: { fact } }, make("dt", { words: `facts.${fact}` }), value);
    if (known) known.replaceWith(line);
    else this.#list.append(line);
  }
}
