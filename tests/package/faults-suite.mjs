import { callsBench } from "./calls-bench.mjs";

/**
 * The effects of faults, aborts and invalid options, in every host.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers/distribute")} uberVouchers
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 */
export async function faultsSuite(test, assert, uberVouchers, sandboxModule) {
  const { createClient, authorizationUrl, exchangeCode } = uberVouchers;
  const { createSandbox } = sandboxModule;
  const { app, bench } = callsBench(uberVouchers, sandboxModule);

  // How many of the codes may have been sent, and the maximum number of requests.
  const none = (/** @type {number} */ count) => count === 0;
  const all = (/** @type {number} */ count) => count === 20;
  const part = (/** @type {number} */ count) => count > 0 && count < 20;
  const coin = (/** @type {number} */ count) => count === 0 || count === 20;
  /** @type {[import("uber-vouchers/sandbox").SandboxFault, string, "no" | "unknown", (count: number) => boolean, number[]][]} */
  const faults = [
    ["rate_limited", "rate_limited", "no", none, [1, 2, 3]],
    ["unauthorized", "unauthorized", "no", none, [2]],
    ["bad_request", "invalid_request", "no", none, [1]],
    ["error_before", "internal_server_error", "unknown", none, [1]],
    ["error_after", "internal_server_error", "unknown", all, [1]],
    ["error_partial", "internal_server_error", "unknown", part, [1]],
    ["lost_before", "connection_failed", "unknown", none, [1]],
    ["lost_after", "connection_failed", "unknown", all, [1]],
    ["hang", "timeout", "unknown", coin, [1]],
    ["html_error", "server_error", "unknown", coin, [1]],
    ["html_ok", "unexpected_response", "unknown", none, [1]],
  ];
  for (const [fault, code, queued, fits, requests] of faults) {
    test(`fault ${fault}: ${code}, queued ${queued}`, async () => {
      for (const seed of [1, 2, 3]) {
        for (const way of /** @type {const} */ (["distribute", "distributeAll"])) {
          const { client, programId, codes, sent, calls } = await bench({
            seed,
            faults: { [fault]: 1 },
          });
          const call =
            way === "distribute"
              ? client.distribute(programId, codes)
              : client.distributeAll(programId);
          await assert.rejects(call, { code, queued }, fault);
          assert.ok(fits(sent().size), `${sent().size} codes were sent`);
          assert.ok(
            [...sent().values()].every((times) => times === 1),
            "Sent twice",
          );
          assert.ok(requests.includes(calls().length), `${calls().length} requests`);
        }
      }
    });
    test(`fault ${fault}, read: queued no`, async () => {
      const { client, programId, calls } = await bench({ faults: { [fault]: 1 } });
      await assert.rejects(client.listCodes(programId), { code, queued: "no" }, fault);
      const repeats = /^(error|lost|html_error)/.test(fault);
      if (repeats) assert.equal(calls().length, 3);
      const once = client.searchPrograms({ maxRetries: 0 });
      await assert.rejects(once, { code, queued: "no" }, fault);
    });
  }

  test("it waits as long as the response asks, on the given clock", async () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const { client, sandbox, programId, codes, sent, calls, responses } = await bench({
        seed,
        faults: { rate_limited: 0.6 },
      });
      const before = sandbox.clock.now();
      const real = Date.now();
      const { attempts } = await client.distribute(programId, codes, { maxRetries: 50 });
      assert.equal(attempts, calls().length);
      assert.equal(
        [...sent().values()],
        codes.map(() => 1),
      );
      if (attempts > 2) assert.ok(sandbox.clock.now() - before > 100, "It did not wait");
      assert.ok(Date.now() - real < 5_000, "It waited for real");
      assert.equal(responses.filter(({ status }) => status === 429).length, attempts - 1);
    }
  });

  test("an abort before the call", async () => {
    const { client, programId, codes, sent, requests } = await bench();
    const signal = AbortSignal.abort("enough");
    for (const call of [
      client.distribute(programId, codes, { signal }),
      client.distributeAll(programId, { signal }),
      client.listCodes(programId, { signal }),
    ]) {
      const members = { name: "ConnectionError", code: "aborted", queued: "no", cause: "enough" };
      await assert.rejects(call, members);
    }
    assert.equal([requests.length, sent().size], [0, 0]);
  });

  test("an abort while the request is under way", async () => {
    const controller = new AbortController();
    const { client, programId, codes } = await bench(
      { faults: { hang: 1 } },
      {
        timeoutMs: Infinity,
        onRequest: (/** @type {{ url: string }} */ { url }) => {
          if (url.endsWith("/distribute")) setTimeout(() => controller.abort(), 10);
        },
      },
    );
    const call = client.distribute(programId, codes, { signal: controller.signal });
    await assert.rejects(call, { code: "aborted", queued: "unknown" });
    // AbortSignal.timeout does not keep Node.js alive.
    const reading = new AbortController();
    setTimeout(() => reading.abort(), 20);
    await assert.rejects(client.listCodes(programId, { signal: reading.signal }), {
      code: "aborted",
      queued: "no",
    });
  });

  test("an abort between two attempts", async () => {
    const controller = new AbortController();
    const { client, programId, codes, sent, calls } = await bench(
      { faults: { rate_limited: 1 } },
      {
        clock: { now: () => 0, sleep: () => new Promise(() => {}) },
        onResponse: (/** @type {{ status: number }} */ { status }) => {
          if (status === 429) setTimeout(() => controller.abort(), 30);
        },
      },
    );
    const call = client.distribute(programId, codes, { signal: controller.signal });
    await assert.rejects(call, { code: "aborted", queued: "no" });
    assert.equal([calls().length, sent().size], [1, 0]);
  });

  test("invalid options are named when the client is created", async () => {
    /** An error that is thrown is not a rejection of a later call. */
    const creating = async (/** @type {any} */ given) => void createClient(given);
    /** @type {[Record<string, unknown>, string][]} */
    const cases = [
      [{ nonsense: 1 }, "nonsense"],
      [{ auth: undefined }, "auth"],
      [{ auth: null }, "auth"],
      [{ auth: "nobody" }, "auth"],
      [{ auth: {} }, "auth.clientId"],
      [{ auth: { accessToken: "" } }, "auth.accessToken"],
      [{ auth: { accessToken: 1 } }, "auth.accessToken"],
      [{ auth: { accessToken: "a\nb" } }, "auth.accessToken"],
      [{ auth: { accessToken: "a", clientId: "b" } }, "auth.clientId"],
      [{ auth: { clientId: "a" } }, "auth.clientSecret"],
      [{ auth: { ...app, scope: "all" } }, "auth.scope"],
      [{ auth: { ...app, cache: {} } }, "auth.cache"],
      [{ auth: { ...app, tokenUrl: "http://elsewhere.example/" } }, "auth.tokenUrl"],
      [{ auth: { ...app, tokens: {} } }, "auth.tokens"],
      [{ baseUrl: "http://elsewhere.example/" }, "baseUrl"],
      [{ baseUrl: "https://" }, "baseUrl"],
      [{ baseUrl: "ftp://localhost/" }, "baseUrl"],
      [{ baseUrl: 1 }, "baseUrl"],
      [{ baseUrl: "https://a.example/?b" }, "baseUrl"],
      [{ baseUrl: "https://a:b@c.example/" }, "baseUrl"],
      [{ acceptLanguage: "" }, "acceptLanguage"],
      [{ acceptLanguage: "a\nb" }, "acceptLanguage"],
      [{ headers: "x" }, "headers"],
      [{ headers: { a: 1 } }, "headers"],
      [{ headers: { "a b": "c" } }, "headers"],
      [{ fetch: 1 }, "fetch"],
      [{ fetch: {} }, "fetch"],
      [{ timeoutMs: 0 }, "timeoutMs"],
      [{ timeoutMs: NaN }, "timeoutMs"],
      [{ timeoutMs: "1" }, "timeoutMs"],
      [{ maxRetries: -1 }, "maxRetries"],
      [{ maxRetries: 1.5 }, "maxRetries"],
      [{ maxRetries: Infinity }, "maxRetries"],
      [{ clock: {} }, "clock"],
      [{ module: "x" }, "module"],
      [{ dangerouslyAllowBrowser: 1 }, "dangerouslyAllowBrowser"],
      [{ onRequest: 1 }, "onRequest"],
      [{ onResponse: {} }, "onResponse"],
    ];
    for (const [option, name] of cases) {
      const given = {
        organizationId: "org",
        auth: "none",
        dangerouslyAllowBrowser: true,
        ...option,
      };
      const members = { name: "ValidationError", code: "invalid_options", queued: "no" };
      const error = await assert.rejects(creating(given), members, name);
      assert.ok(error.message.includes(`\`${name}\``), `${name} is not in: ${error.message}`);
    }
    for (const given of [undefined, null, 1, "x"]) {
      await assert.rejects(creating(given), { code: "invalid_options" });
    }
    for (const organizationId of [undefined, "", "..", 1, "a\0", "x".repeat(257)]) {
      const given = { organizationId, auth: "none" };
      await assert.rejects(creating(given), { code: "invalid_organization_id" });
    }
    const { client, programId, codes, requests } = await bench();
    for (const [option, name] of /** @type {[any, string][]} */ ([
      [{ timeout: 1 }, "timeout"],
      [{ timeoutMs: -1 }, "timeoutMs"],
      [{ maxRetries: "2" }, "maxRetries"],
      [{ signal: {} }, "signal"],
    ])) {
      const error = await assert.rejects(client.distribute(programId, codes, option), {
        code: "invalid_options",
      });
      assert.ok(error.message.includes(`\`${name}\``), error.message);
    }
    assert.equal(requests.length, 0);
  });

  test("the sandbox names invalid options", async () => {
    for (const [option, name] of /** @type {[any, string][]} */ ([
      [{ sed: 1 }, "sed"],
      [{ seed: 0.5 }, "seed"],
      [{ faults: { explode: 1 } }, "faults.explode"],
      [{ faults: { hang: 2 } }, "faults.hang"],
      [{ latencyMs: [2, 1] }, "latencyMs"],
      [{ journal: { append() {} } }, "journal"],
    ])) {
      const error = await assert.rejects(createSandbox(option), { name: "TypeError" });
      assert.ok(error.message.includes(`\`${name}\``), error.message);
    }
  });

  test("webhooks are signed, and sent until they are acknowledged", async () => {
    const { client, sandbox, programId, codes } = await bench({ failureRate: 0.5 });
    await client.distribute(programId, codes);
    sandbox.advance(3_600_000);
    const due = sandbox.webhooks();
    assert.ok(due.length > 0 && due.every(({ signature }) => /^[0-9a-f]{64}$/.test(signature)));
    assert.equal(await sandbox.deliverWebhooks(async () => ({ status: 500 })), 0);
    sandbox.advance(3_600_000);
    /** @type {string[]} */
    const bodies = [];
    const count = await sandbox.deliverWebhooks(async (request) => {
      bodies.push(await request.text());
      return { status: 200 };
    });
    assert.equal([count, bodies.length], [due.length, due.length]);
    assert.ok(codes.every((code) => bodies.some((body) => body.includes(code))));
  });

  test("the delegated grant, from sign-in to a renewed token", async () => {
    const { sandbox, programId, codes } = await bench();
    const redirectUri = "https://admin.example/back";
    const url = await authorizationUrl({ clientId: app.clientId, redirectUri, state: "s t" });
    const response = await sandbox.fetch(url, { redirect: "manual" });
    const back = new URL(String(response.headers.get("location")));
    assert.equal(
      [back.origin + back.pathname, back.searchParams.get("state")],
      [redirectUri, "s t"],
    );
    const { fetch, clock } = sandbox;
    const code = String(back.searchParams.get("code"));
    const grant = { ...app, redirectUri, code, fetch, clock, dangerouslyAllowBrowser: true };
    const tokens = await exchangeCode(grant);
    assert.ok(tokens.refreshToken && tokens.expiresAt > clock.now());
    await assert.rejects(exchangeCode(grant), { code: "token_rejected", queued: "no" });
    /** @type {import("uber-vouchers").TokenSet[]} */
    const renewed = [];
    const client = createClient({
      organizationId: "org",
      auth: {
        ...app,
        tokens: { ...tokens, expiresAt: 0 },
        onTokens: (set) => void renewed.push(set),
      },
      fetch,
      clock,
      dangerouslyAllowBrowser: true,
    });
    assert.equal((await client.distribute(programId, codes)).codes, 20);
    assert.equal(renewed.length, 1);
    assert.ok(renewed[0]?.accessToken !== tokens.accessToken);
  });

  test("a hundred calls at once share a token, and all succeed", async () => {
    const { client, programId, codes, requests, sent } = await bench();
    await Promise.all(Array.from({ length: 100 }, () => client.distribute(programId, codes)));
    assert.equal(requests.filter(({ url }) => url.includes("/oauth/")).length, 1);
    assert.ok([...sent().values()].every((times) => times === 100));
  });
}
