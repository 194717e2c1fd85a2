/** Operators with tokens of their own, and what is served if these tokens can't be used. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SignJWT } from "jose";

import { methods } from "../../build/js/worker/http/operator.js";
import { ADMIN_TOKEN, cleanUp, startUber, startWorker } from "./harness.mjs";
import { raw } from "./raw.mjs";

const ADA = "the-token-of-ada-0001";
const GRACE = "the-token-of-grace-02";
const TOKENS = { ada: ADA, "Grace Höpper": GRACE };
const HOUR_MS = 60 * 60 * 1000;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

/** @param {unknown} tokens @param {object} [more] */
const start = (tokens, more = {}) =>
  startWorker({
    uber: uber.url,
    bindings: { OPERATOR_TOKENS: typeof tokens === "string" ? tokens : JSON.stringify(tokens) },
    ...more,
  });

before(async () => {
  uber = await startUber();
  worker = await start(TOKENS, { options: { approval: { above: 2 } } });
});
after(cleanUp);

let addresses = 0;
/** An address without guesses so far. */
const somewhere = () => `198.51.100.${++addresses}`;

/**
 * @param {string} token
 * @param {string} [path]
 * @param {{ method?: string, body?: string, headers?: Record<string, string> }} [init]
 */
const asBearer = (token, path = "/api/session", { headers, ...init } = {}) =>
  raw(worker.url, path, {
    ...init,
    headers: {
      Authorization: `Bearer ${token}`,
      "CF-Connecting-IP": somewhere(),
      ...headers,
    },
  });

/** @param {string} token @param {{ url: string }} [at] @param {string} [from] */
const signIn = (token, at = worker, from = somewhere()) =>
  raw(at.url, "/api/session", {
    method: "POST",
    headers: { Origin: at.url, "Content-Type": "application/json", "CF-Connecting-IP": from },
    body: JSON.stringify({ token }),
  });

/** The cookie of a session. @param {string} token @param {{ url: string }} [at] */
async function cookieOf(token, at = worker) {
  const result = await signIn(token, at);
  assert.equal(result.status, 204);
  return (result.headers["set-cookie"] ?? "").split(";")[0] ?? "";
}

/** Who the worker says that this cookie is of. @param {string} cookie @param {{ url: string }} [at] */
async function ownerOf(cookie, at = worker) {
  const { status, json } = await raw(at.url, "/api/session", { headers: { Cookie: cookie } });
  return status === 200 ? json.operator : status;
}

test("each operator token signs in under its own name, as a bearer token and with a cookie", async () => {
  for (const [token, operator] of [
    [ADMIN_TOKEN, "admin"],
    [ADA, "ada"],
    [GRACE, "Grace Höpper"],
  ]) {
    const bearer = await asBearer(token ?? "");
    assert.deepEqual([bearer.status, bearer.json], [200, { operator, by: "token" }]);
    assert.equal(await ownerOf(await cookieOf(token ?? "")), operator);
  }
  for (const wrong of [`${ADA}x`, ADA.slice(0, -1), ADA.toUpperCase(), `${ADA}${GRACE}`, "ada"]) {
    assert.equal((await asBearer(wrong)).status, 401, wrong);
    const result = await signIn(wrong);
    assert.deepEqual([result.status, result.json.code], [401, "wrong_token"], wrong);
  }
  assert.equal((await signIn(` ${ADA}\n`)).status, 204);
});

test("without an admin token, the operators' own are enough", async () => {
  const other = await start(TOKENS, {
    bindings: { ADMIN_TOKEN: "", OPERATOR_TOKENS: JSON.stringify(TOKENS) },
  });
  assert.equal(await ownerOf(await cookieOf(ADA, other), other), "ada");
  assert.equal((await signIn(ADMIN_TOKEN, other)).status, 401);
  await other.kill();
});

test("an operator's session can't be turned into another operator's", async () => {
  const until = Math.floor((Date.now() + HOUR_MS) / 1000);
  const forge = async (/** @type {string} */ key, /** @type {string | undefined} */ kid) => {
    const signed = new SignJWT()
      .setProtectedHeader({ alg: "HS256", ...(kid !== undefined && { kid }) })
      .setAudience("uber-vouchers session")
      .setExpirationTime(until);
    return `uber-vouchers=${await signed.sign(new TextEncoder().encode(key))}`;
  };
  assert.equal(await ownerOf(await forge(ADA, "ada")), "ada");
  assert.equal(await ownerOf(await forge(ADMIN_TOKEN, undefined)), "admin");
  for (const kid of [
    "Grace Höpper",
    "admin",
    undefined,
    "nobody",
    "",
    "__proto__",
    "constructor",
  ]) {
    assert.equal(await ownerOf(await forge(ADA, kid)), 401, String(kid));
  }
});

test("signing out ends one operator's session, and no other", async () => {
  const [ada, again, grace] = [await cookieOf(ADA), await cookieOf(ADA), await cookieOf(GRACE)];
  const signOut = { method: "DELETE", headers: { Cookie: ada, Origin: worker.url } };
  assert.equal((await raw(worker.url, "/api/session", signOut)).status, 204);
  assert.deepEqual(
    [await ownerOf(ada), await ownerOf(again), await ownerOf(grace)],
    [401, "ada", "Grace Höpper"],
  );
});

test("a changed or removed operator token ends the sessions of that operator alone", async () => {
  const cookies = [await cookieOf(ADA), await cookieOf(GRACE), await cookieOf(ADMIN_TOKEN)];
  const owners = async (/** @type {object} */ tokens) => {
    const other = await start(tokens);
    const found = await Promise.all(cookies.map((cookie) => ownerOf(cookie, other)));
    await other.kill();
    return found;
  };
  const { ada, ...withoutAda } = TOKENS;
  assert.deepEqual(await owners(withoutAda), [401, "Grace Höpper", "admin"]);
  assert.deepEqual(await owners({ ...TOKENS, ada: "another-token-of-ada" }), [
    401,
    "Grace Höpper",
    "admin",
  ]);
  // Her token under another name is another operator.
  assert.deepEqual(await owners({ ...withoutAda, eve: ada }), [401, "Grace Höpper", "admin"]);
  assert.deepEqual(await owners({ ada: GRACE, "Grace Höpper": ADA }), [401, 401, "admin"]);
});

test("operator tokens are not guessed faster than the admin token", async () => {
  const from = somewhere();
  const results = await Promise.all(
    Array.from({ length: 30 }, (_, at) => signIn(`a guess, number ${at}`, worker, from)),
  );
  assert.equal(results.filter(({ status }) => status === 401).length, 10);
  assert.equal(results.filter(({ status }) => status === 429).length, 20);
  assert.equal((await signIn(ADA, worker, from)).status, 429);
  assert.equal((await signIn(ADA)).status, 204);
});

test("operators with tokens of their own are two persons for an approval, and in the audit trail", async () => {
  const { programId, codes } = await uber.createProgram(3);
  const path = `/api/programs/${programId}/jobs`;
  const created = await asBearer(ADA, path, {
    method: "POST",
    body: codes.join("\n"),
    headers: { "Idempotency-Key": crypto.randomUUID(), "Content-Type": "text/plain" },
  });
  assert.deepEqual([created.status, created.json.status], [201, "unapproved"]);
  const approve = (/** @type {string} */ token) =>
    asBearer(token, `${path}/${created.json.id}/approve`, { method: "POST" });
  const own = await approve(ADA);
  assert.deepEqual([own.status, own.json.code], [403, "same_operator"]);
  assert.equal((await approve(GRACE)).status, 200);
  await worker.until(programId, created.json.id, ({ progress }) => progress.pending === 0);
  const { json } = await asBearer(ADA, `/api/audit?job=${created.json.id}`);
  assert.deepEqual(
    json.entries.map((/** @type {any} */ { by, action }) => `${by} ${action}`).reverse(),
    ["ada created", "Grace Höpper approved"],
  );
});

test("operator tokens that can't be used are refused, and nothing is served but health and webhooks", async () => {
  const tooShort = "fifteen-letters";
  /** @type {[tokens: unknown, title: RegExp][]} */
  const refused = [
    ["{", /not JSON/],
    [`ada=${ADA}`, /not JSON/],
    ["[]", /not an object/],
    ["null", /not an object/],
    [`"${ADA}"`, /not an object/],
    [{ ada: 1 }, /token 1 is not text/],
    [{ ada: ADA, grace: null }, /token 2 is not text/],
    [{ ada: ADA, grace: { token: GRACE } }, /token 2 is not text/],
    [{ "": ADA }, /name 1 is empty/],
    [{ ada: ADA, " ": GRACE }, /name 2 is empty/],
    [{ admin: ADA }, /name 1 is that of ADMIN_TOKEN/],
    [{ ada: ADA, Admin: GRACE }, /name 2 is that of ADMIN_TOKEN/],
    [{ ada: ADA, Ada: GRACE }, /name 2 repeats another/],
    [`{"ada":"${ADA}","ada":"${GRACE}"}`, /a name occurs twice/],
    [`{"ada":1,"ada":"${GRACE}"}`, /a name occurs twice/],
    [`{"ada":"${ADA}","\\u0061da":"${GRACE}"}`, /a name occurs twice/],
    [{ " ada": ADA }, /name 1 has blanks/],
    [{ "a\u200bda": ADA }, /name 1 has blanks or invisible/],
    [{ ["a".repeat(101)]: ADA }, /name 1 has more than 100 characters/],
    [{ ada: tooShort }, /token 1 has fewer than 16 characters/],
    [{ ada: `${tooShort} ` }, /token 1 has fewer than 16 characters/],
    [{ ada: ADA, grace: ADA }, /token 2 equals another/],
    [{ ada: ADA, grace: ` ${ADA} ` }, /token 2 equals another/],
    [{ ada: ADA, grace: ADMIN_TOKEN }, /token 2 equals another/],
  ];
  for (const [tokens, title] of refused) {
    const env = {
      ADMIN_TOKEN,
      OPERATOR_TOKENS: typeof tokens === "string" ? tokens : JSON.stringify(tokens),
    };
    assert.throws(
      () => methods(/** @type {any} */ (env)),
      (/** @type {any} */ { problem }) => {
        assert.deepEqual([problem.status, problem.code], [503, "invalid_operator_tokens"]);
        assert.match(problem.title, title);
        const text = JSON.stringify(problem);
        // A name may be a token that was put in the wrong place.
        for (const secret of [ADA, GRACE, ADMIN_TOKEN, tooShort]) assert.ok(!text.includes(secret));
        return true;
      },
      env.OPERATOR_TOKENS,
    );
  }
  for (const nothing of [undefined, "", "  ", "{}"]) {
    const env = { ADMIN_TOKEN, OPERATOR_TOKENS: nothing };
    assert.deepEqual(methods(/** @type {any} */ (env)), ["token"], nothing);
  }
  const closed = await start({ ada: ADA, grace: ADA });
  for (const path of ["/", "/assets/script-1a2b3c.js", "/api/config"]) {
    const result = await raw(closed.url, path, {
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    assert.deepEqual([result.status, result.json.code], [503, "invalid_operator_tokens"], path);
  }
  assert.equal((await signIn(ADMIN_TOKEN, closed)).status, 503);
  assert.equal((await raw(closed.url, "/health")).status, 200);
  const webhook = await raw(closed.url, "/webhooks/uber", { method: "POST", body: "{}" });
  assert.equal(webhook.status, 401);
  assert.match(closed.output(), /"code":"invalid_operator_tokens"/);
  assert.ok(!closed.output().includes(ADA));
  await closed.kill();
});

test("no token of an operator is in the log", () => {
  for (const token of [ADA, GRACE]) assert.ok(!worker.output().includes(token));
});
