/**
 * Following a list that grows at its end: a reader at the end stays there, one who went back is left in peace.
 */

/** How close to the end counts as reading along, in CSS pixels. */
const NEAR_END = 48;

/**
 * @param {HTMLElement} scroll the box that scrolls
 * @param {() => void} change what may make its contents longer
 */
export function readingAlong(scroll, change) {
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_END;
  change();
  if (atEnd) toEnd(scroll);
}

/** @param {HTMLElement} scroll */
export function toEnd(scroll) {
  scroll.scrollTop = scroll.scrollHeight;
}
