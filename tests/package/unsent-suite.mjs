/**
 * What a failed request proves, in Node.js, Deno and Bun: `queued` is "no" only if no server
 * can have received it, and a job continues.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers")} uberVouchers
 * @param {string} control where `failing-servers.mjs` answers
 */
export async function unsentSuite(test, assert, { createClient }, control) {
  const host = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
  const codes = ["1f913a96-f52c-42a0-aa0b-a2ba53b2d631", "1f913a96-f52c-42a0-aa0b-a2ba53b2d632"];
  /** Time passes quickly, so that the tests don't wait. */
  const PACE = 100;
  const began = Date.now();
  const clock = {
    now: () => began + (Date.now() - began) * PACE,
    /** @param {number} ms @param {AbortSignal} [signal] */
    sleep: (ms, signal) =>
      /** @type {Promise<void>} */ (
        new Promise((resolve) => {
          const timer = setTimeout(resolve, ms / PACE);
          signal?.addEventListener("abort", () => clearTimeout(timer));
        })
      ),
  };
  /** @param {string} path @returns {Promise<any>} */
  const ask = async (path) => (await fetch(`${control}${path}`)).json();
  /** @type {Record<string, string>} */
  const urls = await ask("/urls");
  /** @param {string} name @param {object} [more] */
  const clientOf = (name, more) =>
    createClient({
      organizationId: "o",
      auth: "none",
      baseUrl: String(urls[name]).replace(/^http:/, name === "plain" ? "https:" : "http:"),
      clock,
      timeoutMs: 30_000 * PACE,
      maxRetries: 0,
      ...more,
    });

  /** The hosts whose own `fetch` proves that nothing was sent. @type {[name: string, hosts: string][]} */
  const cases = [
    ["unresolved", "node deno bun"],
    ["refused", "node deno bun"],
    ["self-signed", "node deno bun"],
    ["wrong-host", "node deno bun"],
    ["expired", "node deno bun"],
    ["plain", "node deno"],
    ["closed in the handshake", "node deno"],
    ["reset in the handshake", "node deno"],
    ["no TLS", "node deno"],
    ["old TLS", "node deno"],
    ["wants a client's certificate", ""],
    ["closed after the request", ""],
    ["reset after the request", ""],
    ["no TLS after the request", ""],
  ];
  for (const [name, hosts] of cases) {
    test(`${name}: ${hosts.includes(host) ? "nothing was sent" : "unknown"}`, async () => {
      const queued = hosts.includes(host) ? "no" : "unknown";
      const members = { name: "ConnectionError", code: "connection_failed", queued };
      const error = await assert.rejects(clientOf(name).distribute("p", codes), members);
      assert.ok(error.cause instanceof Error);
      assert.ok(error.hint.startsWith("Nothing was sent.") === (queued === "no"), error.hint);
      const received = (await ask("/seen"))[name] ?? 0;
      assert.ok(received === 0 || queued === "unknown", `it was received ${received} times`);
    });
  }

  for (const name of ["closed when used again", "gone when used again"]) {
    test(`${name}: unknown, and received once`, async () => {
      const client = clientOf(name);
      await client.distribute("p", codes);
      const members = { code: "connection_failed", queued: "unknown" };
      await assert.rejects(client.distribute("p", codes), members);
      assert.equal((await ask("/seen"))[name], 2);
    });
  }

  test("errors of a custom fetch prove nothing", async () => {
    const { fetch } = globalThis;
    /** @param {any[]} args */
    const wrapped = (...args) => fetch(.../** @type {[any]} */ (args));
    for (const given of [fetch, wrapped, { fetch: wrapped }]) {
      const call = clientOf("refused", { fetch: given }).distribute("p", codes);
      await assert.rejects(call, { code: "connection_failed", queued: "unknown" });
    }
    for (const patched of [wrapped, wrapped.bind(null), new Proxy(fetch, {})]) {
      globalThis.fetch = /** @type {any} */ (patched);
      try {
        const call = clientOf("refused").distribute("p", codes);
        await assert.rejects(call, { code: "connection_failed", queued: "unknown" });
      } finally {
        globalThis.fetch = fetch;
      }
    }
  });

  test("a proxy or dispatcher may have sent the request before", async () => {
    const [symbol] = [2, 1]
      .map((version) => Symbol.for(`undici.globalDispatcher.${version}`))
      .filter((symbol) => symbol in globalThis);
    if (host !== "node" || symbol === undefined) return;
    const slots = /** @type {Record<symbol, any>} */ (/** @type {unknown} */ (globalThis));
    const dispatcher = slots[symbol];
    slots[symbol] = dispatcher.compose(
      (/** @type {Function} */ dispatch) =>
        /** @param {unknown} options @param {unknown} handler */
        (options, handler) =>
          dispatch(options, handler),
    );
    try {
      const call = clientOf("refused").distribute("p", codes);
      await assert.rejects(call, { code: "connection_failed", queued: "unknown" });
    } finally {
      slots[symbol] = dispatcher;
    }
  });

  test("a call is retried", async () => {
    /** @type {number[]} */
    const attempts = [];
    const onRequest = (/** @type {{ attempt: number }} */ { attempt }) => attempts.push(attempt);
    const client = clientOf("refused", { onRequest, maxRetries: 2 });
    await assert.rejects(client.distribute("p", codes), { queued: "no" });
    assert.equal(attempts, [1, 2, 3]);
  });

  test("a job waits for the server, and loses nothing", async () => {
    const client = clientOf("refused");
    const job = await client.createJob("p", codes, { batchSize: 1 });
    const stop = new AbortController();
    /** @type {unknown[]} */
    const errors = [];
    job.subscribe(() => {
      const { lastError } = /** @type {import("uber-vouchers").JobBatch} */ (job.batches()[0]);
      if (lastError !== null) errors.push([lastError.code, lastError.queued]);
      if (job.progress().requests >= 6) stop.abort();
    });
    const { pending, unknown, finished } = await job.run({ signal: stop.signal });
    assert.equal([pending, unknown, finished], [2, 0, false]);
    assert.ok(errors.length > 0 && errors.every((error) => `${error}` === "connection_failed,no"));

    await ask("/open");
    const report = await job.run();
    assert.equal([report.queued, report.finished], [2, true]);
    assert.equal((await ask("/seen"))["refused"], 2);
  });

  test("a job that can't reach the token endpoint waits too", async () => {
    let asked = 0;
    const stop = new AbortController();
    const client = clientOf("refused", {
      auth: { clientId: "a", clientSecret: "b", tokenUrl: String(urls["self-signed"]) },
      onRequest: () => (asked += 1) >= 12 && stop.abort(),
    });
    const job = await client.createJob("p", codes, { batchSize: 1 });
    let message = "";
    job.subscribe(() => (message ||= job.batches()[0]?.lastError?.message ?? ""));
    const { pending, finished } = await job.run({ signal: stop.signal });
    assert.equal([pending, finished, message], [2, false, "Getting a token failed"]);
  });
}
