/**
 * Codes in use, in every host, against the sandbox.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers")} uberVouchers
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 * @param {typeof import("uber-vouchers/journal")} journalModule
 */
export async function usageSuite(test, assert, uberVouchers, sandboxModule, journalModule) {
  const { createClient } = uberVouchers;
  const { createSandbox } = sandboxModule;
  const { memoryJournal } = journalModule;
  const app = { clientId: "app", clientSecret: "secret" };
  const BY_USAGE = ["distributed", "usage"];

  /**
   * @param {number} count
   * @param {{ options?: import("uber-vouchers/sandbox").SandboxOptions, between?: (fetch: any) => any }} [how]
   *   `between` stands between the client and the sandbox
   */
  async function bench(count, { options = {}, between = (fetch) => fetch } = {}) {
    const sandbox = await createSandbox({ seed: 5, organizationId: "org", ...app, ...options });
    const { programId, codes } = sandbox.createProgram({ codes: count });
    const client = createClient({
      organizationId: "org",
      auth: app,
      fetch: between(sandbox.fetch),
      clock: sandbox.clock,
      dangerouslyAllowBrowser: true,
      maxRetries: 0,
    });
    const sent = (/** @type {string} */ code) => sandbox.deliveries(programId).get(code) ?? 0;
    return { sandbox, programId, codes: /** @type {string[]} */ ([...codes]), client, sent };
  }

  /** Responses to the first distribute calls, in order; the sandbox answers the rest. @param {(number | "lost")[]} results */
  const answering =
    (...results) =>
    (/** @type {any} */ fetch) =>
    async (/** @type {any} */ url, /** @type {any} */ init) => {
      const result = String(url).includes("/distribute") ? results.shift() : undefined;
      if (result === undefined || result === 200) return fetch(url, init);
      if (result !== "lost") return new Response("{}", { status: result });
      // It arrived, and its response is lost.
      await fetch(url, init);
      throw new TypeError("gone");
    };

  /** @param {import("uber-vouchers").Job} job @param {string | undefined} code */
  function known(job, code) {
    const { state, by } = job.get(String(code)) ?? {};
    return [state, by];
  }

  /** @param {(string | undefined)[]} codes */
  const inUse = (...codes) => codes.map((code) => ({ codeId: String(code), usageCount: 1 }));

  test("a code in use is distributed, and no resend contains it", async () => {
    const { client, sandbox, programId, codes, sent } = await bench(3, {
      between: answering("lost"),
    });
    const [first, second] = codes;
    const job = await client.createJob(programId, codes);
    assert.equal((await job.run()).unknown, 3);
    sandbox.redeem(programId, String(first));
    const listed = await client.listCodes(programId, { includeUsage: true });
    assert.equal(await job.applyUsage(listed), 1);
    assert.equal(await job.applyUsage(listed), 0, "applied again");
    assert.equal(known(job, first), BY_USAGE);
    assert.equal(job.progress().unknown, 2);
    const [batch] = job.batches();
    assert.equal([batch?.used, batch?.reported, batch?.codes, batch?.state], [1, 1, 3, "unknown"]);
    await job.resolve("all", "resend");
    assert.ok((await job.run()).finished);
    assert.equal(codes.map(sent), [1, 2, 2]);
    assert.equal([known(job, first), known(job, second)], [BY_USAGE, ["queued", "answer"]]);
    await job.close();
  });

  test("later reports of Uber do not change a code in use", async () => {
    const { client, programId, codes } = await bench(4);
    const [failedBefore, failedAfter, distributed, other] = codes;
    const job = await client.createJob(programId, codes);
    await job.run();
    /** @param {string | undefined} code @param {"distributed" | "failed"} status */
    const event = (code, status) => ({
      programId,
      outcomes: [{ code: String(code), status, reason: status === "failed" ? "full" : null }],
    });
    await job.applyWebhook(event(failedBefore, "failed"));
    await job.applyWebhook(event(distributed, "distributed"));
    assert.equal(await job.applyUsage(inUse(failedBefore, failedAfter, distributed)), 2);
    assert.equal(await job.applyWebhook(event(failedAfter, "failed")), 0);
    for (const code of [failedBefore, failedAfter, distributed]) {
      assert.equal(known(job, code), BY_USAGE);
      assert.equal(job.get(String(code))?.reason, null);
    }
    assert.equal(known(job, other), ["queued", "answer"]);
    await job.close();
  });

  test("usage while a request is under way counts at once, whatever the response", async () => {
    for (const result of /** @type {const} */ ([200, "lost", 400, 403, 429])) {
      /** @type {() => Promise<unknown>} */
      let meanwhile = async () => undefined;
      const { client, programId, codes, sent } = await bench(2, {
        between: (fetch) => {
          const results = answering(result)(fetch);
          return async (/** @type {any} */ url, /** @type {any} */ init) => {
            if (String(url).includes("/distribute")) await meanwhile();
            return results(url, init);
          };
        },
      });
      const [first, second] = codes;
      const job = await client.createJob(programId, codes);
      meanwhile = async () => {
        meanwhile = async () => {};
        assert.equal([known(job, first), known(job, second)].flat(), [
          ...["sending", null],
          ...["sending", null],
        ]);
        assert.equal(await job.applyUsage(inUse(first)), 1);
        assert.equal(known(job, first), BY_USAGE);
        assert.equal(job.progress().sending, 1);
      };
      await job.run().catch(() => {});
      assert.equal(known(job, first), BY_USAGE, String(result));
      // After a refusal, the rest is sent without it.
      await job.run().catch(() => {});
      assert.equal(known(job, first), BY_USAGE, String(result));
      const left = result === 200 || result === "lost";
      const expected = result === 400 ? [0, 0] : [left ? 1 : 0, 1];
      assert.equal(codes.map(sent), expected, String(result));
      await job.close();
    }
  });

  test("a pending code in use is counted, and sent unless its batch is abandoned", async () => {
    const { client, sandbox, programId, codes, sent } = await bench(4);
    const [first, , third] = codes;
    const journal = memoryJournal();
    const job = await client.createJob(programId, codes, { batchSize: 2, journal });
    for (const code of [first, third]) sandbox.redeem(programId, String(code));
    assert.equal(await job.reconcile(), { read: 4, settled: 0, stillUnknown: 0 });
    assert.equal([job.progress().pending, job.progress().usedBefore], [4, 2]);
    assert.equal(known(job, first), ["pending", null]);
    await job.close();

    const resumed = await client.resumeJob(journal);
    assert.equal(resumed.progress().usedBefore, 2);
    await resumed.resolve(1, "abandon");
    assert.equal(resumed.progress().usedBefore, 1);
    const report = await resumed.run();
    assert.equal([report.finished, report.usedBefore, report.distributed], [true, 0, 1]);
    assert.equal(known(resumed, first), BY_USAGE);
    assert.equal(known(resumed, third), ["abandoned", "operator"]);
    assert.equal(codes.map(sent), [1, 1, 0, 0]);
    await resumed.close();
  });

  test("refused and unsent codes stay as they are", async () => {
    const { client, programId, codes } = await bench(2, { between: answering(400) });
    const job = await client.createJob(programId, codes, { batchSize: 1 });
    await job.resolve(1, "abandon");
    await job.run();
    assert.equal(await job.applyUsage(inUse(...codes)), 0);
    assert.equal(
      codes.map((code) => known(job, code)),
      [
        ["rejected", "answer"],
        ["abandoned", "operator"],
      ],
    );
    await job.close();
  });

  test("guests report claims too, page by page", async () => {
    const { client, sandbox, programId, codes } = await bench(30);
    const journal = memoryJournal();
    const job = await client.createJob(programId, codes, { journal });
    await job.run();
    for (const code of codes.slice(3)) sandbox.redeem(programId, code);
    const listed = [];
    for await (const guest of client.listGuests(programId, { pageSize: 7 })) listed.push(guest);
    const guests = listed.length;
    const claimed = listed.filter(({ codeId, isClaimed, usageCount }) => {
      return codeId !== null && (isClaimed === true || Number(usageCount) > 0);
    }).length;
    assert.ok(claimed > 0);
    assert.equal(await job.reconcile({ guests: true }), {
      read: guests,
      settled: claimed,
      stillUnknown: 0,
    });
    // A claim is enough, and an async iterable of pages is accepted.
    assert.equal(
      await job.applyUsage([{ codeId: String(codes[0]), isClaimed: true, usageCount: null }]),
      1,
    );
    assert.equal(await job.applyUsage(client.listGuests(programId, { pageSize: 4 })), 0);
    // The journal contains no recipient data: only the index of the code.
    let text = "";
    for await (const piece of journal.read()) text += new TextDecoder("latin1").decode(piece);
    for (const { name, email, phone, codeText } of listed) {
      for (const person of [name, email, phone, codeText]) {
        assert.ok(!person || !text.includes(person), "the journal names a recipient");
      }
    }
    await job.close();
  });

  test("absent codes, and entries without an id, prove nothing", async () => {
    const { client, programId, codes } = await bench(2, { between: answering("lost") });
    const job = await client.createJob(programId, codes);
    await job.run();
    const codeId = String(codes[0]);
    for (const nothing of [
      [],
      [{ codeId, usageCount: 0 }],
      [{ codeId, usageCount: null }],
      [{ codeId, usageCount: NaN }],
      [{ codeId, usageCount: -1 }],
      [{ codeId, usageCount: null, isClaimed: false }],
      [{ codeId: null, usageCount: 1 }],
      [{ codeId: null, usageCount: 3, isClaimed: true }],
      [{ codeId: "", usageCount: 1 }],
      [{ codeId: "no code", usageCount: 1 }],
      [{ codeId: "00000000-0000-0000-0000-000000000000", usageCount: 1 }],
      [{ codeId: "1f913a96-f52c-42a0-aa0b-a2ba53b2d631", usageCount: 1 }],
    ]) {
      assert.equal(await job.applyUsage(nothing), 0, JSON.stringify(nothing));
    }
    assert.equal(job.progress().unknown, 2);
    assert.equal(await job.applyUsage([{ codeId: codeId.toUpperCase(), usageCount: 1 }]), 1);
    await job.close();
  });

  test("values that are neither code nor guest are refused, and nothing changes", async () => {
    const { client, programId, codes } = await bench(2, { between: answering("lost") });
    const job = await client.createJob(programId, codes);
    await job.run();
    const [codeId] = codes;
    const good = { codeId, usageCount: 1 };
    const broken = new Error("broken");
    /** @type {any[]} */
    const wrong = [
      undefined,
      null,
      7,
      codeId,
      {},
      [codeId],
      [null],
      [undefined],
      [7],
      [() => {}],
      [{ codeId: 7, usageCount: 1 }],
      [{ codeId, usageCount: "1" }],
      [{ codeId, usageCount: 1n }],
      [{ codeId, usageCount: null, isClaimed: "true" }],
      [
        {
          get codeId() {
            throw broken;
          },
        },
      ],
      (function* () {
        yield good;
        throw broken;
      })(),
      (async function* () {
        yield good;
        throw broken;
      })(),
    ];
    for (const codes of wrong) {
      const members = { name: "ValidationError", code: "invalid_options", queued: "no" };
      await assert.rejects(job.applyUsage(codes), members);
      if (Array.isArray(codes)) await assert.rejects(job.applyUsage([good, ...codes]), members);
    }
    for (const options of [7, { guests: "yes" }, { pages: 1 }, { signal: 7 }, { timeoutMs: "1" }]) {
      await assert.rejects(job.reconcile(/** @type {any} */ (options)), {
        code: "invalid_options",
      });
    }
    assert.equal(job.progress().unknown, 2);
    await job.close();
    await assert.rejects(job.applyUsage([]), { code: "job_closed" });
    await assert.rejects(job.reconcile(), { code: "job_closed" });
  });

  test("a failed read is reported with its error, and changes nothing", async () => {
    /** @type {(url: string) => any} */
    let reading = () => undefined;
    const { client, sandbox, programId, codes } = await bench(30, {
      between: (fetch) => {
        const results = answering("lost")(fetch);
        return async (/** @type {any} */ url, /** @type {any} */ init) =>
          (await reading(String(url))) ?? results(url, init);
      },
    });
    const job = await client.createJob(programId, codes);
    await job.run();
    for (const code of codes) sandbox.redeem(programId, code);
    const before = [...job.results()];
    const bad = (/** @type {number} */ status) => new Response("{}", { status });
    for (const [result, code] of /** @type {[() => any, string][]} */ ([
      [() => bad(403), "user_not_allowed"],
      [() => bad(500), "internal_server_error"],
      [() => bad(429), "rate_limited"],
      [() => bad(200), "unexpected_response"],
      [() => Promise.reject(new TypeError("gone")), "connection_failed"],
    ])) {
      reading = (url) => (url.includes("/codes?") ? result() : undefined);
      await assert.rejects(job.reconcile(), { code, queued: "no" });
      // The second page fails: nothing of the first one is applied.
      let pages = 0;
      reading = (url) => (url.includes("/guests") && ++pages > 1 ? result() : undefined);
      await client.listGuests(programId, { pageSize: 1 }).next();
      await assert.rejects(job.reconcile({ guests: true }), { code, queued: "no" });
      assert.equal([...job.results()], before);
    }
    const stop = new AbortController();
    stop.abort();
    reading = () => undefined;
    await assert.rejects(job.reconcile({ signal: stop.signal }), { code: "aborted" });
    assert.equal([...job.results()], before);
    assert.equal(await job.reconcile(), { read: 30, settled: 30, stillUnknown: 0 });
    await job.close();
  });

  test("a job closed during `reconcile` applies nothing", async () => {
    /** @type {() => Promise<unknown>} */
    let meanwhile = async () => undefined;
    const { client, programId, codes } = await bench(2, {
      between: (fetch) => async (/** @type {any} */ url, /** @type {any} */ init) => {
        if (String(url).includes("/codes?")) await meanwhile();
        return fetch(url, init);
      },
    });
    const job = await client.createJob(programId, codes);
    await job.run();
    meanwhile = () => job.close();
    await assert.rejects(job.reconcile(), { code: "job_closed" });
  });

  test("usage is in the journal when it resolves, and resumed exactly", async () => {
    const { client, programId, codes } = await bench(2_000, { between: answering("lost") });
    const journal = memoryJournal();
    const job = await client.createJob(programId, codes, { journal, batchSize: 1_000 });
    await job.run().catch(() => {});
    const used = codes.filter((_, index) => index % 3 === 0);
    assert.equal(await job.applyUsage(inUse(...used)), used.length);
    const results = [...job.results()];
    assert.equal(results.filter(({ by }) => by === "usage").length, used.length);
    await job.close();
    const resumed = await client.resumeJob(journal);
    assert.equal([...resumed.results()], results);
    assert.equal(resumed.progress().distributed, used.length);
    await resumed.close();
  });

  test("a journal failure is reported, and usage can be applied again", async () => {
    const { client, programId, codes } = await bench(2, { between: answering("lost") });
    const kept = memoryJournal();
    let fails = false;
    const journal = {
      read: () => kept.read(),
      truncate: (/** @type {number} */ bytes) => kept.truncate(bytes),
      append: async (/** @type {Uint8Array} */ record) => {
        if (fails) throw new Error("full");
        await kept.append(record);
      },
    };
    const job = await client.createJob(programId, codes, { journal });
    await job.run();
    fails = true;
    await assert.rejects(job.applyUsage(inUse(codes[0])), { code: "journal_failed" });
    fails = false;
    const resumed = await client.resumeJob(journal);
    assert.equal(resumed.progress().unknown, 2);
    assert.equal(await resumed.applyUsage(inUse(codes[0])), 1);
    await resumed.close();
  });

  test("with opaque events, `reconcile` settles every used code", async () => {
    const options = /** @type {const} */ ({ eventForm: "opaque", useRate: 0.6, failureRate: 0.2 });
    const { client, sandbox, programId, codes } = await bench(500, { options });
    const job = await client.createJob(programId, codes, { batchSize: 50 });
    await job.run();
    sandbox.advance(4 * 86_400_000);
    const { settled } = await job.reconcile();
    const uses = sandbox.uses(programId);
    assert.ok(settled > 100 && settled === uses.size);
    for (const { code, state, by } of job.results()) {
      assert.equal([state, by], uses.has(code) ? BY_USAGE : ["queued", "answer"]);
    }
    await job.close();
  });
}
