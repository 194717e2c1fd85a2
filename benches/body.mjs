/** The body of a request, of codes that were read before. */
import { createClient, parseCodes } from "uber-vouchers";

import { codes } from "./inputs.mjs";
import { race, ratio, refuseDifferent, summary, tell, timesTable } from "./measure.mjs";

const URL = "https://api.example/v1/organizations/o/voucher-programs/p/codes/distribute";
let body = "";
/** Takes the body, and answers at once. @type {any} */
const fetch = async (/** @type {string} */ _url, /** @type {{ body: string }} */ init) => {
  body = init.body;
  return new Response("{}");
};
const client = createClient({ organizationId: "o", auth: "none", fetch });
const one = await parseCodes(codes(1));

const tables = [];
const targets = [];
for (const length of [500, 30_000]) {
  const array = codes(length);
  const list = await parseCodes(array);
  /** @param {() => string[]} given */
  const send = (given) => {
    const headers = { "Content-Type": "application/json", Accept: "application/json" };
    return fetch(URL, { method: "POST", headers, body: JSON.stringify({ codes: given() }) });
  };
  const calls = [
    { name: "uber-vouchers: distribute", run: () => client.distribute("p", list) },
    { name: "JSON.stringify of strings, fetch", run: () => send(() => array) },
    { name: "JSON.stringify of the list, fetch", run: () => send(() => [...list]) },
    { name: "uber-vouchers: distribute of one code", run: () => client.distribute("p", one) },
    { name: "JSON.stringify alone", run: () => JSON.stringify({ codes: array }) },
  ];
  await refuseDifferent(
    calls.slice(0, 3).map(({ name, run }) => ({
      name,
      run: async () => {
        await run();
        return body;
      },
    })),
  );
  const measured = await race(calls, { rounds: 31 });
  const [whole, , , fixed, stringify] = measured.map(({ median }) => median);
  // What a call costs that has next to no body is taken off: the rest is the body.
  const ours = (whole ?? NaN) - (fixed ?? NaN);
  const share = ours / (stringify ?? NaN);
  tables.push(
    timesTable(`A call with ${length.toLocaleString("en")} codes`, measured),
    timesTable(
      `Of it the body`,
      [
        summary("uber-vouchers: the call, less that of one code", [ours]),
        summary("JSON.stringify", [stringify ?? NaN]),
      ],
      { gc: false },
    ),
  );
  targets.push({
    what: `time of JSON.stringify, ${length.toLocaleString("en")} codes`,
    target: "below 1",
    found: ratio(share),
    met: share < 1,
  });
}
tell("body", {
  method:
    "One process; a `fetch` in memory that answers at once. Ours starts from a list, sixteen bytes a code; JSON.stringify from strings that are there. The body alone is the difference between the calls with all codes and with one.",
  peers: [],
  tables,
  targets,
});
