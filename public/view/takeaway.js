/**
 * Taking the transcript away: as Markdown for people, as JSON for programs.
 */

import { transcriptJson, transcriptMarkdown } from "../call/exports.js";
import { byId } from "./elements.js";
import { saveAs, stamped } from "./save.js";
import { wordsOfNote } from "./transcript.js";
import { language, words } from "./words.js";

/** @typedef {import("../relay-call.js").Call} Call */

/** The two buttons beside the heading. */
export class Takeaway {
  #box = byId("talk-save", HTMLElement);
  #began = new Date();
  /** @type {Call | null} */
  #call = null;

  constructor() {
    byId("save-markdown", HTMLButtonElement).addEventListener("click", () => this.#save("md", (call) => this.#markdown(call)));
    byId("save-json", HTMLButtonElement).addEventListener("click", () => {
      this.#save("json", (call) => transcriptJson(call.transcript, { began: this.#began }));
    });
  }

  /** @param {Call} call whose words can be taken away from now on */
  begin(call) {
    this.#call = call;
    this.#began = new Date();
    this.show();
  }

  /** Offer it as soon as there is something to take. */
  show() {
    this.#box.hidden = !this.#call || this.#call.transcript.length === 0;
  }

  /**
   * @param {string} ending
   * @param {(call: Call) => string} write
   */
  #save(ending, write) {
    if (this.#call) saveAs(stamped("transcript", ending, this.#began), write(this.#call));
  }

  /** @param {Call} call */
  #markdown(call) {
    const when = new Intl.DateTimeFormat(language().code, { dateStyle: "long", timeStyle: "short" }).format(this.#began);
    return transcriptMarkdown(call.transcript, {
      title: words("talk.file", { when }),
      began: this.#began,
      who: { caller: words("who.user"), assistant: words("who.assistant"), tool: words("who.tool") },
      note: (note) => {
        const { key, values } = wordsOfNote(note);
        return key ? words(key, values) : "";
      },
    });
  }
}
