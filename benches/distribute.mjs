/** One distribute of 500 codes over loopback, to a server in another process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";

import { createClient, parseCodes } from "uber-vouchers";

import { codes } from "./inputs.mjs";
import { race, ratio, tell, time, timesTable } from "./measure.mjs";

const server = spawn(process.execPath, [join(import.meta.dirname, "server.mjs")], {
  stdio: ["pipe", "pipe", "inherit"],
});
const [line] = await once(server.stdout, "data");
const baseUrl = `http://127.0.0.1:${Number(line)}`;
const path = "/v1/organizations/o/voucher-programs/p/codes/distribute";

const array = codes(500);
const list = await parseCodes(array);
const client = createClient({ organizationId: "o", auth: "none", baseUrl });

const contestants = [
  {
    name: "uber-vouchers, of a list",
    run: async () => (await client.distribute("p", list)).codes,
  },
  {
    name: "a hand-written fetch",
    run: async () => {
      const headers = {
        "Content-Type": "application/json",
        Accept: "application/json",
        "Accept-Language": "en_US",
      };
      const init = { method: "POST", headers, body: JSON.stringify({ codes: array }) };
      const answer = await fetch(baseUrl + path, init);
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
      await answer.json();
      return array.length;
    },
  },
  {
    name: "uber-vouchers, of an array",
    run: async () => (await client.distribute("p", array)).codes,
  },
];
for (const { name, run } of contestants) {
  if ((await run()) !== 500) throw new Error(`${name} sent something else`);
}
const measured = await race(contestants, {
  rounds: 61,
  sampleMs: 40,
  warmUpMs: 1500,
  collects: false,
});
server.stdin.end();

const [ours, plain] = measured;
const share = (ours?.median ?? NaN) / (plain?.median ?? NaN);
const more = (ours?.cpu ?? NaN) - (plain?.cpu ?? NaN);
tell("distribute", {
  method:
    "Calls one after the other over one kept connection; the server is another process, takes the body and answers `{}`. Garbage is collected when it happens to be, and counts. CPU is all of the calling process's.",
  peers: [],
  tables: [timesTable("A call with 500 codes", measured, { cpu: true })],
  targets: [
    {
      what: "time of a hand-written fetch",
      target: "at most 1.10",
      found: ratio(share),
      met: share <= 1.1,
    },
    { what: "CPU on top of it", target: "none", found: time(more), met: true },
  ],
});
process.exit();
