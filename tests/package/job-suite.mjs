import { jobBench } from "./job-bench.mjs";
import { jobJournalSuite } from "./job-journal-suite.mjs";
import { jobLifecycleSuite } from "./job-lifecycle-suite.mjs";

/**
 * Jobs in every host, against the sandbox.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers")} uberVouchers
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 * @param {typeof import("uber-vouchers/journal")} journalModule
 * @param {any} vector
 */
export async function jobSuite(test, assert, uberVouchers, sandboxModule, journalModule, vector) {
  const { ApiError, JobError, VoucherError } = uberVouchers;
  const { memoryJournal } = journalModule;
  const { SECRET, answering, bench, check, events } = jobBench(assert, uberVouchers, sandboxModule);

  test("a job sends every code once, in batches, and reports it", async () => {
    const { client, programId, codes, sent } = await bench();
    /** @type {any[]} */
    const heard = [];
    const job = await client.createJob(programId, [...codes, codes[0] ?? ""], {
      batchSize: 30,
      onProgress: (progress) => heard.push(progress),
    });
    assert.ok(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(job.id));
    assert.equal(job.programId, programId);
    assert.equal(check(job).pending, 1000);
    assert.ok(
      sent().every((times) => times === 0),
      "nothing is sent before run",
    );
    const report = await job.run();
    assert.equal(
      [report.finished, report.queued, report.duplicates, report.requests, report.retries],
      [true, 1000, 1, 34, 0],
    );
    assert.ok(sent().every((times) => times === 1));
    assert.equal(check(job).queued, 1000);
    assert.ok(heard.length > 10 && heard.at(-1).queued === 1000);
    assert.ok(heard.some(({ etaMs }) => etaMs > 0));
    assert.equal(
      [...job.results()].map(({ code }) => code),
      codes,
    );
    assert.equal([...job.results()][999], {
      code: codes[999],
      state: "queued",
      batch: 33,
      reason: null,
      by: "answer",
    });
  });

  test("a fake code list is checked, so no code is sent twice", async () => {
    const { programId, codes, client, sent } = await bench({}, 40);
    const ids = Symbol.for("uber-vouchers.ids");
    const list = await uberVouchers.parseCodes(codes);
    const once = /** @type {Uint8Array} */ (/** @type {any} */ (list)[ids]);
    const twice = new Uint8Array([...once, ...once]);
    const { duplicates, rejectedCount, rejected } = list;
    /** @type {any} */
    const other = { [ids]: twice, duplicates, rejectedCount, rejected, valid: () => other };
    const job = await client.createJob(programId, other, { batchSize: 7 });
    assert.equal((await job.run()).total, 40);
    check(job);
    assert.equal(sent().length, 40);
    assert.ok(sent().every((times) => times === 1));
    await job.close();
  });

  test("progress is the same object until something changes", async () => {
    const { client, sandbox, programId, codes } = await bench();
    const job = await client.createJob(programId, codes, { batchSize: 100 });
    const before = job.progress();
    sandbox.advance(1000);
    assert.ok(job.progress() === before);
    let told = 0;
    const stop = job.subscribe(() => (told += 1));
    await job.run();
    assert.ok(job.progress() !== before && told > 0);
    const after = [job.progress(), told];
    assert.equal(await job.applyWebhook({ programId: "another", outcomes: [] }), 0);
    assert.ok(job.progress() === after[0]);
    stop();
    await job.applyWebhook(events(sandbox)[0]);
    assert.ok(job.progress() !== after[0]);
    assert.equal(told, after[1], "it was unsubscribed");
  });

  test("a signal pauses a run, and the next run continues", async () => {
    const { client, programId, codes, sent } = await bench();
    const job = await client.createJob(programId, codes, { batchSize: 10, concurrency: 4 });
    const pause = new AbortController();
    job.subscribe(() => job.progress().queued >= 200 && pause.abort());
    const paused = await job.run({ signal: pause.signal });
    assert.equal([paused.finished, paused.sending, paused.unknown], [false, 0, 0]);
    assert.ok(paused.pending > 0 && paused.queued >= 200);
    assert.equal(sent().filter((times) => times > 0).length, paused.queued);
    assert.equal((await job.run({ signal: AbortSignal.abort() })).queued, paused.queued);
    assert.equal((await job.run()).finished, true);
    assert.ok(sent().every((times) => times === 1));
  });

  test("pauseAfter: the first codes are sent, and the next run sends the rest", async () => {
    for (const [pauseAfter, sizes] of /** @type {const} */ ([
      [1, [1, 10, 10, 4]],
      [10, [10, 10, 5]],
      [12, [10, 2, 10, 3]],
      [25, [10, 10, 5]],
      [4_294_967_295, [10, 10, 5]],
    ])) {
      const { client, programId, codes, sandbox, sent } = await bench({}, 25);
      const journal = memoryJournal();
      const options = { batchSize: 10, concurrency: 4, journal, pauseAfter };
      const job = await client.createJob(programId, codes, options);
      const told = job.batches().map((batch) => batch.codes);
      assert.equal(told, [...sizes]);
      assert.equal(job.progress().pausedAfter, false);
      const first = await job.run();
      const pauses = pauseAfter < 25;
      const left = pauses ? pauseAfter : 25;
      assert.equal([first.pausedAfter, first.finished], [pauses, !pauses]);
      assert.equal([first.queued, first.pending], [left, 25 - left]);
      const delivered = new Set(sandbox.deliveries(programId).keys());
      assert.equal(delivered, new Set(codes.slice(0, left)));
      const batches = [...job.results()].map(({ batch }) => batch);
      const expected = sizes.flatMap((size, batch) => Array.from({ length: size }, () => batch));
      assert.equal(batches, expected);
      assert.equal(job.get(codes[24] ?? "")?.batch, sizes.length - 1);
      await job.close();

      const resumed = await client.resumeJob(memoryJournal(journal.bytes()));
      assert.equal(resumed.progress().pausedAfter, pauses);
      const rest = await resumed.run();
      assert.equal([rest.pausedAfter, rest.finished, rest.queued], [false, true, 25]);
      assert.ok(sent().every((times) => times === 1));
      check(resumed);
    }
  });

  test("pauseAfter: a resumed job keeps it, and does not continue without a new run", async () => {
    const faults = { lost_after: 1 };
    const { client, programId, codes, sent, sandbox } = await bench({ faults }, 25);
    const journal = memoryJournal();
    const options = { batchSize: 10, journal, pauseAfter: 1 };
    const job = await client.createJob(programId, codes, options);
    await job.close();
    const resumed = await client.resumeJob(journal);
    const report = await resumed.run();
    assert.equal([report.pausedAfter, report.unknown, report.pending], [true, 1, 24]);
    assert.equal(sent().filter((times) => times > 0).length, 1);
    await resumed.close();
    const other = { ...options, pauseAfter: 2 };
    const mismatch = { code: "journal_mismatch", queued: "no" };
    await assert.rejects(client.createJob(programId, codes, other), mismatch);
    const again = await client.createJob(programId, codes, options);
    assert.equal(again.id, job.id);
    sandbox.configure({ faults: { lost_after: 0 } });
    await again.resolve("all", "resend");
    assert.equal((await again.run()).queued, 25);
    assert.equal(sent(), [2, ...Array.from({ length: 24 }, () => 1)]);
  });

  test("429 and 409 are retried without limit", async () => {
    const results = Array.from({ length: 40 }, (_, at) => (at % 2 ? 429 : 409));
    const { client, programId, codes, sent } = await bench({}, 100, answering(results));
    const job = await client.createJob(programId, codes, { batchSize: 50 });
    const report = await job.run();
    assert.equal([report.finished, report.requests, report.retries], [true, 42, 40]);
    assert.ok(sent().every((times) => times === 1));
    assert.equal(job.batches()[0]?.lastError?.code, "rate_limited");
  });

  test("a missing permission rejects no code", async () => {
    const { client, programId, codes, sent } = await bench({}, 100, answering([200, 403]));
    const job = await client.createJob(programId, codes, { batchSize: 10 });
    const error = await assert.rejects(job.run(), { code: "user_not_allowed", queued: "no" });
    assert.ok(error instanceof ApiError);
    assert.equal([error.status, error.uberCode], [403, "told_by_uber"]);
    const progress = check(job);
    assert.equal([progress.rejected, progress.unknown, progress.sending], [0, 0, 0]);
    assert.equal((await job.run()).finished, true);
    assert.ok(sent().every((times) => times === 1));
  });

  test("a refused request rejects only its own codes", async () => {
    const { client, programId, codes } = await bench({}, 100, answering([200, 400, 422]));
    const job = await client.createJob(programId, codes, { batchSize: 10, concurrency: 1 });
    const report = await job.run();
    assert.equal([report.finished, report.rejected, report.queued], [true, 20, 80]);
    const { lastError, state } = job.batches()[1] ?? {};
    assert.equal(
      [state, lastError?.code, lastError?.queued],
      ["rejected", "invalid_request", "no"],
    );
    check(job);
  });

  test("three responses in a row that prove nothing halt the job", async () => {
    const { client, programId, codes } = await bench({}, 100, answering([500, "lost", 503]));
    const job = await client.createJob(programId, codes, { batchSize: 10 });
    const error = await assert.rejects(job.run(), { code: "halted", queued: "unknown" });
    assert.ok(error instanceof JobError && error.cause instanceof VoucherError);
    assert.equal(check(job).unknown, 30);
    const lost = job.batches()[1]?.lastError;
    assert.equal([lost?.code, lost?.queued], ["connection_failed", "unknown"]);
    assert.ok(lost?.cause instanceof TypeError);
    const report = await job.run();
    assert.equal([report.finished, report.unknown, report.queued], [false, 30, 70]);
  });

  test("the operator decides only about unknown batches", async () => {
    const results = ["lost", 500, 200, "lost"];
    const { client, programId, codes, sent } = await bench(
      {},
      50,
      answering(/** @type {any} */ (results)),
    );
    const job = await client.createJob(programId, codes, { batchSize: 10, concurrency: 1 });
    await job.run();
    await assert.rejects(job.resolve(2, "resend"), { code: "not_unknown", queued: "no" });
    await assert.rejects(job.resolve(99, "queued"), { code: "not_unknown" });
    await assert.rejects(job.resolve(-1, "queued"), { code: "invalid_options" });
    await assert.rejects(job.resolve(0, /** @type {any} */ ("perhaps")), {
      code: "invalid_options",
    });
    await job.resolve(0, "resend");
    await job.resolve(1, "queued");
    await job.resolve("all", "abandon");
    const states = () => job.batches().map(({ state }) => state);
    assert.equal(states(), ["abandoned", "queued", "queued", "abandoned", "queued"]);
    check(job);

    const again = await client.createJob(programId, codes, { batchSize: 25 });
    await again.resolve(1, "abandon");
    assert.equal((await again.run()).abandoned, 25);
    assert.ok(
      sent()
        .slice(25)
        .every((times) => times <= 1),
    );
  });

  test("webhooks in any order, repeated or not, give the same result", async () => {
    const { client, sandbox, programId, codes } = await bench({ failureRate: 0.4 }, 300);
    const journal = memoryJournal();
    const job = await client.createJob(programId, codes, { batchSize: 50, journal });
    await job.run();
    await job.close();
    const all = events(sandbox);
    /** @type {unknown[]} */
    const ends = [];
    for (let round = 0; round < 4; round += 1) {
      const resumed = await client.resumeJob(memoryJournal(journal.bytes()));
      const order = [...all, ...all].sort((a, b) =>
        round === 0 ? 0 : JSON.stringify(a) < JSON.stringify(b) ? -1 : 1,
      );
      if (round > 1) order.reverse();
      let settled = 0;
      for (const event of round === 3 ? order.slice(3).concat(order) : order) {
        settled += await resumed.applyWebhook(event);
      }
      const progress = check(resumed);
      assert.equal([settled, progress.distributed + progress.failed], [300, 300]);
      assert.ok(progress.failed > 50);
      ends.push([...resumed.results()]);
    }
    assert.ok(ends.every((end) => JSON.stringify(end) === JSON.stringify(ends[0])));
  });

  test("an address in a reason is in no result and in no journal", async () => {
    const { client, programId, codes } = await bench({}, 10);
    const journal = memoryJournal();
    const job = await client.createJob(programId, codes, { journal });
    await job.run();
    const reason = "jane@example.com or +1 555 010 0199 is wrong";
    const outcomes = [{ code: codes[0] ?? "", status: /** @type {const} */ ("failed"), reason }];
    assert.equal(await job.applyWebhook({ programId, outcomes }), 1);
    const [failed] = job.results("failed");
    assert.ok(failed?.reason?.endsWith(" is wrong") && !/jane|555/.test(failed.reason));
    const text = new TextDecoder("latin1").decode(journal.bytes());
    assert.ok(!/jane|555 010/.test(text) && text.includes(" is wrong"));
    assert.ok(!text.includes(SECRET) && !text.includes("Bearer"));
  });

  test("results of one code, of some states, and for codes of listCodes", async () => {
    const replies = /** @type {any[]} */ ([400, 200, "lost"]);
    const { client, programId, sent } = await bench({}, 40, answering(replies));
    const listed = await client.listCodes(programId);
    const job = await client.createJob(programId, listed, { batchSize: 10, concurrency: 1 });
    await job.run();
    const codes = listed.map(({ codeId }) => codeId);
    assert.equal(
      [...job.results()].map(({ code }) => code),
      codes,
    );
    for (const result of job.results()) {
      assert.equal(job.get(result.code), result);
      assert.equal(job.get(result.code.toUpperCase()), result);
    }
    for (const none of ["1f913a96-f52c-42a0-aa0b-a2ba53b2d631", "x", /** @type {any} */ (null)]) {
      assert.ok(job.get(none) === undefined, `${none}`);
    }
    const some = [...job.results(["rejected", "unknown"])];
    assert.equal(
      some.map(({ state }) => state),
      [...Array(10).fill("rejected"), ...Array(10).fill("unknown")],
    );
    assert.equal([...job.results([])], []);
    let csv = "";
    for await (const bytes of job.resultsCsv("queued")) csv += new TextDecoder().decode(bytes);
    assert.equal(csv.trim().split("\r\n").length, 1 + job.progress().queued);
    for (const wrong of /** @type {any[]} */ (["sent", ["queued", "sent"], 1])) {
      const reading = async () => job.results(wrong);
      await assert.rejects(reading(), { code: "invalid_options" });
    }
    assert.equal(sent().filter((times) => times === 1).length, 20);
    await assert.rejects(client.distribute(programId, /** @type {any} */ ([{ codeId: 1 }, {}])), {
      code: "invalid_codes",
    });
    assert.equal((await client.distribute(programId, listed.slice(0, 3))).codes, 3);
  });

  test("progress shows how long Uber asked to wait", async () => {
    const refused = answering([429], { "Retry-After": "3" });
    const { client, programId, codes, sandbox } = await bench({}, 10, refused);
    const job = await client.createJob(programId, codes);
    assert.ok(job.progress().waitingUntil === null);
    /** @type {(number | null)[]} */
    const heard = [];
    job.subscribe(() => heard.push(job.progress().waitingUntil));
    const started = sandbox.clock.now();
    const report = await job.run();
    assert.ok(heard.some((until) => until !== null && until >= started + 3_000));
    assert.ok(report.waitingUntil === null && job.progress().waitingUntil === null);
    assert.equal(report.queued, 10);
  });

  test("creating a job can be aborted", async () => {
    const { client, programId, codes, sent } = await bench({}, 50_000);
    const journal = memoryJournal();
    const gaveUp = { name: "ConnectionError", code: "aborted", queued: "no" };
    const ended = AbortSignal.abort("changed my mind");
    await assert.rejects(client.createJob(programId, codes, { journal, signal: ended }), gaveUp);
    assert.equal(journal.bytes().length, 0);
    // Even while its journal hangs.
    const stop = new AbortController();
    const hanging = {
      append: () => new Promise(() => {}),
      read: () => journal.read(),
      truncate: (/** @type {number} */ bytes) => journal.truncate(bytes),
    };
    const given = /** @type {any} */ ({ journal: hanging, signal: stop.signal });
    const making = client.createJob(programId, codes, given);
    setTimeout(() => stop.abort("too long"), 50);
    const error = await assert.rejects(making, gaveUp);
    assert.equal(error.cause, "too long");
    const job = await client.createJob(programId, codes, { journal });
    await job.close();
    await assert.rejects(client.resumeJob(journal, { signal: ended }), gaveUp);
    const resumed = await client.resumeJob(journal);
    assert.equal((await resumed.run()).queued, 50_000);
    assert.ok(sent().every((times) => times === 1));
  });

  test("with every fault, nothing is sent twice silently", async () => {
    const faults = {
      rate_limited: 0.05,
      unauthorized: 0.05,
      bad_request: 0.02,
      error_before: 0.02,
      error_after: 0.02,
      error_partial: 0.02,
      lost_before: 0.02,
      lost_after: 0.02,
      hang: 0.02,
      html_error: 0.02,
      html_ok: 0.02,
      webhook_duplicated: 0.2,
      webhook_reordered: 0.2,
      webhook_foreign: 0.2,
    };
    const { client, sandbox, programId, codes } = await bench({ faults, failureRate: 0.2 }, 5000);
    const job = await client.createJob(programId, codes, { batchSize: 25, concurrency: 4 });
    for (let run = 0; run < 50; run += 1) {
      const report = await job.run().catch((error) => {
        assert.equal(error.code, "halted");
        return undefined;
      });
      if (report?.pending === 0) break;
    }
    for (const event of events(sandbox)) await job.applyWebhook(event);
    const progress = check(job);
    const truth = sandbox.deliveries(programId);
    assert.ok([...truth.values()].every((times) => times <= 1));
    for (const { code, state } of job.results()) {
      const times = truth.get(code) ?? 0;
      if (state === "queued" || state === "distributed" || state === "failed")
        assert.equal(times, 1);
      if (state === "rejected" || state === "pending") assert.equal(times, 0, state);
    }
    assert.ok(progress.rejected > 0 && progress.distributed > 1000 && progress.failed > 100);
  });

  const given = /** @type {const} */ ([test, assert, uberVouchers, sandboxModule, journalModule]);
  await jobJournalSuite(...given, vector);
  await jobLifecycleSuite(...given);
}
