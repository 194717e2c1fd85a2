/** Operators who sign in through Cloudflare Access, with a real set of keys. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { SignJWT, UnsecuredJWT, exportJWK, exportSPKI, generateKeyPair } from "jose";
import { WebSocket } from "ws";

import { methods, teamDomain } from "../../build/js/worker/http/operator.js";
import { cleanUp, startUber, startWorker } from "./harness.mjs";
import { raw } from "./raw.mjs";

const AUDIENCE = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2";
const EMAIL = "jane@example.com";

/** @typedef {{ kid: string, privateKey: CryptoKey, publicKey: CryptoKey }} Key */

/** The team's own server. */
const team = {
  url: "",
  asked: 0,
  isDown: false,
  /** @type {Key[]} */
  keys: [],
  close: () => {},
};

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  const server = createServer(async (request, response) => {
    team.asked += 1;
    if (team.isDown || request.url !== "/cdn-cgi/access/certs") {
      response.writeHead(500).end();
      return;
    }
    const keys = await Promise.all(
      team.keys.map(async ({ kid, publicKey }) => ({
        ...(await exportJWK(publicKey)),
        kid,
        alg: "RS256",
        use: "sig",
      })),
    );
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ keys }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  team.close = () => server.close().closeAllConnections();
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  team.url = `http://127.0.0.1:${port}`;
  team.keys.push(await createKey("first"));
  uber = await startUber();
  worker = await startWorker({ uber: uber.url, bindings: withAccess() });
});
after(async () => {
  team.close();
  await cleanUp();
});

/** With Access, and without an admin token. @param {Record<string, string>} [more] */
const withAccess = (more) => ({
  ADMIN_TOKEN: "",
  ACCESS_TEAM_DOMAIN: team.url,
  ACCESS_AUDIENCE: AUDIENCE,
  ...more,
});

/** @param {string} kid @returns {Promise<Key>} */
async function createKey(kid) {
  return { kid, ...(await generateKeyPair("RS256", { extractable: true })) };
}

/** @param {Record<string, unknown>} [claims] undefined takes one away */
const claimsOf = (claims = {}) => {
  const now = Math.floor(Date.now() / 1000);
  const all = {
    ...{ iss: team.url, aud: [AUDIENCE], sub: "7335d417", email: EMAIL, type: "app" },
    ...{ iat: now, nbf: now, exp: now + 3600 },
    ...claims,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
};

/** @param {Record<string, unknown>} [claims] @param {Key} [key] @param {string} [kid] */
const tokenOf = (claims, key = /** @type {Key} */ (team.keys[0]), kid = key.kid) =>
  new SignJWT(claimsOf(claims)).setProtectedHeader({ alg: "RS256", kid }).sign(key.privateKey);

/** @param {string} token @param {string} [at] */
const asked = (token, at = worker.url) =>
  raw(at, "/api/session", { headers: { "Cf-Access-Jwt-Assertion": token } });

test("the team's token signs in, as a header field and as a cookie", async () => {
  const token = await tokenOf();
  const result = await asked(token);
  assert.deepEqual([result.status, result.json], [200, { operator: EMAIL, by: "access" }]);
  const cookie = { Cookie: `a=b; CF_Authorization=${token}` };
  const byCookie = await raw(worker.url, "/api/session", { headers: cookie });
  assert.equal(byCookie.json.operator, EMAIL);
  const service = await asked(await tokenOf({ email: undefined, common_name: "the nightly job" }));
  assert.equal(service.json.operator, "the nightly job");
});

test("a person needs our own origin to change something, a service does not", async () => {
  const pause = async (/** @type {Record<string, unknown>} */ claims, origin = "") =>
    raw(worker.url, "/api/pause", {
      method: "POST",
      body: '{"paused":false}',
      headers: {
        "Content-Type": "application/json",
        "Cf-Access-Jwt-Assertion": await tokenOf(claims),
        ...(origin && { Origin: origin }),
      },
    });
  const service = { email: undefined, common_name: "the nightly job" };
  assert.equal((await pause(service)).status, 200);
  assert.equal((await pause(service, "https://elsewhere.example")).status, 403);
  assert.equal((await pause({})).status, 403);
  assert.equal((await pause({}, worker.url)).status, 200);
  // As a cookie, it may have been added by a browser.
  const cookie = { Cookie: `CF_Authorization=${await tokenOf(service)}` };
  const headers = { "Content-Type": "application/json", ...cookie };
  const body = '{"paused":false}';
  const byCookie = await raw(worker.url, "/api/pause", { method: "POST", body, headers });
  assert.equal(byCookie.status, 403);
});

test("a token of another team, audience or time is refused", async () => {
  const key = /** @type {Key} */ (team.keys[0]);
  const now = Math.floor(Date.now() / 1000);
  const stranger = await createKey("first");
  const good = await tokenOf();
  const [header, payload, signature] = good.split(".");
  const publicKey = new TextEncoder().encode(await exportSPKI(key.publicKey));
  const elliptic = await generateKeyPair("ES256");
  const symmetric = { alg: "HS256", kid: key.kid };
  const forged = Object.entries({
    "another audience": await tokenOf({ aud: ["0".repeat(64)] }),
    "no audience": await tokenOf({ aud: undefined }),
    "an audience that begins alike": await tokenOf({ aud: [`${AUDIENCE}0`] }),
    "another team": await tokenOf({ iss: "https://other.cloudflareaccess.com" }),
    "a team that begins alike": await tokenOf({ iss: `${team.url}0` }),
    "no issuer": await tokenOf({ iss: undefined }),
    expired: await tokenOf({ exp: now - 1 }),
    "no end": await tokenOf({ exp: undefined }),
    "not yet": await tokenOf({ nbf: now + 600 }),
    "nobody's name": await tokenOf({ email: undefined }),
    "an empty name": await tokenOf({ email: "" }),
    "a name that is no text": await tokenOf({ email: { toString: "x" } }),
    "another key of the same name": await tokenOf({}, stranger),
    "an unknown key": await tokenOf({}, stranger, "unknown"),
    "no signature": new UnsecuredJWT(claimsOf()).encode(),
    "no signature, of the good one": `${header}.${payload}.`,
    "the public key as a secret": await new SignJWT(claimsOf())
      .setProtectedHeader(symmetric)
      .sign(publicKey),
    "another algorithm": await new SignJWT(claimsOf())
      .setProtectedHeader({ alg: "ES256", kid: key.kid })
      .sign(elliptic.privateKey),
    "another payload": `${header}.${Buffer.from(
      JSON.stringify(claimsOf({ email: "eve@example.com" })),
    ).toString("base64url")}.${signature}`,
    "no token": "x.y.z",
    "much too long": "x".repeat(8_000),
  });
  for (const [what, token] of forged) {
    const result = await asked(token);
    assert.deepEqual([result.status, result.json?.code], [401, "not_signed_in"], what);
    assert.deepEqual(result.json.methods, ["access"]);
  }
  assert.equal((await asked(good)).status, 200);
});

test("without an admin token, no bearer token is accepted", async () => {
  for (const token of ["", "undefined", "null", "admin-token-of-the-tests"]) {
    const headers = { Authorization: `Bearer ${token}` };
    assert.equal((await raw(worker.url, "/api/config", { headers })).status, 401);
  }
  const result = await raw(worker.url, "/api/session", {
    method: "POST",
    headers: { Origin: worker.url, "Content-Type": "application/json" },
    body: JSON.stringify({ token: "" }),
  });
  assert.deepEqual([result.status, result.json.code], [403, "no_admin_token"]);
});

test("another site's page can't use the browser's session", async () => {
  const cookie = `CF_Authorization=${await tokenOf()}`;
  /** @param {Record<string, string>} headers @param {string} [method] */
  const pause = (headers, method = "POST") =>
    raw(worker.url, method === "GET" ? "/api/jobs" : "/api/pause", {
      method,
      headers: { Cookie: cookie, "Content-Type": "application/json", ...headers },
      ...(method === "POST" && { body: JSON.stringify({ paused: false }) }),
    });
  /** @type {Record<string, string>[]} */
  const foreign = [
    {},
    { Origin: "null" },
    { Origin: "https://evil.example" },
    { Origin: `${worker.url}.evil.example` },
  ];
  for (const headers of foreign) {
    const result = await pause(headers);
    assert.deepEqual([result.status, result.json.code], [403, "foreign_origin"]);
  }
  for (const site of ["cross-site", "same-site"]) {
    assert.equal((await pause({ "Sec-Fetch-Site": site }, "GET")).status, 403);
  }
  assert.equal((await pause({ Origin: worker.url })).status, 200);
  assert.equal((await pause({ "Sec-Fetch-Site": "same-origin" }, "GET")).status, 200);
});

test("a watcher gets no more messages after the token has expired", async () => {
  const { programId, codes } = await uber.createProgram(40);
  const until = Math.ceil(Date.now() / 1000) + 2;
  const token = await tokenOf({ exp: until });
  const headers = { "Cf-Access-Jwt-Assertion": await tokenOf(), Origin: worker.url };
  const path = `/api/programs/${programId}/jobs`;
  const created = await raw(worker.url, `${path}?start=false&batchSize=1`, {
    method: "POST",
    headers: { ...headers, "Content-Type": "text/plain", "Idempotency-Key": "one" },
    body: codes.join("\n"),
  });
  assert.deepEqual([created.status, created.json.by], [201, EMAIL]);
  const live = `${path}/${created.json.id}/live`;
  const socket = new WebSocket(worker.url.replace("http", "ws") + live, {
    headers: { ...headers, "Cf-Access-Jwt-Assertion": token },
  });
  await once(socket, "message");
  await new Promise((resolve) => setTimeout(resolve, until * 1000 - Date.now() + 50));
  let told = 0;
  socket.on("message", () => (told += 1));
  await raw(worker.url, `${path}/${created.json.id}/resume`, { method: "POST", headers });
  // The socket is closing as soon as the worker has asked for it.
  const end = Date.now() + 5_000;
  while (socket.readyState === WebSocket.OPEN) {
    assert.ok(Date.now() < end, "it was never closed");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  socket.terminate();
  assert.equal(told, 0);
});

test("changed keys are fetched, and forged tokens cause few fetches", async () => {
  const stranger = await createKey("none of theirs");
  const before = team.asked;
  for (let time = 0; time < 20; time += 1) {
    assert.equal((await asked(await tokenOf({}, stranger, `kid ${time}`))).status, 401);
  }
  assert.ok(team.asked - before <= 2, `${team.asked - before} times`);
  const next = await createKey("second");
  team.keys = [next];
  const token = await tokenOf({}, next);
  const end = Date.now() + 15_000;
  while ((await asked(token)).status !== 200) {
    assert.ok(Date.now() < end, "the new key was never taken over");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
});

test("while the keys can't be fetched, the response is 503", async () => {
  team.isDown = true;
  const fresh = await startWorker({ uber: uber.url, bindings: withAccess() });
  const token = await tokenOf();
  const result = await asked(token, fresh.url);
  assert.deepEqual([result.status, result.json.code], [503, "access_unreachable"]);
  assert.equal(result.headers["retry-after"], "5");
  assert.ok(!result.text.includes(team.url));
  // A token that no key could make valid is refused as always.
  assert.equal((await asked("x.y.z", fresh.url)).status, 401);
  team.isDown = false;
  assert.equal((await asked(token, fresh.url)).status, 200);
  await fresh.kill();
});

test("a team's domain without TLS is refused, except on this machine", async () => {
  const domainOf = (/** @type {string} */ domain) =>
    teamDomain(/** @type {any} */ ({ ACCESS_TEAM_DOMAIN: domain }));
  const good = "https://team.cloudflareaccess.com";
  for (const domain of [good, `${good}/`, "team.cloudflareaccess.com", ` ${good} `]) {
    assert.equal(domainOf(domain), good, domain);
  }
  assert.equal(domainOf("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
  const bad = [
    "",
    " ",
    "http://team.cloudflareaccess.com",
    "http://127.0.0.1.evil.example",
    "ftp://team.example",
    "https://",
    "://",
    "a b",
  ];
  for (const domain of bad) {
    assert.equal(domainOf(domain), undefined, domain);
    const env = { ACCESS_TEAM_DOMAIN: domain, ACCESS_AUDIENCE: AUDIENCE };
    assert.deepEqual(methods(/** @type {any} */ (env)), []);
  }
  const half = { ACCESS_TEAM_DOMAIN: good, ACCESS_AUDIENCE: "" };
  assert.deepEqual(methods(/** @type {any} */ (half)), []);
});

test("the log holds no token and no e-mail address", () => {
  const output = worker.output();
  assert.match(output, /"event":"access","state":"refused"/);
  assert.deepEqual(
    output.split("\n").filter((line) => /@example\.com|eyJ|the nightly job/.test(line)),
    [],
  );
});
