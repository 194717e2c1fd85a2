/** Stack traces of the published scripts, which are minified. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { assert } from "./harness.mjs";

/** What Node.js prints for an error of this entry. @param {string} door @param {string[]} flags */
function printed(door, ...flags) {
  const script = `
    import { inspect } from "node:util";
    import { createClient } from "${door}";
    const client = createClient({ organizationId: "o", auth: "none" });
    console.log(inspect(await client.distribute("p", ["no code"]).catch((error) => error)));
    try { createClient({}); } catch (error) { console.log(inspect(error)); }`;
  const args = [...flags, "--input-type=module", "--eval", script];
  return execFileSync(process.execPath, args, { encoding: "utf8" });
}

for (const door of ["uber-vouchers", "uber-vouchers/distribute"]) {
  test(`${door}: an error is printed with the name of its class`, () => {
    const lines = printed(door).split("\n");
    const heads = lines.filter((line) => /^\S/.test(line) && !line.startsWith("}"));
    assert.equal(heads.length, 2);
    for (const head of heads) assert.ok(/^ValidationError: /.test(head), head);
  });

  test(`${door}: a trace leads to the sources`, () => {
    const text = printed(door, "--enable-source-maps");
    assert.ok(/src\/js\/client\/calls\.ts:\d+:\d+/.test(text), text);
    assert.ok(/src\/js\/client\/options\.ts:\d+:\d+/.test(text), text);
    assert.ok(!/dist\/\S+\.js:\d+/.test(text), text);
  });
}

test("every script has a map with its sources", () => {
  const dist = dirname(fileURLToPath(import.meta.resolve("uber-vouchers")));
  const files = /** @type {string[]} */ (readdirSync(dist, { recursive: true }));
  const scripts = files.filter((file) => /(?<!_bg\.inline)\.js$/.test(file));
  assert.ok(scripts.length > 10);
  for (const file of scripts) {
    const map = `${join(dist, file)}.map`;
    assert.ok(existsSync(map), file);
    const { sources, sourcesContent } = JSON.parse(readFileSync(map, "utf8"));
    assert.equal(sources.length, sourcesContent.length, file);
    for (const content of sourcesContent) assert.equal(typeof content, "string", file);
  }
});
