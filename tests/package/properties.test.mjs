/**
 * Properties that hold for any input, compared with plain reference implementations.
 *
 * `RUNS=10000 node --test tests/package/properties.test.mjs` searches longer;
 * a failure prints the seed that repeats it, for `SEED`.
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import fc from "fast-check";

import { journals, sandboxModule, uberVouchers } from "./installed.mjs";

const { createClient, parseCodes, verifyWebhook } = uberVouchers;
const { createSandbox } = sandboxModule;
const { memoryJournal } = journals;

const RUNS = Number(process.env["RUNS"] ?? 300);
const SEED = process.env["SEED"];
const settings = { numRuns: RUNS, ...(SEED !== undefined && { seed: Number(SEED) }) };
const CODE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const NIL = "00000000-0000-0000-0000-000000000000";

/** Only a few codes, so that some occur twice. */
const code = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.boolean()).map(([number, isUpper]) => {
  const text = `1f913a96-f52c-42a0-aa0b-${number.toString(16).padStart(12, "0")}`;
  return isUpper ? text.toUpperCase() : text;
});
const blank = fc.constantFrom("", " ", "\t", "  ");
const other = fc.oneof(
  fc.constantFrom(NIL, "SUMMER26", "1f913a96f52c42a0aa0b000000000001", "—"),
  // Neither a delimiter nor a quote: a line of one cell.
  fc.string({ minLength: 1, maxLength: 40 }).filter((text) => !/[\s,;"\p{Cc}]/u.test(text)),
);
const line = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(blank, code, blank).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: other },
  { weight: 1, arbitrary: blank },
);
const ending = fc.constantFrom("\n", "\r\n");

/** Reads one code per line, as a person would. @param {readonly string[]} lines */
function naive(lines) {
  /** @type {Set<string>} */
  const found = new Set();
  /** @type {number[]} */
  const rejected = [];
  let duplicates = 0;
  lines.forEach((text, index) => {
    const cell = text.trim();
    if (cell === "") return;
    if (!CODE.test(cell) || cell === NIL) rejected.push(index + 1);
    else if (found.has(cell.toLowerCase())) duplicates += 1;
    else found.add(cell.toLowerCase());
  });
  return { codes: [...found], duplicates, rejected };
}

/** The bytes in chunks that end at these fractions of their length. @param {Uint8Array} bytes @param {readonly number[]} cuts */
async function* cut(bytes, cuts) {
  const indices = cuts.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b);
  let from = 0;
  for (const to of [...indices, bytes.length]) {
    yield bytes.subarray(from, to);
    from = to;
  }
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

test("lines are read as a person reads them, in any chunks", async () => {
  await fc.assert(
    fc.asyncProperty(
      // The first line is a code, so that it can't be a header.
      fc.tuple(code, fc.array(line, { maxLength: 60 })).map(([first, rest]) => [first, ...rest]),
      ending,
      cuts,
      async (lines, end, indices) => {
        const bytes = new TextEncoder().encode(lines.join(end));
        const list = await parseCodes(cut(bytes, indices));
        const expected = naive(lines);
        assert.deepEqual([...list], expected.codes);
        assert.equal(list.duplicates, expected.duplicates);
        assert.deepEqual(
          list.rejected.map((entry) => entry.line),
          expected.rejected,
        );
      },
    ),
    settings,
  );
});

test("a column of a CSV is read with quotes, delimiters and other columns", async () => {
  const cell = fc.oneof(
    fc.string({ maxLength: 12 }).filter((text) => !/[\p{Cc}]/u.test(text)),
    fc.constantFrom('He said "now"', "a,b;c", "", "two\nlines"),
  );
  const quoted = (/** @type {string} */ text) => `"${text.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, code, cell), { minLength: 1, maxLength: 30 }),
      fc.constantFrom(",", ";", "\t"),
      ending,
      cuts,
      async (rows, delimiter, end, indices) => {
        const text = [
          ["guest", "code_id", "note"].join(delimiter),
          ...rows.map(([guest, id, note]) => [quoted(guest), id, quoted(note)].join(delimiter)),
        ].join(end);
        const list = await parseCodes(cut(new TextEncoder().encode(text), indices));
        const expected = naive(rows.map(([, id]) => id));
        assert.deepEqual([...list], expected.codes);
        assert.deepEqual([list.duplicates, list.rejectedCount], [expected.duplicates, 0]);
      },
    ),
    settings,
  );
});

test("a signature is as Node.js computes it, and no other one passes", async () => {
  const key = fc.string({ minLength: 1, maxLength: 80 }).filter((text) => text.trim() !== "");
  await fc.assert(
    fc.asyncProperty(
      key,
      fc.json(),
      fc.nat(),
      fc.boolean(),
      async (signingKey, body, at, upper) => {
        const signed = createHmac("sha256", signingKey).update(body).digest("hex");
        const signature = upper ? signed.toUpperCase() : signed;
        const event = await verifyWebhook({ body, signature }, { signingKey }).catch(
          (/** @type {any} */ error) => error,
        );
        // A value that is not an object is correctly signed, but not an event.
        if (event instanceof Error) assert.equal(/** @type {any} */ (event).code, "malformed_body");
        else assert.deepEqual(event.raw, JSON.parse(body));
        const index = at % signed.length;
        const digit = signed[index] === "0" ? "1" : "0";
        const forged = signed.slice(0, index) + digit + signed.slice(index + 1);
        await assert.rejects(verifyWebhook({ body, signature: forged }, { signingKey }), {
          code: "signature_mismatch",
        });
      },
    ),
    settings,
  );
});

test("whatever the responses, no code is sent twice, and no state is better than its evidence", async () => {
  const faults = fc.record({
    rate_limited: fc.constantFrom(0, 0.3),
    bad_request: fc.constantFrom(0, 0.3),
    error_before: fc.constantFrom(0, 0.3),
    error_after: fc.constantFrom(0, 0.3),
    error_partial: fc.constantFrom(0, 0.3),
    lost_before: fc.constantFrom(0, 0.3),
    lost_after: fc.constantFrom(0, 0.3),
    hang: fc.constantFrom(0, 0.1),
    html_ok: fc.constantFrom(0, 0.2),
    webhook_lost: fc.constantFrom(0, 0.5),
    webhook_duplicated: fc.constantFrom(0, 0.5),
    webhook_reordered: fc.constantFrom(0, 0.5),
    webhook_foreign: fc.constantFrom(0, 0.5),
  });
  const shape = fc.record({
    seed: fc.nat(),
    codes: fc.integer({ min: 1, max: 60 }),
    batchSize: fc.integer({ min: 1, max: 20 }),
    concurrency: fc.integer({ min: 1, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(faults, shape, async (chances, { seed, codes: count, ...options }) => {
      const forms = /** @type {const} */ (["batch", "code", "failures", "opaque"]);
      const sandbox = await createSandbox({
        seed,
        faults: chances,
        failureRate: 0.2,
        useRate: 0.5,
        eventForm: forms[seed % 4] ?? "batch",
      });
      const { programId, codes } = sandbox.createProgram({ codes: count });
      const client = createClient({
        organizationId: "organization",
        auth: { clientId: "client", clientSecret: "secret" },
        fetch: sandbox.fetch,
        clock: sandbox.clock,
      });
      const journal = memoryJournal();
      const job = await client.createJob(programId, codes, { ...options, journal });
      await job.run().catch((/** @type {any} */ error) => {
        assert.ok(typeof error.code === "string", error);
      });
      sandbox.advance(3_600_000);
      await sandbox.deliverWebhooks(async (request) => {
        const event = await verifyWebhook(request, { signingKey: "sandbox-signing-key" });
        await job.applyWebhook(event);
        return { status: 200 };
      });
      const truth = sandbox.deliveries(programId);
      await job.reconcile().catch((/** @type {any} */ error) => {
        assert.ok(error.queued === "no", error);
      });
      const uses = sandbox.uses(programId);
      const {
        total,
        requests,
        retries,
        startedAt,
        etaMs,
        waitingUntil,
        usedBefore,
        pausedAfter,
        ...states
      } = job.progress();
      assert.equal(usedBefore, 0, "codes that were never sent are unused");
      assert.equal(pausedAfter, false);
      assert.equal(
        Object.values(states).reduce((all, number) => all + number, 0),
        total,
        `${requests} ${retries} ${startedAt} ${etaMs} ${waitingUntil}`,
      );
      for (const { code: id, state, by } of job.results()) {
        if (by === "usage") assert.ok(state === "distributed" && uses.has(id), id);
        const times = truth.get(id) ?? 0;
        assert.ok(times <= 1, `${id} was sent ${times} times`);
        if (state === "pending" || state === "rejected") assert.equal(times, 0, state);
        if (["queued", "distributed", "failed"].includes(state)) assert.equal(times, 1, state);
      }
      // The journal leads to the same states.
      const again = await client.resumeJob(memoryJournal(journal.bytes()));
      assert.deepEqual([...again.results()], [...job.results()]);
      await Promise.all([job.close(), again.close()]);
      await sandbox.close();
    }),
    { ...settings, numRuns: Math.ceil(RUNS / 3) },
  );
});
