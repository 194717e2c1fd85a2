/** What has to hold before a version is published: nothing here publishes it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { ROOT } from "../../scripts/setup.mjs";

/** @param {string[]} path */
const read = (...path) => readFileSync(join(ROOT, ...path), "utf8");
const { name, version, license } = JSON.parse(read("package.json"));
const installed = join(process.cwd(), "node_modules", "uber-vouchers");

test("every file names the same version", () => {
  const lock = JSON.parse(read("package-lock.json"));
  const [, crate] = /^\[package\]\n(?:.+\n)*?version = "([^"]+)"/m.exec(read("Cargo.toml")) ?? [];
  const [, locked] = /^name = "uber-vouchers"\nversion = "(.+)"$/m.exec(read("Cargo.lock")) ?? [];
  const [, newest] = /^## \[(.+?)\]/m.exec(read("CHANGELOG.md")) ?? [];
  const found = { lock: lock.version, root: lock.packages[""].version, crate, locked, newest };
  for (const [where, what] of Object.entries(found)) assert.equal(what, version, where);
});

test("the licences of both manifests are the same", () => {
  assert.match(read("Cargo.toml"), new RegExp(`^license = "${license}"$`, "m"));
});

test("npm would publish what was packed", () => {
  const flags = ["--dry-run", "--ignore-scripts", "--json"];
  const told = execFileSync("npm", ["publish", ...flags], {
    cwd: installed,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const response = JSON.parse(told);
  const { id, files } = response[name] ?? response;
  assert.equal(id, `${name}@${version}`);
  const paths = files.map((/** @type {{ path: string }} */ { path }) => path);
  assert.ok(paths.includes("dist/index.js"));
  const strays = paths.filter(
    (/** @type {string} */ path) =>
      !/^(bin\/[a-z-]+\.mjs$|dist\/|[A-Z-]+(\.md)?$|package\.json$)/.test(path),
  );
  assert.deepEqual(strays, []);
});

test("the list of what others wrote is there, and complete", () => {
  const bom = JSON.parse(readFileSync(join(installed, "dist", "sbom.json"), "utf8"));
  assert.deepEqual(
    [bom.bomFormat, bom.specVersion, bom.serialNumber],
    ["CycloneDX", "1.6", undefined],
  );
  assert.equal(bom.metadata.component.purl, `pkg:npm/${name}@${version}`);
  assert.equal(bom.metadata.timestamp, undefined);
  /** @type {{ name: string, version: string, "bom-ref": string, licenses: { expression: string }[], properties: { value: string }[] }[]} */
  const components = bom.components;
  const versions = new Map(components.map((component) => [component.name, component.version]));
  assert.equal(
    versions.get("jose"),
    JSON.parse(read("node_modules", "jose", "package.json")).version,
  );
  const locked = read("Cargo.lock");
  for (const crate of ["sha2", "wasm-bindgen", "talc", "js-sys"]) {
    assert.ok(locked.includes(`name = "${crate}"\nversion = "${versions.get(crate)}"`), crate);
  }
  const refs = new Set(components.map((component) => component["bom-ref"]));
  assert.equal(refs.size, components.length);
  for (const component of components) {
    assert.match(String(component.licenses[0]?.expression), /^[\w. ()+-]+$/, component.name);
    assert.ok(component.properties.length > 0, component.name);
  }
  for (const { dependsOn } of bom.dependencies) {
    for (const ref of dependsOn) assert.ok(refs.has(ref), ref);
  }
  // What a build needs, and what it makes, are different things.
  for (const tool of ["syn", "wasm-bindgen-macro", "esbuild", "typescript"]) {
    assert.ok(!versions.has(tool), tool);
  }
});

test("the texts that licences ask for are there", () => {
  const notices = readFileSync(join(installed, "dist", "third-party.txt"), "utf8");
  const bom = JSON.parse(readFileSync(join(installed, "dist", "sbom.json"), "utf8"));
  for (const { name: work, version: its } of bom.components) {
    assert.ok(notices.includes(`${work} ${its} (`), work);
  }
  assert.ok(notices.includes("Filip Skokan"), "jose's own notice");
});

test("the package has no dependency, and runs nothing when it is installed", () => {
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  for (const kind of ["dependencies", "peerDependencies", "optionalDependencies"]) {
    assert.equal(manifest[kind], undefined, kind);
  }
  for (const script of ["preinstall", "install", "postinstall", "prepare"]) {
    assert.equal(manifest.scripts?.[script], undefined, script);
  }
});

test("npm test and npm start begin with nothing installed", () => {
  const seen = new Set();
  /** @param {string} path */
  const walk = (path) => {
    if (seen.has(path)) return;
    seen.add(path);
    const statics = readFileSync(path, "utf8").matchAll(
      /^(?:import|export)\b(?: "|[^;"=]* from ")([^"]+)";/gm,
    );
    for (const [, from = ""] of statics) {
      if (from.startsWith(".")) walk(join(dirname(path), from));
      else assert.match(from, /^node:/, `${path} needs ${from} before it can install it`);
    }
  };
  for (const script of ["build", "docs", "fuzz", "simulate", "start", "test"]) {
    walk(join(ROOT, "scripts", `${script}.mjs`));
  }
  assert.ok(seen.size > 6);
});
