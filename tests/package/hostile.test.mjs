/**
 * Any value may be passed: the result is a value, or an error of the documented classes. Never
 * a trap, never an unhandled error, and later calls work.
 *
 * `RUNS=20000 node --test tests/package/hostile.test.mjs` searches longer; `SEED` sets another
 * start.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import {
  CODE,
  RUNS,
  SEED,
  SIGNING_KEY,
  STRANGE,
  TOKEN,
  anyValue,
  app,
  bench,
  noStrays,
  outcomeOf,
  settled,
  shown,
} from "./hostile-values.mjs";
import { journals, sandboxModule, uberVouchers } from "./installed.mjs";

/** Nothing here is typed: wrong types are the point. @type {any} */
const { createClient, parseCodes, parseCodesByProgram, verifyWebhook } = uberVouchers;
/** @type {any} */
const { authorizationUrl, exchangeCode } = uberVouchers;
const { memoryJournal } = journals;

const { sandbox, programId, codes, options, works, client: typed } = await bench();
/** @type {any} */
const client = typed;
const tokens = { accessToken: TOKEN, expiresAt: 1e15, scope: "x", refreshToken: TOKEN };
const url = { clientId: "app", redirectUri: "https://console.example/", state: "state" };
const grant = { ...app, code: "code", redirectUri: url.redirectUri, fetch: sandbox.fetch };

/** @param {unknown} [more] */
const createJob = (more) => client.createJob(programId, codes, more);

/** @param {(job: any) => unknown} use */
const withJob = (use) => async () => {
  const job = await createJob();
  try {
    return await use(job);
  } finally {
    await job.close();
  }
};

async function signed(body = { event_type: "voucher_program_code_distributed", code_uuid: CODE }) {
  const { createHmac } = await import("node:crypto");
  const text = JSON.stringify(body);
  return { body: text, signature: createHmac("sha256", SIGNING_KEY).update(text).digest("hex") };
}
const message = await signed();

/** Each argument and option of the client's API. @type {[string, (value: any) => () => any][]} */
const PLACES = [
  ["distribute(_, codes)", (value) => () => client.distribute(value, codes)],
  ["distribute(id, _)", (value) => () => client.distribute(programId, value)],
  ["distribute(id, [_])", (value) => () => client.distribute(programId, [value])],
  ["distribute(id, codes, _)", (value) => () => client.distribute(programId, codes, value)],
  ["distributeAll(_)", (value) => () => client.distributeAll(value)],
  ["distributeAll(id, _)", (value) => () => client.distributeAll(programId, value)],
  ["listCodes(_)", (value) => () => client.listCodes(value)],
  ["listCodes(id, _)", (value) => () => client.listCodes(programId, value)],
  ["searchPrograms(_)", (value) => () => client.searchPrograms(value)],
  ...["signal", "timeoutMs", "maxRetries"].flatMap(
    (name) =>
      /** @type {[string, (value: any) => () => any][]} */ ([
        [
          `distribute ${name}`,
          (value) => () => client.distribute(programId, codes, { [name]: value }),
        ],
        [`listCodes ${name}`, (value) => () => client.listCodes(programId, { [name]: value })],
      ]),
  ),
  ["listCodes includeUsage", (value) => () => client.listCodes(programId, { includeUsage: value })],
  ...["status", "limit", "offset"].map(
    (name) =>
      /** @type {[string, (value: any) => () => any]} */ ([
        `searchPrograms ${name}`,
        (value) => () => client.searchPrograms({ [name]: value }),
      ]),
  ),
  ["createJob(_)", (value) => () => client.createJob(value, codes)],
  ["createJob(id, _)", (value) => () => client.createJob(programId, value)],
  ["createJob(id, codes, _)", (value) => () => createJob(value)],
  ...[
    "journal",
    "batchSize",
    "concurrency",
    "requestsPerSecond",
    "timeoutMs",
    "maxRetries",
    "onProgress",
  ].map(
    (name) =>
      /** @type {[string, (value: any) => () => any]} */ ([
        `createJob ${name}`,
        (value) => async () => (await createJob({ [name]: value })).run(),
      ]),
  ),
  ["resumeJob(_)", (value) => () => client.resumeJob(value)],
  ["resumeJob(journal, _)", (value) => () => client.resumeJob(memoryJournal(), value)],
  ["resumeJob restored", (value) => () => client.resumeJob(memoryJournal(), { restored: value })],
  ["run(_)", (value) => withJob((job) => job.run(value))],
  ["run signal", (value) => withJob((job) => job.run({ signal: value }))],
  ["applyWebhook(_)", (value) => withJob((job) => job.applyWebhook(value))],
  [
    "event.programId",
    (value) => withJob((job) => job.applyWebhook({ programId: value, outcomes: [] })),
  ],
  ["event.outcomes", (value) => withJob((job) => job.applyWebhook({ programId, outcomes: value }))],
  [
    "event.outcomes[]",
    (value) => withJob((job) => job.applyWebhook({ programId, outcomes: [value] })),
  ],
  ...["code", "status", "reason"].map(
    (name) =>
      /** @type {[string, (value: any) => () => any]} */ ([
        `event.outcomes[].${name}`,
        (value) =>
          withJob((job) => {
            const outcome = { code: codes[0], status: "failed", reason: "x", [name]: value };
            return job.applyWebhook({ programId, outcomes: [outcome] });
          }),
      ]),
  ),
  ["applyUsage(_)", (value) => withJob((job) => job.applyUsage(value))],
  ["applyUsage([_])", (value) => withJob((job) => job.applyUsage([value]))],
  ...["codeId", "usageCount", "isClaimed"].map(
    (name) =>
      /** @type {[string, (value: any) => () => any]} */ ([
        `code in use ${name}`,
        (value) =>
          withJob((job) => job.applyUsage([{ codeId: codes[0], usageCount: 1, [name]: value }])),
      ]),
  ),
  ["reconcile(_)", (value) => withJob((job) => job.reconcile(value))],
  ...["guests", "signal", "timeoutMs", "maxRetries"].map(
    (name) =>
      /** @type {[string, (value: any) => () => any]} */ ([
        `reconcile ${name}`,
        (value) => withJob((job) => job.reconcile({ [name]: value })),
      ]),
  ),
  ["resolve(_)", (value) => withJob((job) => job.resolve(value, "queued"))],
  ["resolve(0, _)", (value) => withJob((job) => job.resolve(0, value))],
  ["results(_)", (value) => withJob((job) => [...job.results(value)])],
  ["subscribe(_)", (value) => withJob((job) => (job.subscribe(value), job.run()))],
  ["parseCodes(_)", (value) => () => parseCodes(value)],
  ["parseCodes([_])", (value) => () => parseCodes([value])],
  ["parseCodes(codes, _)", (value) => () => parseCodes(codes, value)],
  ["parseCodesByProgram(_)", (value) => () => parseCodesByProgram(value)],
  ["parseCodesByProgram(codes, _)", (value) => () => parseCodesByProgram(CODE, value)],
  ...["column", "onProgress", "signal", "programColumn"].map(
    (name) =>
      /** @type {[string, (value: any) => () => any]} */ ([
        `parse ${name}`,
        (value) => () => parseCodesByProgram(CODE, { [name]: value }),
      ]),
  ),
  ["verifyWebhook(_)", (value) => () => verifyWebhook(value, { signingKey: SIGNING_KEY })],
  ["verifyWebhook(message, _)", (value) => () => verifyWebhook(message, value)],
  ...["body", "signature", "environment"].map(
    (name) =>
      /** @type {[string, (value: any) => () => any]} */ ([
        `message.${name}`,
        (value) => () => verifyWebhook({ ...message, [name]: value }, { signingKey: SIGNING_KEY }),
      ]),
  ),
  [
    "request.arrayBuffer()",
    (value) => () =>
      verifyWebhook(requestOf({ arrayBuffer: () => value }), { signingKey: SIGNING_KEY }),
  ],
  [
    "request.bodyUsed",
    (value) => () => verifyWebhook(requestOf({ bodyUsed: value }), { signingKey: SIGNING_KEY }),
  ],
  [
    "request.headers",
    (value) => () => verifyWebhook(requestOf({ headers: value }), { signingKey: SIGNING_KEY }),
  ],
  [
    "request.headers.get()",
    (value) => () =>
      verifyWebhook(requestOf({ headers: { get: () => value } }), { signingKey: SIGNING_KEY }),
  ],
  ["signingKey", (value) => () => verifyWebhook(message, { signingKey: value })],
  ["signingKey[]", (value) => () => verifyWebhook(message, { signingKey: [value, SIGNING_KEY] })],
  [
    "outcomes",
    (value) => () => verifyWebhook(message, { signingKey: SIGNING_KEY, outcomes: value }),
  ],
  [
    "outcomes()",
    (value) => () => verifyWebhook(message, { signingKey: SIGNING_KEY, outcomes: () => value }),
  ],
  [
    "outcomes()[]",
    (value) => () => verifyWebhook(message, { signingKey: SIGNING_KEY, outcomes: () => [value] }),
  ],
  ...["code", "status", "reason"].map(
    (name) =>
      /** @type {[string, (value: any) => () => any]} */ ([
        `outcomes()[].${name}`,
        (value) => () => {
          const outcome = { code: CODE, status: "failed", [name]: value };
          return verifyWebhook(message, { signingKey: SIGNING_KEY, outcomes: () => [outcome] });
        },
      ]),
  ),
  [
    "outcomes(raw) that changes it",
    (value) => () =>
      verifyWebhook(message, {
        signingKey: SIGNING_KEY,
        outcomes: (/** @type {any} */ raw) => ((raw.event_id = value), (raw.more = [value]), []),
      }),
  ],
  ["authorizationUrl(_)", (value) => () => authorizationUrl(value)],
  ...[...Object.keys(url), "authorizeUrl"].map(
    (name) =>
      /** @type {[string, (value: any) => () => any]} */ ([
        `authorizationUrl ${name}`,
        (value) => () => authorizationUrl({ ...url, [name]: value }),
      ]),
  ),
  ["exchangeCode(_)", (value) => () => exchangeCode(value)],
  ...[...Object.keys(grant), "tokenUrl", "timeoutMs", "signal", "clock", "module"].map(
    (name) =>
      /** @type {[string, (value: any) => () => any]} */ ([
        `exchangeCode ${name}`,
        (value) => () => exchangeCode({ ...grant, [name]: value }),
      ]),
  ),
  ["createClient(_)", (value) => async () => createClient(value).ready()],
  ...Object.entries({
    ...options,
    baseUrl: "x",
    acceptLanguage: "x",
    headers: {},
    timeoutMs: 1,
    maxRetries: 1,
    module: 1,
    dangerouslyAllowBrowser: true,
    onRequest: 1,
    onResponse: 1,
  }).map(
    ([name]) =>
      /** @type {[string, (value: any) => () => any]} */ ([
        `createClient ${name}`,
        (value) => {
          return async () => {
            const other = createClient({ ...options, [name]: value });
            await other.ready();
            await other.distribute(programId, codes);
            return (await other.createJob(programId, codes)).run();
          };
        },
      ]),
  ),
  [
    "createClient headers[]",
    (value) => async () =>
      createClient({ ...options, headers: { "x-mine": value } }).listCodes(programId),
  ],
  ...["clientId", "clientSecret", "scope", "tokenUrl", "cache"].map(
    (name) =>
      /** @type {[string, (value: any) => () => any]} */ ([
        `auth.${name}`,
        (value) => async () =>
          createClient({ ...options, auth: { ...app, [name]: value } }).listCodes(programId),
      ]),
  ),
  [
    "auth.accessToken",
    (value) => async () =>
      createClient({ ...options, auth: { accessToken: value } }).listCodes(programId),
  ],
  [
    "auth.tokens",
    (value) => async () =>
      createClient({ ...options, auth: { ...app, tokens: value } }).listCodes(programId),
  ],
  ...[...Object.keys(tokens), "more"].map(
    (name) =>
      /** @type {[string, (value: any) => () => any]} */ ([
        `auth.tokens.${name}`,
        (value) => async () => {
          const auth = { ...app, tokens: { ...tokens, [name]: value } };
          return createClient({ ...options, auth }).listCodes(programId);
        },
      ]),
  ),
  [
    "auth.onTokens",
    (value) => async () =>
      createClient({
        ...options,
        auth: { ...app, tokens: { ...tokens, expiresAt: 0 }, onTokens: value },
      }).listCodes(programId),
  ],
];

/** @param {Record<string, unknown>} members */
const requestOf = (members) => ({
  headers: new Headers({ "x-uber-signature": message.signature }),
  bodyUsed: false,
  body: null,
  arrayBuffer: async () => new TextEncoder().encode(message.body).buffer,
  ...members,
});

for (const [place, call] of PLACES) {
  test(`${place}: every unusual value`, async () => {
    for (const [name, make] of STRANGE) {
      await outcomeOf(async () => call(make())(), `${place} with ${name}`);
      await noStrays(`${place} with ${name}`);
    }
    await works(`after ${place}`);
  });
}

test(`any structure as any argument, ${RUNS} times, seed ${SEED}`, async () => {
  const place = fc.constantFrom(...PLACES);
  const property = fc.asyncProperty(place, anyValue(), async ([name, call], value) => {
    const what = `${name} with ${value}`;
    await outcomeOf(async () => call(value.make())(), what);
    await noStrays(what);
  });
  await fc.assert(property, { numRuns: RUNS, seed: SEED });
  await works("after all of it");
});

/** Values that throw at once, or reject, because they are called. @type {[string, (value: any) => any][]} */
const OTHERS = [
  ["memoryJournal(_)", (value) => memoryJournal(value)],
  ["append(_)", (value) => memoryJournal().append(value)],
  ["truncate(_)", (value) => memoryJournal().truncate(value)],
  ["fileJournal(_)", (value) => journals.fileJournal(typeof value === "string" ? "" : value)],
  ["indexedDbJournal(_)", (value) => journals.indexedDbJournal(value)],
  ["durableObjectJournal(_)", (value) => journals.durableObjectJournal(value, "x")],
  [
    "durableObjectJournal({}, _)",
    (value) => journals.durableObjectJournal(/** @type {any} */ ({}), value),
  ],
  ["createSandbox(_)", (value) => sandboxModule.createSandbox(value)],
  ...[
    "seed",
    "organizationId",
    "signingKey",
    "webhookUrl",
    "latencyMs",
    "failureRate",
    "faults",
    "realTime",
    "journal",
  ].map(
    (name) =>
      /** @type {[string, (value: any) => any]} */ ([
        `createSandbox ${name}`,
        (value) => sandboxModule.createSandbox({ [name]: value }),
      ]),
  ),
  ["sandbox.fetch(_)", (value) => sandbox.fetch(value)],
  ["sandbox.fetch(url, _)", (value) => sandbox.fetch("https://api.uber.com/v1/", value)],
  ...["method", "headers", "body", "signal"].map(
    (name) =>
      /** @type {[string, (value: any) => any]} */ ([
        `sandbox.fetch ${name}`,
        (value) => sandbox.fetch("https://api.uber.com/v1/", { method: "POST", [name]: value }),
      ]),
  ),
  ["createProgram(_)", (value) => sandbox.createProgram(value)],
  ["createProgram id", (value) => sandbox.createProgram({ codes: 1, id: value })],
  ["createProgram name", (value) => sandbox.createProgram({ codes: 1, name: value })],
  ["configure(_)", (value) => sandbox.configure(value)],
  ["configure failureRate", (value) => sandbox.configure({ failureRate: value })],
  ["configure faults", (value) => sandbox.configure({ faults: value })],
  ["deliveries(_)", (value) => sandbox.deliveries(value)],
  ["deliverWebhooks(_)", (value) => sandbox.deliverWebhooks(value)],
  [
    "deliverWebhooks(send, _)",
    (value) => sandbox.deliverWebhooks(async () => ({ status: 200 }), value),
  ],
  ["sleep(_)", (value) => sandbox.clock.sleep(value, AbortSignal.timeout(1))],
];

for (const [place, call] of OTHERS) {
  test(`${place}: no trap, whatever is passed`, async () => {
    for (const [name, make] of STRANGE) {
      const what = `${place} with ${name}`;
      try {
        await settled(Promise.resolve(call(make())), what);
      } catch (/** @type {any} */ error) {
        const isTrap = error instanceof WebAssembly.RuntimeError || error?.code === "instance_lost";
        assert.ok(!isTrap, `${what}: ${shown(error)}`);
        assert.ok(!String(error?.message).includes("did not settle"), what);
      }
      await noStrays(what);
    }
    await works(`after ${place}`);
  });
}
