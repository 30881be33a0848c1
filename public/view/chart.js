/**
 * One small chart: a line or two over the last minutes, or bars. Plain SVG; its figures are in its label, too.
 */

const NAMESPACE = "http://www.w3.org/2000/svg";
const WIDTH = 240;
const HEIGHT = 48;

/** @typedef {readonly (number | null)[]} Series  Oldest first; null where nothing was measured. */

/**
 * The points of a line, broken where nothing was measured.
 *
 * @param {Series} series
 * @param {number} top the value at the upper edge
 * @param {number} room how many values fill the width; the newest is at its end
 * @returns {string} the `d` of a path; empty for no values
 */
export function lineOf(series, top, room) {
  let pen = "M";
  let path = "";
  series.forEach((value, index) => {
    if (value === null) {
      pen = "M";
      return;
    }
    const x = WIDTH - (series.length - 1 - index) * (WIDTH / Math.max(1, room - 1));
    const y = HEIGHT - Math.min(1, value / top) * (HEIGHT - 2) - 1;
    path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
  });
  return path;
}

/**
 * A value at or above all others that is pleasant to read: 1, 2 or 5 with noughts.
 *
 * @param {readonly number[]} values
 * @param {number} least never below this, so that noise does not look like trouble
 */
export function topOf(values, least) {
  const most = Math.max(least, ...values);
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= most) ?? most;
}

/**
 * An element of SVG.
 *
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Node} children
 */
export function drawn(tag, attributes, ...children) {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * A picture of lines.
 *
 * @param {readonly Series[]} lines
 * @param {{ top: number, room: number }} scale
 * @returns {SVGElement}
 */
export function linePicture(lines, { top, room }) {
  return picture(...lines.map((line, index) => drawn("path", { d: lineOf(line, top, room), class: `line line-${index}` })));
}

/**
 * A picture of bars, the oldest first.
 *
 * @param {Series} values
 * @param {{ top: number, room: number }} scale
 * @returns {SVGElement}
 */
export function barPicture(values, { top, room }) {
  const step = WIDTH / room;
  const bars = values.map((value, index) => {
    const height = Math.max(1, ((value ?? 0) / top) * (HEIGHT - 2));
    return drawn("rect", { x: index * step + 1, y: HEIGHT - height, width: step - 2, height, rx: 1, class: "bar" });
  });
  return picture(...bars);
}

/** @param {...Node} children */
function picture(...children) {
  const base = drawn("path", { d: `M0 ${HEIGHT - 0.5}H${WIDTH}`, class: "base" });
  const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "picture", "aria-hidden": "true" };
  return drawn("svg", box, base, ...children);
}
