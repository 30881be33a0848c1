/**
 * Filling values into words of one language. Pure: numbers, times and amounts as that language writes them.
 *
 * A placeholder is `{name}` or `{name:form}`; the forms are those of `FORMS`.
 */

/** @typedef {string | number | readonly string[] | { key: string, values?: Values }} Value  Lists, and words by key, are said in the language, too. */
/** @typedef {{ readonly [name: string]: Value }} Values */

/** @type {Readonly<Record<string, (value: number, language: string) => string>>} */
const FORMS = Object.freeze({
  number: (value, language) => new Intl.NumberFormat(language).format(value),
  figure: (value, language) => new Intl.NumberFormat(language, { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value),
  clock: (seconds) => clock(seconds),
  span: (seconds, language) => span(seconds, language),
});

/**
 * @param {string} pattern words with placeholders
 * @param {Values} values
 * @param {string} language BCP 47
 * @param {(key: string, values?: Values) => string} say for values that are words themselves
 * @returns {string} an unknown placeholder stays as it is, so that it is seen
 */
export function filled(pattern, values, language, say) {
  return pattern.replace(/\{(\w+)(?::(\w+))?\}/g, (whole, name, form) => {
    const value = values[name];
    if (value === undefined) return whole;
    if (isList(value)) return new Intl.ListFormat(language, { type: "conjunction" }).format(value);
    if (typeof value === "object") return say(value.key, value.values);
    return form && typeof value === "number" ? FORMS[form](value, language) : String(value);
  });
}

/**
 * @param {Value} value
 * @returns {value is readonly string[]}
 */
function isList(value) {
  return Array.isArray(value);
}

/**
 * What of foreign figures can be said.
 *
 * @param {Readonly<Record<string, unknown>>} figures
 * @returns {Record<string, Value>}
 */
export function sayable(figures) {
  /** @type {Record<string, Value>} */
  const values = {};
  for (const [name, value] of Object.entries(figures)) {
    if (typeof value === "number" || typeof value === "string") values[name] = value;
    if (Array.isArray(value)) values[name] = value.map(String);
  }
  return values;
}

/**
 * @param {number} seconds
 * @returns {string} minutes and seconds, as in 0:07; the same in every language
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/**
 * @param {number} seconds
 * @param {string} language
 * @returns {string} "7 seconds"; minutes from two minutes on
 */
function span(seconds, language) {
  const [value, unit] = seconds < 120 ? [seconds, "second"] : [seconds / 60, "minute"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 }).format(value);
}

/**
 * @param {string} amount decimal, as the relay counts it
 * @param {string} currency ISO 4217
 * @param {string} language
 * @returns {string} with as many digits as small amounts need
 */
export function money(amount, currency, language) {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 4 };
  return new Intl.NumberFormat(language, { style: "currency", currency, ...digits }).format(Number(amount));
}
