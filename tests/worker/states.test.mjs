/**
 * Which routes of a job are allowed in which of its states; and that none of them sends unless
 * asked to.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { cleanUp, startUber, startWorker } from "./harness.mjs";
import { closeFronts, startFront } from "./front.mjs";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
/**
 * How the simulated Uber answers calls of a program.
 *
 * @type {Map<string, "lost" | "refused" | "slow">}
 */
const trouble = new Map();

before(async () => {
  uber = await startUber();
  const { url } = await startFront(uber.url, async ({ program }) => {
    const what = trouble.get(program ?? "");
    if (what === "lost") return "lost";
    if (what === "refused") return { status: 403, body: "{}" };
    if (what === "slow") await new Promise((resolve) => setTimeout(resolve, 1_500));
    return undefined;
  });
  worker = await startWorker({ uber: url });
});
after(async () => {
  closeFronts();
  await cleanUp();
});

/** @typedef {{ programId: string, codes: string[] }} Program */

/**
 * Brings a job into each state; returns its id.
 * @type {Record<string, (program: Program) => Promise<string>>}
 */
const make = {
  async creating({ programId }) {
    const headers = { "X-Test": "creating" };
    const response = await worker.request(`/api/programs/${programId}/jobs`, {
      method: "POST",
      headers,
    });
    return (await response.json()).id;
  },
  async held(program) {
    const never = await uber.createProgram(1);
    const rows = [program, never].flatMap(({ programId, codes }) =>
      codes.map((code) => `${code},${programId}`),
    );
    void worker
      .request(`/api/jobs?source=${encodeURIComponent(`stuck ${never.programId}`)}`, {
        method: "POST",
        body: ["code_id,program_id", ...rows].join("\n"),
        headers: { "Content-Type": "text/csv", "Idempotency-Key": crypto.randomUUID() },
      })
      .catch(() => {});
    for (let time = 0; time < 600; time += 1) {
      const { jobs } = await worker.json(`/api/programs/${program.programId}/jobs`);
      if (jobs[0]) return jobs[0].id;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("The job is not there");
  },
  async running({ programId, codes }) {
    trouble.set(programId, "slow");
    return (await (await worker.createJob(programId, codes, "?batchSize=1")).json()).id;
  },
  async paused({ programId, codes }) {
    return (await (await worker.createJob(programId, codes, "?start=false")).json()).id;
  },
  async halted({ programId, codes }) {
    trouble.set(programId, "refused");
    const { id } = await (await worker.createJob(programId, codes)).json();
    await worker.until(programId, id, ({ status }) => status === "halted");
    trouble.delete(programId);
    return id;
  },
  async undecided({ programId, codes }) {
    trouble.set(programId, "lost");
    const { id } = await (await worker.createJob(programId, codes)).json();
    await worker.until(programId, id, ({ status }) => status === "undecided");
    trouble.delete(programId);
    return id;
  },
  async finished({ programId, codes }) {
    const { id } = await (await worker.createJob(programId, codes)).json();
    await worker.until(programId, id, ({ status }) => status === "finished");
    return id;
  },
  async expired(program) {
    const id = await make["finished"]?.(program);
    const headers = { "X-Test": `expire ${id}` };
    await worker.request(`/api/programs/${program.programId}/jobs`, { headers });
    return String(id);
  },
};

const GONE = { creating: 404, expired: 410 };
const NOT_HELD = { ...GONE, held: 409 };

/**
 * The response status of each route by the state of the job; 200 if not listed.
 * @type {Record<string, { method: string, body?: (state: string) => object, except: Record<string, number>, otherwise?: number }>}
 */
const routes = {
  "": { method: "GET", except: { creating: 404 } },
  "/live": { method: "GET", except: { creating: 404 }, otherwise: 426 },
  "/results": { method: "GET", except: GONE },
  "/results.csv": { method: "GET", except: GONE },
  "/journal": { method: "GET", except: GONE },
  "/pause": {
    method: "POST",
    except: { ...NOT_HELD, halted: 409, undecided: 409, finished: 409 },
  },
  "/resume": { method: "POST", except: { ...NOT_HELD, finished: 409 } },
  "/resolve": {
    method: "POST",
    // Of a running job, the last batch: the first is under way.
    body: (state) => ({ batch: state === "running" ? 2 : 0, decision: "abandon" }),
    except: { ...NOT_HELD, finished: 409 },
  },
};

/** What was sent after a call of a route: how often each code at most, and at least. */
const MAY_SEND = new Set(["running /pause", "running /resolve", "running /resume"]);
const SENDS = new Set(["paused /resume", "halted /resume"]);

for (const [state, create] of Object.entries(make)) {
  test(`the routes of a job that is ${state}`, async () => {
    for (const [route, { method, body, except, otherwise = 200 }] of Object.entries(routes)) {
      const program = await uber.createProgram(3);
      const { programId } = program;
      const id = await create(program);
      const before = await uber.deliveries(programId);
      const path = `/api/programs/${programId}/jobs/${id}${route}`;
      const response = await worker.request(path, {
        method,
        ...(body && {
          body: JSON.stringify(body(state)),
          headers: { "Content-Type": "application/json" },
        }),
      });
      const text = await response.text();
      const where = `${state} ${route}: ${text.slice(0, 300)}`;
      assert.equal(response.status, except[state] ?? otherwise, where);
      if (response.status === 409 && state === "held") {
        const { code, status } = JSON.parse(text);
        assert.deepEqual([code, status], ["wrong_job_state", "held"], where);
      }
      if (state === "running" || MAY_SEND.has(`${state} ${route}`)) continue;
      await new Promise((resolve) => setTimeout(resolve, 300));
      const sent = await uber.deliveries(programId);
      if (SENDS.has(`${state} ${route}`)) {
        await worker.until(programId, id, ({ status }) => status === "finished");
        const all = await uber.deliveries(programId);
        assert.deepEqual([...all.values()], [1, 1, 1], where);
      } else {
        assert.deepEqual([...sent], [...before], where);
      }
    }
  });
}

test("a decision about a held job does not release it from its group", async () => {
  const program = await uber.createProgram(4);
  const id = await make["held"]?.(program);
  const path = `/api/programs/${program.programId}/jobs/${id}`;
  /** @param {string} action @param {object} [body] */
  const ask = (action, body) =>
    worker.request(`${path}/${action}`, {
      method: "POST",
      ...(body && {
        body: JSON.stringify(body),
        headers: { "Content-Type": "application/json" },
      }),
    });
  for (const decision of ["abandon", "resend", "queued"]) {
    for (const batch of [0, 1, "all"]) {
      assert.equal((await ask("resolve", { batch, decision })).status, 409);
      assert.equal((await ask("pause")).status, 409);
      assert.equal((await ask("resume")).status, 409);
    }
  }
  await worker.json("/api/pause", { paused: true });
  await worker.json("/api/pause", { paused: false });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.equal((await worker.json(path)).status, "held");
  assert.equal((await uber.deliveries(program.programId)).size, 0);
});
