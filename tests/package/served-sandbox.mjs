/** A sandbox behind HTTP, for jobs in their own processes. */
import { createServer } from "node:http";

import { createSandbox } from "uber-vouchers/sandbox";

/** The sandbox, one of its programs, and their URLs. @param {number} codes */
export async function serveSandbox(codes) {
  const sandbox = await createSandbox({ realTime: true, latencyMs: [0, 4], seed: 5 });
  const program = sandbox.createProgram({ codes });
  const server = createServer(async (incoming, reply) => {
    if (incoming.url === "/token") {
      const form = "client_id=a&client_secret=b&grant_type=client_credentials";
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const body = `${form}&scope=organizations.voucher_programs`;
      token ??= sandbox
        .fetch("http://sandbox/oauth/v2/token", { method: "POST", headers, body })
        .then(async (/** @type {Response} */ response) => (await response.json()).access_token);
      reply.end(await token);
      return;
    }
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const headers = new Headers(/** @type {Record<string, string>} */ (incoming.headers));
    const response = await sandbox.fetch(`http://sandbox${incoming.url}`, {
      method: String(incoming.method),
      headers,
      body: Buffer.concat(chunks).toString(),
    });
    reply.writeHead(response.status, Object.fromEntries(response.headers));
    reply.end(Buffer.from(await response.arrayBuffer()));
  });
  /** @type {Promise<string> | undefined} */
  let token;
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.unref();
  return { sandbox, ...program, url: `http://127.0.0.1:${port}` };
}
