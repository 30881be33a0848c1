import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const PUBLIC = new URL("../../public/", import.meta.url);
const FILES = readdirSync(PUBLIC, { recursive: true }).map(String).filter((name) => /\.\w+$/.test(name));
const SCRIPTS = FILES.filter((name) => name.endsWith(".js"));

/** @param {string} name */
const read = (name) => readFileSync(new URL(name, PUBLIC), "utf8");

const HTML = read("index.html");

test("the page has no inline script, style or handler", () => {
  assert.doesNotMatch(HTML, /<style|\sstyle=|\son\w+=|javascript:/i);
  assert.match(HTML, /<script type="module" src="app\.js"><\/script>/);
  assert.equal(HTML.match(/<script/g)?.length, 1);
});

test("no file asks another host for anything", () => {
  for (const name of FILES) {
    assert.doesNotMatch(read(name), /(from|import|href=|src=|fetch\(|url\()\s*["'`(]*(https?:)?\/\//, name);
  }
});

test("no file turns text into markup or code", () => {
  for (const name of SCRIPTS) {
    assert.doesNotMatch(read(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/, name);
  }
});

test("every module is preloaded, so that the page needs one round trip for all", () => {
  const preloaded = [...HTML.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map(([, name]) => name);

  assert.deepEqual(preloaded.toSorted(), SCRIPTS.filter((name) => name !== "app.js").toSorted());
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

test("no file outgrows three hundred lines", () => {
  for (const name of FILES) assert.ok(read(name).split("\n").length <= 300, name);
});

test("the page leaves no global behind", () => {
  for (const name of SCRIPTS) assert.doesNotMatch(read(name), /(window|globalThis)\.\w+\s*=[^=>]/, name);
});
