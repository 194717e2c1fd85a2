import { callsSuite } from "./calls-suite.mjs";

/**
 * Tests of `uber-vouchers/distribute` in every host: it does what the whole client's calls do,
 * and both entries accept each other's errors and lists.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers/distribute")} small
 * @param {typeof import("uber-vouchers")} whole
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 * @param {any} vectors
 */
export async function distributeSuite(test, assert, small, whole, sandboxModule, vectors) {
  /** @type {import("./harness.mjs").Test} */
  const named = (name, run) => test(`distribute door: ${name}`, run);
  await callsSuite(named, assert, small, sandboxModule, vectors);

  async function bench() {
    const sandbox = await sandboxModule.createSandbox({ seed: 5, organizationId: "org" });
    const { programId, codes } = sandbox.createProgram({ codes: 20 });
    const options = {
      organizationId: "org",
      auth: { clientId: "app", clientSecret: "secret" },
      fetch: sandbox.fetch,
      clock: sandbox.clock,
      dangerouslyAllowBrowser: true,
    };
    return { programId, codes, options, sent: () => sandbox.deliveries(programId) };
  }

  named("it has the calls of a client but no jobs", async () => {
    const { options } = await bench();
    const calls = Object.keys(small.createClient(options)).sort();
    const all = Object.keys(whole.createClient(options)).sort();
    assert.equal(
      calls,
      all.filter((name) => !["createJob", "resumeJob"].includes(name)),
    );
    assert.equal(all.length, calls.length + 2);
    const names = Object.keys(small).sort();
    assert.ok(names.every((name) => name in whole));
    assert.ok(!names.includes("verifyWebhook") && names.includes("parseCodes"));
  });

  named("errors of one entry are instances of the other's classes", async () => {
    const { options, programId } = await bench();
    const none = "00000000-0000-4000-8000-000000000000";
    for (const [door, other] of /** @type {const} */ ([
      [small, whole],
      [whole, small],
    ])) {
      const client = door.createClient(options);
      const invalid = await assert.rejects(client.distribute(programId, "no code"), {});
      const api = await assert.rejects(client.getProgram(none), {});
      const aborted = client.listCodes(programId, { signal: AbortSignal.abort() });
      const connection = await assert.rejects(aborted, {});
      for (const type of /** @type {const} */ (["ValidationError", "VoucherError"])) {
        assert.ok(invalid instanceof other[type] && invalid instanceof door[type], type);
      }
      assert.ok(api instanceof other.ApiError && !(api instanceof other.ValidationError));
      assert.ok(connection instanceof other.ConnectionError);
      assert.equal(invalid.constructor.name, "ValidationError");
    }
  });

  named("a list of one entry is accepted by the other", async () => {
    const { options, programId, codes, sent } = await bench();
    const text = `${codes.slice(0, 10).join("\n")}\n${codes[0]}\nnothing\n`;
    for (const [door, other] of /** @type {const} */ ([
      [small, whole],
      [whole, small],
    ])) {
      const list = await door.parseCodes(text);
      assert.ok((await other.parseCodes(list)) === list, "It was read again");
      const client = other.createClient(options);
      const refused = client.distribute(programId, list);
      await assert.rejects(refused, { code: "invalid_codes", queued: "no" });
      const receipt = await client.distribute(programId, list.valid());
      assert.equal([receipt.codes, receipt.duplicates], [10, 1]);
    }
    assert.equal(
      [...sent().values()],
      Array.from({ length: 10 }, () => 2),
    );
    const job = await whole
      .createClient(options)
      .createJob(programId, await small.parseCodes(codes));
    await job.run();
    assert.equal(job.progress().queued, 20);
    await job.close();
  });
}
