/**
 * Lists the third-party code in the package: the Rust crates that were compiled into its modules,
 * and the bundled JavaScript, as a CycloneDX list and with the licence texts. The same sources
 * give the same bytes: no time, no random number. This is our own code, since `cargo cyclonedx`
 * and `npm sbom` list what is installed, and neither what was compiled into a module, with the
 * standard library, nor what was bundled.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { ROOT, WASM, run } from "./setup.mjs";

/**
 * @typedef {object} Unit of the compiler's work, as cargo lists it
 * @property {string} pkg_id
 * @property {{ kind: string[], src_path: string }} target
 * @property {string | null} platform
 * @property {string} mode
 * @property {boolean} [is_std]
 * @property {{ index: number }[]} dependencies
 */
/** @typedef {{ name: string, version: string, license: string, purl: string, folders: string[], sha256: string | undefined, sha512: string | undefined, files: Set<string>, needs: Set<string> }} Part */

/**
 * Writes `dist/sbom.json` and `dist/third-party.txt`.
 * @param {object} what
 * @param {readonly { name: string, feature: string }[]} what.modules the modules of the build
 * @param {readonly string[]} what.flags with which the build calls cargo
 */
export function writeSbom({ modules, flags }) {
  const { name, version, license } = readJson("package.json");
  const self = `pkg:npm/${name}@${version}`;
  /** @type {Map<string, Part>} */
  const parts = new Map();
  const roots = new Set(modules.flatMap((module) => addCrates(parts, module, flags)));
  roots.add(addBundled(parts, "jose", "dist/worker/index.js"));
  const sorted = [...parts.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  const bom = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "library",
        "bom-ref": self,
        name,
        version,
        licenses: [{ expression: license }],
        purl: self,
      },
    },
    components: sorted.map(([ref, part]) => componentOf(ref, part)),
    dependencies: [
      { ref: self, dependsOn: [...roots].sort() },
      ...sorted.map(([ref, { needs }]) => ({ ref, dependsOn: [...needs].sort() })),
    ],
  };
  writeFileSync(join(ROOT, "dist", "sbom.json"), `${JSON.stringify(bom, undefined, 2)}\n`);
  writeFileSync(join(ROOT, "dist", "third-party.txt"), notices(sorted.map(([, part]) => part)));
}

const APACHE = /^(?:.* OR )?Apache-2\.0(?: OR .*)?$/;

/** @param {Part[]} parts */
function notices(parts) {
  const title = (/** @type {Part} */ { name, version, license }) =>
    `${name} ${version} (${license})`;
  const [free, asked] = [
    parts.filter(({ license }) => APACHE.test(license)),
    parts.filter(({ license }) => !APACHE.test(license)),
  ];
  const texts = asked.map((part) => `${title(part)}\n\n${licenseTexts(part)}`);
  const rule = `\n\n${"-".repeat(80)}\n\n`;
  const first = `This package contains works of others.

These are used under the Apache License 2.0, whose text is in LICENSE-APACHE:

${free.map((part) => `- ${title(part)}`).join("\n")}

The texts of the others follow.`;
  return `${[first, ...texts].join(rule)}\n`;
}

/** @param {Part} part */
function licenseTexts({ name, folders }) {
  const folder = folders.find((index) => licenseFiles(index).length > 0);
  if (folder === undefined) throw new Error(`The licence text of ${name} is missing`);
  return licenseFiles(folder)
    .map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim())
    .join("\n\n");
}

/** @param {string} folder */
function licenseFiles(folder) {
  return readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|unlicense)/i.test(file) && !/apache/i.test(file))
    .sort();
}

/** @param {string} ref @param {Part} part */
function componentOf(ref, { name, version, license, purl, sha256, sha512, files }) {
  const hashes = [
    ...(sha256 === undefined ? [] : [{ alg: "SHA-256", content: sha256 }]),
    ...(sha512 === undefined ? [] : [{ alg: "SHA-512", content: sha512 }]),
  ];
  return {
    type: "library",
    "bom-ref": ref,
    name,
    version,
    ...(hashes.length > 0 && { hashes }),
    licenses: [{ expression: license }],
    purl,
    properties: [...files].sort().map((value) => ({ name: "uber-vouchers:file", value })),
  };
}

/**
 * Adds the crates that are compiled into a module; returns its direct dependencies.
 * @param {Map<string, Part>} parts
 * @param {{ name: string, feature: string }} module
 * @param {readonly string[]} flags
 */
function addCrates(parts, { name, feature }, flags) {
  /** @type {{ units: Unit[], roots: number[] }} */
  const graph = JSON.parse(
    run(
      "cargo",
      [
        ...["build", "--quiet", "--release", "--locked", "--lib", "--target", WASM],
        ...["--no-default-features", "--features", feature, ...flags],
        ...["--unit-graph", "-Zunstable-options"],
      ],
      { env: { RUSTC_BOOTSTRAP: "1" }, quiet: true },
    ),
  );
  const sums = checksums();
  // Macros and build scripts run on the building machine, and are not included.
  const isIn = (/** @type {Unit} */ { platform, mode }) => platform === WASM && mode === "build";
  const refs = graph.units.map((unit) => (isIn(unit) ? refOf(unit) : undefined));
  const own = refs[graph.roots[0] ?? -1];
  /** @type {Set<string>} */
  const direct = new Set();
  for (const [position, unit] of graph.units.entries()) {
    const ref = refs[position];
    if (ref === undefined) continue;
    const needs = unit.dependencies
      .map(({ index }) => refs[index])
      .filter((need) => need !== undefined && need !== ref)
      .map(String);
    if (ref === own) {
      for (const need of needs) direct.add(need);
      continue;
    }
    const part = parts.get(ref) ?? partOf(unit, sums);
    part.files.add(`dist/${name}_bg.wasm`);
    for (const need of needs) part.needs.add(need);
    parts.set(ref, part);
  }
  return [...direct];
}

/** @param {Unit} unit */
function refOf(unit) {
  return identify(unit).purl;
}

/** @param {Unit} unit @returns {{ name: string, version: string, purl: string }} */
function identify({ pkg_id: id, is_std: isStd }) {
  const [, fragment = ""] = id.split("#");
  // The crates of the standard library have no versions, except one, which also has another
  // licence.
  if (isStd && id.startsWith("path+") && !fragment.startsWith("compiler_builtins@")) {
    const version = toolChain();
    return { name: "rust-std", version, purl: `pkg:generic/rust-std@${version}` };
  }
  const [name = "", version = ""] = fragment.includes("@")
    ? fragment.split("@")
    : [id.slice(id.lastIndexOf("/") + 1, id.indexOf("#")), fragment];
  return { name, version, purl: `pkg:cargo/${name}@${version}` };
}

/** @param {Unit} unit @param {Map<string, string>} sums @returns {Part} */
function partOf(unit, sums) {
  const { name, version, purl } = identify(unit);
  const license =
    name === "rust-std"
      ? "MIT OR Apache-2.0"
      : licenseOf(unit.target.src_path).replace("/", " OR ");
  const sha256 = sums.get(`${name}@${version}`);
  /** @type {Set<string>} */
  const files = new Set();
  const folder = folderOf(unit.target.src_path);
  // A member of a workspace may have its licence in a parent folder.
  const folders = [folder, dirname(folder)];
  const sha512 = undefined;
  return { name, version, license, purl, folders, sha256, sha512, files, needs: new Set() };
}

/** @param {string} source a file of the crate */
function licenseOf(source) {
  const manifest = join(folderOf(source), "Cargo.toml");
  const [, license] = /^license = "([^"]+)"/m.exec(readFileSync(manifest, "utf8")) ?? [];
  if (license === undefined) throw new Error(`${manifest} states no licence`);
  return license;
}

/** @param {string} source a file of the crate */
function folderOf(source) {
  let folder = dirname(source);
  while (!existsSync(join(folder, "Cargo.toml"))) folder = dirname(folder);
  return folder;
}

/** @type {string | undefined} */
let found;

function toolChain() {
  return (found ??= run("rustc", ["--version"], { quiet: true }).split(" ")[1] ?? "");
}

/** The checksums of downloaded crates, including those of the standard library. */
function checksums() {
  const library = join("lib", "rustlib", "src", "rust", "library", "Cargo.lock");
  const sysroot = run("rustc", ["--print", "sysroot"], { quiet: true }).trim();
  /** @type {Map<string, string>} */
  const sums = new Map();
  for (const file of [join(sysroot, library), join(ROOT, "Cargo.lock")]) {
    const entry = /^name = "(.+)"\nversion = "(.+)"\nsource = .*\nchecksum = "(.+)"$/gm;
    for (const [, name, version, sum] of readFileSync(file, "utf8").matchAll(entry)) {
      sums.set(`${name}@${version}`, String(sum));
    }
  }
  return sums;
}

/**
 * Adds an npm package that is bundled into a file.
 * @param {Map<string, Part>} parts
 * @param {string} name
 * @param {string} file
 */
function addBundled(parts, name, file) {
  const { version, license } = readJson("node_modules", name, "package.json");
  const { integrity } = readJson("package-lock.json").packages[`node_modules/${name}`];
  const sha512 = Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex");
  const purl = `pkg:npm/${name}@${version}`;
  const files = new Set([file]);
  const folders = [join(ROOT, "node_modules", name)];
  const sha256 = undefined;
  const needs = /** @type {Set<string>} */ (new Set());
  const part = { name, version, license, purl, folders, sha256, sha512, files, needs };
  parts.set(purl, part);
  return purl;
}

/** @param {string[]} path */
function readJson(...path) {
  return JSON.parse(readFileSync(join(ROOT, ...path), "utf8"));
}
