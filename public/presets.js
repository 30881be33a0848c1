/**
 * The ways to start a conversation: instructions to begin with, which the caller edits as they like.
 */

/**
 * @typedef {object} Preset
 * @property {string} id
 * @property {string} title
 * @property {string} instructions
 * @property {boolean} speakFirst whether the assistant opens the conversation
 */

/** @type {readonly Readonly<Preset>[]} The first is the one the page opens with. */
export const PRESETS = Object.freeze([
  {
    id: "conversation",
    title: "Conversation",
    instructions:
      "You are a friendly, attentive conversation partner.\n" +
      "Speak naturally and keep each answer to two or three sentences. Ask back when it helps.\n" +
      "If you did not understand something, say so instead of guessing.",
    speakFirst: false,
  },
  {
    id: "interview",
    title: "Mock interview",
    instructions:
      "You are an experienced interviewer running a practice job interview.\n" +
      "First ask which position it is for. Then ask one question at a time and wait for the whole answer.\n" +
      "Follow up where an answer stays vague. After each answer give one sentence of honest feedback.\n" +
      "After five questions, sum up: what was convincing, what to work on.",
    speakFirst: true,
  },
  {
    id: "tutor",
    title: "Language tutor",
    instructions:
      "You are a patient language tutor.\n" +
      "First ask which language and which level. Then talk in that language, slowly and in simple sentences, " +
      "about everyday things.\n" +
      "When I make a mistake, say my sentence again correctly, explain it in one short sentence, and go on.\n" +
      "If I am stuck, offer me two words to choose from.",
    speakFirst: true,
  },
]);

/**
 * @param {string} id
 * @returns {Readonly<Preset>} the first preset when there is none of that id
 */
export function presetById(id) {
  return PRESETS.find((preset) => preset.id === id) ?? PRESETS[0];
}
