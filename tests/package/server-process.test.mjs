/** Webhooks that an HTTP server receives, and processes that end when they are finished. */
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { promisify } from "node:util";

import { verifyWebhook } from "uber-vouchers";

import { CODE, rejects, serving } from "./answering-server.mjs";
import { assert } from "./harness.mjs";

/** @typedef {import("./answering-server.mjs").Answer} Answer */
/** @typedef {import("./answering-server.mjs").Received} Received */
/** @typedef {import("./answering-server.mjs").Answerer} Answerer */

test("webhooks that an HTTP server receives, signed by Node.js", async () => {
  const signingKey = "key-that-nobody-may-see";
  /** @type {Promise<unknown>[]} */
  const verified = [];
  /** @type {Answerer} */
  const receiver = (response, { headers, body }) => {
    const signature = /** @type {string | undefined} */ (headers["x-uber-signature"]);
    const environment = /** @type {string | undefined} */ (headers["x-environment"]);
    const call = verifyWebhook({ body, signature, environment }, { signingKey });
    verified.push(call);
    call.then(
      () => response.writeHead(200).end(),
      () => response.writeHead(401).end(),
    );
  };
  await serving(receiver, async (url) => {
    const body = Buffer.from(
      JSON.stringify({ event_type: "distributed", code_id: CODE, reason: "é" }).replaceAll(
        "é",
        "\\u00e9",
      ),
    );
    const signature = createHmac("sha256", signingKey).update(body).digest("hex");
    const post = async (/** @type {Record<string, string>} */ headers) =>
      (await fetch(url, { method: "POST", headers, body })).status;
    assert.equal(await post({ "X-Uber-Signature": signature, "X-Environment": "Production" }), 200);
    const event = await /** @type {Promise<import("uber-vouchers").WebhookEvent>} */ (verified[0]);
    assert.equal(event.outcomes, [{ code: CODE, status: "failed", reason: "é" }]);
    assert.equal(event.environment, "production");
    assert.equal(await post({}), 401);
    assert.equal(await post({ "X-Uber-Signature": signature.replace(/./g, "0") }), 401);
    for (const call of verified.slice(1)) await rejects(call, { name: "WebhookError" });
  });
  for (const [size, keySize] of [
    [0, 1],
    [1 << 20, 64],
    [(1 << 20) + 1, 65],
  ]) {
    const [body, key] = [Buffer.alloc(Number(size), "\0"), "k".repeat(Number(keySize))];
    const signature = createHmac("sha256", key).update(body).digest("hex");
    // It is not JSON, so the body is refused, not the signature.
    const call = verifyWebhook({ body, signature }, { signingKey: key });
    await rejects(call, { code: "malformed_body" });
  }
});

/** How long a process with this script stays alive when it has finished. @param {string} script */
async function idleTime(script) {
  const imports = `
    import { createClient } from "uber-vouchers";
    import { createSandbox } from "uber-vouchers/sandbox";
    process.on("exit", () => console.log(Date.now() - done));
    let done;`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", `${imports}${script};done = Date.now();`],
    { cwd: new URL(".", import.meta.url), timeout: 20_000 },
  );
  return Number(stdout);
}

test("a finished process ends at once", async () => {
  const responses = `const fetch = async (url) =>
    Response.json(url.includes("/oauth/") ? { access_token: "x", expires_in: 3600 } : {})`;
  const call = `.distribute("p", ["${CODE}"]).catch(() => {})`;
  const auth = 'auth: { clientId: "a", clientSecret: "b" }';
  for (const script of [
    `${responses}; await createClient({ organizationId: "o", ${auth}, fetch })${call}`,
    `const { fetch, clock } = await createSandbox({ faults: { hang: 1 } });
     void createClient({ organizationId: "o", ${auth}, fetch, clock, timeoutMs: Infinity })${call}`,
    `const fetch = () => new Promise(() => {});
     await createClient({ organizationId: "o", auth: "none", fetch, timeoutMs: 50 })${call}`,
    `const fetch = async () => new Response("{}", { status: 429, headers: { "retry-after": "30" } });
     const signal = AbortSignal.timeout(50);
     await createClient({ organizationId: "o", auth: "none", fetch })
       .distribute("p", ["${CODE}"], { signal }).catch(() => {})`,
  ]) {
    const idle = await idleTime(script);
    assert.ok(idle < 500, `It went on for ${idle} ms: ${script}`);
  }
});

test("a body that never ends does not keep the process alive", async () => {
  for (const head of [{}, { "content-length": "10" }]) {
    await serving(
      (response) => response.writeHead(200, head).write("{"),
      async (url) => {
        const options = `{ organizationId: "o", auth: "none", baseUrl: "${url}" }`;
        const idle = await idleTime(`await createClient(${options}).distribute("p", ["${CODE}"])`);
        assert.ok(idle < 2_500, `It went on for ${idle} ms`);
      },
    );
  }
});
