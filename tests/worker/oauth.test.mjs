/**
 * Tokens from an independent server: `oidc-provider`, with client credentials. A small
 * resource server in front of the sandbox asks the provider about each token that it
 * gets.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

// @ts-expect-error: it has no declarations.
import { Provider } from "oidc-provider";

import { closeFronts, startFront } from "./front.mjs";
import { CLIENT, cleanUp, startUber, startWorker } from "./harness.mjs";

const SCOPE = "organizations.voucher_programs";
const AGGREGATOR = "organizations.voucher_programs.aggregator";
const APP = { id: "app-at-the-provider", secret: "the-right-secret-of-the-app" };
const LONG = 3600;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {import("node:http").Server} */
let server;
/** @type {string} */
let tokenUrl;
/** @type {string} */
let resource;
/** The life of a token, in seconds. */
let life = LONG;
/** Whether the token endpoint is down. */
let isDown = false;
const seen = { tokenRequests: 0, refused: 0, tokens: /** @type {string[]} */ ([]) };

/** @param {string} url @param {Record<string, string>} fields */
const form = (url, fields) =>
  fetch(url, {
    method: "POST",
    body: new URLSearchParams({ client_id: APP.id, client_secret: APP.secret, ...fields }),
  });

before(async () => {
  uber = await startUber(["--latency", "5-20"]);
  server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: APP.id,
        client_secret: APP.secret,
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: "client_secret_post",
        scope: SCOPE,
      },
    ],
    scopes: [SCOPE, AGGREGATOR],
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      devInteractions: { enabled: false },
    },
    ttl: { ClientCredentials: () => life },
  });
  server.on("request", provider.callback());

  const tokens = await startFront(issuer, () => {
    seen.tokenRequests += 1;
    return isDown ? { status: 503 } : undefined;
  });
  tokenUrl = `${tokens.url}/token`;

  const swapped = await fetch(`${uber.url}/oauth/v2/token`, {
    method: "POST",
    body: new URLSearchParams({
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      grant_type: "client_credentials",
      scope: SCOPE,
    }),
  });
  const { access_token: ubersToken } = /** @type {any} */ (await swapped.json());
  const front = await startFront(uber.url, async ({ headers }) => {
    const token = (headers["authorization"] ?? "").replace(/^Bearer /, "");
    const asked = await form(`${issuer}/token/introspection`, { token });
    const { active, scope } = /** @type {any} */ (await asked.json());
    if (!active || scope !== SCOPE) {
      seen.refused += 1;
      return { status: 401, headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' } };
    }
    if (!seen.tokens.includes(token)) seen.tokens.push(token);
    headers["authorization"] = `Bearer ${ubersToken}`;
    return undefined;
  });
  resource = front.url;
  revoke = (token) => form(`${issuer}/token/revocation`, { token });
});
after(async () => {
  closeFronts();
  server.close().closeAllConnections();
  await cleanUp();
});

/** @type {(token: string) => Promise<Response>} */
let revoke;

/** @param {{ secret?: string, scope?: string, state?: string, perSecond?: number }} [what] */
function start({ secret = APP.secret, scope = "", state, perSecond = 60 } = {}) {
  Object.assign(seen, { tokenRequests: 0, refused: 0, tokens: [] });
  return startWorker({
    uber: resource,
    ...(state !== undefined && { state }),
    options: { requestsPerSecond: perSecond },
    bindings: {
      UBER_CLIENT_ID: APP.id,
      UBER_CLIENT_SECRET: secret,
      UBER_TOKEN_URL: tokenUrl,
      UBER_SCOPE: scope,
    },
  });
}

/** @param {string} programId @param {readonly string[]} codes */
async function sentOnce(programId, codes) {
  const sent = await uber.deliveries(programId);
  assert.deepEqual([sent.size, ...new Set(sent.values())], [codes.length, 1]);
}

/** @param {Awaited<ReturnType<typeof start>>} worker @param {number} codes @param {number} batchSize */
async function createJob(worker, codes, batchSize) {
  const program = await uber.createProgram(codes);
  // Without a token, no list can be compared with Uber's.
  const query = `?batchSize=${batchSize}&unchecked=true`;
  const { id } = await (await worker.createJob(program.programId, program.codes, query)).json();
  return { ...program, id, path: `/api/programs/${program.programId}/jobs/${id}` };
}

/** @param {any} job */
const isFinished = ({ status }) => status === "finished";
/** @param {any} job */
const isHalted = ({ status }) => status === "halted";

test("a wrong secret halts a job, and the right one lets it continue", async () => {
  let worker = await start({ secret: "a-wrong-secret" });
  const { programId, codes, id, path } = await createJob(worker, 40, 10);
  const halted = await worker.until(programId, id, isHalted);
  assert.deepEqual([halted.error.code, halted.error.status], ["token_rejected", 401]);
  assert.deepEqual([halted.progress.pending, halted.error.queued], [40, "no"]);
  // No further requests are sent.
  assert.equal(seen.tokenRequests, 1);
  assert.ok(!worker.output().includes("a-wrong-secret"));
  await worker.kill();
  worker = await start({ state: worker.state });
  await worker.json(`${path}/resume`, {});
  await worker.until(programId, id, isFinished);
  await sentOnce(programId, codes);
  await worker.kill();
});

test("a scope that the app does not have halts a job", async () => {
  const worker = await start({ scope: AGGREGATOR });
  const { programId, id } = await createJob(worker, 10, 10);
  const halted = await worker.until(programId, id, isHalted);
  assert.deepEqual([halted.error.code, halted.error.status], ["token_rejected", 400]);
  assert.equal((await uber.deliveries(programId)).size, 0);
  await worker.kill();
});

test("one token serves all programs", async () => {
  const worker = await start();
  const jobs = await Promise.all(Array.from({ length: 8 }, () => createJob(worker, 20, 5)));
  for (const { programId, codes, id } of jobs) {
    await worker.until(programId, id, isFinished);
    await sentOnce(programId, codes);
  }
  assert.deepEqual([seen.tokenRequests, seen.tokens.length, seen.refused], [1, 1, 0]);
  await worker.kill();
});

test("tokens that expire while a job runs are renewed without an error", async () => {
  // A token is renewed a tenth of its life before its end: each is used for nine seconds.
  life = 10;
  const worker = await start({ perSecond: 10 });
  const { programId, codes, id } = await createJob(worker, 120, 1);
  const job = await worker.until(programId, id, isFinished, 60_000);
  life = LONG;
  assert.ok(seen.tokens.length >= 2 && seen.tokens.length < 20, `${seen.tokens.length} tokens`);
  assert.deepEqual([seen.refused, job.progress.retries, job.progress.queued], [0, 0, 120]);
  await sentOnce(programId, codes);
  await worker.kill();
});

test("a token that is withdrawn is replaced after the first refusal", async () => {
  const worker = await start({ perSecond: 20 });
  const { programId, codes, id } = await createJob(worker, 60, 1);
  await worker.until(programId, id, ({ progress }) => progress.queued > 5);
  await revoke(seen.tokens[0] ?? "");
  const job = await worker.until(programId, id, isFinished, 60_000);
  assert.deepEqual([seen.refused, seen.tokens.length, job.progress.queued], [1, 2, 60]);
  await sentOnce(programId, codes);
  await worker.kill();
});

test("without a token endpoint nothing is sent, and jobs continue once it is back", async () => {
  isDown = true;
  const worker = await start();
  const jobs = await Promise.all(Array.from({ length: 6 }, () => createJob(worker, 20, 10)));
  for (const { programId, id } of jobs) {
    const job = await worker.until(programId, id, ({ waitingUntil }) => waitingUntil !== null);
    assert.deepEqual([job.status, job.error.code], ["running", "token_unavailable"]);
    assert.deepEqual([job.progress.pending, job.progress.unknown], [20, 0]);
  }
  // A client tries three times; then all wait for the same moment.
  assert.ok(seen.tokenRequests <= 6, `${seen.tokenRequests} token requests`);
  await sleep(12_000);
  assert.ok(seen.tokenRequests <= 12, `${seen.tokenRequests} token requests`);
  isDown = false;
  for (const { programId, codes, id } of jobs) {
    const job = await worker.until(programId, id, isFinished, 60_000);
    assert.equal(job.error, null);
    await sentOnce(programId, codes);
  }
  await worker.kill();
});

test("an operator can try again at once", async () => {
  isDown = true;
  const worker = await start();
  const job = await createJob(worker, 20, 10);
  // By then, it is tried every twenty seconds at most.
  await sleep(18_000);
  isDown = false;
  const before = Date.now();
  await worker.json(`${job.path}/resume`, {});
  await worker.until(job.programId, job.id, isFinished, 60_000);
  assert.ok(Date.now() - before < 5_000);
  await sentOnce(job.programId, job.codes);
  await worker.kill();
});

test("one request resumes all halted jobs", async () => {
  let worker = await start({ secret: "a-wrong-secret" });
  const jobs = await Promise.all(Array.from({ length: 5 }, () => createJob(worker, 20, 10)));
  const [paused, ...halted] = jobs;
  for (const { programId, id } of jobs) await worker.until(programId, id, isHalted);
  await worker.kill();
  worker = await start({ state: worker.state });
  assert.ok(paused);
  await worker.json(`${paused.path}/resume`, {});
  await worker.json(`${paused.path}/pause`, {});
  const before = await uber.deliveries(paused.programId);
  assert.deepEqual(await worker.json("/api/resume", {}), { jobs: halted.length });
  for (const { programId, codes, id } of halted) {
    await worker.until(programId, id, isFinished);
    await sentOnce(programId, codes);
  }
  // A job that an operator has paused stays paused.
  assert.deepEqual(await uber.deliveries(paused.programId), before);
  await worker.kill();
});
