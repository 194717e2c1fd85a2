/** A signed webhook: checked and parsed, in Node.js, workerd and Chromium. */
import { createHmac, timingSafeEqual } from "node:crypto";

import { codeOf } from "./inputs.mjs";
import { race, ratio, refuseDifferent, tell, timesTable, versionOf } from "./measure.mjs";
import { contestantsOf } from "./webhook/contestants.mjs";
import { chromium, workerd } from "./webhook/hosts.mjs";

const KEY = "signing-key-of-the-benchmark-0123456789";
const HASHING = ["svix", "standardwebhooks"];
const PEERS = ["@octokit/webhooks-methods", "stripe", ...HASHING];
const SIZES = /** @type {const} */ ([
  ["300 bytes", 300],
  ["1 kB", 1_000],
  ["64 kB", 64_000],
  ["1 MB", 1_000_000],
]);
/** Elsewhere each sample is asked for from here, which takes part of a millisecond. */
const AFAR = { sampleMs: 100, rounds: 15, collects: false };

/** @param {string} text @param {"hex" | "base64"} [encoding] */
const sign = (text, encoding = "hex") => createHmac("sha256", KEY).update(text).digest(encoding);

/** An event of about so many bytes. @param {number} size */
function eventOf(size) {
  const event = {
    event_id: codeOf(1),
    event_type: "voucher_program_code_distributed",
    event_time: 1_700_000_000_000,
    organization_id: codeOf(2),
    voucher_program_id: codeOf(3),
    resource_href: "",
    codes: /** @type {unknown[]} */ ([]),
  };
  let length = JSON.stringify(event).length;
  for (let number = 10; length + 80 < size; number += 1) {
    const code = { code_id: codeOf(number), status: "distributed" };
    length += JSON.stringify(code).length + (event.codes.length > 0 ? 1 : 0);
    event.codes.push(code);
  }
  event.resource_href = "x".repeat(Math.max(0, size - length));
  return JSON.stringify(event);
}

/** As each scheme signs it now: they refuse what is older than five minutes. @param {number} size */
function messageOf(size) {
  const text = eventOf(size);
  const time = Math.floor(Date.now() / 1000);
  return {
    key: KEY,
    text,
    signature: sign(text),
    stripe: `t=${time},v1=${sign(`${time}.${text}`)}`,
    time,
    signed: `v1,${sign(`id.${time}.${text}`, "base64")}`,
  };
}

/** Nothing but the platform's own. @param {import("./webhook/contestants.mjs").Message} message */
function native({ text, signature }) {
  const body = Buffer.from(text);
  return {
    name: "node:crypto, JSON.parse",
    run: () => {
      const expected = createHmac("sha256", KEY).update(body).digest();
      const given = Buffer.from(signature, "hex");
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
        throw new Error("It is forged");
      }
      return JSON.parse(body.toString("utf8"));
    },
  };
}

/** @type {import("./measure.mjs").Table[]} */
const tables = [];
/** @type {import("./measure.mjs").Target[]} */
const targets = [];

/** @param {string} host @param {string} label @param {import("./measure.mjs").Measured[]} measured */
function add(host, label, measured) {
  tables.push(timesTable(`${host}: ${label}`, measured, { gc: host === "Node.js" }));
  const [ours, ...others] = measured;
  for (const [which, peers] of /** @type {const} */ ([
    ["the fastest peer", PEERS],
    ["the faster of those that hash in JavaScript", HASHING],
  ])) {
    const [fastest] = others
      .filter(({ name }) => peers.some((peer) => name.startsWith(peer)))
      .sort((a, b) => a.median - b.median);
    const against = (ours?.median ?? NaN) / (fastest?.median ?? NaN);
    targets.push({
      what: `${host}, ${label}: time of ${which} (${fastest?.name})`,
      target: "below 1",
      found: ratio(against),
      met: against < 1,
    });
  }
}

for (const [label, size] of SIZES) {
  const message = messageOf(size);
  const contestants = [...contestantsOf(message, true), native(message)];
  await refuseDifferent(contestants);
  add("Node.js", label, await race(contestants));
}
const versions = [];
for (const start of [workerd, chromium]) {
  const host = await start();
  versions.push(`${host.name} ${host.version}`);
  for (const [label, size] of SIZES) {
    const all = await host.prepare(messageOf(size));
    await refuseDifferent(all.map(({ name, made }) => ({ name, run: () => made })));
    const afar = all.map(({ name }) => ({
      name,
      run: () => host.repeat(name, 1),
      repeat: (/** @type {number} */ calls) => host.repeat(name, calls),
    }));
    add(host.name, label, await race(afar, AFAR));
  }
  await host.end();
}
tell("webhook", {
  method:
    "All get the same bytes and give the parsed body. Ours reads it into an event too: type, ids, time and the outcome of each code. In workerd and Chromium another process asks for as many calls as take a tenth of a second.",
  peers: [...PEERS.map(versionOf), ...versions],
  tables,
  targets,
});
