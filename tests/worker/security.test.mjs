/** What attackers may try, and operators by mistake. SECURITY.md names these tests. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { SignJWT } from "jose";
import { WebSocket } from "ws";

import { logError } from "../../build/js/worker/log.js";
import { answerError } from "../../build/js/worker/problem.js";
import { ADMIN_TOKEN, ORGANIZATION, SIGNING_KEY, cleanUp } from "./harness.mjs";
import { startUber, startWorker } from "./harness.mjs";
import { raw } from "./raw.mjs";

const CONSOLE = "https://console.example.com";
const EMAIL = "jane@example.com";
const BEARER = { Authorization: `Bearer ${ADMIN_TOKEN}` };
const ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
/** A program, its codes and a job of it that was sent. */
let programId = "";
/** @type {string[]} */
let codes = [];
let jobId = "";
/** Every response to somebody who had not signed in. */
const toldToAnybody = [""];

before(async () => {
  uber = await startUber(["--latency", "1"]);
  worker = await startWorker({
    uber: uber.url,
    options: { allowedOrigins: [CONSOLE], maxCodes: 1_000, maxUploadBytes: 200_000 },
  });
  ({ programId, codes } = await uber.createProgram(6));
  const created = await worker.createJob(programId, codes.slice(0, 3));
  jobId = (await created.json()).id;
  await worker.until(programId, jobId, ({ status }) => status === "finished");
});
after(cleanUp);

/** @typedef {{ method?: string, headers?: Record<string, string>, body?: string }} Init */

/** Without sign-in. @param {string} path @param {Init} [init] */
async function asAnybody(path, init) {
  const result = await raw(worker.url, path, init);
  toldToAnybody.push(result.text, JSON.stringify(result.headers));
  return result;
}

/** With the bearer token. @param {string} path @param {Init} [init] */
const asOperator = (path, { headers, ...init } = {}) =>
  raw(worker.url, path, { ...init, headers: { ...BEARER, ...headers } });

/** With the cookie, as a browser sends it. @param {string} path @param {Init} [init] */
async function asConsole(path, { headers, ...init } = {}) {
  const cookie = { Cookie: `uber-vouchers=${await sessionUntil(Date.now() + 60_000)}` };
  return raw(worker.url, path, { ...init, headers: { ...cookie, ...headers } });
}

/** @param {number} until */
const sessionUntil = (until) =>
  new SignJWT()
    .setProtectedHeader({ alg: "HS256" })
    .setAudience("uber-vouchers session")
    .setExpirationTime(until / 1000)
    .sign(new TextEncoder().encode(ADMIN_TOKEN));

/** @returns {[method: string, path: string, body?: unknown][]} */
const routes = () => {
  const program = `/api/programs/${programId}`;
  const job = `${program}/jobs/${jobId}`;
  const ubers = `/v1/organizations/${ORGANIZATION}/voucher-programs`;
  return [
    ["GET", "/api/session"],
    ["GET", "/api/config"],
    ["GET", "/api/programs"],
    ["GET", "/api/jobs"],
    ["GET", "/api/overview"],
    ["GET", "/api/audit"],
    ["POST", "/api/jobs", `${programId},${codes[5]}`],
    ["POST", "/api/pause", { paused: true }],
    ["GET", `${program}/codes`],
    ["GET", `${program}/jobs`],
    ["POST", `${program}/jobs`, codes.slice(3).join("\n")],
    ["GET", job],
    ["PATCH", job, { name: "x" }],
    ["GET", `${job}/live`],
    ["GET", `${job}/results`],
    ["GET", `${job}/results.csv`],
    ["GET", `${job}/journal`],
    ["POST", `${job}/pause`],
    ["POST", `${job}/resume`],
    ["POST", `${job}/cancel`],
    ["POST", `${job}/approve`],
    ["POST", `${job}/drop`],
    ["POST", `${job}/resolve`, { batch: "all", decision: "abandon" }],
    ["POST", `${ubers}/search`, {}],
    ["GET", `${ubers}/${programId}/codes`],
    ["POST", `${ubers}/${programId}/codes/distribute`, { codes: codes.slice(3) }],
  ];
};

/** @param {unknown} body @returns {Init} */
const withBody = (body) => ({
  headers: {
    "Content-Type": typeof body === "string" ? "text/plain" : "application/json",
    "Idempotency-Key": crypto.randomUUID(),
  },
  ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
});

/** Everything that shows what an attacker could have changed. */
async function everything() {
  const [config, jobs, sent, databases] = [
    await worker.json("/api/config"),
    await worker.json("/api/jobs"),
    await uber.deliveries(programId),
    await readdir(worker.state, { recursive: true }),
  ];
  return [config.paused, config.counts, jobs, [...sent].sort(), databases.sort()];
}

test("without signing in nothing can be read or changed", async () => {
  const before = await everything();
  const internal = encodeURIComponent(JSON.stringify({ name: "admin", until: null }));
  for (const [method, path, body] of routes()) {
    const { headers, ...init } = withBody(body);
    for (const more of [
      {},
      { Origin: worker.url },
      { Origin: CONSOLE },
      { "X-Uber-Vouchers-Operator": internal },
      { Cookie: "uber-vouchers=; CF_Authorization=x.y.z" },
      { "Cf-Access-Jwt-Assertion": "x.y.z", "Cf-Access-Authenticated-User-Email": EMAIL },
    ]) {
      const result = await asAnybody(path, { method, ...init, headers: { ...headers, ...more } });
      assert.deepEqual([result.status, result.json?.code], [401, "not_signed_in"], path);
      assert.deepEqual(result.json.methods, ["token"]);
    }
  }
  assert.deepEqual(await everything(), before);
});

test("other spellings of a path reach no other route", async () => {
  const tricks = [
    "//api/config",
    "/./api/config",
    "/x/../api/config",
    "/x/%2e%2e/api/config",
    "/assets/..%2fapi%2fconfig",
    "/assets/../api/config",
    "/api%2fconfig",
    "/%61pi/config",
    "/API/config",
    "/api/config/",
    "/api//config",
    "/api/./config",
    "/api/config%00",
    "/api/config;x",
    "/api\\config",
    "/health/../api/config",
    "/webhooks/uber/../../api/config",
    `/api/programs/${programId}/jobs/${jobId}/`,
    `/api/programs/${programId}/jobs/../codes`,
    `/api/programs/${programId}%2fcodes`,
    `/v1/organizations/x/../${ORGANIZATION}/voucher-programs/search`,
    "/cdn-cgi/../api/config",
  ];
  for (const path of tricks) {
    const result = await asAnybody(path);
    const isFile = /text\/html/.test(result.headers["content-type"] ?? "");
    // The file server redirects some of these to their canonical spelling.
    const isHere = /^\/(?![/\\])/.test(result.headers["location"] ?? "");
    const isFine = isFile || isHere || result.status === 401 || result.status === 404;
    assert.ok(isFine, `${path} ${result.status}`);
    assert.ok((await asOperator(path)).status < 500, path);
  }
  // Redirects of the file server must stay here.
  for (const path of ["//evil.example/index.html", "/%2fevil.example/index", "/\\evil.example/"]) {
    const reply = await asAnybody(path);
    assert.deepEqual([reply.status, reply.headers["location"]], [404, undefined], path);
  }
});

test("a program id is one path segment and never a path", async () => {
  for (const segment of [
    ..."%2e%2e%2f%2e%2e%2fx ..%2fx x%2fy x%5cy %00 a%0ab %c2%85 %zz %ff %20 x%20".split(" "),
    "%20x",
    "x".repeat(257),
  ]) {
    for (const rest of ["codes", "jobs", `jobs/${jobId}`]) {
      const result = await asOperator(`/api/programs/${segment}/${rest}`);
      assert.equal(result.status, 404, `${segment} ${result.text}`);
    }
    const ubers = `/v1/organizations/${ORGANIZATION}/voucher-programs/${segment}`;
    assert.equal((await asOperator(`${ubers}/codes`)).status, 404, segment);
    const sent = await asOperator(`${ubers}/codes/distribute`, {
      method: "POST",
      ...withBody({ codes }),
    });
    assert.equal(sent.status, 404, segment);
  }
  // Segments of dots are removed before anything reads the path.
  const up = await asOperator("/api/programs/%2e%2e/jobs");
  assert.deepEqual(up.json, (await asOperator("/api/jobs")).json);
  assert.equal((await asOperator("/api/programs/%2E/jobs")).status, 404);
  // Decoded once and not twice.
  const twice = await asOperator("/api/programs/%252e%252e/codes");
  assert.deepEqual([twice.status, twice.json.code], [404, "resource_not_found"]);
});

test("every spelling of a program id is one program: its codes are not sent twice", async () => {
  const digits = programId.replaceAll("-", "");
  for (const written of [programId.toUpperCase(), digits, `{${programId}}`, `urn:uuid:${digits}`]) {
    const job = await worker.createJob(written, codes.slice(0, 3));
    assert.deepEqual([job.status, (await job.json()).code], [422, "already_queued"], written);
    const call = await asOperator(
      `/v1/organizations/${ORGANIZATION}/voucher-programs/${encodeURIComponent(written)}/codes/distribute`,
      { method: "POST", ...withBody({ codes: codes.slice(0, 3) }) },
    );
    assert.deepEqual([call.status, call.json.code], [422, "already_queued"], written);
  }
});

test("a file for several programs does not send its codes twice either", async () => {
  const result = await asOperator("/api/jobs?start=false", {
    method: "POST",
    ...withBody(`program_id,code\n${programId.toUpperCase()},${codes[0]}`),
  });
  assert.deepEqual([result.status, result.json.code], [422, "already_queued"]);
});

test("each route serves its own methods, and a wrong one changes nothing", async () => {
  const before = await everything();
  for (const [own, path] of routes()) {
    for (const method of ALL_METHODS) {
      const isServed =
        method === own || routes().some((route) => route[0] === method && route[1] === path);
      if (isServed || (path === "/api/session" && method !== "GET")) continue;
      const result = await asOperator(path, { method });
      const isPreflight = method === "OPTIONS" && result.status === 204;
      assert.ok(isPreflight || result.status === 404 || result.status === 405, `${method} ${path}`);
    }
  }
  assert.deepEqual(await everything(), before);
});

test("the worker, not the request, identifies the operator", async () => {
  const name = encodeURIComponent(JSON.stringify({ name: EMAIL, until: null }));
  const result = await asOperator(`/api/programs/${programId}/jobs?start=false`, {
    method: "POST",
    body: codes[3] ?? "",
    headers: {
      "Content-Type": "text/plain",
      "Idempotency-Key": "smuggled",
      "X-Uber-Vouchers-Operator": name,
      "x-uber-vouchers-operator": name,
    },
  });
  assert.deepEqual([result.status, result.json.by], [201, "admin"]);
});

test("ambient credentials alone don't prove that the console sent a request", async () => {
  const { host } = new URL(worker.url);
  /** @type {Record<string, string>[]} */
  const foreign = [
    { Origin: "null" },
    { Origin: "https://evil.example" },
    { Origin: CONSOLE },
    { Origin: `https://${host}` },
    { Origin: `${worker.url}.evil.example` },
    { Origin: `http://evil.example/${host}` },
    { Origin: `http://localhost:${worker.port}` },
    { Origin: `http://127.0.0.1:${worker.port + 1}` },
  ];
  const before = await everything();
  for (const headers of foreign) {
    for (const [method, path, body] of routes()) {
      const { headers: own, ...init } = withBody(body);
      const result = await asConsole(path, { method, ...init, headers: { ...own, ...headers } });
      assert.deepEqual([result.status, result.json?.code], [403, "foreign_origin"], path);
      assert.equal(result.headers["access-control-allow-credentials"], undefined);
    }
  }
  for (const [method, path, body] of routes().filter(([verb]) => verb === "POST")) {
    for (const site of ["none", "same-origin", "cross-site"]) {
      const { headers: own, ...init } = withBody(body);
      const headers = { ...own, "Sec-Fetch-Site": site };
      const reply = await asConsole(path, { method, ...init, headers });
      assert.equal(reply.status, 403, `no Origin at all: ${path}`);
    }
  }
  for (const site of ["cross-site", "same-site"]) {
    const answer = await asConsole("/api/jobs", { headers: { "Sec-Fetch-Site": site } });
    assert.equal(answer.status, 403);
  }
  assert.deepEqual(await everything(), before);
  assert.equal((await asConsole("/api/jobs")).status, 200);
  const own = await asConsole("/api/pause", {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: worker.url },
    body: JSON.stringify({ paused: false }),
  });
  assert.equal(own.status, 200);
});

test("an allowed origin has access, with a bearer token only", async () => {
  const preflight = await asAnybody("/api/jobs", {
    method: "OPTIONS",
    headers: { Origin: CONSOLE, "Access-Control-Request-Method": "POST" },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers["access-control-allow-origin"], CONSOLE);
  assert.equal(preflight.headers["access-control-allow-methods"], "GET, POST, PATCH");
  assert.equal(preflight.headers["access-control-allow-credentials"], undefined);
  assert.match(preflight.headers["vary"] ?? "", /Origin/);
  const read = await asOperator("/api/jobs", { headers: { Origin: CONSOLE } });
  assert.deepEqual([read.status, read.headers["access-control-allow-origin"]], [200, CONSOLE]);
  for (const origin of [
    ...["null", "*", "https://evil.example", "https://console.example.com.evil.example"],
    ...["https://evil-console.example.com", "http://console.example.com", `${CONSOLE}/`],
    ...[
      "https://console.example.com:8443",
      "https://CONSOLE.example.com",
      `${CONSOLE}, ${CONSOLE}`,
    ],
  ]) {
    const headers = { Origin: origin };
    const asked = await asAnybody("/api/jobs", { method: "OPTIONS", headers });
    assert.equal(asked.headers["access-control-allow-origin"], undefined, origin);
    const result = await asOperator("/api/jobs", { headers });
    assert.deepEqual([result.status, result.json.code], [403, "foreign_origin"], origin);
    assert.equal(result.headers["access-control-allow-origin"], undefined, origin);
  }
  // Neither the console's files nor the webhooks are for other pages.
  for (const path of ["/", "/assets/script-1a2b3c.js", "/health", "/webhooks/uber"]) {
    const reply = await asAnybody(path, { headers: { Origin: CONSOLE } });
    assert.equal(reply.headers["access-control-allow-origin"], undefined, path);
  }
});

/** @param {Record<string, string>} headers @returns {Promise<[number, WebSocket?]>} */
async function watch(headers) {
  const path = `/api/programs/${programId}/jobs/${jobId}/live`;
  const socket = new WebSocket(worker.url.replace("http", "ws") + path, { headers });
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve([101, socket]));
    socket.once("unexpected-response", (_request, response) => {
      resolve([response.statusCode ?? 0]);
      response.destroy();
    });
    socket.on("error", reject);
  });
}

test("only the console's own page can open a WebSocket", async () => {
  const cookie = `uber-vouchers=${await sessionUntil(Date.now() + 60_000)}`;
  assert.equal((await watch({}))[0], 401);
  assert.equal((await watch({ Cookie: cookie }))[0], 403);
  for (const origin of ["null", "https://evil.example", CONSOLE, `${worker.url}.evil.example`]) {
    assert.equal((await watch({ Cookie: cookie, Origin: origin }))[0], 403, origin);
    assert.equal((await watch({ Origin: origin }))[0], 401, origin);
  }
  const [status, socket] = await watch({ Cookie: cookie, Origin: worker.url });
  assert.equal(status, 101);
  socket?.terminate();
});

test("a WebSocket receives nothing after its session has ended", async () => {
  const program = await uber.createProgram(20);
  const created = await worker.createJob(
    program.programId,
    program.codes,
    "?start=false&batchSize=1",
  );
  const { id } = await created.json();
  const path = `/api/programs/${program.programId}/jobs/${id}`;
  const until = Date.now() + 1_000;
  const socket = new WebSocket(`${worker.url.replace("http", "ws")}${path}/live`, {
    headers: { Cookie: `uber-vouchers=${await sessionUntil(until)}`, Origin: worker.url },
  });
  await once(socket, "message");
  await new Promise((resolve) => setTimeout(resolve, until - Date.now() + 50));
  let told = 0;
  socket.on("message", () => (told += 1));
  await worker.request(`${path}/resume`, { method: "POST" });
  await worker.until(program.programId, id, ({ status }) => status === "finished");
  const end = Date.now() + 5_000;
  while (socket.readyState === WebSocket.OPEN) {
    assert.ok(Date.now() < end, "it was never closed");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  socket.terminate();
  assert.equal(told, 0);
});

test("every response has the security headers", async () => {
  const results = {
    page: await asAnybody("/"),
    screen: await asAnybody("/jobs/any"),
    script: await asAnybody("/assets/script-1a2b3c.js"),
    "no script": await asAnybody("/assets/none.js"),
    "a wrong method": await asAnybody("/", { method: "POST" }),
    health: await asAnybody("/health"),
    webhook: await asAnybody("/webhooks/uber", { method: "POST", body: "{}" }),
    "not signed in": await asAnybody("/api/jobs"),
    preflight: await asAnybody("/api/jobs", { method: "OPTIONS", headers: { Origin: CONSOLE } }),
    "sign in": await asAnybody("/api/session", { method: "POST" }),
    good: await asOperator("/api/jobs"),
    missing: await asOperator("/api/none"),
    "of an object": await asOperator(`/api/programs/${programId}/jobs/${jobId}`),
    "refused by an object": await asOperator(`/api/programs/${programId}/jobs`, { method: "PUT" }),
    file: await asOperator(`/api/programs/${programId}/jobs/${jobId}/results.csv`),
    "of Uber": await asOperator("/api/programs/none/codes"),
    foreign: await asOperator("/api/jobs", { headers: { Origin: "https://evil.example" } }),
    plain: await asAnybody("/", { headers: { Host: "console.example.com" } }),
  };
  for (const [what, { status, headers }] of Object.entries(results)) {
    const policy = headers["content-security-policy"] ?? "";
    assert.match(policy, /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/, what);
    assert.match(policy, /frame-ancestors 'none'/, what);
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|\*|https?:/, what);
    assert.equal(headers["x-content-type-options"], "nosniff", what);
    assert.equal(headers["x-frame-options"], "DENY", what);
    assert.equal(headers["referrer-policy"], "no-referrer", what);
    assert.equal(headers["cross-origin-opener-policy"], "same-origin", what);
    assert.equal(headers["cross-origin-resource-policy"], "same-origin", what);
    if (status >= 400) assert.equal(headers["content-type"], "application/problem+json", what);
    const isFile = ["page", "screen", "script", "no script", "a wrong method", "plain"].includes(
      what,
    );
    if (!isFile) assert.equal(headers["cache-control"], "no-store", what);
    assert.equal(headers["server"], undefined, what);
  }
  assert.equal(results.script.headers["cache-control"], "public, max-age=31536000, immutable");
  assert.equal(results["no script"].headers["cache-control"], "no-cache");
});

test("nothing is served without TLS, except on this machine", async () => {
  const headers = { Host: "console.example.com" };
  const page = await asAnybody("/jobs?x=1", { headers });
  assert.deepEqual(
    [page.status, page.headers["location"]],
    [308, "https://console.example.com/jobs?x=1"],
  );
  assert.equal((await asAnybody("/health", { headers })).status, 200);
  for (const [method, path] of [
    ["GET", "/api/config"],
    ["POST", "/api/session"],
    ["POST", "/webhooks/uber"],
    ["POST", "/"],
  ]) {
    const result = await asOperator(path ?? "", { ...(method && { method }), headers });
    assert.deepEqual([result.status, result.json.code], [403, "https_required"], path);
  }
});

test("a body above the limit of its route is refused", async () => {
  const large = "x".repeat(300_000);
  const before = await everything();
  for (const [path, body, type] of [
    ["/api/pause", JSON.stringify({ paused: large }), "application/json"],
    [`/api/programs/${programId}/jobs`, large, "text/plain"],
    ["/api/jobs", large, "text/csv"],
    [
      `/api/programs/${programId}/jobs/${jobId}/resolve`,
      JSON.stringify({ large }),
      "application/json",
    ],
    [
      `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute`,
      JSON.stringify({ codes: ["x".repeat(9_000_000)] }),
      "application/json",
    ],
  ]) {
    const headers = { "Content-Type": type ?? "", "Idempotency-Key": "large" };
    const result = await asOperator(path ?? "", { method: "POST", headers, body: body ?? "" });
    assert.deepEqual([result.status, result.json.code], [413, "body_too_large"], path);
    assert.match(result.json.title, /larger than \d+ bytes/);
  }
  assert.deepEqual(await everything(), before);
});

test("a URL or a header field of a megabyte is refused, and the worker keeps running", async () => {
  const long = "x".repeat(1_000_000);
  for (const answering of [
    asAnybody(`/${long}`),
    asAnybody("/api/jobs", { headers: { "X-Long": long } }),
    asOperator(`/api/programs/${programId}/jobs/${jobId}/results?find=${"x".repeat(10_000)}`),
  ]) {
    const status = await answering.then(
      (result) => result.status,
      () => 400,
    );
    assert.ok(status < 500, `${status}`);
  }
  assert.equal((await asAnybody("/health")).status, 200);
});

test("malformed or hostile JSON changes nothing", async () => {
  const distribute = `/v1/organizations/${ORGANIZATION}/voucher-programs/${programId}/codes/distribute`;
  const sent = JSON.stringify(codes.slice(0, 3));
  // A value that is not a flag does not count as one: these codes were sent before.
  for (const body of [
    `{"codes":${sent},"__proto__":{"resend":true,"skip":true}}`,
    `{"codes":${sent},"constructor":{"prototype":{"resend":true}}}`,
    `{"codes":${sent},"resend":"true"}`,
    `{"codes":${sent},"resend":[true]}`,
  ]) {
    const init = { method: "POST", body, headers: { "Content-Type": "application/json" } };
    const result = await asOperator(distribute, init);
    assert.deepEqual([result.status, result.json.code], [400, "invalid_options"], body);
  }
  for (const body of [
    "",
    "{",
    "null",
    "1",
    '"x"',
    "[".repeat(100_000),
    `${'{"codes":'.repeat(10_000)}`,
    '{"codes":{}}',
    '{"codes":[1,null,{},[]]}',
    '{"codes":{"length":1e9}}',
    '{"__proto__":{"codes":["x"]}}',
  ]) {
    const init = { method: "POST", body, headers: { "Content-Type": "application/json" } };
    const reply = await asOperator(distribute, init);
    assert.ok(reply.status >= 400 && reply.status < 500, `${reply.status} ${body.slice(0, 50)}`);
  }
  for (const body of [
    { batch: "all" },
    { batch: "all", decision: "__proto__" },
    { batch: -1, decision: "abandon" },
    { batch: 1e99, decision: "abandon" },
    { batch: "0", decision: "abandon" },
    { batch: {}, decision: "queued" },
    { decision: ["resend"], batch: 0 },
  ]) {
    const path = `/api/programs/${programId}/jobs/${jobId}/resolve`;
    const answer = await asOperator(path, { method: "POST", ...withBody(body) });
    assert.ok(
      answer.status >= 400 && answer.status < 500,
      `${JSON.stringify(body)} ${answer.text}`,
    );
  }
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "",
  ]) {
    for (const path of [distribute, "/api/pause"]) {
      const init = { method: "POST", body: "{}", headers: { "Content-Type": type } };
      const answer = await asOperator(path, init);
      assert.deepEqual([answer.status, answer.json.code], [415, "unsupported_media_type"], path);
    }
  }
  assert.deepEqual((await uber.deliveries(programId)).get(codes[0] ?? ""), 1);
});

test("special characters in keys, sources and queries are treated as data", async () => {
  const program = await uber.createProgram(12);
  const odd = [
    "'; DROP TABLE jobs; --",
    '"',
    "\u00e9\u00ff",
    "%00",
    "__proto__",
    "../../x",
    "<script>alert(1)</script>",
    "group:x",
  ];
  for (const [at, key] of odd.entries()) {
    const created = await asOperator(
      `/api/programs/${program.programId}/jobs?start=false&source=${encodeURIComponent(key)}%0d%0ax`,
      {
        method: "POST",
        body: program.codes[at] ?? "",
        headers: { "Content-Type": "text/plain", "Idempotency-Key": key },
      },
    );
    assert.equal(created.status, 201, key);
    assert.equal(created.json.source, `${key}\r\nx`);
  }
  const jobs = await worker.json(`/api/programs/${program.programId}/jobs`);
  assert.equal(jobs.jobs.length, odd.length);
  for (const key of ["", "x".repeat(201)]) {
    const result = await asOperator(`/api/programs/${program.programId}/jobs`, {
      method: "POST",
      body: program.codes[11] ?? "",
      headers: { "Content-Type": "text/plain", "Idempotency-Key": key },
    });
    assert.deepEqual([result.status, result.json.code], [400, "idempotency_key_required"]);
  }
  for (const value of ["-1", "0", "1.5", "1e9", "NaN", "x", "", "9".repeat(400), "%00", "'"]) {
    for (const query of ["limit", "before"]) {
      assert.ok((await asOperator(`/api/jobs?${query}=${value}`)).status < 500, value);
    }
    for (const query of ["limit", "offset", "status"]) {
      assert.ok((await asOperator(`/api/programs?${query}=${value}`)).status < 500, value);
    }
    for (const query of ["limit", "from", "state", "find"]) {
      const path = `/api/programs/${programId}/jobs/${jobId}/results?${query}=${value}`;
      assert.ok((await asOperator(path)).status < 500, `${query}=${value}`);
    }
  }
});

test("a program unknown to Uber or of another organization is sent nothing and loses nothing", async () => {
  const unknown = crypto.randomUUID();
  const list = Array.from({ length: 3 }, () => crypto.randomUUID());
  const created = await worker.createJob(unknown, list, "?unchecked=true");
  const { id } = await created.json();
  const job = await worker.until(unknown, id, ({ status }) => status !== "running");
  assert.deepEqual([job.status, job.error.code], ["halted", "resource_not_found"]);
  assert.deepEqual([job.progress.pending, job.progress.queued], [3, 0]);
  for (const path of ["search", `${programId}/codes`, `${programId}/codes/distribute`]) {
    const other = `/v1/organizations/${crypto.randomUUID()}/voucher-programs/${path}`;
    const method = path.endsWith("codes") ? "GET" : "POST";
    const result = await asOperator(other, {
      method,
      ...withBody(method === "POST" ? {} : undefined),
    });
    assert.deepEqual([result.status, result.json.code], [404, "unknown_organization"]);
  }
  // A job can be reached only through its own program.
  for (const action of ["", "/results", "/results.csv", "/journal", "/live"]) {
    const reply = await asOperator(`/api/programs/${unknown}/jobs/${jobId}${action}`);
    assert.equal(reply.status, 404, action);
  }
});

test("an internal error reveals no details", async () => {
  const error = new Error(`first ${ADMIN_TOKEN}\nsecond ${ADMIN_TOKEN}\n third at ${EMAIL}`);
  const response = answerError(error);
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /admin-token|jane|\.js|\.mjs| at /);
  const { log } = console;
  /** @type {string[]} */
  const lines = [];
  console.log = (line) => lines.push(line);
  try {
    logError("test", error);
    logError("test", Object.assign(new Error("x"), { code: ADMIN_TOKEN.repeat(100) }));
    logError("test", ADMIN_TOKEN);
  } finally {
    console.log = log;
  }
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? "", /security\.test\.mjs/, "where it was is what the log is for");
  assert.doesNotMatch(lines[0] ?? "", /admin-token|jane/);
  assert.ok((lines[1] ?? "").length < 2_000);
  assert.doesNotMatch(lines[2] ?? "", /admin-token/);
});

test("no secret, code or address is in a log, a response or a name", async () => {
  const all = await worker.json(`/api/programs/${programId}/codes`);
  const texts = all.codes.map((/** @type {any} */ code) => code.codeText);
  assert.ok(texts.every((/** @type {unknown} */ text) => typeof text === "string"));
  const secrets = [ADMIN_TOKEN, SIGNING_KEY, "secret-of-the-tests", EMAIL, ...codes, ...texts];
  const files = await readdir(worker.state, { recursive: true });
  const names = await Promise.all(
    files
      .filter((file) => file.endsWith("metadata.sqlite"))
      .map((file) => readFile(join(worker.state, file), "latin1")),
  );
  const places = {
    log: worker.output(),
    told: toldToAnybody.join("\n"),
    names: [...files, ...names].join("\n"),
  };
  assert.ok(places.log.split("\n").length > 100, "the log was read");
  for (const [where, text] of Object.entries(places)) {
    for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} in: ${where}`);
  }
  assert.ok(!places.told.includes(ORGANIZATION));
});
