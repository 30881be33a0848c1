/**
 * Everything the page says goes through here, so that it can be said again in another language at any moment.
 *
 * What an element says is kept on it: `data-words` (its text) or `data-words-<attribute>` (an attribute), and
 * `data-values`, JSON. The page of one window speaks one language: that is the one state of this module.
 */

import { LANGUAGES } from "./languages.js";
import { filled, money } from "./phrase.js";
import { words as english } from "./words/en.js";

/** @typedef {import("./phrase.js").Values} Values */

/** Attributes that may hold words. */
const ATTRIBUTES = Object.freeze(["aria-label", "placeholder", "title"]);

const spoken = { language: LANGUAGES[0], words: english };

/** @returns {Readonly<import("./languages.js").Language>} */
export function language() {
  return spoken.language;
}

/**
 * @param {string} key
 * @returns {boolean} whether there are words of that key
 */
export function known(key) {
  return Object.hasOwn(english, key);
}

/**
 * @param {string} key
 * @param {Values} [values]
 * @returns {string} the words now; use `say` wherever they stay on the page
 */
export function words(key, values = {}) {
  return filled(spoken.words[key] ?? english[key] ?? key, values, spoken.language.code, words);
}

/**
 * @param {string} amount
 * @param {string} currency
 */
export function price(amount, currency) {
  return money(amount, currency, spoken.language.code);
}

/**
 * Let an element say something, in this language and in those to come. It is touched only when that changes.
 *
 * @template {HTMLElement} T
 * @param {T} element
 * @param {string} key empty for nothing
 * @param {Values} [values]
 * @returns {T}
 */
export function say(element, key, values) {
  element.dataset.words = key;
  noteValues(element, values);
  const text = key ? words(key, values) : "";
  if (element.textContent !== text) element.textContent = text;
  return element;
}

/**
 * Let an element have words in an attribute.
 *
 * @template {HTMLElement} T
 * @param {T} element
 * @param {"aria-label" | "placeholder" | "title"} attribute
 * @param {string} key
 * @param {Values} [values]
 * @returns {T}
 */
export function sayIn(element, attribute, key, values) {
  element.setAttribute(`data-words-${attribute}`, key);
  noteValues(element, values);
  const text = words(key, values);
  if (element.getAttribute(attribute) !== text) element.setAttribute(attribute, text);
  return element;
}

/**
 * Say text that is nobody's words to translate: names, and what others said. `language` is its own, when known.
 *
 * @template {HTMLElement} T
 * @param {T} element
 * @param {string} text
 * @param {string} [tongue]
 * @returns {T}
 */
export function quote(element, text, tongue) {
  delete element.dataset.words;
  if (tongue) element.lang = tongue;
  element.textContent = text;
  return element;
}

/**
 * Speak another language from now on: the whole document says again what it says.
 *
 * @param {Readonly<import("./languages.js").Language>} chosen
 */
export async function speak(chosen) {
  const { words: catalogue } = await import(`./words/${chosen.code}.js`);
  spoken.language = chosen;
  spoken.words = catalogue;
  document.documentElement.lang = chosen.code;
  document.documentElement.dir = chosen.dir;
  document.title = words("page.title");
  for (const element of document.querySelectorAll("[data-words]")) resay(/** @type {HTMLElement} */ (element));
  for (const attribute of ATTRIBUTES) {
    for (const element of document.querySelectorAll(`[data-words-${attribute}]`)) {
      const key = element.getAttribute(`data-words-${attribute}`) ?? "";
      element.setAttribute(attribute, words(key, valuesOf(/** @type {HTMLElement} */ (element))));
    }
  }
  document.dispatchEvent(new CustomEvent("language"));
}

/** @param {HTMLElement} element */
function resay(element) {
  const key = element.dataset.words;
  element.textContent = key ? words(key, valuesOf(element)) : "";
}

/**
 * @param {HTMLElement} element
 * @param {Values | undefined} values
 */
function noteValues(element, values) {
  if (values) element.dataset.values = JSON.stringify(values);
  else delete element.dataset.values;
}

/**
 * @param {HTMLElement} element
 * @returns {Values}
 */
function valuesOf(element) {
  return element.dataset.values ? JSON.parse(element.dataset.values) : {};
}
