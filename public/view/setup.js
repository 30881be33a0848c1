/**
 * The form before a call: profile, scenario, voice, instructions. What was written for one scenario is kept while
 * another is looked at, and while the language changes.
 */

import { byId, option } from "./elements.js";
import { PRESETS, presetById } from "./presets.js";
import { quote, say, words } from "./words.js";

/** @typedef {import("../relay-call.js").Profile} Profile */

/** From this share of the limit on, the size is shown. */
const NEARLY_FULL = 0.8;

/** The form. */
export class Setup {
  #fields = byId("setup", HTMLFieldSetElement);
  #profileField = byId("profile-field", HTMLElement);
  #profile = byId("profile", HTMLSelectElement);
  #description = byId("profile-description", HTMLElement);
  #private = byId("profile-private", HTMLElement);
  #recorded = byId("profile-recorded", HTMLElement);
  #presetField = byId("preset-field", HTMLElement);
  #preset = byId("preset", HTMLSelectElement);
  #voice = byId("voice", HTMLSelectElement);
  #instructionsField = byId("instructions-field", HTMLElement);
  #instructions = byId("instructions", HTMLTextAreaElement);
  #size = byId("instructions-size", HTMLElement);
  #reset = byId("reset-instructions", HTMLButtonElement);
  #speakFirst = byId("speak-first", HTMLInputElement);
  /** @type {Profile[]} */
  #profiles = [];
  /** @type {Map<string, string>} What was edited, by scenario. */
  #drafts = new Map();

  constructor() {
    this.#preset.replaceChildren(...PRESETS.map(({ id }) => option(id, { words: `preset.${id}` })));
    this.#preset.addEventListener("change", () => this.#showPreset());
    this.#profile.addEventListener("change", () => this.#showProfile());
    this.#instructions.addEventListener("input", () => this.#onEdit());
    this.#reset.addEventListener("click", () => {
      this.#drafts.delete(this.#preset.value);
      this.#showPreset();
      this.#instructions.focus();
    });
    document.addEventListener("language", () => this.#showInstructions());
    this.#showPreset();
  }

  /** @param {Profile[]} profiles from the relay; at least one */
  showProfiles(profiles) {
    this.#profiles = profiles;
    this.#profile.replaceChildren(...profiles.map(({ name, title, signIn }) => {
      return signIn ? option(name, { words: "setup.profile.sign-in", values: { title } }) : option(name, { text: title });
    }));
    this.#showProfile();
  }

  /** @param {boolean} locked while a call is under way */
  lock(locked) {
    this.#fields.disabled = locked;
  }

  /** @returns {Profile} the chosen one */
  get profile() {
    return this.#profiles.find(({ name }) => name === this.#profile.value) ?? this.#profiles[0];
  }

  /** @returns {{ bytes: number, limit: number } | null} null when the instructions fit, or none are sent */
  get excess() {
    const { bytes, limit } = this.#measure();
    return bytes > limit && limit > 0 ? { bytes, limit } : null;
  }

  /** @returns {{ profile: string, voice: string, instructions: string, speakFirst: boolean }} */
  get wishes() {
    return {
      profile: this.#profile.value,
      voice: this.#voice.value,
      instructions: this.profile?.instructionsMaxBytes === 0 ? "" : this.#instructions.value,
      speakFirst: this.#speakFirst.checked,
    };
  }

  #showProfile() {
    const profile = this.profile;
    const fixed = profile.instructionsMaxBytes === 0;
    this.#profileField.hidden = this.#profiles.length < 2;
    quote(this.#description, profile.description);
    this.#description.hidden = !profile.description;
    this.#private.hidden = !profile.private;
    this.#recorded.hidden = !profile.recorded;
    this.#presetField.hidden = fixed;
    this.#instructionsField.hidden = fixed;
    this.#voice.replaceChildren(...profile.voices.map((voice) => option(voice, { text: capitalised(voice) })));
    this.#voice.value = profile.voice;
    this.#showSize();
  }

  #showPreset() {
    this.#speakFirst.checked = presetById(this.#preset.value).speakFirst;
    this.#showInstructions();
  }

  /** What was not edited follows the language. */
  #showInstructions() {
    const { id } = presetById(this.#preset.value);
    this.#instructions.value = this.#drafts.get(id) ?? words(`preset.${id}.instructions`);
    this.#reset.hidden = !this.#drafts.has(id);
    this.#showSize();
  }

  #onEdit() {
    const { id } = presetById(this.#preset.value);
    if (this.#instructions.value === words(`preset.${id}.instructions`)) this.#drafts.delete(id);
    else this.#drafts.set(id, this.#instructions.value);
    this.#reset.hidden = !this.#drafts.has(id);
    this.#showSize();
  }

  #measure() {
    const bytes = new TextEncoder().encode(this.#instructions.value).length;
    return { bytes, limit: this.profile?.instructionsMaxBytes ?? Infinity };
  }

  #showSize() {
    const { bytes, limit } = this.#measure();
    this.#size.hidden = bytes < limit * NEARLY_FULL;
    say(this.#size, "setup.size", { bytes, limit });
    this.#instructions.setAttribute("aria-invalid", String(bytes > limit));
  }
}

/** @param {string} word */
export function capitalised(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
