/** Rules that both languages have, because the worker and the options need them without the wasm. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient } from "uber-vouchers";

import { canonicalId } from "../build/js/codes/canonical-id.js";
import { isLoopback } from "../build/js/environment.js";
import { isProgramId } from "../build/js/worker/http/routing.js";

const ORGANIZATION = "5f1a3b52-0c7e-4a52-8f3e-2f6f9f1f7a10";
const CODE = "0c6f2d4e-58f0-4c5b-9a1d-3f2b7c8d9e0f";
const options = { organizationId: ORGANIZATION, auth: /** @type {const} */ ("none") };

/** The code of an error, or undefined if the call succeeds. @param {() => Promise<unknown>} call */
const codeOf = (call) =>
  call().then(
    () => undefined,
    (/** @type {any} */ error) => error.code,
  );

test("the worker accepts no program id that the core refuses", async () => {
  const client = createClient({
    ...options,
    baseUrl: "https://uber.example",
    maxRetries: 0,
    fetch: () => Promise.reject(new TypeError("Not connected")),
  });
  const accepts = async (/** @type {string} */ id) =>
    (await codeOf(() => client.getProgram(id))) !== "invalid_program_id";
  assert.ok(await accepts("program"));
  let refused = 0;
  /** @param {number} from @param {number} to */
  const compare = async (from, to) => {
    for (let number = from; number <= to; number += 1) {
      const character = String.fromCodePoint(number);
      for (const id of [`a${character}b`, `${character}a`, `a${character}`]) {
        if (!isProgramId(id)) continue;
        const isAccepted = await accepts(id);
        if (!isAccepted) refused += 1;
        assert.ok(isAccepted, `U+${number.toString(16)} in ${JSON.stringify(id)}`);
      }
    }
  };
  await compare(0, 0x3200);
  await compare(0xd7b0, 0xd7ff);
  await compare(0xf900, 0xffff);
  for (const id of ["", ".", "..", "...", "x".repeat(257), "a\ud800"]) {
    assert.ok(!isProgramId(id) || (await accepts(id)), JSON.stringify(id));
  }
  assert.equal(refused, 0);
});

test("both languages agree on which ids are the same", async () => {
  const id = "11111111-2222-4333-8444-abcdefabcdef";
  const client = createClient({
    ...options,
    baseUrl: "https://uber.example",
    fetch: () =>
      Promise.resolve(new Response("{}", { headers: { "Content-Type": "application/json" } })),
  });
  /** Whether the core takes an event of this program as one of the job's. @param {string} programId */
  const isSame = async (programId) => {
    const outcomes = [{ code: CODE, status: /** @type {const} */ ("distributed"), reason: null }];
    const job = await client.createJob(id, [CODE]);
    await job.run();
    return (await job.applyWebhook({ programId, outcomes })) > 0;
  };
  for (const other of [
    id,
    id.toUpperCase(),
    `{${id}}`,
    id.replaceAll("-", ""),
    `urn:uuid:${id}`,
    `URN:UUID:${id.toUpperCase()}`,
    `urn:uuid:{${id}}`,
    `urn:uuid:urn:uuid:${id}`,
    `${id}0`,
    id.slice(1),
    ` ${id}`,
    "program",
  ]) {
    assert.equal(canonicalId(other) === canonicalId(id), await isSame(other), other);
  }
});

test("the core accepts http to every address that the options take for this machine", async () => {
  const fetch = () => Promise.resolve(new Response("{}"));
  for (const host of [
    "localhost",
    "console.localhost",
    "LOCALHOST",
    "127.0.0.1",
    "127.1",
    "127.255.255.255",
    "0x7f.1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "localhost.",
    ".localhost",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "128.0.0.1",
  ]) {
    for (const rest of ["", ":8787", "/path/"]) {
      const baseUrl = `http://${host}${rest}`;
      if (!URL.canParse(baseUrl)) continue;
      const isTaken = isLoopback(new URL(baseUrl));
      const client = () => createClient({ ...options, baseUrl, fetch });
      const code = await codeOf(async () => client().getProgram("program", { maxRetries: 0 }));
      assert.equal(code !== "invalid_options", isTaken, `${baseUrl}: ${code}`);
    }
  }
});
