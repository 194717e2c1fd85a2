/** `npx uber-vouchers` as it is installed. Run in the project of the tarball. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";

import { createClient } from "uber-vouchers";

import { freePort } from "../free-port.mjs";

const command = join(process.cwd(), "node_modules", ".bin", "uber-vouchers");
/** @param {string[]} args */
const run = (...args) => spawnSync(command, args, { encoding: "utf8" });

test("it prints its help, and refuses unknown arguments", () => {
  for (const args of [[], ["help"], ["--help"]]) {
    const { status, stdout } = run(...args);
    assert.equal(status, 0);
    assert.match(stdout, /npx uber-vouchers sandbox/);
  }
  const { status, stderr } = run("send");
  assert.equal(status, 1);
  assert.match(stderr, /no command "send"/);
  assert.match(run("sandbox", "--help").stdout, /npx uber-vouchers sandbox \[options\]/);
  const wrong = run("sandbox", "--prot", "1");
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /--prot/);
});

test("`sandbox` serves a sandbox with the given flags", async () => {
  const port = await freePort();
  const flags = [
    "--port",
    `${port}`,
    "--program",
    "3:June",
    "--latency",
    "0",
    "--client-id",
    "app",
  ];
  const child = spawn(command, ["sandbox", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    let printed = "";
    child.stdout.setEncoding("utf8");
    for await (const text of child.stdout) {
      printed += text;
      if (printed.includes("Ctrl+C")) break;
    }
    assert.match(printed, /3 codes {2}June/);
    const base = `http://127.0.0.1:${port}`;
    const client = createClient({
      organizationId: /Organization +(\S+)/.exec(printed)?.[1] ?? "",
      auth: { clientId: "app", clientSecret: "sandbox-secret", tokenUrl: `${base}/oauth/v2/token` },
      baseUrl: base,
    });
    const [program] = await client.searchPrograms();
    assert.ok(program);
    const codes = await client.listCodes(program.programId);
    const receipt = await client.distribute(
      program.programId,
      codes.map(({ codeId }) => codeId),
    );
    assert.equal(receipt.codes, 3);
    const sent = await fetch(`${base}/_sandbox/deliveries/${program.programId}`);
    assert.deepEqual(Object.values(await sent.json()), [1, 1, 1]);
    const busy = run("sandbox", "--port", `${port}`);
    assert.equal(busy.status, 1);
    assert.match(busy.stderr, /Port \d+ is in use.*npx uber-vouchers sandbox --port/);
  } finally {
    const ended = once(child, "exit");
    child.kill();
    await ended;
  }
});
