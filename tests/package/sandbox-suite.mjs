/** @typedef {import("uber-vouchers/sandbox").Sandbox} Sandbox */

/**
 * The journal of a sandbox and the settings of a running one, in every host; see suite.mjs.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 */
export function sandboxSuite(test, assert, { createSandbox }) {
  const PROGRAM = "5f0c1d52-6e0b-4a8e-9f37-2b1f4c8a7d01";
  const options = { seed: 5, organizationId: "org", latencyMs: 0, failureRate: 0.3 };
  const ok = async () => ({ status: 200 });
  const refusing = async () => ({ status: 500 });

  /** A journal whose bytes can be truncated, and whose appends can be delayed or made to fail. */
  function journalOf(bytes = /** @type {Uint8Array} */ (new Uint8Array())) {
    let isAppending = false;
    const journal = {
      bytes,
      appends: 0,
      /** @type {(() => Promise<void>) | undefined} */
      before: undefined,
      /** @param {Uint8Array} record */
      async append(record) {
        assert.ok(!isAppending, "Two appends at once");
        isAppending = true;
        journal.appends += 1;
        const added = new Uint8Array(record);
        try {
          await journal.before?.();
          const all = new Uint8Array(journal.bytes.length + added.length);
          all.set(journal.bytes);
          all.set(added, journal.bytes.length);
          journal.bytes = all;
        } finally {
          isAppending = false;
        }
      },
      async *read() {
        for (let at = 0; at < journal.bytes.length; at += 211) {
          yield journal.bytes.slice(at, at + 211);
        }
      },
      /** @param {number} length */
      async truncate(length) {
        journal.bytes = journal.bytes.slice(0, length);
      },
    };
    return journal;
  }

  /** Resolves once everything is in the journal. @param {Sandbox} sandbox */
  const settled = (sandbox) => sandbox.deliverWebhooks(ok, { limit: 0 });

  /** The visible state of a sandbox. @param {Sandbox} sandbox */
  const seen = (sandbox) => {
    const programs = sandbox.programs();
    return {
      programs,
      sent: programs.map(({ programId }) => sandbox.deliveries(programId)),
      settings: sandbox.settings,
      counts: [sandbox.waitingWebhooks, sandbox.deliveredWebhooks, sandbox.nextWebhookAt],
      used: programs.map(({ programId }) => sandbox.uses(programId)),
      webhooks: sandbox.webhooks(),
      now: sandbox.clock.now(),
    };
  };

  /** @param {Sandbox} sandbox @param {string} path @param {string} token @param {unknown} [body] */
  const call = (sandbox, path, token, body) =>
    sandbox.fetch(`https://api.example/v1/organizations/org/voucher-programs/${path}`, {
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });

  /** @param {Sandbox} sandbox @returns {Promise<string>} */
  async function tokenOf(sandbox) {
    const body = new URLSearchParams({
      client_id: "app",
      client_secret: "secret",
      grant_type: "client_credentials",
      scope: "organizations.voucher_programs",
    });
    const response = await sandbox.fetch("https://auth.example/oauth/v2/token", {
      method: "POST",
      body,
    });
    return (await response.json()).access_token;
  }

  /** A sandbox with one program of 250 codes. @param {object} [more] */
  async function bench(more) {
    const sandbox = await createSandbox({ ...options, ...more });
    const { codes } = sandbox.createProgram({ id: PROGRAM, codes: 250 });
    const token = await tokenOf(sandbox);
    /** @param {string[]} [some] */
    const distribute = (some = codes) =>
      call(sandbox, `${PROGRAM}/codes/distribute`, token, { codes: some });
    return { sandbox, codes, token, distribute };
  }

  test("a sandbox continues from its journal, truncated anywhere", async () => {
    let token = "";
    /** @type {string[]} */
    let codes = [];
    /** @param {Sandbox} sandbox @param {number} status @param {string[]} some */
    const distribute = async (sandbox, status, some) =>
      assert.equal(
        (await call(sandbox, `${PROGRAM}/codes/distribute`, token, { codes: some })).status,
        status,
      );
    /** Each adds one record. @type {((sandbox: Sandbox) => unknown)[]} */
    const steps = [
      (sandbox) => ({ codes } = sandbox.createProgram({ id: PROGRAM, codes: 250, name: "Lunch" })),
      async (sandbox) => (token = await tokenOf(sandbox)),
      (sandbox) => distribute(sandbox, 200, codes),
      async (sandbox) => assert.equal((await call(sandbox, `${PROGRAM}/codes`, token)).status, 200),
      (sandbox) => sandbox.advance(6_000),
      (sandbox) => sandbox.deliverWebhooks(ok, { limit: 1 }),
      (sandbox) => sandbox.deliverWebhooks(refusing, { limit: 1 }),
      (sandbox) => sandbox.configure({ failureRate: 1, faults: { error_after: 1 } }),
      (sandbox) => distribute(sandbox, 500, codes.slice(0, 150)),
      (sandbox) => sandbox.configure({ faults: { error_after: 0, webhook_duplicated: 1 } }),
      (sandbox) => call(sandbox, "search", token, { limit: 9, offset: 0 }),
      (sandbox) => sandbox.createProgram(),
      (sandbox) => sandbox.configure({ eventForm: "opaque", useRate: 1, failureRate: 0 }),
      (sandbox) => distribute(sandbox, 200, codes.slice(0, 3)),
      (sandbox) => sandbox.configure({ eventForm: "code" }),
      (sandbox) => distribute(sandbox, 200, codes.slice(3, 5)),
      (sandbox) => sandbox.redeem(PROGRAM, /** @type {string} */ (codes[0])),
      (sandbox) => sandbox.cancel(PROGRAM, /** @type {string} */ (codes[1])),
      (sandbox) => sandbox.advance(40_000.5),
      (sandbox) => sandbox.deliverWebhooks(ok, { limit: 1 }),
      (sandbox) => sandbox.deliverWebhooks(ok, { limit: 1 }),
    ];
    const journal = journalOf();
    const sandbox = await createSandbox({ ...options, journal });
    const ends = [journal.bytes.length];
    const states = [seen(sandbox)];
    for (const step of steps) {
      await step(sandbox);
      await settled(sandbox);
      ends.push(journal.bytes.length);
      states.push(seen(sandbox));
    }
    const [whole] = [journal.bytes];
    assert.equal([...new Set(ends)].length, steps.length + 1);
    assert.ok(sandbox.deliveredWebhooks === 3 && sandbox.waitingWebhooks > 2);

    for (const [at, end] of ends.entries()) {
      const next = ends[at + 1] ?? end;
      const torn = [1, 3, 4, 7, 8, 9, (next - end) >> 1, next - end - 1];
      for (const cut of [0, ...torn.filter((cut) => cut > 0 && cut < next - end)]) {
        const what = `after step ${at}, and ${cut} bytes`;
        // As some filesystems leave it after a power failure.
        for (const zeros of cut < 5 ? [1, 4, 9, 70_000] : [5_000]) {
          const tail = new Uint8Array([...whole.slice(0, end + cut), ...new Uint8Array(zeros)]);
          const zeroed = journalOf(tail);
          assert.equal(
            seen(await createSandbox({ ...options, journal: zeroed })),
            states[at],
            what,
          );
          assert.equal(zeroed.bytes.length, end, what);
        }
        const copy = journalOf(whole.slice(0, end + cut));
        const other = await createSandbox({ ...options, faults: { hang: 1 }, journal: copy });
        assert.equal(seen(other), states[at], what);
        assert.equal(copy.bytes.length, end, what);
        if (cut > 1) continue;
        for (const step of steps.slice(at)) await step(other);
        await settled(other);
        assert.equal(seen(other), states.at(-1), what);
        assert.equal([...copy.bytes].join(), [...whole].join(), what);
      }
    }
    for (let cut = 0; cut < (ends[0] ?? 0); cut += 1) {
      const copy = journalOf(whole.slice(0, cut));
      assert.equal(seen(await createSandbox({ ...options, journal: copy })), states[0], `${cut}`);
      assert.equal(copy.bytes.length, ends[0], `${cut}`);
    }
  });

  test("responses and webhooks wait until their cause is stored", async () => {
    const journal = journalOf();
    const { sandbox, codes, distribute } = await bench({ journal });
    const { appends } = journal;
    let open = () => {};
    const gate = new Promise((resolve) => (open = () => resolve(undefined)));
    const reached = new Promise((resolve) => {
      journal.before = async () => {
        resolve(undefined);
        await gate;
      };
    });
    let results = 0;
    const calls = codes.slice(0, 20).map(async (code) => {
      await distribute([code]);
      results += 1;
    });
    await reached;
    sandbox.advance(60_000);
    let sends = 0;
    const delivery = sandbox.deliverWebhooks(async () => {
      sends += 1;
      return { status: 200 };
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal([results, sends, sandbox.deliveries(PROGRAM).size], [0, 0, 20]);
    open();
    await Promise.all(calls);
    assert.equal([results, await delivery, sends], [20, 20, 20]);
    // The first record, the ones that arrived meanwhile, and the webhooks.
    assert.ok(journal.appends - appends < 20, `${journal.appends - appends}`);
  });

  test("a webhook under way is sent again, an acknowledged one is not", async () => {
    const journal = journalOf();
    const { sandbox, distribute } = await bench({ journal });
    await distribute();
    sandbox.advance(6_000);
    /** @type {string[]} */
    const bodies = [];
    /** @type {Uint8Array[]} */
    const crashes = [];
    await sandbox.deliverWebhooks(async (request) => {
      bodies.push(await request.text());
      await settled(sandbox);
      crashes.push(journal.bytes);
      return { status: 200 };
    });
    assert.equal([bodies.length, crashes.length], [3, 3]);
    for (const [at, bytes] of [...crashes, journal.bytes].entries()) {
      const after = await createSandbox({ ...options, journal: journalOf(bytes) });
      assert.equal(
        after.webhooks().map(({ body }) => body),
        bodies.slice(at),
      );
      assert.equal([after.waitingWebhooks, after.deliveredWebhooks], [3 - at, at]);
    }
  });

  test("a journal that fails ends the sandbox, with the cause", async () => {
    const journal = journalOf();
    const { sandbox, codes, distribute } = await bench({ journal });
    await distribute(codes.slice(0, 1));
    const cause = new Error("No space left");
    journal.before = async () => {
      throw cause;
    };
    const members = { name: "Error", cause };
    await assert.rejects(distribute(codes.slice(1, 2)), members);
    await assert.rejects(distribute(codes.slice(2, 3)), members);
    await assert.rejects(sandbox.deliverWebhooks(ok), members);
    for (const use of [
      () => sandbox.createProgram(),
      () => sandbox.configure({ failureRate: 1 }),
      () => sandbox.advance(1),
    ]) {
      await assert.rejects((async () => use())(), members);
    }
    assert.equal(sandbox.deliveries(PROGRAM).size, 2);
    const never = Object.assign(journalOf(), { before: journal.before });
    await assert.rejects(createSandbox({ journal: never }), { message: cause.message });
    journal.before = undefined;
    const after = await createSandbox({ ...options, journal });
    assert.equal(after.deliveries(PROGRAM).size, 1);
  });

  test("a journal of something else is refused and not changed", async () => {
    const journal = journalOf();
    await bench({ journal });
    const { bytes } = journal;
    for (const [name, more] of Object.entries({
      seed: { seed: 6 },
      organizationId: { organizationId: "other" },
      clientId: { clientId: "app" },
      clientSecret: { clientSecret: "a-very-secret-thing" },
      signingKey: { signingKey: "another" },
    })) {
      const error = await assert.rejects(createSandbox({ ...options, ...more, journal }), {
        name: "TypeError",
      });
      assert.ok(error.message.includes(`\`${name}\``), error.message);
      assert.ok(!error.message.includes("very-secret"), error.message);
    }
    const text = String.fromCharCode(...bytes);
    for (const [content, words] of /** @type {[string, string][]} */ ([
      ["UVJ1 something else, quite long", "not a sandbox's"],
      ["\u0000", "not a sandbox's"],
      [text.replace("sandbox 1", "sandbox 2"), "another version"],
      [text.replace('{"at"', '{:at"'), "damaged at byte 24"],
      [text.replace('"created"', '"cre4ted"'), "damaged"],
      [text.replace('"program"', '"progr4m"'), "can't be replayed"],
    ])) {
      const found = Uint8Array.from(content, (char) => char.charCodeAt(0));
      const other = journalOf(found);
      const error = await assert.rejects(createSandbox({ ...options, journal: other }), {
        name: "Error",
      });
      assert.ok(error.message.includes(words), error.message);
      assert.ok(other.bytes === found, words);
    }
    assert.ok(journal.bytes === bytes);
  });

  test("a journal has one sandbox at a time", async () => {
    let isHeld = false;
    const lock = async () => {
      if (isHeld) return undefined;
      isHeld = true;
      return () => void (isHeld = false);
    };
    const journal = Object.assign(journalOf(), { lock });
    const { sandbox, distribute } = await bench({ journal });
    await assert.rejects(createSandbox({ ...options, journal }), {
      message: "createSandbox: the journal is in use",
    });
    sandbox.configure({ failureRate: 0.5 });
    await sandbox.close();
    assert.ok(!isHeld);
    await assert.rejects(distribute(), { message: "The sandbox is closed" });
    await assert.rejects(createSandbox({ ...options, seed: 9, journal }), { name: "TypeError" });
    const after = await createSandbox({ ...options, journal });
    assert.equal([isHeld, after.settings.failureRate], [true, 0.5]);
  });

  test("recipients use delivered vouchers as time passes, once each", async () => {
    const { sandbox, codes, distribute } = await bench({ useRate: 0.5, failureRate: 0 });
    await distribute(codes.slice(0, 200));
    sandbox.redeem(PROGRAM, /** @type {string} */ (codes[249]));
    sandbox.redeem(PROGRAM, /** @type {string} */ (codes[249]));
    assert.equal(sandbox.uses(PROGRAM).get(/** @type {string} */ (codes[249])), 2);
    sandbox.advance(3 * 86_400_000);
    const uses = sandbox.uses(PROGRAM);
    assert.equal(sandbox.usedCodes, uses.size);
    assert.ok(uses.size > 60 && uses.size < 150, `${uses.size}`);
    for (const [code, times] of uses) assert.equal(times, code === codes[249] ? 2 : 1);
    assert.ok([...uses.keys()].every((code) => codes.includes(code)));
    sandbox.advance(30 * 86_400_000);
    assert.equal(sandbox.uses(PROGRAM), uses);
    await assert.rejects((async () => sandbox.uses("another"))(), {
      name: "TypeError",
      message: "uses: there is no program another",
    });
    const used = sandbox.webhooks().filter(({ body }) => body.includes("_redeemed"));
    assert.equal(used.length, uses.size - 1);
  });

  test("new settings are validated, then merged", async () => {
    const { sandbox, codes, distribute } = await bench({ faults: { webhook_foreign: 0.5 } });
    for (const [wrong, name] of /** @type {[any, string][]} */ ([
      [{ failureRate: 2 }, "failureRate"],
      [{ failureRate: "0" }, "failureRate"],
      [{ useRate: 1.5 }, "useRate"],
      [{ eventForm: "Code" }, "eventForm"],
      [{ eventForm: null }, "eventForm"],
      [{ faults: { hang: 1, explode: 1 } }, "faults.explode"],
      [{ failureRate: 0.9, faults: { hang: -1 } }, "faults.hang"],
      [{ seed: 1 }, "seed"],
    ])) {
      const error = await assert.rejects((async () => sandbox.configure(wrong))(), {
        name: "TypeError",
      });
      assert.ok(error.message.startsWith(`configure: `), error.message);
      assert.ok(error.message.includes(`\`${name}\``), error.message);
    }
    assert.equal(sandbox.settings, {
      failureRate: 0.3,
      eventForm: "batch",
      useRate: 0,
      faults: { webhook_foreign: 0.5 },
    });
    sandbox.configure({ faults: { lost_before: 1 } });
    sandbox.configure({ failureRate: 0 });
    const faults = { webhook_foreign: 0.5, lost_before: 1 };
    assert.equal(sandbox.settings, { failureRate: 0, eventForm: "batch", useRate: 0, faults });
    await assert.rejects(distribute(codes.slice(0, 1)), { name: "TypeError" });
    sandbox.configure({ faults: { lost_before: 0, webhook_foreign: 0 } });
    assert.equal((await distribute()).status, 200);
    sandbox.configure({ failureRate: 1 });
    sandbox.advance(6_000);
    const webhooks = sandbox.webhooks();
    assert.equal(webhooks.length, 3);
    assert.ok(webhooks.every(({ body }) => !body.includes("failed")));
  });

  test("`limit` limits the delivered webhooks", async () => {
    const { sandbox, distribute } = await bench();
    assert.equal([sandbox.waitingWebhooks, sandbox.nextWebhookAt], [0, undefined]);
    await distribute();
    assert.equal(sandbox.waitingWebhooks, 3);
    assert.equal(await sandbox.deliverWebhooks(ok), 0);
    const { nextWebhookAt = 0 } = sandbox;
    assert.ok(nextWebhookAt - sandbox.clock.now() >= 1_000);
    sandbox.advance(6_000);
    for (const limit of /** @type {any[]} */ ([-1, 0.5, "1", Infinity])) {
      const error = await assert.rejects(sandbox.deliverWebhooks(ok, { limit }), {
        name: "TypeError",
      });
      assert.ok(error.message.includes("`limit`"), error.message);
    }
    assert.equal(await sandbox.deliverWebhooks(ok, { limit: 0 }), 0);
    assert.equal(await sandbox.deliverWebhooks(ok, { limit: 1 }), 1);
    assert.equal([sandbox.waitingWebhooks, sandbox.deliveredWebhooks], [2, 1]);
    const together = [1, 1].map((limit) => sandbox.deliverWebhooks(refusing, { limit }));
    assert.equal(await Promise.all(together), [0, 0]);
    assert.equal([sandbox.waitingWebhooks, sandbox.webhooks().length], [2, 0]);
  });
}
