/** Where codes, headers and webhooks come from: inputs of every kind, and hosts that are tampered with. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { uberVouchers } from "./installed.mjs";

/** Nothing here is typed: wrong types are the point. @type {any} */
const { createClient, parseCodes, parseCodesByProgram } = uberVouchers;

const CODE = "0f8b3f5e-7a3b-4b8e-9f1d-2c6a5e4d3b2a";

/** Counts how often the host is asked for chance, and what it gave. @param {() => Promise<unknown>} work */
async function seedsDrawn(work) {
  const { getRandomValues } = crypto;
  /** @type {bigint[]} */
  const seeds = [];
  crypto.getRandomValues = (/** @type {any} */ array) => {
    getRandomValues.call(crypto, array);
    if (array instanceof BigUint64Array) seeds.push(/** @type {bigint} */ (array[0]));
    return array;
  };
  try {
    await work();
  } finally {
    crypto.getRandomValues = getRandomValues;
  }
  return seeds;
}

test("every list and job has a hash of its own, so that nobody can choose codes that collide", async () => {
  const client = createClient({ organizationId: "o", auth: { accessToken: "t" } });
  const seeds = await seedsDrawn(async () => {
    await parseCodes(CODE);
    await parseCodes([CODE]);
    await parseCodesByProgram(`program_id,code_id\np,${CODE}`);
    // One for the list, one for the job.
    await (await client.createJob("p", [CODE])).close();
  });
  assert.equal(seeds.length, 5);
  assert.equal(new Set(seeds).size, 5);
});

test("a list is read all the same where the host has no chance, as in the global scope of workerd", async () => {
  const { getRandomValues } = crypto;
  crypto.getRandomValues = () => {
    throw new Error("Disallowed operation called within global scope");
  };
  try {
    assert.equal((await parseCodes(CODE)).size, 1);
  } finally {
    crypto.getRandomValues = getRandomValues;
  }
});
