import { jobBench } from "./job-bench.mjs";

/**
 * The start and the end of jobs in every host: invalid options, nested runs, closing.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers")} uberVouchers
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 * @param {typeof import("uber-vouchers/journal")} journalModule
 */
export async function jobLifecycleSuite(test, assert, uberVouchers, sandboxModule, journalModule) {
  const { createClient } = uberVouchers;
  const { memoryJournal } = journalModule;
  const { SECRET, bench, check } = jobBench(assert, uberVouchers, sandboxModule);

  test("the CSV has every code, and no cell that a spreadsheet runs", async () => {
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

  test("invalid options and lists are refused before anything is written", async () => {
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

  test("a job is closed at the end of its scope, if the host supports that", async () => {
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

  test("a run that starts when another one ends is separate", async () => {
    const { client, programId, codes, sent } = await bench({}, 100);
    const pause = new AbortController();
    /** @type {Promise<any>[]} */
    const runs = [];
    /** Starts one run in each microtask: the first one that is not too early counts. @param {number} left */
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

  test("callbacks may call the job: nothing hangs, and an abort takes effect at once", async () => {
    const places = ["a listener", "append", "fetch", "a token source"];
    const doings = ["run", "close", "resolve", "applyWebhook", "abort"];
    const cases = places.flatMap((place) =>
      doings.flatMap((doing) => [1, 3].map((turn) => ({ place, doing, turn }))),
    );
    for (const { place, doing, turn } of cases) {
      const what = `${doing} in ${place}, call ${turn}`;
      const pause = new AbortController();
      /** @type {import("uber-vouchers").Job | undefined} */
      // eslint-disable-next-line prefer-const -- It is read before it is assigned.
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

  test("nothing can be started while the job closes", async () => {
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
}
