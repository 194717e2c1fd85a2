/**
 * @param {typeof import("uber-vouchers/distribute")} uberVouchers
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 */
export function callsBench({ createClient }, { createSandbox }) {
  const app = { clientId: "app", clientSecret: "a-very-secret-thing" };

  /**
   * A sandbox, a client for it, and the requests between them.
   * @param {import("uber-vouchers/sandbox").SandboxOptions} [options]
   * @param {Record<string, unknown>} [more]
   * @param {number} [codes]
   */
  async function bench(options = {}, more = {}, codes = 20) {
    const sandbox = await createSandbox({ seed: 7, organizationId: "org", ...app, ...options });
    const program = sandbox.createProgram({ codes, name: "Lunch" });
    /** @type {import("uber-vouchers").RequestEvent[]} */
    const requests = [];
    /** @type {import("uber-vouchers").ResponseEvent[]} */
    const responses = [];
    const client = createClient({
      organizationId: "org",
      auth: app,
      fetch: sandbox.fetch,
      clock: sandbox.clock,
      dangerouslyAllowBrowser: true,
      onRequest: (event) => requests.push(event),
      onResponse: (event) => responses.push(event),
      ...more,
    });
    const calls = () => requests.filter(({ url }) => url.includes("/voucher-programs/"));
    const sent = () => sandbox.deliveries(program.programId);
    return { ...program, sandbox, client, requests, responses, calls, sent };
  }

  return { app, bench };
}
