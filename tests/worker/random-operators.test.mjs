/**
 * Operators do anything, in any order, at the same time, while responses and reports are lost:
 * nobody gets a message twice unless an operator was allowed to send again, and nobody of another
 * program ever gets one. `SEED=7 STEPS=400 node --test tests/worker/random-operators.test.mjs`
 * repeats a run. The truth is the sandbox's.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { chanceOf } from "./chance.mjs";
import { closeFronts, startFront } from "./front.mjs";
import { cleanUp, startUber, startWorker, fetchOnce } from "./harness.mjs";
import { operators } from "./operators.mjs";

const SEED = Number(process.env["SEED"] ?? 1);
const STEPS = Number(process.env["STEPS"] ?? 160);
const NAMES = ["ada@example.com", "grace@example.com"];
/** Statuses in which a job does nothing automatically. */
const AT_REST = ["finished", "cancelled", "expired", "dropped"];

after(async () => {
  closeFronts();
  await cleanUp();
});

test(
  "whatever operators do, no code is sent that was not allowed",
  { timeout: 280_000 },
  async (t) => {
    t.diagnostic(`SEED=${SEED} STEPS=${STEPS}`);
    const random = chanceOf(SEED);
    const network = chanceOf(SEED + 1);
    const uber = await startUber([
      "--latency",
      "1-5",
      "--failure-rate",
      "0",
      "--seed",
      String(SEED),
    ]);
    let isCalm = false;
    const { url } = await startFront(uber.url, async ({ path, program, headers, body }) => {
      if (program === undefined || isCalm) return undefined;
      if (network.happens(0.12)) return "lost";
      if (network.happens(0.05)) return { status: 429, headers: { "Retry-After": "1" } };
      if (network.happens(0.15)) {
        await fetch(uber.url + path, { method: "POST", headers, body: body.toString() });
        return network.happens(0.5) ? "lost" : { status: 500, body: "{}" };
      }
      return undefined;
    });
    const people = await operators(NAMES);
    const options = {
      approval: { above: 12 },
      settleMinutes: 0.02,
      reconcile: { intervalHours: [24], delayMinutes: 0.02, pauseMinutes: 0.01 },
    };
    let worker = await startWorker({ uber: url, bindings: people.bindings, options });

    const programs = await Promise.all([0, 1, 2].map(() => uber.createProgram(40)));
    const ownerOf = new Map(
      programs.flatMap(({ programId, codes }) => codes.map((code) => [code, programId])),
    );
    /** How often a code was allowed to be sent again. @type {Map<string, number>} */
    const again = new Map();
    /** @param {readonly string[]} codes */
    const allow = (codes) => codes.forEach((code) => again.set(code, (again.get(code) ?? 0) + 1));
    /** @param {readonly string[]} codes */
    const takeBack = (codes) =>
      codes.forEach((code) => again.set(code, (again.get(code) ?? 0) - 1));
    /** The actions, and how often each was accepted. @type {Record<string, number>} */
    const done = {};

    /** @param {string} method @param {string} path @param {unknown} [body] @param {Record<string, string>} [more] */
    const ask = async (method, path, body, more = {}) => {
      const isText = typeof body === "string";
      const response = await worker.request(path, {
        method,
        ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
        headers: {
          "Content-Type": isText ? "text/csv" : "application/json",
          ...people.headersOf(random.of(NAMES)),
          ...more,
        },
      });
      return { status: response.status, body: await response.json() };
    };
    const key = () => ({ "Idempotency-Key": crypto.randomUUID() });
    const jobs = async () => (await worker.json("/api/jobs?limit=200")).jobs;
    /** @param {{ programId: string, id: string }} job */
    const pathOf = ({ programId, id }) => `/api/programs/${programId}/jobs/${id}`;
    /** @param {{ programId: string, id: string }} job @param {string} [state] @returns {Promise<string[]>} */
    const codesOf = async (job, state) => {
      const query = `limit=5000${state === undefined ? "" : `&state=${state}`}`;
      const { status, body } = await ask("GET", `${pathOf(job)}/results?${query}`);
      return status === 200
        ? body.rows.map((/** @type {{ code: string }} */ { code }) => code)
        : [];
    };

    /** Some codes, sometimes also codes of another program, or of none. */
    const someCodes = (/** @type {{ codes: string[] }} */ { codes }) => {
      const from = random.below(codes.length);
      const list = codes.slice(from, from + 1 + random.below(20));
      if (random.happens(0.15)) list.push(random.of(random.of(programs).codes));
      if (random.happens(0.1)) list.push(crypto.randomUUID());
      return list;
    };
    const some = (
      /** @type {Record<string, [share: number, values: readonly unknown[]]>} */ wanted,
    ) =>
      Object.entries(wanted)
        .filter(([, [share]]) => random.happens(share))
        .map(([name, [, values]]) => `${name}=${String(random.of(values))}`)
        .join("&");

    const actions = {
      async create() {
        const program = random.of(programs);
        const list = someCodes(program);
        const isResend = random.happens(0.2);
        const query = some({
          startIn: [0.4, [0, 1, 3]],
          pauseAfter: [0.3, [1, 2]],
          batchSize: [0.7, [1, 3, 7]],
          start: [0.1, [false]],
          unchecked: [0, [true]],
          [isResend ? "resend" : "skip"]: [isResend ? 1 : 0.6, [true]],
        });
        const isForeign = list.some((code) => ownerOf.get(code) !== program.programId);
        const path = `/api/programs/${program.programId}/jobs?${query}`;
        // Allowed before it can be sent.
        if (isResend) allow(list);
        const { status, body } = await ask("POST", path, ["code", ...list].join("\n"), key());
        if (isResend && status !== 201) takeBack(list);
        if (isForeign) assert.notEqual(status, 201, "codes of another program are refused");
        return status === 201 || `${status} ${body.code}`;
      },
      async createForSeveral() {
        const rows = programs.flatMap((program) =>
          someCodes(program).map((code) => `${program.programId},${code}`),
        );
        const isForeign = rows.some((row) => {
          const [program, code = ""] = row.split(",");
          return ownerOf.get(code) !== program;
        });
        const query = some({ startIn: [0.5, [1, 2]], skip: [0.8, [true]] });
        const body = ["program,code", ...new Set(rows)].join("\n");
        const { status } = await ask("POST", `/api/jobs?${query}`, body, key());
        if (isForeign) assert.notEqual(status, 201, "codes of another program are refused");
        return status === 201;
      },
      async dryRun() {
        const program = random.of(programs);
        const list = someCodes(program);
        const path = `/api/programs/${program.programId}/jobs?dryRun=true`;
        const { status, body } = await ask("POST", path, ["code", ...list].join("\n"));
        const foreign = new Set(list.filter((code) => ownerOf.get(code) !== program.programId));
        if (status === 200) assert.equal(body.foreign, foreign.size);
        return status === 200;
      },
      pause: () => act("pause"),
      resume: () => act("resume"),
      cancel: () => act("cancel"),
      approve: () => act("approve"),
      reconcile: () => act("reconcile"),
      async resolve() {
        const job = random.of(await jobs());
        if (job === undefined) return false;
        const decision = random.of(["resend", "resend", "queued", "abandon"]);
        const before = await codesOf(job, "unknown");
        // Allowed before it can be sent; withdrawn if it was refused.
        if (decision === "resend") allow(before);
        const path = `${pathOf(job)}/resolve`;
        const { status, body } = await ask("POST", path, {
          batch: "all",
          decision,
          reason: "by chance",
        });
        if (status !== 200 && decision === "resend") takeBack(before);
        return status === 200 || `${status} ${body.code}`;
      },
      async rename() {
        const job = random.of(await jobs());
        if (job === undefined) return false;
        return (await ask("PATCH", pathOf(job), { name: `n${random.below(99)}` })).status === 200;
      },
      async pauseAll() {
        await ask("POST", "/api/pause", { paused: true });
        return (await ask("POST", "/api/pause", { paused: false })).status === 200;
      },
      async resumeHalted() {
        return (await ask("POST", "/api/resume", {})).status === 200;
      },
      async report() {
        for (const { headers, body } of await uber.ask("webhooks")) {
          // Some arrive late, some twice, some never.
          for (let times = random.below(3); times > 0; times -= 1) {
            await fetchOnce(`${worker.url}/webhooks/uber`, { method: "POST", headers, body });
          }
        }
        return true;
      },
      async restart() {
        const { state, port } = worker;
        await worker.kill();
        worker = await startWorker({ uber: url, state, port, bindings: people.bindings, options });
        return true;
      },
    };

    /** @param {string} action */
    async function act(action) {
      const job = random.of(await jobs());
      if (job === undefined) return false;
      const { status, body } = await ask("POST", `${pathOf(job)}/${action}`, {});
      return status === 200 || `${status} ${body.code}`;
    }

    const names = /** @type {(keyof typeof actions)[]} */ ([
      ...["create", "create", "create", "createForSeveral", "dryRun", "pause", "resume", "resume"],
      ...["cancel", "approve", "approve", "resolve", "resolve", "reconcile", "rename", "pauseAll"],
      ...["resumeHalted", "report", "report"],
    ]);
    const run = async (/** @type {keyof typeof actions} */ name) => {
      const came = await actions[name]();
      const outcome = `${name} ${came === true ? "done" : came === false ? "not" : came}`;
      done[outcome] = (done[outcome] ?? 0) + 1;
    };
    for (let step = 0; step < STEPS; step += 3) {
      // Alone, because the others would lose their responses.
      if (step > 0 && step % 60 === 0) await run("restart");
      await Promise.all([0, 1, 2].map(() => run(random.of(names))));
    }

    // The rest is brought to an end: only harmless decisions are made.
    isCalm = true;
    for (let round = 0; round < 100; round += 1) {
      const open = (await jobs()).filter(
        (/** @type {{ status: string }} */ { status }) => !AT_REST.includes(status),
      );
      if (open.length === 0) break;
      for (const job of open) {
        if (job.status === "undecided") {
          await ask("POST", `${pathOf(job)}/resolve`, { batch: "all", decision: "queued" });
        } else if (job.status === "unapproved") {
          await ask("POST", `${pathOf(job)}/approve`, {});
        } else if (job.status !== "running") await ask("POST", `${pathOf(job)}/resume`, {});
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    t.diagnostic(JSON.stringify(done));

    const all = await jobs();
    for (const { status, id } of all) assert.ok(AT_REST.includes(status), `${id} is ${status}`);
    let sends = 0;
    for (const { programId, codes } of programs) {
      const sent = await uber.deliveries(programId);
      for (const [code, count] of sent) {
        sends += count;
        assert.equal(ownerOf.get(code), programId, "nobody of another program");
        const most = 1 + (again.get(code) ?? 0);
        assert.ok(count <= most, `${code} was sent ${count} times, and ${most} were allowed`);
      }
      assert.ok(codes.length >= sent.size);
    }
    // Nothing is invented: codes that were reported as accepted were sent.
    for (const job of all) {
      const sent = await uber.deliveries(job.programId);
      for (const code of await codesOf(job, "distributed"))
        assert.ok((sent.get(code) ?? 0) > 0, code);
    }
    assert.ok(sends > 20, "something was sent");
    people.close();
  },
);
