/**
 * Which languages the page speaks, and which one a browser wants.
 */

/** @typedef {{ code: string, name: string, dir: "ltr" | "rtl" }} Language  The name is in the language itself. */

/** @type {readonly Readonly<Language>[]} The first stands in where nothing fits. */
export const LANGUAGES = Object.freeze([
  { code: "en", name: "English", dir: "ltr" },
  { code: "de", name: "Deutsch", dir: "ltr" },
  { code: "fr", name: "Français", dir: "ltr" },
  { code: "es", name: "Español", dir: "ltr" },
]);

/**
 * @param {readonly string[]} wanted BCP 47, best first
 * @returns {Readonly<Language>} the first that the page speaks; regions do not matter
 */
export function languageFor(wanted) {
  for (const tag of wanted) {
    const primary = tag.toLowerCase().split("-")[0];
    const found = LANGUAGES.find(({ code }) => code === primary);
    if (found) return found;
  }
  return LANGUAGES[0];
}
