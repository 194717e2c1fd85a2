/** The worker's refusals, over HTTP and in the package's client. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createClient } from "uber-vouchers";
import { createServer } from "vite";

import { ADMIN_TOKEN, ORGANIZATION, cleanUp, startUber, startWorker } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  uber = await startUber(["--latency", "5"]);
  worker = await startWorker({ uber: uber.url });
});
after(cleanUp);

/** As a page of the worker. @param {Record<string, string>} [headers] @param {string} [baseUrl] */
const clientOf = (headers = {}, baseUrl = worker.url) =>
  createClient({
    organizationId: ORGANIZATION,
    auth: "none",
    baseUrl,
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, ...headers },
  });

/** @param {Promise<unknown>} call @returns {Promise<any>} */
const errorOf = (call) =>
  call.then(
    () => assert.fail("It was accepted"),
    (error) => error,
  );

test("the client shows the worker's error instead of a refusal of Uber", async () => {
  const { programId, codes } = await uber.createProgram(3);
  const client = clientOf();
  await client.distribute(programId, codes);
  for (const [call, code, message, hint] of [
    [
      () => client.distribute(programId, codes),
      "already_queued",
      /sent before|earlier|queued/i,
      /./,
    ],
    [
      () => clientOf({ Origin: "https://elsewhere.example" }).distribute(programId, codes),
      "foreign_origin",
      /^The request comes from another site \(status 403\)$/,
      /^Open the console at this worker's own address/,
    ],
    [
      () => clientOf({ Authorization: "Bearer a-wrong-one" }).distribute(programId, codes),
      "not_signed_in",
      /^You are not signed in \(status 401\)$/,
      /^Sign in/,
    ],
    [
      () => clientOf({ Authorization: "Bearer a-wrong-one" }).listCodes(programId),
      "not_signed_in",
      /^You are not signed in \(status 401\)$/,
      /^Sign in/,
    ],
  ]) {
    const error = await errorOf(/** @type {() => Promise<unknown>} */ (call)());
    assert.deepEqual([error.uberCode, error.queued], [code, "no"], error.message);
    assert.match(error.message, /** @type {RegExp} */ (message));
    assert.match(error.hint, /** @type {RegExp} */ (hint));
    assert.doesNotMatch(`${error.message} ${error.hint}`, /Uber refused|Ask Uber|access token/);
  }
});

test("a job in a page stops with the worker's error", async () => {
  const { programId, codes } = await uber.createProgram(3);
  const client = clientOf({ Origin: "https://elsewhere.example" });
  const job = await client.createJob(programId, codes);
  const error = await errorOf(job.run());
  assert.equal(error.uberCode, "foreign_origin");
  assert.match(error.message, /^The request comes from another site/);
  assert.equal(job.progress().pending, 3);
});

test("hints over HTTP name no client options", async () => {
  const stopped = await startUber();
  const alone = await startWorker({ uber: stopped.url });
  const { programId, codes } = await stopped.createProgram(3);
  await stopped.kill();
  const path = `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes`;
  for (const [response, status] of /** @type {[Response, number][]} */ ([
    [await alone.request(path), 502],
    [
      await alone.request(`${path}/distribute`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ codes }),
      }),
      424,
    ],
    [await worker.request("/api/nowhere"), 404],
  ])) {
    const problem = /** @type {any} */ (await response.json());
    assert.equal(response.status, status, JSON.stringify(problem));
    assert.ok(problem.title && problem.hint && problem.code);
    assert.equal(problem.detail, undefined);
    assert.doesNotMatch(
      problem.hint,
      /`(cause|body|uberCode|retryAfterMs|cache)`|timeoutMs|baseUrl/,
    );
  }
  await alone.kill();
});

test("in development, Vite's proxy passes a page's calls on", async () => {
  const server = await createServer({
    configFile: false,
    logLevel: "error",
    server: { port: 0, proxy: { "/v1": { target: worker.url, changeOrigin: false } } },
  });
  await server.listen();
  try {
    const address = /** @type {import("node:net").AddressInfo} */ (server.httpServer?.address());
    const page = `http://localhost:${address.port}`;
    const { programId, codes } = await uber.createProgram(3);
    const client = clientOf({ Origin: page }, page);
    assert.equal((await client.distribute(programId, codes)).codes, 3);
    const error = await errorOf(client.distribute(programId, codes));
    assert.deepEqual([error.uberCode, error.queued], ["already_queued", "no"]);
  } finally {
    await server.close();
  }
});
