import { assert, runTests } from "../package/harness.mjs";

/**
 * What a user does with the package, in every place where users run it, with a sandbox
 * over HTTP. The place imports the package itself.
 *
 * @param {import("../package/harness.mjs").Test} test
 * @param {typeof import("uber-vouchers")} uberVouchers
 * @param {typeof import("uber-vouchers/journal")} journal
 * @param {string} base the address of the sandbox
 * @param {Record<string, unknown>} [more] options of the client that this place needs
 */
export function suite(test, uberVouchers, { memoryJournal }, base, more = {}) {
  const { WebhookError, VoucherError, createClient, parseCodes, verifyWebhook } = uberVouchers;
  const signingKey = "sandbox-signing-key";
  const client = createClient({
    organizationId: "0f8e1c1e-5a7d-4d0a-9b0e-6f1d2c3b4a59",
    auth: {
      clientId: "sandbox-client",
      clientSecret: "sandbox-secret",
      tokenUrl: `${base}/oauth/v2/token`,
    },
    baseUrl: base,
    // It is not a secret: the sandbox prints it.
    dangerouslyAllowBrowser: true,
    ...more,
  });

  /** @param {string} path @param {unknown} [body] */
  async function sandbox(path, body) {
    const init = { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${base}/_sandbox/${path}`, body === undefined ? {} : init);
    return answer.json();
  }

  /** @param {number} codes @returns {Promise<{ programId: string, codes: string[] }>} */
  const program = (codes) => sandbox("programs", { codes });

  /** @param {string} programId @param {string[]} codes */
  async function wereSentOnce(programId, codes) {
    const expected = Object.fromEntries(codes.map((code) => [code, 1]));
    assert.equal(await sandbox(`deliveries/${programId}`), expected);
  }

  test("parseCodes", async () => {
    // Only a client can be passed a module; where the package finds its own, this is not called.
    if ("module" in more) await client.ready();
    const code = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";
    const text = `code_id,note\n${code},é\n${code.toUpperCase()},twice\nRIDE-2,\n`;
    const bytes = new TextEncoder().encode(text);
    for (const input of [text, bytes, new Blob([bytes])]) {
      const list = await parseCodes(input);
      assert.equal([[...list], list.duplicates, list.rejectedCount], [[code], 1, 1]);
      assert.equal(list.rejected[0]?.reason, "not_a_uuid");
    }
  });

  test("distribute", async () => {
    const { programId, codes } = await program(40);
    const receipt = await client.distribute(programId, new Blob([codes.join("\r\n")]));
    assert.equal([receipt.codes, receipt.attempts, receipt.status], [40, 1, 200]);
    await wereSentOnce(programId, codes);
  });

  test("distribute refuses", async () => {
    const members = { name: "ValidationError", code: "invalid_codes", queued: "no" };
    const error = await assert.rejects(client.distribute("p", ["RIDE-2"]), members);
    assert.ok(error instanceof VoucherError && error instanceof Error);
  });

  test("a job, and the webhooks that settle it", async () => {
    const { programId, codes } = await program(100);
    const options = { journal: memoryJournal(), batchSize: 30 };
    const job = await client.createJob(programId, codes, options);
    const report = await job.run();
    assert.equal([report.queued, report.requests, report.finished], [100, 4, true]);
    await wereSentOnce(programId, codes);

    await sandbox("advance", { ms: 86_400_000 });
    for (const webhook of await sandbox("webhooks")) {
      const event = await verifyWebhook(webhook, { signingKey: ["an older one", signingKey] });
      await job.applyWebhook(event);
      const forged = verifyWebhook(webhook, { signingKey: "another" });
      const error = await assert.rejects(forged, { code: "signature_mismatch" });
      assert.ok(error instanceof WebhookError);
    }
    const results = [...job.results()];
    assert.equal(results.map(({ code }) => code).sort(), [...codes].sort());
    assert.ok(results.every(({ state, by }) => /^(distributed|failed)$/.test(state) && by));
    let size = 0;
    for await (const { length } of /** @type {AsyncIterable<Uint8Array>} */ (job.resultsCsv())) {
      size += length;
    }
    assert.ok(size > 100 * 36);
    await job.close();
    const resumed = await client.resumeJob(options.journal);
    const { distributed, failed, total } = resumed.progress();
    assert.equal([distributed + failed, total], [100, 100]);
  });

  test("a webhook as a Request", async () => {
    const webhooks = await sandbox("webhooks");
    for (const { body, headers } of webhooks.slice(0, 3)) {
      const request = new Request("https://app.example/", { method: "POST", body, headers });
      const event = await verifyWebhook(request, { signingKey });
      assert.equal(event.environment, "sandbox");
    }
    assert.ok(webhooks.length > 0);
  });
}

/**
 * Runs the suite without a test framework.
 * @param {typeof import("uber-vouchers")} uberVouchers
 * @param {typeof import("uber-vouchers/journal")} journal
 * @param {string} base
 * @param {Record<string, unknown>} [more]
 */
export async function runSuite(uberVouchers, journal, base, more) {
  /** @type {{ name: string, error: string | undefined }[]} */
  const results = [];
  await runTests(
    (test) => suite(test, uberVouchers, journal, base, more),
    (result) => results.push(result),
  );
  return results;
}
