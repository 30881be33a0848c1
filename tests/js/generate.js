/**
 * Writes what is generated from the module: its types, and the one file that other people's pages load.
 *
 *     node tests/js/generate.js public
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { buildSync } from "esbuild";
import { minify_sync as minify } from "terser";

const HERE = dirname(fileURLToPath(import.meta.url));
const PUBLIC = join(HERE, "..", "..", "public");
const ENTRY = join(PUBLIC, "relay-call.js");
const OPTIONS = ["--allowJs", "--declaration", "--emitDeclarationOnly", "--target", "es2023", "--module", "es2022"];
const PLACE = ["--moduleResolution", "bundler", "--lib", "es2023,dom,dom.iterable"];

/** @returns {string} `relay-call.d.ts`: needs no other file */
export function types() {
  const folder = mkdtempSync(join(tmpdir(), "relay-call-"));
  try {
    const compiler = join(HERE, "node_modules", "typescript", "bin", "tsc");
    execFileSync(process.execPath, [compiler, ...OPTIONS, ...PLACE, "--outDir", folder, ENTRY]);
    return readFileSync(join(folder, "relay-call.d.ts"), "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @returns {string} `relay-call.min.js`: the whole module graph in one file, without comments and long names */
export function bundle() {
  const built = buildSync({ entryPoints: [ENTRY], bundle: true, minify: true, format: "esm", target: "es2022", write: false });
  const compress = { passes: 3, unsafe: true, ecma: /** @type {const} */ (2020), pure_getters: true };
  return minify(built.outputFiles[0].text, { module: true, compress }).code ?? "";
}

if (process.argv[2]) {
  const { writeFileSync } = await import("node:fs");
  writeFileSync(join(process.argv[2], "relay-call.d.ts"), types());
  writeFileSync(join(process.argv[2], "relay-call.min.js"), bundle());
}
