/**
 * Finding and making elements. Text is only ever set as text, so nothing said in a call can become markup.
 */

import { say } from "./words.js";

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type what it must be
 * @returns {T}
 * @throws {TypeError} the page lacks it
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new TypeError(`#${id} is missing from the page`);
  return element;
}

/**
 * @typedef {object} About
 * @property {string} [class]
 * @property {string} [text] names and what others said; what the page says goes by `words`
 * @property {string} [words] a key
 * @property {import("./phrase.js").Values} [values] of the words
 * @property {Record<string, string>} [data]
 */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {About} [about]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, about = {}, ...children) {
  const element = document.createElement(tag);
  if (about.class) element.className = about.class;
  if (about.text !== undefined) element.textContent = about.text;
  if (about.words) say(element, about.words, about.values);
  Object.assign(element.dataset, about.data);
  element.append(...children);
  return element;
}

/**
 * @param {string} value
 * @param {About} about
 */
export function option(value, about) {
  const element = make("option", about);
  element.value = value;
  return element;
}

/**
 * @param {About} about
 * @param {() => void} onClick
 */
export function button(about, onClick) {
  const element = make("button", { class: "pill", ...about });
  element.type = "button";
  element.addEventListener("click", onClick);
  return element;
}
