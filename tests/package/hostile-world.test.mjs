/**
 * The host's functions may misbehave: `fetch`, the clock, caches, listeners. A call settles
 * anyway, by the time of a test's clock, and `queued` never claims more than is true.
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import {
  STRANGE,
  TOKEN,
  app,
  bench,
  checkError,
  noStrays,
  outcomeOf,
  quiet,
  settled,
  shown,
} from "./hostile-values.mjs";
import { sandboxModule, uberVouchers } from "./installed.mjs";

/** @type {any} */
const { createClient, parseCodes } = uberVouchers;

const boom = () => {
  throw new Error("hostile");
};
const never = () => new Promise(() => {});
const strange = (/** @type {string} */ name) =>
  /** @type {[string, () => any]} */ (STRANGE.find(([found]) => found === name))[1]();

/** @param {number} status @param {Record<string, unknown>} [members] */
const shape = (status, members = {}) => ({ status, headers: {}, ...members });

/** @param {() => unknown} read */
const bodyOf = (read) => ({ body: { getReader: () => ({ read, cancel() {} }) } });
const chunk = (/** @type {unknown} */ value) => bodyOf(async () => ({ done: false, value }));

/** Bodies that no response should have. @type {[string, () => Record<string, unknown>][]} */
const BODIES = [
  ["no body", () => ({})],
  ["a body that throws", () => Object.defineProperty({}, "body", { get: boom })],
  [
    "a body that throws the second time",
    () => {
      let looks = 0;
      return Object.defineProperty({}, "body", {
        get: () => (looks++ === 0 ? { getReader: () => ({ read: never }) } : boom()),
      });
    },
  ],
  ["a proxy as its body", () => ({ body: strange("a proxy that throws") })],
  ["no reader", () => ({ body: { getReader: () => null } })],
  ["a reader that throws", () => ({ body: { getReader: boom } })],
  ["a reader that hangs", () => bodyOf(never)],
  ["reading that throws", () => bodyOf(boom)],
  ["reading that rejects", () => bodyOf(() => Promise.reject(undefined))],
  ["reading that gives nothing", () => bodyOf(async () => undefined)],
  ["a result that throws", () => bodyOf(async () => strange("a proxy that throws"))],
  [
    "a value that throws",
    () => bodyOf(async () => Object.defineProperty({}, "value", { get: boom })),
  ],
  ["garbage", () => chunk(42)],
  ["no bytes without end", () => chunk(new Uint8Array())],
  ["bytes without end", () => chunk(new Uint8Array(100_000).fill(32))],
  ["detached bytes", () => chunk(strange("detached bytes"))],
  ["shared bytes", () => chunk(strange("shared bytes"))],
  ["a text that is a number", () => ({ text: () => 42 })],
  ["a text that throws", () => ({ text: boom })],
  ["a text that rejects", () => ({ text: () => Promise.reject(Symbol("no")) })],
  ["a text that hangs", () => ({ text: never })],
  ["a text getter that throws", () => Object.defineProperty({}, "text", { get: boom })],
  ["a text that is no JSON", () => ({ text: async () => "{" })],
  ["a text that is a deep JSON", () => ({ text: async () => "[".repeat(1e5) + "]".repeat(1e5) })],
  ["a long text", () => ({ text: async () => `["${"x".repeat(5e6)}"]` })],
  [
    "odd members",
    () => ({
      text: async () =>
        '{"__proto__":{"codes":[]},"codes":[null,{"code_id":{}},{"code_id":1e400}],"error":[[]]}',
    }),
  ],
];

/** Responses to a call, and whether each proves that nothing was queued. @type {[string, () => any, "no" | "unknown"][]} */
const ANSWERS = [
  ["throws", boom, "unknown"],
  ...[
    "undefined",
    "a symbol",
    "a lone surrogate",
    "a proxy that throws",
    "a revoked proxy",
  ].flatMap(
    (name) =>
      /** @type {[string, () => any, "unknown"][]} */ ([
        [
          `throws ${name}`,
          () => {
            throw strange(name);
          },
          "unknown",
        ],
        [`rejects with ${name}`, () => Promise.reject(strange(name)), "unknown"],
      ]),
  ),
  ["never answers", never, "unknown"],
  ["a thenable that never answers", () => ({ then() {} }), "unknown"],
  ["a thenable that throws", () => ({ then: boom }), "unknown"],
  ["a then that throws", () => Object.defineProperty({}, "then", { get: boom }), "unknown"],
  [
    "a thenable that settles twice",
    () => ({
      then: (/** @type {any} */ done, /** @type {any} */ fail) => (
        done(shape(500)),
        fail(1),
        done(2)
      ),
    }),
    "unknown",
  ],
  ...STRANGE.filter(([name]) => !/^a (then|promise)|^members|^methods/.test(name)).map(
    ([name, make]) =>
      /** @type {[string, () => any, "unknown"]} */ ([`${name} as an answer`, make, "unknown"]),
  ),
  ...STRANGE.map(
    ([name, make]) =>
      /** @type {[string, () => any, "unknown"]} */ ([
        `${name} as a status`,
        () => shape(/** @type {any} */ (make())),
        "unknown",
      ]),
  ),
  ["a status that throws", () => Object.defineProperty({}, "status", { get: boom }), "unknown"],
  ...[-1, 99, 101, 204.5, 302, 600, 999, 1000, 2 ** 32 + 200].map(
    (status) =>
      /** @type {[string, () => any, "unknown"]} */ ([
        `status ${status}`,
        () => shape(status),
        "unknown",
      ]),
  ),
  ...STRANGE.map(
    ([name, make]) =>
      /** @type {[string, () => any, "no"]} */ ([
        `400 with ${name} as its headers`,
        () => shape(400, { headers: make() }),
        "no",
      ]),
  ),
  [
    "429 with an endless wait",
    () => shape(429, { headers: { "retry-after": "9".repeat(400) } }),
    "no",
  ],
  [
    "429 with a date",
    () => shape(429, { headers: { "retry-after": "Fri, 31 Dec 9999 23:59:59 GMT" } }),
    "no",
  ],
  ...BODIES.flatMap(
    ([name, make]) =>
      /** @type {[string, () => any, "no" | "unknown"][]} */ ([
        [`400 with ${name}`, () => shape(400, make()), "no"],
        [`500 with ${name}`, () => shape(500, make()), "unknown"],
      ]),
  ),
];

/** A client whose `fetch` first misbehaves as given, and then works. @param {Record<string, unknown>} [more] */
async function misled(more = {}) {
  const { sandbox, ...rest } = await bench();
  /** @type {{ answer: ((url: string, init: any) => any) | undefined }} */
  const state = { answer: undefined };
  const fetch = (/** @type {string} */ url, /** @type {any} */ init) =>
    state.answer && url.includes("/v1/") ? state.answer(url, init) : sandbox.fetch(url, init);
  const client = createClient({ ...rest.options, fetch, ...more });
  const works = async (/** @type {string} */ what) => {
    const receipt = await settled(client.distribute(rest.programId, rest.codes), what);
    assert.equal(receipt.status, 200, what);
  };
  return { ...rest, sandbox, state, client, works };
}

test(`fetch misbehaves in ${ANSWERS.length} ways: "queued" is correct`, async () => {
  const { client, programId, codes, state, works } = await misled();
  for (const [name, result, queued] of ANSWERS) {
    state.answer = result;
    for (const call of [
      () => client.distribute(programId, codes),
      () => client.distributeAll(programId),
    ]) {
      const { error } = await outcomeOf(call, name);
      assert.equal(error?.queued, queued, `${name}: ${shown(error)}`);
    }
    for (const call of [() => client.listCodes(programId), () => client.searchPrograms()]) {
      const { error } = await outcomeOf(call, name);
      assert.equal(error?.queued, "no", `${name}: ${shown(error)}`);
    }
    await noStrays(name);
    state.answer = undefined;
    await works(`after ${name}`);
  }
});

test("an accepted call stays accepted with any body and headers", async () => {
  const { client, programId, codes, state, works } = await misled();
  /** @type {[string, () => any][]} */
  const accepted = [
    ...BODIES.map(
      ([name, make]) => /** @type {[string, () => any]} */ ([name, () => shape(200, make())]),
    ),
    ...STRANGE.map(
      ([name, make]) =>
        /** @type {[string, () => any]} */ ([
          `${name} as headers`,
          () => shape(200, { headers: make() }),
        ]),
    ),
  ];
  for (const [name, result] of accepted) {
    state.answer = result;
    const { value, error } = await outcomeOf(() => client.distribute(programId, codes), name);
    assert.equal(value?.status, 200, `${name}: ${shown(error)}`);
    await outcomeOf(() => client.listCodes(programId), name);
    await noStrays(name);
    state.answer = undefined;
    await works(`after ${name}`);
  }
});

test("with a misbehaving fetch a job reports unknown, and resumes with a good one", async () => {
  const { client, programId, codes, state } = await misled();
  for (const [name, result, queued] of ANSWERS) {
    // The longest wait that a call accepts.
    if (name.startsWith("429")) continue;
    state.answer = result;
    const options = { batchSize: 2, requestsPerSecond: Infinity };
    const job = await client.createJob(programId, codes, options);
    const { error } = await outcomeOf(() => job.run(), `${name}: run`);
    const { total, pending, unknown, rejected, queued: sent } = job.progress();
    assert.equal(sent, 0, `${name}: ${shown(error)}`);
    assert.equal(pending + unknown + rejected, total, name);
    if (queued === "no") assert.equal(unknown, 0, name);
    else assert.equal(rejected, 0, name);
    state.answer = undefined;
    if (unknown > 0) await job.resolve("all", "resend");
    const report = await settled(job.run(), `${name}: run again`);
    assert.equal(report.queued + report.rejected, total, `${name}: ${shown(report)}`);
    await job.close();
    await noStrays(name);
  }
});

test("a misbehaving token endpoint: nothing was sent", async () => {
  const { sandbox, programId, codes, options } = await bench();
  for (const [name, result] of ANSWERS) {
    let isBad = true;
    const fetch = (/** @type {string} */ url, /** @type {any} */ init) =>
      isBad ? result() : sandbox.fetch(url, init);
    const client = createClient({ ...options, fetch });
    const { error } = await outcomeOf(() => client.distribute(programId, codes), name);
    assert.equal(error?.queued, "no", `${name}: ${shown(error)}`);
    await noStrays(name);
    isBad = false;
    assert.equal((await client.distribute(programId, codes)).status, 200, name);
    // The limit is 100 tokens an hour.
    sandbox.advance(3_600_000);
  }
});

test("misbehaving token callbacks and caches", async () => {
  const { sandbox, programId, codes, options } = await bench();
  /** @type {[string, (value?: any) => any][]} */
  const ways = STRANGE.flatMap(([name, make]) => [
    [`gives ${name}`, () => make()],
    [`promises ${name}`, async () => make()],
    [
      `throws ${name}`,
      () => {
        throw make();
      },
    ],
  ]);
  ways.push(["never answers", never]);
  const tokens = { accessToken: TOKEN, expiresAt: 0, scope: "", refreshToken: TOKEN };
  for (const [name, way] of ways) {
    const auths = {
      accessToken: { accessToken: way },
      "cache.get": { ...app, cache: { get: way, set: async () => {} } },
      "cache.set": { ...app, cache: { get: async () => undefined, set: way } },
      onTokens: { ...app, tokens, onTokens: way },
    };
    for (const [index, auth] of Object.entries(auths)) {
      /** @type {string[]} */
      const authorized = [];
      const fetch = (/** @type {string} */ url, /** @type {any} */ init) => {
        if (url.includes("/v1/")) authorized.push(init.headers.get("authorization"));
        if (!url.includes("token") || !("tokens" in auth)) return sandbox.fetch(url, init);
        const body = { access_token: TOKEN, expires_in: 1000, refresh_token: TOKEN };
        return { status: 200, headers: {}, text: async () => JSON.stringify(body) };
      };
      const client = createClient({ ...options, auth, fetch });
      const what = `${index} ${name}`;
      const { error } = await outcomeOf(() => client.distribute(programId, codes), what);
      if (index.startsWith("cache")) assert.equal(error, undefined, what);
      // An invalid token must not lead to a request without authorization.
      assert.ok(
        authorized.every((field) => field?.startsWith("Bearer ")),
        what,
      );
      sandbox.advance(3_600_000);
      if (index !== "accessToken") continue;
      const job = await client.createJob(programId, codes, { maxRetries: 0 });
      await outcomeOf(() => job.run(), `${what}: job`);
      await job.close();
    }
    await noStrays(name);
  }
});

/** @type {[string, () => any][]} */
const TIMES = [...STRANGE, ["throws", boom], ["goes back", () => (past -= 1000)]];
let past = 1e12;

test("clocks that return no time, or wake too early, too late or never", async () => {
  const { works } = await bench();
  for (const [name, now] of TIMES) {
    const { sandbox, programId, codes, options } = await bench();
    const clock = { now, sleep: sandbox.clock.sleep };
    const client = createClient({ ...options, clock });
    const what = `now: ${name}`;
    const { error } = await outcomeOf(() => client.distribute(programId, codes), what);
    assert.equal(error, undefined, what);
    const job = await client.createJob(programId, codes, { batchSize: 2, requestsPerSecond: 1000 });
    const signal = AbortSignal.timeout(50);
    await outcomeOf(() => job.run({ signal }), `${what}: job`);
    await job.close();
    await noStrays(what);
  }
  /** @type {[string, (value: any) => any][]} */
  const naps = [...STRANGE.map(([name, make]) => /** @type {any} */ ([name, () => make()]))];
  naps.push(["throws", boom], ["rejects", () => Promise.reject(1)], ["never", never]);
  for (const [name, sleep] of naps) {
    const { sandbox, programId, codes, options } = await bench();
    const clock = { now: sandbox.clock.now, sleep };
    const client = createClient({ ...options, clock });
    const what = `sleep: ${name}`;
    const signal = AbortSignal.timeout(30);
    await outcomeOf(() => client.distribute(programId, codes, { signal }), what);
    const job = await client.createJob(programId, codes, { batchSize: 2, requestsPerSecond: 0.1 });
    await outcomeOf(() => job.run({ signal: AbortSignal.timeout(30) }), `${what}: job`);
    await job.close();
    await noStrays(what);
  }
  await works("after all clocks");
});

test("listeners that throw have no effect", async () => {
  const { programId, codes, options } = await bench();
  const listeners = { onRequest: boom, onResponse: boom };
  const client = createClient({ ...options, ...listeners });
  const list = await parseCodes(codes, { onProgress: boom });
  const job = await client.createJob(programId, list, { onProgress: boom });
  job.subscribe(boom);
  // A listener that subscribes again is not called repeatedly.
  let calls = 0;
  let leave = () => {};
  const again = () => {
    calls += 1;
    leave();
    leave = job.subscribe(again);
  };
  leave = job.subscribe(again);
  assert.equal((await job.run()).queued, codes.length);
  assert.ok(calls > 0 && calls < 20, `${calls} calls`);
  await quiet();
});

test("listeners that throw or reject are reported once each", async (context) => {
  const failures = [
    boom,
    async () => boom(),
    () => Promise.reject(undefined),
    () => ({ then: boom }),
    () => ({ then: (/** @type {any} */ _, /** @type {any} */ fail) => fail(new Error("later")) }),
    () => Object.defineProperty({}, "then", { get: boom }),
  ];
  const { programId, codes, options } = await bench();
  const reports = context.mock.method(console, "error", () => {});
  for (const fails of failures) {
    const listener = () => () => fails();
    const onProgress = listener();
    const client = createClient({ ...options, onRequest: listener(), onResponse: listener() });
    await parseCodes(codes, { onProgress });
    const job = await client.createJob(programId, codes, { onProgress: listener(), batchSize: 1 });
    job.subscribe(listener());
    assert.equal((await job.run()).queued, codes.length);
    await noStrays("a listener");
    assert.equal(reports.mock.callCount(), 5);
    reports.mock.resetCalls();
  }
  reports.mock.mockImplementation(boom);
  await parseCodes(codes, { onProgress: async () => boom() });
  await noStrays("a console that throws");
});

test("a clock and an `outcomes` function that reject do not end the process", async () => {
  const { programId, codes, options } = await bench();
  /** @type {any} */
  const now = async () => boom();
  const client = createClient({ ...options, clock: { ...options.clock, now } });
  await client.distribute(programId, codes);
  const body = '{"event_type":"x"}';
  const signature = createHmac("sha256", "key").update(body).digest("hex");
  const message = { body, signature };
  const event = uberVouchers.verifyWebhook(message, { signingKey: "key", outcomes: now });
  await assert.rejects(event, { code: "invalid_options" });
  await noStrays("a clock, and outcomes");
});

test("errors contain no secret, token or code", async () => {
  const { client, programId, codes, state } = await misled();
  const secrets = [TOKEN, app.clientSecret, ...codes, "jane@example.com"];
  const body = JSON.stringify({ message: secrets.join(" "), errors: secrets, code: "some_code" });
  const headers = { "x-uber-trace-id": TOKEN, "set-cookie": TOKEN };
  /** @type {any[]} */
  const errors = [];
  const keep = async (/** @type {Promise<unknown>} */ call) =>
    errors.push(
      await call.then(
        () => assert.fail("It resolved"),
        (error) => error,
      ),
    );
  for (const status of [302, 400, 401, 403, 404, 409, 413, 429, 500, 503]) {
    state.answer = async () => new Response(body, { status, headers });
    await keep(client.distribute(programId, codes));
    await keep(client.listCodes(programId));
    const job = await client.createJob(programId, codes, { batchSize: 1 });
    const signal = AbortSignal.timeout(30);
    await job.run({ signal }).catch((/** @type {any} */ error) => errors.push(error));
    for (const { lastError } of job.batches()) if (lastError) errors.push(lastError);
    await job.close();
  }
  await keep(client.distribute(programId, [`${codes[0]}x`, codes[1]]));
  await keep(client.distribute(TOKEN + "\n", codes));
  await keep(parseCodes(codes, { column: 1, signal: TOKEN }));
  const wrong = [
    { auth: { accessToken: `${TOKEN}\n` } },
    { auth: { ...app, scope: TOKEN } },
    { auth: "none", headers: { [TOKEN]: "\u0100" } },
    { auth: "none", baseUrl: `x:${TOKEN}@y` },
    { auth: "none", baseUrl: `https://user:${TOKEN}@y` },
  ];
  for (const options of wrong) {
    const creating = async () => createClient({ organizationId: "o", ...options });
    await keep(creating());
  }
  const { verifyWebhook } = uberVouchers;
  const { createHmac } = await import("node:crypto");
  for (const text of ["jane@example.com", `"${codes[0]}`, "[1]"]) {
    const signature = createHmac("sha256", TOKEN).update(text).digest("hex");
    await keep(verifyWebhook({ body: text, signature }, { signingKey: TOKEN }));
    await keep(verifyWebhook({ body: text, signature: `0${signature}` }, { signingKey: TOKEN }));
    await keep(verifyWebhook({ body: `${text} `, signature }, { signingKey: TOKEN }));
  }
  assert.ok(errors.length > 50);
  for (const error of errors) {
    checkError(error, error.code);
    for (const text of [error.message, JSON.stringify(error), shown(error), String(error.stack)]) {
      for (const secret of secrets) assert.ok(!text.includes(secret), `${error.code}: ${text}`);
    }
  }
});

test("the sandbox stays usable after all that", async () => {
  const sandbox = await sandboxModule.createSandbox({ seed: 1 });
  assert.equal(sandbox.createProgram({ codes: 2 }).codes.length, 2);
});
