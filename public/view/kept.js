/**
 * The few choices that this browser keeps for the page: language, devices, keys. No secret is ever among them.
 */

/**
 * @param {string} name
 * @returns {string | null} null also where the browser keeps nothing for this page
 */
export function kept(name) {
  try {
    return localStorage.getItem(`relay.${name}`);
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string} choice
 */
export function keep(name, choice) {
  try {
    localStorage.setItem(`relay.${name}`, choice);
  } catch {
    // It then holds until the page is closed.
  }
}
