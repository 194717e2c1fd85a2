import { jobBench } from "./job-bench.mjs";

/**
 * Journals of jobs in every host: jobs that are resumed, and journals that fail, disappear or
 * belong to another job.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers")} uberVouchers
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 * @param {typeof import("uber-vouchers/journal")} journalModule
 * @param {any} vector
 */
export async function jobJournalSuite(
  test,
  assert,
  uberVouchers,
  sandboxModule,
  journalModule,
  vector,
) {
  const { createClient, JobError } = uberVouchers;
  const { memoryJournal } = journalModule;
  const { bench, check } = jobBench(assert, uberVouchers, sandboxModule);

  test("a program's id in upper case is the same program", async () => {
    const { client, programId, codes } = await bench({}, 2);
    const journal = memoryJournal();
    const job = await client.createJob(programId, codes, { journal });
    await job.run();
    const status = /** @type {const} */ ("distributed");
    const outcomes = [{ code: codes[0] ?? "", status, reason: null }];
    assert.equal(await job.applyWebhook({ programId: programId.toUpperCase(), outcomes }), 1);
    await job.close();
    const again = await client.createJob(programId.toUpperCase(), codes, { journal });
    assert.equal(again.id, job.id);
  });

  test("running a program again resumes its job", async () => {
    const { client, programId, codes, sent } = await bench({}, 200);
    const journal = memoryJournal();
    const options = { batchSize: 10, journal };
    const first = await client.createJob(programId, codes, options);
    const pause = new AbortController();
    first.subscribe(() => first.progress().queued >= 100 && pause.abort());
    await first.run({ signal: pause.signal });
    await first.applyWebhook({ programId, outcomes: [] });
    const second = await client.createJob(programId, codes, options);
    assert.equal([second.id, second.progress().queued], [first.id, first.progress().queued]);
    await assert.rejects(first.run(), { code: "job_closed" });
    await second.run();
    assert.ok(sent().every((times) => times === 1));
    await second.close();
    await assert.rejects(second.run(), { code: "job_closed" });
    assert.equal(check(second).queued, 200);
    const other = { code: "journal_mismatch", queued: "no" };
    await assert.rejects(client.createJob(programId, codes.slice(1), options), other);
    await assert.rejects(client.createJob("another", codes, options), other);
    await assert.rejects(client.resumeJob(memoryJournal()), other);
    const bytes = journal.bytes();
    const newer = memoryJournal(bytes.with(3, 2));
    const error = await assert.rejects(client.resumeJob(newer), other);
    assert.ok(/version 2/.test(error.message));
    const damaged = memoryJournal(bytes.with(400, (bytes[400] ?? 0) ^ 1));
    const corrupt = await assert.rejects(client.resumeJob(damaged), { code: "journal_corrupt" });
    assert.ok(/byte \d+/.test(corrupt.message));
    assert.equal(damaged.bytes().length, bytes.length, "it is not changed");
  });

  test("a batch under way is unknown, and a torn record is dropped", async () => {
    /** @type {(() => void)[]} */
    const hanging = [];
    const { client, programId, codes } = await bench(
      {},
      100,
      (fetch) => (/** @type {any} */ url, /** @type {any} */ init) => {
        if (!String(url).includes("/distribute") || hanging.length === 3) return fetch(url, init);
        const response = fetch(url, init);
        return hanging.push(() => {}) === 1 ? response : new Promise(() => {});
      },
    );
    const journal = memoryJournal();
    const job = await client.createJob(programId, codes, {
      batchSize: 10,
      journal,
      timeoutMs: Infinity,
    });
    const running = job.run();
    running.catch(() => {});
    while (hanging.length < 3) await new Promise((resolve) => setTimeout(resolve, 0));
    const torn = new Uint8Array([...journal.bytes(), 9, 0, 0, 0, 246, 255, 255]);
    const copy = memoryJournal(torn);
    const resumed = await client.resumeJob(copy);
    assert.equal(check(resumed).unknown, 20);
    assert.equal([...copy.bytes().subarray(0, torn.length - 7)], [...torn.subarray(0, -7)]);
    const report = await resumed.run();
    assert.equal([report.queued, report.unknown], [80, 20]);
    const restored = await client.resumeJob(memoryJournal(journal.bytes()), { restored: true });
    assert.equal([check(restored).unknown, restored.progress().queued], [90, 10]);
    await assert.rejects(job.run(), { code: "job_busy" });
    await assert.rejects(client.resumeJob(journal), { code: "job_busy" });
  });

  test("a journal that fails stops the job, which then resumes", async () => {
    const { client, programId, codes, sent } = await bench({}, 100);
    for (const durable of [false, true]) {
      const journal = memoryJournal();
      let left = 8;
      const failing = {
        ...journal,
        async append(/** @type {Uint8Array} */ record) {
          if (left-- > 0 || durable) await journal.append(record);
          if (left < 0) throw new Error("The disk is full");
        },
      };
      const before = sent().reduce((sum, times) => sum + times, 0);
      const job = await client.createJob(programId, codes, { batchSize: 10, journal: failing });
      const error = await assert.rejects(job.run(), { code: "journal_failed" });
      assert.ok(error instanceof JobError && String(error.cause).endsWith("The disk is full"));
      assert.equal(check(job).sending, 0);
      await assert.rejects(job.run(), { code: "journal_failed" });
      await assert.rejects(job.applyWebhook({ programId, outcomes: [] }), {
        code: "journal_failed",
      });
      left = Infinity;
      const resumed = await client.resumeJob(failing);
      await resumed.run();
      const unknown = check(resumed).unknown;
      assert.ok(unknown <= 30);
      const delivered = sent().reduce((sum, times) => sum + times, 0) - before;
      assert.ok(delivered >= 100 - unknown && delivered <= 100);
    }
  });

  test("a journal round-trips byte for byte", async () => {
    const { organizationId, baseUrl, pausing } = vector;
    for (const { appends, expect } of [vector, pausing]) {
      const hex = appends.join("");
      const bytes = Uint8Array.from(hex.match(/../g), (/** @type {string} */ byte) =>
        parseInt(byte, 16),
      );
      const client = createClient({ organizationId, baseUrl, auth: "none" });
      const journal = {
        ...memoryJournal(bytes),
        async *read() {
          for (let at = 0; at < bytes.length; at += 3) yield bytes.slice(at, at + 3);
        },
      };
      const job = await client.resumeJob(journal);
      assert.equal(
        { programId: job.programId, results: [...job.results()] },
        {
          programId: expect.programId,
          results: expect.results,
        },
      );
      const elsewhere = createClient({
        organizationId,
        baseUrl: "https://example.com",
        auth: "none",
      });
      const members = { code: "journal_mismatch" };
      await assert.rejects(elsewhere.resumeJob(memoryJournal(bytes)), members);
    }
  });

  test("a slow journal slows sending: one append at a time, without a backlog", async () => {
    const { client, sandbox, programId, codes } = await bench({ latencyMs: 1 }, 400);
    const journal = memoryJournal();
    let [appending, most, appends, largest] = [0, 0, 0, 0];
    const slow = {
      ...journal,
      async append(/** @type {Uint8Array} */ record) {
        most = Math.max(most, ++appending);
        appends += 1;
        if (appends > 3) largest = Math.max(largest, record.length);
        await sandbox.clock.sleep(500);
        await journal.append(record);
        appending -= 1;
      },
    };
    const started = sandbox.clock.now();
    const options = { batchSize: 10, concurrency: 4, requestsPerSecond: Infinity, journal: slow };
    const job = await client.createJob(programId, codes, options);
    await job.run();
    assert.equal(most, 1);
    // Up to four are saved together, and no more.
    assert.ok(appends >= 10 && appends <= 45, `${appends} appends`);
    assert.ok(largest < 500, `${largest} bytes in one append`);
    assert.ok(sandbox.clock.now() - started >= 500 * 10);
  });

  /** A storage that can be emptied from outside, and journals in it. @param {string} name */
  function index(name) {
    let bytes = new Uint8Array();
    let isGone = false;
    return {
      get length() {
        return bytes.length;
      },
      copy: () => bytes.slice(),
      /** @param {Uint8Array<ArrayBuffer>} other */
      replace(other, fails = true) {
        bytes = other;
        isGone = fails;
      },
      open: () => ({
        key: `place:${name}`,
        async append(/** @type {Uint8Array} */ record) {
          if (isGone) throw new Error("It is not what it was");
          bytes = new Uint8Array([...bytes, ...record]);
        },
        async *read() {
          yield bytes.slice();
        },
        async truncate(/** @type {number} */ length) {
          bytes = bytes.slice(0, length);
        },
      }),
    };
  }

  test("a job stops when its journal disappears, and sends nothing again", async () => {
    /** @type {[string, (bytes: Uint8Array<ArrayBuffer>, created: number) => Uint8Array<ArrayBuffer>][]} */
    const ways = [
      ["deleted", () => new Uint8Array()],
      ["cut in the middle of the list", (bytes) => bytes.slice(0, 100)],
      ["an older copy", (bytes, created) => bytes.slice(0, created)],
      ["cut by its last byte", (bytes) => bytes.slice(0, -1)],
      [
        "its end zeroed",
        (bytes, created) =>
          new Uint8Array(bytes.length)
            .fill(0)
            .map((_, at) => (at < created ? (bytes[at] ?? 0) : 0)),
      ],
    ];
    for (const [way, cut] of ways) {
      const { client, programId, codes, sent } = await bench({}, 100);
      const total = () => sent().reduce((sum, times) => sum + times, 0);
      const there = index(`vanishes: ${way}`);
      const options = () => ({ batchSize: 10, journal: there.open() });
      const job = await client.createJob(programId, codes, options());
      const created = there.length;
      let whole = there.copy();
      job.subscribe(() => {
        if (job.progress().queued < 50 || there.length < created + 1) return;
        if (whole.length === created) {
          whole = there.copy();
          there.replace(cut(whole, created));
        }
      });
      const lost = { name: "JobError", code: "journal_lost", queued: "unknown" };
      const error = await assert.rejects(job.run(), lost, way);
      assert.ok(/results/.test(error.hint) && /not send/.test(error.hint), error.hint);
      assert.equal(String(error.cause), "Error: It is not what it was");
      const before = total();
      await assert.rejects(job.run(), lost, "it keeps refusing");
      await assert.rejects(client.createJob(programId, codes, options()), lost, way);
      await assert.rejects(client.resumeJob(there.open()), lost, way);
      assert.equal(check(job).total, 100, "what is known can still be read");
      assert.equal(total(), before);
      // The journal is restored.
      there.replace(whole, false);
      const again = await client.createJob(programId, codes, options());
      await again.run();
      const unknown = check(again).unknown;
      assert.ok(unknown <= 20 && sent().every((times) => times <= 1), way);
      await again.close();
      // Or an older copy is restored with `restored: true`.
      there.replace(whole.slice(0, created), false);
      await assert.rejects(client.resumeJob(there.open()), lost, way);
      const restored = await client.resumeJob(there.open(), { restored: true });
      assert.equal(check(restored).unknown, 100);
      await restored.close();
      assert.equal((await client.createJob(programId, codes, options())).progress().unknown, 100);
      assert.ok(
        sent().every((times) => times <= 1),
        way,
      );
    }
  });

  test("a journal that disappeared after its job does not count as new", async () => {
    const { client, programId, codes, sent } = await bench({}, 20);
    const there = index("gone");
    const job = await client.createJob(programId, codes, { journal: there.open() });
    await job.run();
    await job.close();
    there.replace(new Uint8Array(), false);
    const lost = { code: "journal_lost" };
    await assert.rejects(client.createJob(programId, codes, { journal: there.open() }), lost);
    const { length } = there;
    assert.equal(length, 0, "nothing was written");
    assert.ok(sent().every((times) => times === 1));
    // A memory journal that its owner empties is empty.
    const journal = memoryJournal();
    await (await client.createJob(programId, codes, { journal })).close();
    await journal.truncate(0);
    await (await client.createJob(programId, codes, { journal })).close();
  });

  test("zeros at the end of a journal are a torn record", async () => {
    const { organizationId, baseUrl, appends, expect } = vector;
    const hex = appends.join("");
    const bytes = Uint8Array.from(hex.match(/../g), (/** @type {string} */ byte) =>
      parseInt(byte, 16),
    );
    const client = createClient({ organizationId, baseUrl, auth: "none" });
    for (const zeros of [1, 7, 8, 9, 4_096, 300_000]) {
      const journal = memoryJournal(new Uint8Array([...bytes, ...new Uint8Array(zeros)]));
      const job = await client.resumeJob(journal);
      assert.equal([...job.results()], expect.results, `${zeros}`);
      await job.close();
      const all = journal.bytes();
      assert.equal([...all.subarray(0, bytes.length)], [...bytes]);
      assert.ok(all.length < bytes.length + 30, "they are cut off");
      const damaged = memoryJournal(new Uint8Array([...bytes, ...new Uint8Array(zeros), 1]));
      const corrupt = { code: "journal_corrupt", queued: "unknown" };
      if (zeros > 7) await assert.rejects(client.resumeJob(damaged), corrupt);
      const restored = memoryJournal(new Uint8Array([...bytes, ...new Uint8Array(zeros)]));
      await client.resumeJob(restored, { restored: true });
    }
  });

  test("values that do not fit into a journal are refused, and so is an invalid rate", async () => {
    const { programId, codes, client } = await bench({}, 10);
    const journal = memoryJournal();
    const baseUrl = `https://example.com/${"x".repeat(70_000)}`;
    const far = createClient({ organizationId: "org", auth: "none", baseUrl });
    const invalid = { code: "invalid_options", queued: "no" };
    const error = await assert.rejects(far.createJob(programId, codes, { journal }), invalid);
    assert.ok(error.message.includes("base URL"), error.message);
    for (const requestsPerSecond of [0, -1, NaN, -Infinity, Number.MIN_VALUE]) {
      const options = { journal, requestsPerSecond };
      await assert.rejects(client.createJob(programId, codes, options), invalid);
    }
    assert.equal(journal.bytes().length, 0);
  });

  test("a program is the same in either case", async () => {
    const { client, programId, codes } = await bench({}, 10);
    const journal = memoryJournal();
    const job = await client.createJob(programId, codes, { journal });
    await job.run();
    /** @param {string | undefined} code */
    const distributed = (code) => [
      { code: code ?? "", status: /** @type {const} */ ("distributed"), reason: null },
    ];
    const event = { programId: programId.toUpperCase(), outcomes: distributed(codes[0]) };
    assert.equal(await job.applyWebhook(event), 1);
    const other = programId.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
    assert.equal(await job.applyWebhook({ programId: other, outcomes: distributed(codes[1]) }), 0);
    /** @type {any} */
    const unnamed = { outcomes: distributed(codes[2]) };
    assert.equal(await job.applyWebhook(unnamed), 0);
    const again = await client.createJob(programId.toUpperCase(), codes, { journal });
    assert.equal([again.id, again.programId], [job.id, programId]);
  });

  test("a missing journal is reported, and its hint does not ask for an empty one", async () => {
    const { client } = await bench({}, 1);
    const missing = { code: "journal_mismatch", queued: "no" };
    const error = await assert.rejects(client.resumeJob(memoryJournal()), missing);
    assert.ok(/does not exist/.test(error.message) && !/empty one/.test(error.hint), error.hint);
  });
}
