/**
 * Compares what was allowed to be sent with what the sandbox has sent. A page may request a resend
 * only after a confirmation: each such request is checked when it is sent.
 */
import { TOKEN } from "./server.mjs";

/** @typedef {import("playwright-core").BrowserContext} BrowserContext */
/** @typedef {import("playwright-core").Request} Request */

/**
 * The longest time between a confirmation and its request: a large list takes that long to be read.
 */
const CONFIRMED_MS = 15_000;
/** How often the codes that Uber has reported as failed are read. */
const FAILED_EVERY_MS = 400;
const CREATION = /^\/api\/(?:programs\/([^/]+)\/)?jobs$/;

/** Calls the worker as an operator, independently of the pages. @param {string} origin */
export function operatorAt(origin) {
  /** @param {string} path @param {unknown} [body] @param {string} [method] */
  return async (path, body, method = body === undefined ? "GET" : "POST") => {
    const send = () =>
      fetch(origin + path, {
        method,
        headers: {
          Authorization: `Bearer ${TOKEN}`,
          "Content-Type": "application/json",
          Origin: origin,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    const response = await (method === "GET" ? send().catch(send) : send());
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
}

/**
 * @param {BrowserContext} context
 * @param {ReturnType<typeof operatorAt>} ask
 * @param {ReadonlyMap<string, ReadonlySet<string>>} codesOf the codes of each program
 * @param {ReadonlyMap<string, ReadonlySet<string>>} given the codes of each file, by its
 *   name
 */
export async function keepTruth(context, ask, codesOf, given) {
  /** @type {string[]} */
  const faults = [];
  /** The last confirmation, and until when a request may follow from it. */
  let confirmed = { what: "", until: 0 };
  /** The keys of the requests. @type {Set<string>} */
  const keys = new Set();
  /**
   * Jobs that may send codes a second time, or codes that could not be compared.
   *
   * @type {Set<string>}
   */
  const repeating = new Set();
  const unchecked = new Set();
  /** Confirmed creations in a program whose response was lost. @type {Map<string, number>} */
  const unanswered = new Map();
  /**
   * How many more times a code may be sent, by decisions about unknown codes.
   *
   * @type {Map<string, number>}
   */
  const again = new Map();

  /**
   * The codes of each job that were reported as failed: another job may send these without a
   * confirmation, and reports about that count for the earlier job too.
   *
   * @type {Map<string, Set<string>>}
   */
  const failed = new Map();
  let isOver = false;

  const change = (/** @type {Map<string, number>} */ map, /** @type {string} */ key, by = 1) =>
    map.set(key, (map.get(key) ?? 0) + by);
  const take = (/** @type {string[]} */ ...allowed) => {
    if (!allowed.includes(confirmed.what) || Date.now() > confirmed.until) return false;
    confirmed = { what: "", until: 0 };
    return true;
  };
  const creationOf = (/** @type {Request} */ request) => {
    const { pathname, searchParams } = new URL(request.url());
    const [found, program = "several"] = CREATION.exec(pathname) ?? [];
    const isOne = found !== undefined && request.method() === "POST" && !searchParams.has("dryRun");
    if (!isOne) return undefined;
    const isRepeating = searchParams.get("resend") === "true";
    const isUnchecked = searchParams.get("unchecked") === "true";
    return { program, isRepeating, isUnchecked, key: request.headers()["idempotency-key"] ?? "" };
  };

  context.on("request", (request) => {
    const creation = creationOf(request);
    // The same request again, after a lost response.
    if (creation === undefined || keys.has(creation.key)) return;
    keys.add(creation.key);
    const isConfirmed = creation.isRepeating
      ? take("distribute again")
      : take("distribute", "distribute again");
    if (!isConfirmed) faults.push(`A job was asked for, and nobody confirmed it: ${request.url()}`);
    if (creation.isRepeating) change(unanswered, creation.program);
  });
  context.on("response", async (response) => {
    const status = response.status();
    const { pathname } = new URL(response.url());
    if (status === 500) faults.push(`500: ${response.request().method()} ${pathname}`);
    const creation = creationOf(response.request());
    if (creation === undefined || status >= 500) return;
    if (!creation.isRepeating && !creation.isUnchecked) return;
    const reply = response.ok() ? await response.json().catch(() => null) : null;
    // A refusal does not prove that an earlier request with this key created nothing.
    if (reply === null) return;
    if (creation.isRepeating) change(unanswered, creation.program, -1);
    for (const { id } of reply.jobs ?? (reply.id ? [reply] : [])) {
      if (creation.isRepeating) repeating.add(id);
      if (creation.isUnchecked) unchecked.add(id);
    }
  });
  await context.route("**/jobs/*/resolve", async (route) => {
    const request = route.request();
    const { batch, decision } = request.postDataJSON();
    if (decision === "resend") {
      if (!take("send again")) {
        faults.push(`“Send again” was asked for, and nobody confirmed it: ${request.url()}`);
      }
      const job = new URL(request.url()).pathname.replace(/\/resolve$/, "");
      for (const row of await rowsOf(job, "unknown")) {
        if (batch === "all" || row.batch === batch) change(again, row.code);
      }
    }
    await route.continue().catch(() => {});
  });

  /** @param {string} job @param {string} [state] @returns {Promise<{ code: string, batch: number, state: string }[]>} */
  async function rowsOf(job, state) {
    /** @type {{ code: string, batch: number, state: string }[]} */
    const rows = [];
    for (let from = 0; from !== null;) {
      const query = `from=${from}&limit=5000${state === undefined ? "" : `&state=${state}`}`;
      const page = await ask(`${job}/results?${query}`);
      rows.push(...page.rows);
      from = page.next;
    }
    return rows;
  }

  /** The jobs that have a code, and its state in each. @param {any[]} jobs @param {string} code */
  async function jobsWith(jobs, code) {
    const found = [];
    for (const { id, programId, createdAt, source, resent, skipped, status } of jobs) {
      const path = `/api/programs/${programId}/jobs/${id}`;
      const page = await ask(`${path}/results?limit=1&find=${code}`).catch(() => ({ rows: [] }));
      for (const { state, by } of page.rows) {
        found.push({ path, createdAt, source, resent, skipped, status, state, by });
      }
    }
    return JSON.stringify(found);
  }

  async function allJobs() {
    const jobs = [];
    for (let before = ""; ;) {
      const page = await ask(`/api/jobs?limit=200${before}`);
      jobs.push(...page.jobs);
      const last = page.jobs.at(-1);
      if (page.jobs.length < 200) return jobs;
      before = `&before=${last.createdAt}&beforeId=${last.id}`;
    }
  }

  /** @param {any} job */
  async function noteFailed({ id, programId, progress }) {
    if (progress.failed === 0) return;
    const rows = await rowsOf(`/api/programs/${programId}/jobs/${id}`, "failed").catch(() => []);
    const known = failed.get(id) ?? new Set();
    for (const { code } of rows) known.add(code);
    failed.set(id, known);
  }
  const watching = (async () => {
    /** @type {Map<string, number>} */
    const seen = new Map();
    while (!isOver) {
      const { jobs } = await ask("/api/jobs?limit=100").catch(() => ({ jobs: [] }));
      for (const job of jobs) {
        if (seen.get(job.id) !== job.progress.failed) await noteFailed(job);
        seen.set(job.id, job.progress.failed);
      }
      await new Promise((resolve) => setTimeout(resolve, FAILED_EVERY_MS));
    }
  })();

  return {
    faults,
    async end() {
      isOver = true;
      await watching;
    },
    /** Records a confirmation. @param {string} what */
    confirm(what) {
      confirmed = { what, until: Date.now() + CONFIRMED_MS };
    },
    /** Compares what was sent with what was allowed. */
    async compare() {
      /** Read first, because the allowance only grows. @type {Map<string, number>} */
      const sent = new Map();
      for (const [program, codes] of codesOf) {
        const deliveries = await ask(`/api/sandbox/programs/${program}/deliveries`);
        for (const [code, count] of Object.entries(deliveries)) {
          sent.set(code, count);
          if (!codes.has(code)) faults.push(`${code} was sent, and is not in ${program}`);
        }
      }
      /** @type {Map<string, number>} */
      const allowed = new Map(again);
      const jobs = await allJobs();
      for (const { id, programId, source, resent } of jobs) {
        const path = `/api/programs/${programId}/jobs/${id}`;
        const rows = await rowsOf(path).catch(() => []);
        if (resent > 0) {
          // With a file for several programs, one request creates several jobs.
          const isOfLost = [programId, "several"].some((one) => (unanswered.get(one) ?? 0) > 0);
          if (!repeating.has(id) && !isOfLost) {
            faults.push(`${path} sends again, and nobody confirmed it`);
          }
          for (const { code } of rows) change(allowed, code);
        }
        const whose = codesOf.get(programId);
        const file = given.get(source);
        for (const { code } of rows) {
          if (!unchecked.has(id) && !whose?.has(code)) {
            faults.push(`${path} has ${code}, which is not in its program`);
          }
          if (file && !file.has(code))
            faults.push(`${path} has ${code}, which is not in ${source}`);
        }
      }
      for (const job of jobs) await noteFailed(job);
      for (const codes of failed.values()) for (const code of codes) change(allowed, code);
      let repeats = 0;
      for (const [code, count] of sent) {
        const most = 1 + (allowed.get(code) ?? 0);
        if (count > 1) repeats += 1;
        if (count <= most) continue;
        const whose = await jobsWith(jobs, code);
        faults.push(`${code} was sent ${count} times, and ${most} were allowed: ${whose}`);
      }
      return { jobs: jobs.length, sent: sent.size, repeats };
    },
  };
}
