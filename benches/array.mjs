/** 30,000 codes from a JavaScript array: checked, and made into the body of a request. */
import Ajv from "ajv";
import { createClient, parseCodes } from "uber-vouchers";
import { validate } from "uuid";
import * as v from "valibot";
import { z } from "zod";

import { UUID, codes } from "./inputs.mjs";
import { race, ratio, refuseDifferent, tell, timesTable, versionOf } from "./measure.mjs";

const CODES = codes(30_000);
const URL = "https://api.example/v1/organizations/o/voucher-programs/p/codes/distribute";

let body = "";
/** Takes the body, and answers at once. @type {any} */
const fetch = async (/** @type {string} */ _url, /** @type {{ body: string }} */ init) => {
  body = init.body;
  return new Response("{}");
};
const client = createClient({ organizationId: "o", auth: "none", fetch });

/** Sends what was checked. @param {string[]} checked */
async function send(checked) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify({ codes: checked }) };
  await fetch(URL, init);
}
/** @param {boolean} isFine */
const refuseUnless = (isFine) => {
  if (!isFine) throw new Error("It is no code");
};

const zodList = z.array(z.uuid());
const valibotList = v.array(v.pipe(v.string(), v.uuid()));
const ajvList = new Ajv.default().compile({
  type: "array",
  items: { type: "string", pattern: UUID.source.replaceAll("0-9a-f", "0-9a-fA-F") },
});

const contestants = [
  { name: "uber-vouchers, without duplicates", run: () => client.distribute("p", CODES) },
  { name: "zod", run: () => send(zodList.parse(CODES)) },
  {
    name: "ajv",
    run: () => {
      refuseUnless(ajvList(CODES));
      return send(CODES);
    },
  },
  { name: "valibot", run: () => send(v.parse(valibotList, CODES)) },
  {
    name: "uuid",
    run: () => {
      refuseUnless(CODES.every((code) => validate(code)));
      return send(CODES);
    },
  },
  {
    name: "a regular expression",
    run: () => {
      refuseUnless(CODES.every((code) => UUID.test(code)));
      return send(CODES);
    },
  },
  {
    name: "the same, without duplicates",
    run: () => {
      const checked = new Set();
      for (const code of CODES) {
        refuseUnless(UUID.test(code));
        checked.add(code.toLowerCase());
      }
      return send([...checked]);
    },
  },
];
const bodies = contestants.map(({ name, run }) => ({
  name,
  run: async () => {
    await run();
    return body;
  },
}));
await refuseDifferent(bodies);

const measured = await race(contestants);
const list = await parseCodes(CODES);
const parts = await race([
  { name: "distribute", run: () => client.distribute("p", CODES) },
  { name: "of it: the array to a list (parseCodes)", run: () => parseCodes(CODES) },
  { name: "of it: the list to a request", run: () => client.distribute("p", list) },
  { name: "for comparison: join and encode", run: () => new TextEncoder().encode(CODES.join("")) },
  { name: "for comparison: JSON.stringify", run: () => JSON.stringify({ codes: CODES }) },
]);

const [ours, ...peers] = measured.slice(0, -1);
const [fastest] = peers.sort((a, b) => a.median - b.median);
const against = (ours?.median ?? NaN) / (fastest?.median ?? NaN);
tell("array", {
  method:
    "One process; a `fetch` in memory that answers at once. All make the same body. Ours drops duplicates too, which of the others only the last one does.",
  peers: ["zod", "ajv", "valibot", "uuid"].map(versionOf),
  tables: [timesTable("30,000 codes", measured), timesTable("Where ours goes", parts)],
  targets: [
    {
      what: `time of the fastest (${fastest?.name})`,
      target: "at most 0.8",
      found: ratio(against),
      met: against <= 0.8,
    },
  ],
});
