/**
 * What holds of jobs in every host, against the sandbox.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers")} uberVouchers
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 * @param {typeof import("uber-vouchers/journal")} journalModule
 * @param {any} vector
 */
export async function jobSuite(test, assert, uberVouchers, sandboxModule, journalModule, vector) {
  const { createClient, ApiError, JobError, VoucherError } = uberVouchers;
  const { createSandbox } = sandboxModule;
  const { memoryJournal } = journalModule;
  const SECRET = "secret-that-nobody-may-see";
  const app = { clientId: "app", clientSecret: SECRET };
  const STATES = /** @type {const} */ ([
    "pending",
    "sending",
    "queued",
    "distributed",
    "failed",
    "rejected",
    "unknown",
    "abandoned",
  ]);

  /**
   * @param {import("uber-vouchers/sandbox").SandboxOptions} [options]
   * @param {number} [count]
   * @param {(fetch: any) => any} [between] stands between the client and the sandbox
   */
  async function bench(options = {}, count = 1000, between = (fetch) => fetch) {
    const sandbox = await createSandbox({ seed: 11, organizationId: "org", ...app, ...options });
    const { programId, codes } = sandbox.createProgram({ codes: count });
    const client = createClient({
      organizationId: "org",
      auth: app,
      fetch: between(sandbox.fetch),
      clock: sandbox.clock,
      dangerouslyAllowBrowser: true,
    });
    const sent = () => [...sandbox.deliveries(programId).values()];
    return { sandbox, programId, codes, client, sent };
  }

  /** The eight states add up, and the codes are what the numbers say. @param {import("uber-vouchers").Job} job */
  function check(job) {
    const progress = job.progress();
    const results = [...job.results()];
    assert.equal(results.length, progress.total);
    for (const state of STATES) {
      assert.equal(results.filter((result) => result.state === state).length, progress[state]);
      assert.equal([...job.results(state)].length, progress[state], state);
    }
    return progress;
  }

  /** Every webhook of the sandbox, as events. @param {any} sandbox @returns {any[]} */
  function events(sandbox) {
    sandbox.advance(3_600_000);
    return sandbox.webhooks().map((/** @type {{ body: string }} */ { body }) => {
      const { voucher_program_id: programId, codes = [] } = JSON.parse(body);
      const outcomes = codes.map((/** @type {any} */ code) => ({
        code: code.code_uuid,
        status: code.status,
        reason: code.reason ?? null,
      }));
      return { programId, outcomes };
    });
  }

  /** Answers each distribute call with one of these statuses, then the sandbox does. @param {(number | "lost")[]} answers */
  const answering =
    (answers) =>
    (/** @type {any} */ fetch) =>
    (/** @type {any} */ url, /** @type {any} */ init) => {
      const answer = String(url).includes("/distribute") ? answers.shift() : undefined;
      if (answer === "lost") return Promise.reject(new TypeError("gone"));
      if (answer === undefined || answer === 200) return fetch(url, init);
      const body = JSON.stringify({ code: "told_by_uber", message: "no" });
      return Promise.resolve(new Response(body, { status: answer }));
    };

  test("a job sends every code once, in batches, and says so", async () => {
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
      "nothing leaves before run",
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

  test("what only looks like a list of ours is looked through: no code leaves twice", async () => {
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
    assert.equal(told, after[1], "it was told to stop");
  });

  test("a signal pauses, and the next run goes on", async () => {
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

  test("pauseAfter: the first codes leave, and the next run sends the rest", async () => {
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

  test("pauseAfter: a job that is resumed keeps it, and no run goes past it unasked", async () => {
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

  test("429 and 409 are waited out, however often", async () => {
    const answers = Array.from({ length: 40 }, (_, at) => (at % 2 ? 429 : 409));
    const { client, programId, codes, sent } = await bench({}, 100, answering(answers));
    const job = await client.createJob(programId, codes, { batchSize: 50 });
    const report = await job.run();
    assert.equal([report.finished, report.requests, report.retries], [true, 42, 40]);
    assert.ok(sent().every((times) => times === 1));
    assert.equal(job.batches()[0]?.lastError?.code, "rate_limited");
  });

  test("one wrong permission rejects no code", async () => {
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

  test("what was in a request is rejected with it, and the rest goes on", async () => {
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

  test("three answers in a row that prove nothing halt the job", async () => {
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

  test("the operator decides about what is unknown, and nothing else", async () => {
    const answers = ["lost", 500, 200, "lost"];
    const { client, programId, codes, sent } = await bench(
      {},
      50,
      answering(/** @type {any} */ (answers)),
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

  test("webhooks in any order, any number of times, end the same", async () => {
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

  test("what is known of one code, of some states, and of what listCodes gave", async () => {
    const answers = /** @type {any[]} */ ([400, 200, "lost"]);
    const { client, programId, sent } = await bench({}, 40, answering(answers));
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

  test("how long Uber asked to wait is said while it lasts", async () => {
    const { client, programId, codes, sandbox } = await bench({}, 10, answering([429]));
    const job = await client.createJob(programId, codes);
    assert.ok(job.progress().waitingUntil === null);
    /** @type {(number | null)[]} */
    const heard = [];
    job.subscribe(() => heard.push(job.progress().waitingUntil));
    const started = sandbox.clock.now();
    const report = await job.run();
    assert.ok(heard.some((until) => until !== null && until > started));
    assert.ok(report.waitingUntil === null && job.progress().waitingUntil === null);
    assert.equal(report.queued, 10);
  });

  test("making a job can be given up", async () => {
    const { client, programId, codes, sent } = await bench({}, 50_000);
    const journal = memoryJournal();
    const gaveUp = { name: "ConnectionError", code: "aborted", queued: "no" };
    const ended = AbortSignal.abort("changed my mind");
    await assert.rejects(client.createJob(programId, codes, { journal, signal: ended }), gaveUp);
    assert.equal(journal.bytes().length, 0);
    // While its journal hangs, too.
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

  test("a program that is run again resumes", async () => {
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
    assert.equal(damaged.bytes().length, bytes.length, "it is left as it is");
  });

  test("what was under way is unknown, and a torn record is dropped", async () => {
    /** @type {(() => void)[]} */
    const hanging = [];
    const { client, programId, codes } = await bench(
      {},
      100,
      (fetch) => (/** @type {any} */ url, /** @type {any} */ init) => {
        if (!String(url).includes("/distribute") || hanging.length === 3) return fetch(url, init);
        const answer = fetch(url, init);
        return hanging.push(() => {}) === 1 ? answer : new Promise(() => {});
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

  test("a journal is read as it was written, byte for byte", async () => {
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

  test("a slow journal slows sending: one append at a time, nothing piles up", async () => {
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
    // Up to four at a time are saved together: coalesced, and no more than that.
    assert.ok(appends >= 10 && appends <= 45, `${appends} appends`);
    assert.ok(largest < 500, `${largest} bytes in one append`);
    assert.ok(sandbox.clock.now() - started >= 500 * 10);
  });

  test("the CSV has every code and runs nothing in a spreadsheet", async () => {
    const { client, programId, codes } = await bench({}, 3000);
    const job = await client.createJob(programId, codes);
    await job.run();
    /** @param {string | undefined} code @param {string} reason */
    const failed = (code, reason) => ({
      code: code ?? "",
      status: /** @type {const} */ ("failed"),
      reason,
    });
    const outcomes = [failed(codes[0], "=1+1"), failed(codes[1], 'a "b", c')];
    await job.applyWebhook({ programId, outcomes });
    let text = "";
    const decoder = new TextDecoder();
    for await (const piece of job.resultsCsv()) text += decoder.decode(piece, { stream: true });
    const lines = text.split("\r\n");
    assert.equal(lines.length, 3002);
    assert.equal(lines.slice(0, 4), [
      "code,state,batch,reason,by",
      `${codes[0]},failed,0,'=1+1,webhook`,
      `${codes[1]},failed,0,"a ""b"", c",webhook`,
      `${codes[2]},queued,0,,answer`,
    ]);
    const reader = job.resultsCsv().getReader();
    assert.ok((await reader.read()).value instanceof Uint8Array);
  });

  test("wrong options and lists are refused before anything is written", async () => {
    const { client, programId, codes } = await bench({}, 10);
    const journal = memoryJournal();
    for (const [name, value] of Object.entries({
      batchSize: 0,
      pauseAfter: 0,
      concurrency: 0.5,
      requestsPerSecond: 0,
      timeoutMs: -1,
      maxRetries: -1,
      onProgress: 7,
      journal: {},
      restored: true,
      speed: 1,
    })) {
      const options = /** @type {any} */ ({ journal, [name]: value });
      const error = await assert.rejects(client.createJob(programId, codes, options), {
        code: "invalid_options",
      });
      assert.ok(error.message.includes(name), error.message);
    }
    const create = (/** @type {any} */ list, id = programId) =>
      client.createJob(id, list, { journal });
    const error = await assert.rejects(create([...codes, "EXAMPLE1"]), { code: "invalid_codes" });
    assert.equal(error.issues.length, 1);
    for (const none of [[], undefined, null])
      await assert.rejects(create(none), { code: "empty_codes" });
    await assert.rejects(create(codes, ""), { code: "invalid_program_id" });
    const pausing = /** @type {any} */ ({ pauseAfter: 1 });
    await assert.rejects(client.resumeJob(journal, pausing), { code: "invalid_options" });
    await assert.rejects(client.resumeJob(/** @type {any} */ (undefined)), {
      code: "invalid_options",
    });
    assert.equal(journal.bytes().length, 0);
  });

  test("a job is closed at the end of its scope, where the host knows that", async () => {
    const { asyncDispose } = /** @type {{ asyncDispose?: symbol }} */ (Symbol);
    if (asyncDispose === undefined) return;
    const { client, programId, codes } = await bench({}, 10);
    const job = await client.createJob(programId, codes);
    await /** @type {any} */ (job)[asyncDispose]();
    await assert.rejects(job.run(), { code: "job_closed" });
  });

  test("two jobs on one journal: the second one is refused", async () => {
    const { client, programId, codes, sent } = await bench({}, 100);
    const kept = memoryJournal();
    /** @type {(value?: unknown) => void} */
    let reach = () => {};
    /** @type {(value?: unknown) => void} */
    let open = () => {};
    const reached = new Promise((resolve) => (reach = resolve));
    const opened = new Promise((resolve) => (open = resolve));
    const journal = {
      ...kept,
      async append(/** @type {Uint8Array} */ record) {
        reach();
        await opened;
        await kept.append(record);
      },
    };
    const first = client.createJob(programId, codes, { journal });
    await reached;
    await assert.rejects(client.createJob(programId, codes, { journal }), { code: "job_busy" });
    open();
    const job = await first;
    const run = job.run();
    await assert.rejects(client.resumeJob(journal), { code: "job_busy" });
    await run;
    assert.ok(sent().every((times) => times === 1));
  });

  test("a run that begins where another one ends is a run of its own", async () => {
    const { client, programId, codes, sent } = await bench({}, 100);
    const pause = new AbortController();
    /** @type {Promise<any>[]} */
    const runs = [];
    /** One in each microtask: of those, the first one that is not too early counts. @param {number} left */
    const begin = (left) => {
      runs.push(job.run().catch((error) => error.code));
      if (left > 0) queueMicrotask(() => begin(left - 1));
    };
    const kept = memoryJournal();
    const journal = {
      ...kept,
      async append(/** @type {Uint8Array} */ record) {
        await kept.append(record);
        if (pause.signal.aborted && runs.length === 0) begin(100);
      },
    };
    const job = await client.createJob(programId, codes, {
      batchSize: 10,
      concurrency: 1,
      journal,
    });
    job.subscribe(() => job.progress().queued >= 30 && pause.abort());
    assert.equal((await job.run({ signal: pause.signal })).finished, false);
    const ended = await Promise.all(runs);
    assert.equal(ended.filter((end) => end !== "job_busy").length, 1);
    assert.equal(ended.find((end) => end !== "job_busy").finished, true);
    await job.close();
    assert.ok(sent().every((times) => times === 1));
  });

  test("whoever a job calls may call the job: nothing hangs, and an abort holds at once", async () => {
    const places = ["a listener", "append", "fetch", "a token source"];
    const doings = ["run", "close", "resolve", "applyWebhook", "abort"];
    const cases = places.flatMap((place) =>
      doings.flatMap((doing) => [1, 3].map((turn) => ({ place, doing, turn }))),
    );
    for (const { place, doing, turn } of cases) {
      const what = `${doing} in ${place}, call ${turn}`;
      const pause = new AbortController();
      /** @type {import("uber-vouchers").Job | undefined} */
      // eslint-disable-next-line prefer-const -- It is looked at before it is there.
      let job;
      /** @type {Promise<any> | undefined} */
      let done;
      let calls = 0;
      let requests = 0;
      let requestsBefore = 0;
      const called = (/** @type {string} */ by) => {
        if (job === undefined || by !== place || ++calls !== turn) return;
        requestsBefore = requests;
        /** @type {Record<string, () => Promise<any>>} */
        const calling = {
          run: () => /** @type {any} */ (job).run(),
          close: () => /** @type {any} */ (job).close(),
          resolve: () => /** @type {any} */ (job).resolve(9, "abandon"),
          applyWebhook: () => {
            const outcomes = [{ code: codes[0] ?? "", status: "distributed", reason: null }];
            return /** @type {any} */ (job).applyWebhook({ programId, outcomes });
          },
          abort: async () => pause.abort(),
        };
        done = calling[doing]?.();
        done?.catch(() => {});
      };
      const { sandbox, programId, codes, sent } = await bench({}, 100);
      const answer = await sandbox.fetch("http://sandbox/oauth/v2/token", {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: `client_id=app&client_secret=${SECRET}&grant_type=client_credentials&scope=organizations.voucher_programs`,
      });
      const { access_token: token } = await answer.json();
      const client = createClient({
        organizationId: "org",
        auth: {
          accessToken: () => {
            called("a token source");
            return token;
          },
        },
        fetch: (/** @type {any} */ url, /** @type {any} */ init) => {
          requests += 1;
          called("fetch");
          return sandbox.fetch(url, init);
        },
        clock: sandbox.clock,
      });
      const kept = memoryJournal();
      const journal = {
        ...kept,
        async append(/** @type {Uint8Array} */ record) {
          called("append");
          await kept.append(record);
        },
      };
      job = await client.createJob(programId, codes, { batchSize: 10, journal });
      job.subscribe(() => called("a listener"));
      const report = await job.run({ signal: pause.signal });
      const isOver = doing === "run" || doing === "resolve" || doing === "applyWebhook";
      assert.equal(report.finished, isOver, what);
      if (!isOver) assert.equal(requests, requestsBefore, `${what}: requests`);
      if (doing === "run") await assert.rejects(/** @type {any} */ (done), { code: "job_busy" });
      else await done;
      check(job);
      if (doing === "resolve") assert.equal(report.abandoned, 10, what);
      if (doing === "close") await assert.rejects(job.run(), { code: "job_closed" });
      if (!isOver) {
        const again = await client.createJob(programId, codes, { batchSize: 10, journal });
        assert.equal((await again.run()).finished, true, what);
      }
      assert.ok(
        sent().every((times) => times === (doing === "resolve" && times === 0 ? 0 : 1)),
        what,
      );
    }
  });

  test("once it is being closed, nothing begins anew", async () => {
    const { client, programId, codes } = await bench({}, 100);
    const job = await client.createJob(programId, codes, { batchSize: 10 });
    const run = job.run();
    const closed = job.close();
    await assert.rejects(job.run(), { code: "job_closed" });
    await assert.rejects(job.resolve(9, "abandon"), { code: "job_closed" });
    assert.equal((await run).finished, false);
    await closed;
    await job.close();
  });

  /** A place that somebody else can empty, and journals of it. @param {string} name */
  function place(name) {
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

  test("a journal that vanishes under a job: it stops, and nothing of it is sent again", async () => {
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
      const there = place(`vanishes: ${way}`);
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
      assert.ok(/results\(\)/.test(error.hint) && /not send/.test(error.hint), error.hint);
      assert.equal(String(error.cause), "Error: It is not what it was");
      const before = total();
      await assert.rejects(job.run(), lost, "it keeps refusing");
      await assert.rejects(client.createJob(programId, codes, options()), lost, way);
      await assert.rejects(client.resumeJob(there.open()), lost, way);
      assert.equal(check(job).total, 100, "what is known can still be read");
      assert.equal(total(), before);
      // Somebody puts it back.
      there.replace(whole, false);
      const again = await client.createJob(programId, codes, options());
      await again.run();
      const unknown = check(again).unknown;
      assert.ok(unknown <= 20 && sent().every((times) => times <= 1), way);
      await again.close();
      // Or an older copy, and says so.
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

  test("a journal that is gone after its job is not taken for a new one", async () => {
    const { client, programId, codes, sent } = await bench({}, 20);
    const there = place("gone");
    const job = await client.createJob(programId, codes, { journal: there.open() });
    await job.run();
    await job.close();
    there.replace(new Uint8Array(), false);
    const lost = { code: "journal_lost" };
    await assert.rejects(client.createJob(programId, codes, { journal: there.open() }), lost);
    const { length } = there;
    assert.equal(length, 0, "nothing was written");
    assert.ok(sent().every((times) => times === 1));
    // One in memory that its owner empties is empty.
    const journal = memoryJournal();
    await (await client.createJob(programId, codes, { journal })).close();
    await journal.truncate(0);
    await (await client.createJob(programId, codes, { journal })).close();
  });

  test("zeros at the end of a journal are torn", async () => {
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

  test("what does not fit a journal is refused, and a rate that makes no interval", async () => {
    const { programId, codes, client } = await bench({}, 10);
    const journal = memoryJournal();
    const baseUrl = `https://example.com/${"x".repeat(70_000)}`;
    const far = createClient({ organizationId: "org", auth: "none", baseUrl });
    const invalid = { code: "invalid_options", queued: "no" };
    const error = await assert.rejects(far.createJob(programId, codes, { journal }), invalid);
    assert.ok(error.message.includes("baseUrl"), error.message);
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

  test("a journal that is not there says so, and does not ask for an empty one", async () => {
    const { client } = await bench({}, 1);
    const missing = { code: "journal_mismatch", queued: "no" };
    const error = await assert.rejects(client.resumeJob(memoryJournal()), missing);
    assert.ok(/not there/.test(error.message) && !/empty one/.test(error.hint), error.hint);
  });

  test("every fault there is, and still nothing twice without a word", async () => {
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
}
