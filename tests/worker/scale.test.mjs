/**
 * One upload for fifty programs, and single uploads of the largest size.
 *
 * `FULL=1` makes it a million codes in fifty programs; otherwise it is 100,000.
 */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { closeFronts, startFront } from "./front.mjs";
import { cleanUp, startUber, startWorker } from "./harness.mjs";

const CODES = process.env["FULL"] ? 1_000_000 : 100_000;
const PROGRAMS = 50;
const REQUESTS_OF_EACH = 20;
/** Below the limit: requests that a busy machine delays by a second arrive with those of the next one. */
const PER_SECOND = 75;
/** Uber's limit, in any five seconds. */
const UBERS_LIMIT = 500;
const WINDOW_MS = 5_000;
/** The worker gets no requests for this long, and has undone interrupted uploads by then. */
const UNASKED_MS = 30_000;
const ENDS = new Set(["finished", "undecided"]);
const MEGABYTE = 1024 * 1024;
/** The memory that the platform gives one isolate. */
const ISOLATE = 128 * MEGABYTE;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;

before(async () => {
  uber = await startUber(["--latency", "20-60"]);
});
after(async () => {
  closeFronts();
  await cleanUp();
});

/** The most memory that a process has had, in bytes. @param {number} id */
async function peak(id) {
  const status = await readFile(`/proc/${id}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

/** @param {string} folder @returns {Promise<number>} */
async function bytesIn(folder) {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => stat(join(folder, name))));
  return sizes.reduce((all, found) => all + (found.isFile() ? found.size : 0), 0);
}

/** @param {Awaited<ReturnType<typeof startWorker>>} worker @param {string} csv @param {string} [query] @param {string} [key] */
const upload = (worker, csv, query = "", key = crypto.randomUUID()) =>
  worker.request(`/api/jobs${query}`, {
    method: "POST",
    body: csv,
    headers: { "Content-Type": "text/csv", "Idempotency-Key": key },
  });

/** @param {number} programs @param {number} codes of each */
async function createPrograms(programs, codes) {
  const all = [];
  for (let count = 0; count < programs; count += 1) all.push(await uber.createProgram(codes));
  return all;
}

/** The rows of all programs, in turn. @param {{ programId: string, codes: string[] }[]} programs */
function csvOf(programs) {
  const rows = ["program_id,code_id"];
  for (let index = 0; index < (programs[0]?.codes.length ?? 0); index += 1) {
    for (const { programId, codes } of programs) rows.push(`${programId},${codes[index]}`);
  }
  return rows.join("\n");
}

/** @param {Awaited<ReturnType<typeof startWorker>>} worker @param {{ programId: string }[]} programs */
async function jobsOf(worker, programs) {
  const all = [];
  for (const { programId } of programs) {
    all.push(...(await worker.json(`/api/programs/${programId}/jobs`)).jobs);
  }
  return all;
}

test(
  `${CODES} codes over ${PROGRAMS} programs, from one upload`,
  { timeout: 240_000 },
  async (t) => {
    /** @type {{ at: number, program: string }[]} */
    const sends = [];
    let tokens = 0;
    const front = await startFront(uber.url, ({ at, program, path }) => {
      if (program !== undefined) sends.push({ at, program });
      if (path.includes("token")) tokens += 1;
      return undefined;
    });
    const worker = await startWorker({
      uber: front.url,
      options: { requestsPerSecond: PER_SECOND },
    });
    const [id = 0] = await worker.workerd();
    const programs = await createPrograms(PROGRAMS, CODES / PROGRAMS);
    const csv = csvOf(programs);
    const before = await peak(id);
    const began = Date.now();
    const response = await upload(worker, csv, `?batchSize=${CODES / PROGRAMS / REQUESTS_OF_EACH}`);
    assert.equal(response.status, 201, await response.clone().text());
    const created = Date.now();
    const requests = PROGRAMS * REQUESTS_OF_EACH;
    while (sends.length < requests) {
      assert.ok(Date.now() < began + 180_000, `${sends.length} requests`);
      await sleep(200);
    }
    /** Requests that Uber refused as too many: a busy machine lets them arrive together. */
    let retries = 0;
    for (const job of (await response.json()).jobs) {
      const end = await worker.until(job.programId, job.id, ({ status }) => status === "finished");
      assert.equal(end.progress.queued, CODES / PROGRAMS);
      retries += end.progress.retries;
    }
    const seconds = (Date.now() - began) / 1000;
    const growth = ((await peak(id)) - before) / MEGABYTE;
    await worker.kill();
    const storage = await bytesIn(worker.state);

    // Never more than Uber's limit, in any five seconds. Not in each second: requests that a busy
    // machine delays arrive together.
    const most = Math.max(
      ...sends.map(
        ({ at }, first) =>
          sends.slice(first).findIndex((later) => later.at - at >= WINDOW_MS) + 1 ||
          sends.length - first,
      ),
    );
    // Half-way, all programs are about half-way.
    const half = new Map(programs.map(({ programId }) => [programId, 0]));
    for (const { program } of sends.slice(0, requests / 2)) {
      half.set(program, (half.get(program) ?? 0) + 1);
    }
    const shares = [...half.values()].sort((one, other) => one - other);
    t.diagnostic(
      `created in ${(created - began) / 1000} s, all sent in ${seconds} s; at most ${most} requests in five` +
        ` (${PER_SECOND} a second asked for, limit ${UBERS_LIMIT}); half-way ${shares[0]} to ${shares.at(-1)} of ${REQUESTS_OF_EACH} requests;` +
        ` ${tokens} token; ${growth.toFixed(0)} MB more memory; ${(storage / CODES).toFixed(0)} bytes a code`,
    );
    assert.equal(tokens, 1);
    assert.ok(most <= UBERS_LIMIT, `${most} requests in five seconds`);
    assert.ok((shares[0] ?? 0) >= REQUESTS_OF_EACH / 5, shares.join());
    assert.equal(sends.length, requests + retries);
    for (const { programId, codes } of programs) {
      const sent = await uber.deliveries(programId);
      assert.deepEqual([sent.size, ...new Set(sent.values())], [codes.length, 1]);
    }
  },
);

test("if one program refuses, no job is created in any", async () => {
  const worker = await startWorker({ uber: uber.url });
  const programs = await createPrograms(12, 20);
  const seventh = /** @type {typeof programs[0]} */ (programs[7]);
  const earlier = await worker.createJob(seventh.programId, seventh.codes.slice(0, 2));
  const { id } = await earlier.json();
  const key = crypto.randomUUID();
  const refused = await upload(worker, csvOf(programs), "", key);
  const problem = await refused.json();
  assert.deepEqual(
    [refused.status, problem.code, problem.programId, problem.count],
    [422, "already_queued", seventh.programId, 2],
  );
  assert.deepEqual(
    (await jobsOf(worker, programs)).map((job) => job.id),
    [id],
  );
  // All free codes are free; the same key may be used again.
  const response = await upload(worker, csvOf(programs), "?skip=true", key);
  assert.equal(response.status, 201);
  const { jobs } = await response.json();
  assert.equal(jobs.length, 12);
  const same = await upload(worker, csvOf(programs), "?skip=true", key);
  assert.equal(same.status, 200);
  assert.deepEqual(
    new Set((await same.json()).jobs.map((/** @type {any} */ job) => job.id)),
    new Set(jobs.map((/** @type {any} */ job) => job.id)),
  );
  for (const job of jobs) {
    await worker.until(job.programId, job.id, ({ status }) => status === "finished");
  }
  for (const { programId } of programs) {
    const sent = await uber.deliveries(programId);
    assert.deepEqual([sent.size, ...new Set(sent.values())], [20, 1]);
  }
  await worker.kill();
});

test("with `start=false`, all jobs wait for an operator", async () => {
  const worker = await startWorker({ uber: uber.url });
  const programs = await createPrograms(3, 5);
  const { jobs } = await (await upload(worker, csvOf(programs), "?start=false")).json();
  assert.deepEqual(new Set(jobs.map((/** @type {any} */ job) => job.status)), new Set(["paused"]));
  const [{ programId, id }] = jobs;
  await worker.json(`/api/programs/${programId}/jobs/${id}/resume`, {});
  await worker.until(programId, id, ({ status }) => status === "finished");
  assert.equal((await uber.deliveries(jobs[1].programId)).size, 0);
  await worker.kill();
});

test("after a kill during an upload, all of its jobs start or none", async (t) => {
  let worker = await startWorker({ uber: uber.url });
  const ends = { all: 0, none: 0 };
  for (let round = 0; round < 6; round += 1) {
    const programs = await createPrograms(12, 5);
    const key = crypto.randomUUID();
    const uploading = upload(worker, csvOf(programs), "", key).catch(() => null);
    await Promise.race([uploading, sleep(30 + Math.random() * 300)]);
    await worker.kill();
    await uploading;
    worker = await startWorker({ uber: uber.url, state: worker.state, port: worker.port });
    // Every other one is requested again.
    if (round % 2 === 0) {
      const response = await upload(worker, csvOf(programs), "", key);
      assert.ok(response.ok, await response.clone().text());
      assert.equal((await response.json()).jobs.length, 12);
    }
    const end = Date.now() + 60_000;
    for (;;) {
      const statuses = (await jobsOf(worker, programs)).map(({ status }) => status);
      // A job that had just started to send when it was killed may be undecided: it has started.
      const isAll = statuses.length === 12 && statuses.every((status) => ENDS.has(status));
      if (statuses.length === 0 || isAll) {
        ends[isAll ? "all" : "none"] += 1;
        if (round % 2 === 0) assert.ok(isAll);
        break;
      }
      assert.ok(Date.now() < end, statuses.join());
      await sleep(300);
    }
    const jobs = await jobsOf(worker, programs);
    for (const { programId } of programs) {
      const status = jobs.find((job) => job.programId === programId)?.status;
      const { size } = await uber.deliveries(programId);
      if (status !== "undecided") assert.equal(size, status === undefined ? 0 : 5);
    }
  }
  t.diagnostic(JSON.stringify(ends));
  await worker.kill();
});

/**
 * Nothing of an upload is left, and its codes are free: sent now, each is sent once.
 * @param {Awaited<ReturnType<typeof startWorker>>} worker
 * @param {{ programId: string, codes: string[] }[]} programs
 */
async function assertUndone(worker, programs) {
  const jobs = await jobsOf(worker, programs);
  assert.equal(jobs.filter(({ group }) => group !== null).length, 0, JSON.stringify(jobs));
  const response = await upload(worker, csvOf(programs));
  assert.equal(response.status, 201, await response.clone().text());
  for (const job of (await response.json()).jobs) {
    await worker.until(job.programId, job.id, ({ status }) => status === "finished");
  }
  for (const { programId, codes } of programs) {
    const sent = await uber.deliveries(programId);
    assert.deepEqual(new Set(codes.map((code) => sent.get(code))), new Set([1]));
  }
}

/**
 * Kills a worker once there are this many jobs, and sends the next one no requests for a while.
 * @param {Awaited<ReturnType<typeof startWorker>>} worker @param {string} url @param {{ programId: string }[]} programs @param {number} jobs
 */
async function killedAt(worker, url, programs, jobs) {
  const end = Date.now() + 30_000;
  while ((await jobsOf(worker, programs)).length < jobs) {
    assert.ok(Date.now() < end);
    await sleep(50);
  }
  await worker.kill();
  const next = await startWorker({ uber: url, state: worker.state, port: worker.port });
  await sleep(UNASKED_MS);
  return next;
}

test(
  "an interrupted upload is resolved without another request",
  { concurrency: true },
  async (t) => {
    const killed = t.test("after a kill during its creation, an upload is undone", async () => {
      const programs = await createPrograms(5, 5);
      const first = await startWorker({ uber: uber.url });
      const source = `stuck+${programs.at(-1)?.programId}`;
      const uploading = upload(first, csvOf(programs), `?source=${source}`).catch(() => null);
      const worker = await killedAt(first, uber.url, programs, 4);
      assert.equal(await uploading, null);
      await assertUndone(worker, programs);
      await worker.kill();
    });

    const busy = t.test(
      "an upload is undone even while one of its programs keeps sending",
      async () => {
        const programs = await createPrograms(3, 5);
        const { programId, codes } = await uber.createProgram(300);
        programs.push({ programId, codes: codes.splice(0, 5) });
        const front = await startFront(uber.url, async ({ program }) => {
          if (program === programId) await sleep(400);
          return undefined;
        });
        const first = await startWorker({ uber: front.url });
        const { id } = await (await first.createJob(programId, codes, "?batchSize=1")).json();
        const source = `stuck+${programs[0]?.programId}`;
        const uploading = upload(first, csvOf(programs), `?source=${source}`).catch(() => null);
        const worker = await killedAt(first, front.url, programs, 1 + 3);
        assert.equal(await uploading, null);
        const job = await worker.json(`/api/programs/${programId}/jobs/${id}/pause`, {});
        assert.ok(job.progress.pending > 0, "it sent for too short a time");
        await assertUndone(worker, programs);
        await worker.kill();
      },
    );

    const untold = t.test("an upload starts even if its programs are not notified", async () => {
      const programs = await createPrograms(3, 5);
      const worker = await startWorker({ uber: uber.url });
      const uploading = upload(worker, csvOf(programs), "?source=untold").catch(() => null);
      const end = Date.now() + UNASKED_MS;
      for (const { programId } of programs) {
        while ((await uber.deliveries(programId)).size < 5) {
          assert.ok(Date.now() < end);
          await sleep(100);
        }
      }
      await worker.kill();
      assert.equal(await uploading, null);
    });

    const late = t.test(
      "a job that is created after its upload was undone is removed",
      async () => {
        const worker = await startWorker({ uber: uber.url });
        const programs = await createPrograms(3, 5);
        const programId = programs[1]?.programId;
        const refused = await upload(worker, csvOf(programs), `?source=late+${programId}`);
        assert.equal(refused.status, 500);
        assert.deepEqual(await jobsOf(worker, programs), []);
        const late = { headers: { "X-Test": "late" } };
        const response = await worker.request(`/api/programs/${programId}/jobs`, late);
        const { jobs } = await response.json();
        assert.deepEqual([jobs.length, jobs[0].status], [1, "held"]);
        await sleep(UNASKED_MS);
        await assertUndone(worker, programs);
        await worker.kill();
      },
    );

    await Promise.all([killed, busy, untold, late]);
  },
);

test("the largest uploads are read as a stream", { timeout: 240_000 }, async (t) => {
  const worker = await startWorker({ uber: uber.url });
  const [id = 0] = await worker.workerd();
  for (const { megabytes, count, rest } of [
    { megabytes: 30, count: 850_000, rest: "" },
    {
      megabytes: 90,
      count: 990_000,
      rest: `;${"Guests of the summer party; shuttle from the station".slice(0, 56)}`,
    },
  ]) {
    const codes = createHash("sha256");
    async function* body() {
      if (rest !== "") yield new TextEncoder().encode("code_id;first;second\n");
      for (let done = 0; done < count; done += 10_000) {
        const digits = randomBytes(16 * 10_000).toString("hex");
        const lines = digits.replace(
          /(.{8})(.{4})(.{4})(.{4})(.{12})/g,
          (_, ...parts) => `${parts.slice(0, 5).join("-")}\n`,
        );
        codes.update(lines);
        yield new TextEncoder().encode(rest === "" ? lines : lines.replaceAll("\n", `${rest}\n`));
      }
    }
    // A connection that was closed during long work is noticed first.
    await sleep(200);
    const before = await peak(id);
    const began = performance.now();
    const programId = crypto.randomUUID();
    // Uber does not know the program: its codes can't be compared.
    const response = await worker.request(
      `/api/programs/${programId}/jobs?start=false&unchecked=true`,
      {
        method: "POST",
        // @ts-expect-error: the types know no iterable as a body.
        body: body(),
        duplex: "half",
        headers: {
          "Content-Type": rest === "" ? "text/plain" : "text/csv",
          "Idempotency-Key": programId,
        },
      },
    );
    const job = await response.json();
    assert.equal(response.status, 201, JSON.stringify(job));
    assert.equal(job.progress.pending, count);
    const seconds = (performance.now() - began) / 1000;
    const growth = (await peak(id)) - before;
    t.diagnostic(
      `${megabytes} MB, ${count} codes: ${seconds.toFixed(1)} s, ${(growth / MEGABYTE).toFixed(0)} MB more memory`,
    );
    assert.ok(growth < ISOLATE);
    const found = createHash("sha256");
    const csv = await worker.request(`/api/programs/${programId}/jobs/${job.id}/results.csv`);
    let text = "";
    const decoder = new TextDecoder();
    for await (const piece of /** @type {any} */ (csv.body)) {
      text += decoder.decode(piece, { stream: true });
      const end = text.lastIndexOf("\n") + 1;
      found.update(
        text
          .slice(0, end)
          .replace(/^code,[^\n]*\n/, "")
          .replace(/,[^\n]*\n/g, "\n"),
      );
      text = text.slice(end);
    }
    assert.equal(found.digest("hex"), codes.digest("hex"));
  }
  await worker.kill();
});
