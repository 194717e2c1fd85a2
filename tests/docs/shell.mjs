/** Checks that the commands of a shell sample exist. Runs none of them. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { ROOT } from "../../scripts/setup.mjs";

/** @type {{ name: string, bin: Record<string, string>, scripts: Record<string, string>, devDependencies: Record<string, string> }} */
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const BUILT_IN = new Set(["cd", "export", "echo", "set"]);
const NPM = new Set(["ci", "install", "pack", "publish", "version", "audit", "deprecate", "init"]);
/** Commands whose second word is checked too, and how all of them are listed. */
const LISTS = /** @type {Record<string, string[]>} */ ({
  cargo: ["--list"],
  git: ["help", "-a"],
  rustup: ["--help"],
  wrangler: ["--help"],
});
/** @type {Map<string, string>} */
const listed = new Map();
/** What a document has told its reader to install: `cargo install cargo-deny` is `cargo deny`. */
const installed = new Set();

/**
 * @param {string} code
 * @param {Set<string>} files the files that the document has created before
 */
export function checkCommands(code, files) {
  const text = code.replaceAll("\\\n", " ");
  for (const line of text.split("\n")) {
    // Quoted text is a value, whatever it looks like.
    const said = line
      .replaceAll(/"[^"]*"|'[^']*'/g, "…")
      .replace(/(^|\s)#.*$/, "")
      .replace(/^\$ /, "");
    for (const command of said.split(/&&|\|\||[|;]/)) {
      const words = command.trim().split(/\s+/).filter(Boolean);
      while (/^[A-Z_]+=/.test(words[0] ?? "")) words.shift();
      if (words.length > 0) checkCommand(words, files);
    }
  }
}

/** @param {string[]} words @param {Set<string>} files */
function checkCommand([program = "", ...words], files) {
  for (const word of words) {
    if (/^[\w.-]+(\/[\w.-]+)+\.\w+$/.test(word) && !existsSync(join(ROOT, word))) {
      throw new Error(`There is no file ${word}`);
    }
  }
  if (BUILT_IN.has(program)) return;
  if (program === "npm") return checkNpm(words);
  if (program === "node") {
    const file = words.find((word) => !word.startsWith("-"));
    if (file !== undefined && (files.has(file) || existsSync(join(ROOT, file)))) return;
    throw new Error(`node ${words.join(" ")}: there is no such file`);
  }
  const isOurs = program === "npx";
  if (isOurs && manifest.bin[words[0] ?? ""] !== undefined) return;
  const name = isOurs ? String(words.find((word) => !word.startsWith("-"))) : program;
  const bin = join(ROOT, "node_modules", ".bin", name);
  const path = isOurs ? (existsSync(bin) ? bin : undefined) : which(name);
  if (path === undefined) throw new Error(`There is no command ${name}`);
  const second = words[words.indexOf(name) + 1];
  if (name === "cargo" && second === "install") installed.add(words.at(-1));
  if (installed.has(`${name}-${second}`)) return;
  const list = LISTS[name];
  if (list === undefined || second === undefined || second.startsWith("-")) return;
  const found = listed.get(name) ?? execFileSync(path, list, { encoding: "utf8", cwd: ROOT });
  listed.set(name, found);
  if (!new RegExp(`\\b${second}\\b`).test(found)) throw new Error(`There is no ${name} ${second}`);
}

/** @param {string[]} words */
function checkNpm([command = "", ...words]) {
  const scripts = command === "run" ? words.slice(0, 1) : [command];
  if (command === "install") {
    for (const word of words.filter((name) => !name.startsWith("-"))) {
      const isFile = word.endsWith(".tgz");
      const name = word.replace(/(?<=.)@.*$/, "");
      if (!isFile && name !== manifest.name && manifest.devDependencies[name] === undefined) {
        throw new Error(`Nothing says that the package ${word} exists`);
      }
    }
  }
  if (NPM.has(command)) return;
  for (const script of scripts) {
    if (manifest.scripts[script] === undefined) throw new Error(`There is no npm run ${script}`);
  }
}

/** @param {string} name */
function which(name) {
  if (existsSync(join(ROOT, "node_modules", ".bin", name)))
    return join(ROOT, "node_modules", ".bin", name);
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}
