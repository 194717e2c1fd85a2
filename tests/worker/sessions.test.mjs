/**
 * Sessions end on the server; guesses are counted over all addresses; an unreachable part is
 * reported.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ADMIN_TOKEN, cleanUp, startUber, startWorker } from "./harness.mjs";
import { raw } from "./raw.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
  uber = await startUber();
  worker = await startWorker({ uber: uber.url });
});
after(cleanUp);

async function signIn() {
  const result = await raw(worker.url, "/api/session", {
    method: "POST",
    body: JSON.stringify({ token: ADMIN_TOKEN }),
    headers: { "Content-Type": "application/json", Origin: worker.url },
  });
  assert.equal(result.status, 204);
  return { Cookie: (result.headers["set-cookie"] ?? "").split(";")[0] ?? "" };
}

const statusOf = async (/** @type {Record<string, string>} */ headers) =>
  (await raw(worker.url, "/api/config", { headers })).status;

test("signing out ends that session on the server, and no other", async () => {
  const [one, other] = [await signIn(), await signIn()];
  assert.deepEqual([await statusOf(one), await statusOf(other)], [200, 200]);
  const signOut = { method: "DELETE", headers: { ...one, Origin: worker.url } };
  assert.equal((await raw(worker.url, "/api/session", signOut)).status, 204);
  assert.deepEqual([await statusOf(one), await statusOf(other)], [401, 200]);
  // Signing out twice is not an error, and without a session there is nothing to end.
  assert.equal((await raw(worker.url, "/api/session", signOut)).status, 204);
  const nobody = { method: "DELETE", headers: { Origin: worker.url } };
  assert.equal((await raw(worker.url, "/api/session", nobody)).status, 204);
  // Isolates that start later know it too.
  const { state, port } = worker;
  await worker.kill();
  worker = await startWorker({ uber: uber.url, state, port });
  assert.deepEqual([await statusOf(one), await statusOf(other)], [401, 200]);
});

test("an unreachable object is reported, and unknown results stay unknown", async () => {
  const { programId, codes } = await uber.createProgram(1);
  const lost = (/** @type {string} */ name) => ({ "X-Test": `lost ${name}` });
  const config = await worker.request("/api/config", { headers: lost("VOUCHER_APP") });
  const problem = await config.json();
  assert.deepEqual([config.status, problem.code], [503, "object_unreachable"]);
  assert.equal(config.headers.get("Retry-After"), "5");
  const history = await worker.request("/api/jobs", { headers: lost("VOUCHER_APP") });
  assert.deepEqual([history.status, (await history.json()).code], [503, "object_unreachable"]);
  const jobs = `/api/programs/${programId}/jobs`;
  const list = await worker.request(jobs, { headers: lost("VOUCHER_PROGRAM") });
  assert.deepEqual([list.status, (await list.json()).queued], [503, "no"]);
  const created = await worker.request(jobs, {
    method: "POST",
    body: codes.join("\n"),
    headers: { ...lost("VOUCHER_PROGRAM"), "Idempotency-Key": crypto.randomUUID() },
  });
  assert.deepEqual([created.status, (await created.json()).queued], [503, "unknown"]);
});

test("bearer tokens are not guessed faster from many addresses", async () => {
  const known = { Authorization: `Bearer ${ADMIN_TOKEN}`, "CF-Connecting-IP": "192.0.2.1" };
  assert.equal(await statusOf(known), 200);
  const statuses = [];
  for (let from = 0; from < 300; from += 25) {
    const guesses = Array.from({ length: 25 }, (_, at) =>
      statusOf({
        Authorization: `Bearer guess-${from + at}`,
        "CF-Connecting-IP": `198.51.${from}.${at}`,
      }),
    );
    statuses.push(...(await Promise.all(guesses)));
  }
  const compared = statuses.filter((status) => status === 401).length;
  assert.ok(compared >= 200 && compared <= 230, `${compared} were compared`);
  assert.ok(statuses.slice(230).every((status) => status === 429));
  // An address that signed in before is not locked out.
  assert.equal(await statusOf(known), 200);
});
