/**
 * Choosing microphone and speaker, before and during a call. The choice is kept in this browser; a device that is
 * gone falls back to the system's, and the choice waits for its return.
 */

import { byId, option } from "./elements.js";
import { keep, kept } from "./kept.js";
import { quote, say } from "./words.js";

/** @typedef {{ id: string, label: string }} Device */
/** @typedef {{ microphones: readonly Device[], speakers: readonly Device[], microphone: string, speaker: string }} Devices */

/** What stands for no microphone; no device has such an id. */
const NONE = "none";

/** The pickers. */
export class DevicesView {
  #microphone = byId("microphone", HTMLSelectElement);
  #speaker = byId("speaker", HTMLSelectElement);
  #hint = byId("devices-hint", HTMLElement);
  #summary = byId("devices-summary", HTMLElement);
  #fixed = !("setSinkId" in HTMLMediaElement.prototype);

  /** @param {{ onMicrophone: (microphone: string | boolean) => void, onSpeaker: (id: string) => void }} actions */
  constructor({ onMicrophone, onSpeaker }) {
    this.#microphone.addEventListener("change", () => {
      keep("microphone", this.#microphone.value);
      onMicrophone(this.microphone);
    });
    this.#speaker.addEventListener("change", () => {
      keep("speaker", this.#speaker.value);
      onSpeaker(this.speaker);
    });
    this.#speaker.disabled = this.#fixed;
    this.show({ microphones: [], speakers: [], microphone: "", speaker: "" });
  }

  /** @returns {string | boolean} a device's id; true for the system's choice, false for none */
  get microphone() {
    const { value } = this.#microphone;
    return value === NONE ? false : value || true;
  }

  /** @returns {string} a device's id; empty for the system's choice */
  get speaker() {
    return this.#speaker.value;
  }

  /** @param {Devices} devices */
  show({ microphones, speakers }) {
    const none = option(NONE, { words: "devices.none" });
    this.#fill(this.#microphone, microphones, kept("microphone"), none);
    this.#fill(this.#speaker, speakers, kept("speaker"));
    const named = microphones.some(({ label }) => label);
    this.#hint.hidden = named && !this.#fixed;
    say(this.#hint, named ? "devices.speaker.fixed" : "devices.hidden");
    const chosen = microphones.find(({ id }) => id === this.#microphone.value);
    if (chosen?.label) quote(this.#summary, chosen.label);
    else say(this.#summary, this.#microphone.value === NONE ? "devices.none" : "");
  }

  /**
   * @param {HTMLSelectElement} picker
   * @param {readonly Device[]} devices
   * @param {string | null} wanted
   * @param {...HTMLOptionElement} further
   */
  #fill(picker, devices, wanted, ...further) {
    const own = devices.filter(({ id }) => id && id !== "default" && id !== "communications");
    const options = own.map(({ id, label }, index) => {
      return label ? option(id, { text: label }) : option(id, { words: "devices.unnamed", values: { number: index + 1 } });
    });
    picker.replaceChildren(option("", { words: "devices.default" }), ...options, ...further);
    picker.value = wanted ?? "";
    if (picker.selectedIndex < 0) picker.value = "";
  }
}
