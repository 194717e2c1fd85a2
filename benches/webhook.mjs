/** A signed webhook: checked and parsed. */
import { createHmac, timingSafeEqual } from "node:crypto";

import { verify } from "@octokit/webhooks-methods";
import * as standard from "standardwebhooks";
import Stripe from "stripe";
import * as svix from "svix";
import { verifyWebhook } from "uber-vouchers";

import { codeOf } from "./inputs.mjs";
import { race, ratio, refuseDifferent, tell, timesTable, versionOf } from "./measure.mjs";

const KEY = "signing-key-of-the-benchmark-0123456789";
const stripe = new Stripe("sk_test_of_the_benchmark");
const svixWebhook = new svix.Webhook(`whsec_${Buffer.from(KEY).toString("base64")}`);
const standardWebhook = new standard.Webhook(`whsec_${Buffer.from(KEY).toString("base64")}`);

/** @param {string | Uint8Array} text @param {"hex" | "base64"} [encoding] */
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
  for (let number = 10; JSON.stringify(event).length + 80 < size; number += 1) {
    event.codes.push({ code_id: codeOf(number), status: "distributed" });
  }
  event.resource_href = "x".repeat(Math.max(0, size - JSON.stringify(event).length));
  return Buffer.from(JSON.stringify(event));
}

const tables = [];
const targets = [];
for (const [label, size] of /** @type {const} */ ([
  ["300 bytes", 300],
  ["1 kB", 1_000],
  ["64 kB", 64_000],
  ["1 MB", 1_000_000],
])) {
  const body = eventOf(size);
  const signature = sign(body);
  const now = Math.floor(Date.now() / 1000);
  const stripeHeader = `t=${now},v1=${sign(`${now}.${body}`)}`;
  const signed = `v1,${sign(`id.${now}.${body}`, "base64")}`;
  const svixHeaders = {
    "svix-id": "id",
    "svix-timestamp": String(now),
    "svix-signature": signed,
  };
  const standardHeaders = {
    "webhook-id": "id",
    "webhook-timestamp": String(now),
    "webhook-signature": signed,
  };
  const contestants = [
    {
      name: "uber-vouchers, read into an event",
      run: async () => (await verifyWebhook({ body, signature }, { signingKey: KEY })).raw,
    },
    {
      name: "@octokit/webhooks-methods, JSON.parse",
      run: async () => {
        const text = body.toString("utf8");
        if (!(await verify(KEY, text, `sha256=${signature}`))) throw new Error("It is forged");
        return JSON.parse(text);
      },
    },
    { name: "stripe", run: () => stripe.webhooks.constructEvent(body, stripeHeader, KEY) },
    {
      name: "svix, JSON.parse",
      run: () => {
        svixWebhook.verify(body, svixHeaders);
        return JSON.parse(body.toString("utf8"));
      },
    },
    { name: "standardwebhooks", run: () => standardWebhook.verify(body, standardHeaders) },
    {
      name: "node:crypto, JSON.parse",
      run: () => {
        const expected = createHmac("sha256", KEY).update(body).digest();
        const given = Buffer.from(signature, "hex");
        if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
          throw new Error("It is forged");
        }
        return JSON.parse(body.toString("utf8"));
      },
    },
  ];
  await refuseDifferent(contestants);
  const measured = await race(contestants);
  tables.push(timesTable(`${label} (${body.length.toLocaleString("en")} bytes)`, measured));
  const [ours, ...peers] = measured;
  const [fastest] = peers.sort((a, b) => a.median - b.median);
  const against = (ours?.median ?? NaN) / (fastest?.median ?? NaN);
  targets.push({
    what: `${label}: time of the fastest (${fastest?.name})`,
    target: size <= 1_000 ? "below 1" : "none",
    found: ratio(against),
    met: size > 1_000 || against < 1,
  });
}
tell("webhook", {
  method:
    "One process. All get the same bytes and give the parsed body. Ours reads it into an event too: type, ids, time and the outcome of each code.",
  peers: ["@octokit/webhooks-methods", "stripe", "svix", "standardwebhooks"].map(versionOf),
  tables,
  targets,
});
