/** The admin token: as a bearer token, and in exchange for a cookie. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SignJWT } from "jose";

import { Attempts, addressOf } from "../../build/js/worker/http/attempts.js";
import { methods } from "../../build/js/worker/http/operator.js";
import {
  closeSession,
  isSame,
  openSession,
  readSession,
} from "../../build/js/worker/http/session.js";
import { ADMIN_TOKEN, cleanUp, startUber, startWorker } from "./harness.mjs";
import { raw } from "./raw.mjs";

const NAME = "uber-vouchers";
const HOUR_MS = 60 * 60 * 1000;
const ADMIN = { name: "admin", token: ADMIN_TOKEN };

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  uber = await startUber();
  worker = await startWorker({ uber: uber.url });
});
after(cleanUp);

let addresses = 0;
/** An address without guesses so far. */
const somewhere = () => `192.0.2.${++addresses}`;

/** @param {unknown} token @param {Record<string, string>} [headers] @param {string} [at] */
function signIn(token, headers = {}, at = worker.url) {
  return raw(at, "/api/session", {
    method: "POST",
    headers: {
      Origin: at,
      "Content-Type": "application/json",
      "CF-Connecting-IP": somewhere(),
      ...headers,
    },
    body: JSON.stringify({ token }),
  });
}

/** @param {Record<string, string>} headers */
const asked = (headers) =>
  raw(worker.url, "/api/config", { headers: { "CF-Connecting-IP": somewhere(), ...headers } });

/**
 * As the worker signs it.
 *
 * @param {number} until
 * @param {string} [token]
 * @param {string} [audience]
 */
const cookieOf = (until, token = ADMIN_TOKEN, audience = "uber-vouchers session") =>
  new SignJWT()
    .setProtectedHeader({ alg: "HS256" })
    .setAudience(audience)
    .setExpirationTime(until / 1000)
    .sign(new TextEncoder().encode(token));

/** @param {unknown} value */
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

test("the admin token sets a cookie that no script or other site can use", async () => {
  const result = await signIn(ADMIN_TOKEN);
  assert.deepEqual([result.status, result.text], [204, ""]);
  assert.equal(result.headers["cache-control"], "no-store");
  const [pair = "", ...attributes] = (result.headers["set-cookie"] ?? "").split("; ");
  assert.deepEqual(attributes, ["Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=43200"]);
  assert.ok(pair.startsWith(`${NAME}=`));
  assert.ok(!pair.includes(ADMIN_TOKEN));
  const session = await raw(worker.url, "/api/session", { headers: { Cookie: pair } });
  assert.deepEqual([session.status, session.json], [200, { operator: "admin", by: "token" }]);
});

test("over TLS the cookie is bound to this host and never sent in the clear", async () => {
  const url = new URL("https://console.example.com/");
  const now = Date.now();
  const header = await openSession(url, ADMIN, now);
  assert.match(
    header,
    /^__Host-uber-vouchers=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/,
  );
  const pair = header.split(";")[0] ?? "";
  const session = { name: "admin", until: now + 12 * HOUR_MS };
  assert.deepEqual(await readSession(pair, url, [ADMIN], now), session);
  // A cookie without the prefix in its name could come from a neighbouring host.
  const bare = pair.replace("__Host-", "");
  assert.equal(await readSession(bare, url, [ADMIN], now), undefined);
  assert.match(closeSession(url), /^__Host-uber-vouchers=; .*Max-Age=0; Secure$/);
});

test("a forged, expired or duplicated cookie is refused", async () => {
  const until = Date.now() + HOUR_MS;
  const good = await cookieOf(until);
  assert.equal((await asked({ Cookie: `${NAME}=${good}` })).status, 200);
  assert.equal((await asked({ Cookie: `other=1; ${NAME}=${good}` })).status, 200);
  const [header = "", payload = "", signature = ""] = good.split(".");
  const claims = { aud: "uber-vouchers session", exp: until / 1000 };
  const later = encoded({ ...claims, exp: until / 1000 + 1 });
  const none = encoded({ alg: "none" });
  const forged = [
    `${NAME}=`,
    `${NAME}=${header}`,
    `${NAME}=${header}.${payload}`,
    `${NAME}=${header}.${payload}.`,
    `${NAME}=${header}.${payload}.${"A".repeat(43)}`,
    `${NAME}=${header}.${later}.${signature}`,
    `${NAME}=${none}.${payload}.`,
    `${NAME}=${none}.${payload}.${signature}`,
    `${NAME}=${encoded({ alg: "HS512" })}.${payload}.${signature}`,
    `${NAME}=${good.toUpperCase()}`,
    `${NAME}=${good}0`,
    `${NAME}=${await cookieOf(until, "another token of some length")}`,
    `${NAME}=${await cookieOf(until, ADMIN_TOKEN, "something else")}`,
    `${NAME}=${await cookieOf(Date.now() - 1)}`,
    `${NAME}=${good}; ${NAME}=${good}`,
    `${NAME}=x; ${NAME}=${good}`,
    `__Host-${NAME}=${good}`,
    `${NAME.toUpperCase()}=${good}`,
    `x${NAME}=${good}`,
    `${NAME}=${ADMIN_TOKEN}`,
    `${NAME}="${good}"`,
  ];
  for (const cookie of forged) {
    assert.equal((await asked({ Cookie: cookie })).status, 401, cookie);
  }
});

test("a session ends when the admin token changes", async () => {
  const cookie = `${NAME}=${await cookieOf(Date.now() + HOUR_MS)}`;
  const other = await startWorker({
    uber: uber.url,
    bindings: { ADMIN_TOKEN: "the token that came after it" },
  });
  const result = await raw(other.url, "/api/config", { headers: { Cookie: cookie } });
  assert.equal(result.status, 401);
  await other.kill();
});

test("signing out removes the cookie", async () => {
  const result = await raw(worker.url, "/api/session", {
    method: "DELETE",
    headers: { Origin: worker.url },
  });
  assert.equal(result.status, 204);
  assert.match(result.headers["set-cookie"] ?? "", /^uber-vouchers=; .*Max-Age=0$/);
});

test("another site's page can neither sign in nor out", async () => {
  const { host } = new URL(worker.url);
  const origins = [
    undefined,
    "null",
    "",
    "https://evil.example",
    `https://${host}`,
    `${worker.url}.evil.example`,
    `${worker.url}/`,
    worker.url.toUpperCase(),
    `http://localhost:${worker.port}`,
  ];
  for (const origin of origins) {
    for (const method of ["POST", "DELETE"]) {
      const result = await raw(worker.url, "/api/session", {
        method,
        headers: {
          "Content-Type": "application/json",
          ...(origin !== undefined && { Origin: origin }),
        },
        body: JSON.stringify({ token: ADMIN_TOKEN }),
      });
      assert.deepEqual([result.status, result.json.code], [403, "foreign_origin"], origin);
      assert.equal(result.headers["set-cookie"], undefined);
    }
  }
});

test("sign-in accepts only JSON, of a few kilobytes", async () => {
  const form = await signIn(ADMIN_TOKEN, { "Content-Type": "text/plain" });
  assert.deepEqual([form.status, form.json.code], [415, "unsupported_media_type"]);
  const large = await signIn("x".repeat(70_000));
  assert.deepEqual([large.status, large.json.code], [413, "body_too_large"]);
  for (const token of [null, 1, {}, [ADMIN_TOKEN], { toString: ADMIN_TOKEN }, ""]) {
    const result = await signIn(token);
    assert.deepEqual([result.status, result.json.code], [401, "wrong_token"]);
  }
});

test("an address has ten guesses a minute, and does not lock out others", async () => {
  const from = somewhere();
  const guesses = Array.from({ length: 30 }, (_, at) =>
    signIn(`a guess, number ${at}`, { "CF-Connecting-IP": from }),
  );
  const results = await Promise.all(guesses);
  assert.equal(results.filter(({ status }) => status === 401).length, 10);
  const refused = results.filter(({ status }) => status === 429);
  assert.equal(refused.length, 20);
  for (const { json, headers } of refused) {
    assert.equal(json.code, "too_many_attempts");
    assert.ok(Number(headers["retry-after"]) > 0 && Number(headers["retry-after"]) <= 60);
  }
  // Not even with the right token: otherwise there would be more guesses.
  assert.equal((await signIn(ADMIN_TOKEN, { "CF-Connecting-IP": from })).status, 429);
  assert.equal((await signIn(ADMIN_TOKEN)).status, 204);
});

test("bearer tokens can't be guessed faster", async () => {
  const from = somewhere();
  const bearer = (/** @type {string} */ token) => ({
    Authorization: `Bearer ${token}`,
    "CF-Connecting-IP": from,
  });
  const guesses = Array.from({ length: 60 }, (_, at) => asked(bearer(`guess-${at}`)));
  const results = await Promise.all(guesses);
  const tried = results.filter(({ status }) => status === 401).length;
  assert.ok(tried >= 10 && tried <= 15, `${tried} were compared`);
  assert.ok(results.every(({ status }) => status === 401 || status === 429));
  assert.equal((await asked(bearer(ADMIN_TOKEN))).status, 429);
  assert.equal((await asked({ Authorization: `Bearer ${ADMIN_TOKEN}` })).status, 200);
});

test("a lockout expires, and many addresses lock out no one who signed in before", () => {
  const attempts = new Attempts();
  const minute = 60_000;
  for (let at = 0; at < 10; at += 1) assert.equal(attempts.attempt("home", at), 0);
  assert.equal(attempts.attempt("home", 10), minute - 10);
  // Further guesses during the lockout do not prolong it.
  for (let at = 11; at < minute; at += 100) attempts.attempt("home", at);
  assert.equal(attempts.attempt("home", minute), 0);

  attempts.reset("office");
  const now = 10 * minute;
  let compared = 0;
  for (let at = 0; at < 50_000; at += 1) {
    if (attempts.attempt(`address ${at}`, now + (at % 1_000)) === 0) compared += 1;
  }
  assert.equal(compared, 200);
  assert.ok(attempts.attempt("elsewhere", now + 1_000) > 0);
  assert.equal(attempts.attempt("office", now + 1_000), 0);
  assert.equal(attempts.attempt("elsewhere", now + minute + 1_000), 0);
});

test("an IPv6 network counts as one address", () => {
  const from = (/** @type {string} */ address) =>
    addressOf(new Request("https://x.example", { headers: { "CF-Connecting-IP": address } }));
  assert.equal(from("203.0.113.7"), "203.0.113.7");
  assert.equal(from("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2");
  assert.equal(from("2001:DB8:1:2::9"), "2001:db8:1:2");
  assert.equal(from("2001:db8::1"), "2001:db8:0:0");
  assert.equal(from("::1"), "0:0:0:0");
});

test("only exact bearer tokens are accepted", async () => {
  for (const scheme of ["Bearer", "bearer", "BEARER", "Bearer  "]) {
    const result = await asked({ Authorization: `${scheme} ${ADMIN_TOKEN}` });
    assert.equal(result.status, 200, scheme);
  }
  const wrong = [
    "",
    "Bearer",
    "Bearer ",
    ADMIN_TOKEN,
    `Basic ${Buffer.from(`admin:${ADMIN_TOKEN}`).toString("base64")}`,
    `Token ${ADMIN_TOKEN}`,
    `Bearer ${ADMIN_TOKEN} x`,
    `Bearer ${ADMIN_TOKEN}x`,
    `Bearer ${ADMIN_TOKEN.slice(0, -1)}`,
    `Bearer ${ADMIN_TOKEN.toUpperCase()}`,
    `Bearer ${ADMIN_TOKEN},Bearer ${ADMIN_TOKEN}`,
    "Bearer undefined",
    "Bearer null",
  ];
  for (const authorization of wrong) {
    const reply = await asked({ Authorization: authorization });
    assert.deepEqual([reply.status, reply.json.code], [401, "not_signed_in"], authorization);
    assert.equal(reply.headers["www-authenticate"], "Bearer");
  }
  // A cookie that the browser added does not make a wrong bearer token valid.
  const cookie = `${NAME}=${await cookieOf(Date.now() + HOUR_MS)}`;
  assert.equal((await asked({ Authorization: "Bearer wrong", Cookie: cookie })).status, 401);
});

test("comparison finds a difference at any position", async () => {
  assert.equal(await isSame("same", "same"), true);
  for (const other of ["", "sam", "same ", "Same", "samf"]) {
    assert.equal(await isSame("same", other), false);
  }
});

test("without a token of sixteen characters nothing is served but health and webhooks", async () => {
  for (const token of [
    undefined,
    "",
    "short",
    " ".repeat(40),
    "fifteen-letters",
    "fifteen-letters ",
  ]) {
    assert.deepEqual(methods(/** @type {any} */ ({ ADMIN_TOKEN: token })), [], token);
  }
  const token = "fifteen-letters";
  const open = await startWorker({ uber: uber.url, bindings: { ADMIN_TOKEN: token } });
  for (const path of ["/", "/index.html", "/assets/script-1a2b3c.js", "/api/config"]) {
    const result = await raw(open.url, path, { headers: { Authorization: `Bearer ${token}` } });
    assert.deepEqual([result.status, result.json.code], [503, "no_authentication"], path);
  }
  assert.equal((await signIn(token, {}, open.url)).status, 503);
  assert.equal((await raw(open.url, "/health")).status, 200);
  const webhook = await raw(open.url, "/webhooks/uber", { method: "POST", body: "{}" });
  assert.deepEqual([webhook.status, webhook.json.code], [401, "missing_signature"]);
  await open.kill();
});

test("no token, cookie or address is in the log", () => {
  const output = worker.output();
  assert.match(output, /"event":"sign-in","state":"accepted"/);
  assert.ok(!output.includes(ADMIN_TOKEN));
  assert.deepEqual(
    output.split("\n").filter((line) => /\d{13}\.[0-9a-f]{64}|192\.0\.2\.|a guess/.test(line)),
    [],
  );
});
