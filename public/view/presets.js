/**
 * The ways to start a conversation. Their titles, and the instructions to begin with, are in the catalogues of
 * words, so that the assistant is spoken to in the language of the page.
 */

/**
 * @typedef {object} Preset
 * @property {string} id its words are `preset.<id>` and `preset.<id>.instructions`
 * @property {boolean} speakFirst whether the assistant opens the conversation
 */

/** @type {readonly Readonly<Preset>[]} The first is the one the page opens with. */
export const PRESETS = Object.freeze([
  { id: "conversation", speakFirst: false },
  { id: "interview", speakFirst: true },
  { id: "tutor", speakFirst: true },
]);

/**
 * @param {string} id
 * @returns {Readonly<Preset>} the first preset when there is none of that id
 */
export function presetById(id) {
  return PRESETS.find((preset) => preset.id === id) ?? PRESETS[0];
}
