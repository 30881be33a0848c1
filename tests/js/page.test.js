import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const PUBLIC = new URL("../../public/", import.meta.url);
const FILES = readdirSync(PUBLIC, { recursive: true }).map(String).filter((name) => /\.\w+$/.test(name));
/** Made by a program from the others. */
const GENERATED = new Set(["relay-call.min.js", "relay-call.d.ts"]);
const WRITTEN = FILES.filter((name) => !GENERATED.has(name));
const SCRIPTS = WRITTEN.filter((name) => name.endsWith(".js"));

/** @param {string} name */
const read = (name) => readFileSync(new URL(name, PUBLIC), "utf8");

const HTML = read("index.html");

/**
 * Every module that a page needs before it can do anything: what it imports, and what that imports.
 *
 * @param {string} name
 * @param {Set<string>} [reached]
 */
function reachedFrom(name, reached = new Set()) {
  for (const [, target] of read(name).matchAll(/^(?:import|export)\b[^;"]*"(\.[^"]+)";/gm)) {
    const path = new URL(target, new URL(name, "http://page/")).pathname.slice(1);
    if (reached.has(path)) continue;
    reached.add(path);
    reachedFrom(path, reached);
  }
  return reached;
}

test("the page has no inline script, style or handler", () => {
  assert.doesNotMatch(HTML, /<style|\sstyle=|\son\w+=|javascript:/i);
  assert.match(HTML, /<script type="module" src="app\.js"><\/script>/);
  assert.equal(HTML.match(/<script/g)?.length, 1);
});

test("no file asks another host for anything", () => {
  for (const name of WRITTEN) {
    const code = read(name).replace(/\/\*\*[\s\S]*?\*\//g, "");
    assert.doesNotMatch(code, /(from|import|href=|src=|fetch\(|url\()\s*["'`(]*(https?:)?\/\//, name);
  }
});

test("no file turns text into markup or code", () => {
  for (const name of SCRIPTS) {
    assert.doesNotMatch(read(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/, name);
  }
});

test("every module the page begins with is preloaded, so that it needs one round trip for all; no other is", () => {
  const preloaded = [...HTML.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map(([, name]) => name);

  assert.deepEqual(preloaded.toSorted(), [...reachedFrom("app.js")].toSorted());
});

test("what is rarely needed waits until it is: other languages, the checks of the set-up, the report", () => {
  const early = reachedFrom("app.js");
  const late = SCRIPTS.filter((name) => name !== "app.js" && !early.has(name));

  assert.deepEqual(late.filter((name) => !/^view\/words\/|^call\/(checks|loop|report)\.js$/.test(name)), []);
});

test("every stylesheet is linked from the page, or belongs to the pages of the problems", () => {
  const linked = [...HTML.matchAll(/rel="stylesheet" href="([^"]+)"/g)].map(([, name]) => name);
  const sheets = FILES.filter((name) => name.endsWith(".css") && name !== "problem.css");

  assert.deepEqual(linked.toSorted(), sheets.toSorted());
});

test("every element that a module asks for is on the page, and every id is used once", () => {
  const ids = [...HTML.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  const asked = SCRIPTS.flatMap((name) => [...read(name).matchAll(/byId\("([^"]+)"/g)].map(([, id]) => id));

  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(asked.filter((id) => !ids.includes(id)), []);
});

test("sides are named by the direction of the writing, so that a page from right to left is a mirror", () => {
  const sided = /(?:margin|padding|border|inset)-(?:left|right)|(?:^|[;{\s])(?:left|right):|text-align: (?:left|right)|float:/;
  for (const name of FILES.filter((each) => each.endsWith(".css") && each !== "problem.css")) {
    const bare = read(name).replace(/env\(safe-area-inset-\w+\)/g, "");
    assert.doesNotMatch(bare, sided, name);
  }
});

test("no file outgrows three hundred lines", () => {
  for (const name of WRITTEN) assert.ok(read(name).split("\n").length <= 300, name);
});

test("the page leaves no global behind", () => {
  for (const name of SCRIPTS) assert.doesNotMatch(read(name), /(window|globalThis)\.\w+\s*=[^=>]/, name);
});
