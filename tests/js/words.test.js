import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { LANGUAGES, languageFor } from "../../public/view/languages.js";
import { words as english } from "../../public/view/words/en.js";

const PUBLIC = new URL("../../public/", import.meta.url);
const VIEWS = readdirSync(new URL("view/", PUBLIC)).filter((name) => name.endsWith(".js")).map((name) => `view/${name}`);

/** @param {string} name */
const read = (name) => readFileSync(new URL(name, PUBLIC), "utf8");

/** @param {string} code @returns {Promise<Record<string, string>>} */
const catalogue = async (code) => (await import(`../../public/view/words/${code}.js`)).words;

/** @param {string} words */
const placeholders = (words) => [...words.matchAll(/\{[\w:]+\}/g)].map(([whole]) => whole).toSorted();

for (const { code, name } of LANGUAGES) {
  test(`${name} has every key, no other, and says something under each`, async () => {
    const words = await catalogue(code);

    assert.deepEqual(Object.keys(words).toSorted(), Object.keys(english).toSorted());
    for (const [key, said] of Object.entries(words)) assert.equal(said === "", english[key] === "", key);
  });

  test(`${name} has the placeholders that English has`, async () => {
    for (const [key, said] of Object.entries(await catalogue(code))) {
      assert.deepEqual(placeholders(said), placeholders(english[key]), key);
    }
  });

  if (code === "en") continue;
  test(`${name} is translated: no sentence is left in English`, async () => {
    const left = Object.entries(await catalogue(code)).filter(([key, said]) => said === english[key] && /\w \w+ \w/.test(said));

    assert.deepEqual(left, []);
  });
}

test("a key is defined once in its language", () => {
  for (const { code } of LANGUAGES) {
    const files = readdirSync(new URL(`view/words/${code}/`, PUBLIC));
    const keys = files.flatMap((file) => [...read(`view/words/${code}/${file}`).matchAll(/^ {2}"([^"]+)":/gm)].map(([, key]) => key));

    assert.equal(new Set(keys).size, keys.length, code);
  }
});

test("every key is used, and every key that is used exists", () => {
  const text = [read("index.html"), read("app.js"), ...VIEWS.map(read)].join("\n");
  const whole = new Set([...text.matchAll(/["']([a-z]+(?:[.-][\w-]+)+)["']/gi)].map(([, key]) => key));
  const begun = [...text.matchAll(/`([a-z]+(?:\.[\w-]+)*\.)\$\{/g)].map(([, start]) => start);
  const derived = [/^own\./, /^check\./];
  const unused = Object.keys(english).filter((key) => {
    return !whole.has(key) && !begun.some((start) => key.startsWith(start)) && !derived.some((pattern) => pattern.test(key));
  });
  const asked = [...text.matchAll(/(?:words: |say\([^,()]+, |words\(|data-words(?:-[\w-]+)?=)"([a-z][\w.-]+)"/g)].map(([, key]) => key);

  assert.deepEqual(unused, []);
  assert.deepEqual(asked.filter((key) => !(key in english)), []);
});

test("the page as it is served has the English words", () => {
  const html = read("index.html");
  const shown = [...html.matchAll(/<(\w+)[^>]*\sdata-words="([^"]+)"[^>]*>([^<]*)<\/\1>/g)];
  for (const [, , key, text] of shown) assert.equal(text, english[key], key);
  const named = [...html.matchAll(/\b(aria-label|placeholder|title)="([^"]*)" data-words-\1="([^"]+)"/g)];
  for (const [, , text, key] of named) assert.equal(text, english[key], key);
  const unnamed = html.replace(/<head>[\s\S]*<\/head>/, "").match(/(?<!\S)(?:aria-label|placeholder|title)="[^"]*"(?! data-words-)/g);

  assert.ok(shown.length > 50);
  assert.ok(named.length > 5);
  assert.equal(unnamed, null);
});

test("no words for people stand in the code that shows the page", () => {
  for (const name of ["app.js", ...VIEWS]) {
    const code = read(name).replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
    const strings = [...code.matchAll(/"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)].map(([, plain, template]) => plain ?? template);
    const sentences = strings.filter((string) => /^[A-Z][a-z]+[ .!?]|[a-z]{2,} [a-z]{2,} [a-z]{2,}/.test(string));

    // The names of two errors and a value of SVG.
    const known = /^TypeError|is missing from the page$|^\$\{error\.name\}/;
    assert.deepEqual(sentences.filter((string) => !known.test(string)), [], name);
  }
});

test("the browser's first language that the page speaks is taken, whatever its region", () => {
  assert.equal(languageFor(["pt-BR", "de-AT", "fr"]).code, "de");
  assert.equal(languageFor(["es-419"]).code, "es");
  assert.equal(languageFor(["ja", ""]).code, "en");
  assert.equal(languageFor([]).code, "en");
});
