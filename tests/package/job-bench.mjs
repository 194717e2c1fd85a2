/**
 * Jobs against the sandbox, and the checks for every one of them.
 *
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers")} uberVouchers
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 */
export function jobBench(assert, uberVouchers, sandboxModule) {
  const { createClient } = uberVouchers;
  const { createSandbox } = sandboxModule;
  const SECRET = "secret-that-nobody-may-see";
  const app = { clientId: "app", clientSecret: SECRET };
  const STATES = /** @type {const} */ ([
    "pending",
    "sending",
    "queued",
    "distributed",
    "failed",
    "rejected",
    "unknown",
    "abandoned",
  ]);

  /**
   * @param {import("uber-vouchers/sandbox").SandboxOptions} [options]
   * @param {number} [count]
   * @param {(fetch: any) => any} [between] stands between the client and the sandbox
   */
  async function bench(options = {}, count = 1000, between = (fetch) => fetch) {
    const sandbox = await createSandbox({ seed: 11, organizationId: "org", ...app, ...options });
    const { programId, codes } = sandbox.createProgram({ codes: count });
    const client = createClient({
      organizationId: "org",
      auth: app,
      fetch: between(sandbox.fetch),
      clock: sandbox.clock,
      dangerouslyAllowBrowser: true,
    });
    const sent = () => [...sandbox.deliveries(programId).values()];
    return { sandbox, programId, codes, client, sent };
  }

  /** Asserts that the eight states add up, and that the codes match the counts. @param {import("uber-vouchers").Job} job */
  function check(job) {
    const progress = job.progress();
    const results = [...job.results()];
    assert.equal(results.length, progress.total);
    for (const state of STATES) {
      assert.equal(results.filter((result) => result.state === state).length, progress[state]);
      assert.equal([...job.results(state)].length, progress[state], state);
    }
    return progress;
  }

  /** Every webhook of the sandbox, as events. @param {any} sandbox @returns {any[]} */
  function events(sandbox) {
    sandbox.advance(3_600_000);
    return sandbox.webhooks().map((/** @type {{ body: string }} */ { body }) => {
      const { voucher_program_id: programId, codes = [] } = JSON.parse(body);
      const outcomes = codes.map((/** @type {any} */ code) => ({
        code: code.code_uuid,
        status: code.status,
        reason: code.reason ?? null,
      }));
      return { programId, outcomes };
    });
  }

  /** Answers each distribute call with one of these statuses, then lets the sandbox answer. @param {(number | "lost")[]} results @param {Record<string, string>} [headers] */
  const answering =
    (results, headers = {}) =>
    (/** @type {any} */ fetch) =>
    (/** @type {any} */ url, /** @type {any} */ init) => {
      const result = String(url).includes("/distribute") ? results.shift() : undefined;
      if (result === "lost") return Promise.reject(new TypeError("gone"));
      if (result === undefined || result === 200) return fetch(url, init);
      const body = JSON.stringify({ code: "told_by_uber", message: "no" });
      return Promise.resolve(new Response(body, { status: result, headers }));
    };

  return { SECRET, STATES, answering, app, bench, check, events };
}
