/**
 * The form before a call: profile, preset, voice, instructions. What was written for one preset is kept while
 * another is looked at.
 */

import { PRESETS, presetById } from "../presets.js";
import { ProblemError, ownProblem } from "../problems.js";
import { byId, make } from "./elements.js";

/** @typedef {import("../config.js").Profile} Profile */

/** From this share of the limit on, the size is shown. */
const NEARLY_FULL = 0.8;

/** The form. */
export class Setup {
  #fields = byId("setup", HTMLFieldSetElement);
  #profileField = byId("profile-field", HTMLElement);
  #profile = byId("profile", HTMLSelectElement);
  #preset = byId("preset", HTMLSelectElement);
  #voice = byId("voice", HTMLSelectElement);
  #instructions = byId("instructions", HTMLTextAreaElement);
  #size = byId("instructions-size", HTMLElement);
  #reset = byId("reset-instructions", HTMLButtonElement);
  #speakFirst = byId("speak-first", HTMLInputElement);
  /** @type {Profile[]} */
  #profiles = [];
  /** @type {Map<string, string>} What was edited, by preset. */
  #drafts = new Map();

  constructor() {
    this.#preset.replaceChildren(...PRESETS.map(({ id, title }) => option(id, title)));
    this.#preset.addEventListener("change", () => this.#showPreset());
    this.#profile.addEventListener("change", () => this.#showVoices());
    this.#instructions.addEventListener("input", () => this.#onEdit());
    this.#reset.addEventListener("click", () => {
      this.#drafts.delete(this.#preset.value);
      this.#showPreset();
      this.#instructions.focus();
    });
    this.#showPreset();
  }

  /** @param {Profile[]} profiles from the relay; at least one */
  showProfiles(profiles) {
    this.#profiles = profiles;
    this.#profile.replaceChildren(...profiles.map(({ name, title }) => option(name, title)));
    this.#profileField.hidden = profiles.length < 2;
    this.#showVoices();
    this.#showSize();
  }

  /** @param {boolean} locked while a call is under way */
  lock(locked) {
    this.#fields.disabled = locked;
  }

  /**
   * @returns {import("../signaling.js").Wishes & { speakFirst: boolean }}
   * @throws {ProblemError} the instructions are longer than the relay takes
   */
  wishes() {
    const { bytes, limit } = this.#measure();
    if (limit > 0 && bytes > limit) {
      const detail = `They take ${bytes} bytes; this relay takes ${limit}.`;
      throw new ProblemError(ownProblem("instructions_too_long", detail));
    }
    return {
      profile: this.#profile.value,
      voice: this.#voice.value,
      instructions: limit > 0 ? this.#instructions.value : "", // the profile has its own
      speakFirst: this.#speakFirst.checked,
    };
  }

  get #chosen() {
    return this.#profiles.find(({ name }) => name === this.#profile.value) ?? this.#profiles[0];
  }

  #showVoices() {
    const profile = this.#chosen;
    this.#voice.replaceChildren(...profile.voices.map((voice) => option(voice, capitalised(voice))));
    this.#voice.value = profile.voice;
    this.#instructions.disabled = profile.instructionsMaxBytes === 0;
  }

  #showPreset() {
    const preset = presetById(this.#preset.value);
    this.#instructions.value = this.#drafts.get(preset.id) ?? preset.instructions;
    this.#speakFirst.checked = preset.speakFirst;
    this.#reset.hidden = !this.#drafts.has(preset.id);
    this.#showSize();
  }

  #onEdit() {
    const preset = presetById(this.#preset.value);
    if (this.#instructions.value === preset.instructions) this.#drafts.delete(preset.id);
    else this.#drafts.set(preset.id, this.#instructions.value);
    this.#reset.hidden = !this.#drafts.has(preset.id);
    this.#showSize();
  }

  #measure() {
    const bytes = new TextEncoder().encode(this.#instructions.value).length;
    return { bytes, limit: this.#chosen?.instructionsMaxBytes ?? Infinity };
  }

  #showSize() {
    const { bytes, limit } = this.#measure();
    this.#size.hidden = limit === 0 || bytes < limit * NEARLY_FULL;
    this.#size.textContent = `${bytes} of ${limit} bytes`;
    this.#instructions.setAttribute("aria-invalid", String(limit > 0 && bytes > limit));
  }
}

/**
 * @param {string} value
 * @param {string} text
 */
function option(value, text) {
  const element = make("option", { text });
  element.value = value;
  return element;
}

/** @param {string} word */
function capitalised(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
