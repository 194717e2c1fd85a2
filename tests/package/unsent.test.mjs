/** Requests that were never sent, with real sockets, TLS and resolvers, and requests that were. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** @param {string} name */
const file = (name) => fileURLToPath(new URL(name, import.meta.url));

const servers = spawn(process.execPath, [file("failing-servers.mjs")], {
  stdio: ["ignore", "pipe", "inherit"],
});
servers.stdout.setEncoding("utf8");
const [control] = await once(servers.stdout, "data");
const { stdout, stderr } = spawnSync(process.execPath, [file("unsent-child.mjs"), control.trim()], {
  env: { ...process.env, NODE_EXTRA_CA_CERTS: file("tls/authority.pem") },
  encoding: "utf8",
});
servers.kill();
/** @type {{ name: string, error?: string }[]} */
const results = JSON.parse(stdout.trim().split("\n").at(-1) || "[]");
test("it runs", () => assert.ok(results.length > 20, stderr));
for (const { name, error } of results) test(name, () => assert.equal(error, undefined));

/** A machine without a network, and a name with two addresses. */
const OFFLINE = ["-rmn", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"'];
const folder = mkdtempSync(join(tmpdir(), "uber-vouchers-unsent-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const hosts = join(folder, "hosts");
writeFileSync(hosts, "127.0.0.1 two.example\n127.0.0.2 two.example\n");
/** @param {string[]} command */
const offline = (...command) =>
  spawnSync("unshare", [...OFFLINE, hosts, ...command], {
    encoding: "utf8",
    cwd: file("."),
  });

test("without a network nothing is sent", { skip: offline("true").status !== 0 }, () => {
  const script = `
    import { createClient } from "uber-vouchers";
    const codes = ["1f913a96-f52c-42a0-aa0b-a2ba53b2d631"];
    const found = [];
    for (const baseUrl of ["https://api.uber.com", "https://10.0.0.1", "https://two.example"]) {
      const client = createClient({ organizationId: "o", auth: "none", baseUrl, maxRetries: 0 });
      const error = await client.distribute("p", codes).catch((error) => error);
      const { cause } = error.cause;
      found.push([error.queued, cause.code, cause.errors?.length ?? 1]);
    }
    console.log(JSON.stringify(found));`;
  const { stdout } = offline(process.execPath, "--input-type=module", "--eval", script);
  assert.deepEqual(JSON.parse(stdout), [
    ["no", "EAI_AGAIN", 1],
    ["no", "ENETUNREACH", 1],
    ["no", "ENETUNREACH", 2],
  ]);
});
