/** What workers and pages of the documents must do. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { build } from "esbuild";
import { chromium } from "playwright-core";
import { createClient } from "uber-vouchers";

import { BINDINGS, createUber, startWorker } from "./worker.mjs";

const PATIENCE_MS = 20_000;
/** The README's description of its page. */
const ELEMENTS =
  '<input id="file" type="file"><input id="program"><input id="operator"><output></output>';

/**
 * @typedef {object} Subject
 * @property {string} folder
 * @property {string} entry the file of the sample
 * @property {string | undefined} configuration the document's `wrangler.jsonc`
 * @property {string} worker the file of the worker that the document had before, otherwise of the
 *   ready-made one
 * @property {string | undefined} html the HTML of the page that the document has shown
 */

/** @type {Record<string, (subject: Subject) => Promise<void>>} */
export const WORKERS = { ready, webhook };
/** @type {Record<string, (subject: Subject) => Promise<void>>} */
export const PAGES = { distribute, job, "worker-job": job };

const admin = { Authorization: `Bearer ${BINDINGS.ADMIN_TOKEN}` };

/**
 * The ready-made worker: runs a job to its end, applies webhooks, and refuses strangers.
 *
 * @param {Subject} subject
 */
async function ready({ folder, entry, configuration }) {
  const uber = await createUber();
  const { programId, codes } = uber.createProgram({ codes: 3 });
  const worker = await startWorker({ folder, entry, configuration, uber });
  try {
    const path = `/api/programs/${programId}/jobs`;
    const init = { method: "POST", body: codes.join("\n") };
    assert.equal((await worker.fetch(path, init)).status, 401);
    const headers = { ...admin, "Idempotency-Key": "first" };
    const created = await worker.fetch(path, { ...init, headers });
    assert.ok(created.ok, await created.clone().text());
    const { id } = await created.json();
    const progress = async () =>
      (await (await worker.fetch(`${path}/${id}`, { headers: admin })).json()).progress;
    await until(async () => (await progress()).queued === 3);
    // The same key returns the same job; with another key, codes that were sent are refused.
    const repeated = await worker.fetch(path, { ...init, headers });
    assert.equal((await repeated.json()).id, id);
    const other = await worker.fetch(path, {
      ...init,
      headers: { ...admin, "Idempotency-Key": "second" },
    });
    assert.deepEqual([other.status, (await other.json()).code], [422, "already_queued"]);
    assert.deepEqual([...uber.deliveries(programId).values()], [1, 1, 1]);
    uber.advance(86_400_000);
    await uber.deliverWebhooks((request) => passedOn(worker, "/webhooks/uber", request));
    await until(async () => (await progress()).distributed === 3);
    assert.equal((await worker.fetch("/health")).status, 200);
  } finally {
    await worker.close();
  }
}

/**
 * A worker that receives webhooks: acknowledges signed ones, refuses others.
 *
 * @param {Subject} subject
 */
async function webhook({ folder, entry }) {
  const uber = await createUber();
  const worker = await startWorker({ folder, entry, uber });
  try {
    const webhooks = await manyWebhooks(uber);
    assert.ok(webhooks > 0);
    const send = (/** @type {any} */ request) => passedOn(worker, "/", request);
    assert.equal(await uber.deliverWebhooks(send), webhooks);
    const forged = { method: "POST", body: "{}", headers: { "X-Uber-Signature": "ab".repeat(32) } };
    assert.equal((await worker.fetch("/", forged)).status, 401);
    assert.equal((await worker.fetch("/", { method: "POST", body: "{}" })).status, 401);
    const body = "signed, and not JSON";
    const signature = createHmac("sha256", BINDINGS.UBER_SIGNING_KEY).update(body).digest("hex");
    const malformed = { method: "POST", body, headers: { "X-Uber-Signature": signature } };
    assert.equal((await worker.fetch("/", malformed)).status, 200);
  } finally {
    await worker.close();
  }
}

/**
 * A page that distributes a file through the worker of the same document.
 *
 * @param {Subject} subject
 */
function distribute(subject) {
  return inPage(subject, async ({ page, uber, programId, codes, print }) => {
    await page.fill("#program", programId);
    await page.fill("#operator", BINDINGS.ADMIN_TOKEN);
    const file = (/** @type {string[]} */ lines) =>
      page.setInputFiles("#file", {
        name: "codes.csv",
        mimeType: "text/csv",
        buffer: Buffer.from(["code_id", ...lines, ""].join("\n")),
      });
    await file([...codes, "RIDE-1"]);
    await until(async () => /Queued: no/.test(await print()));
    assert.equal(uber.deliveries(programId).size, 0);
    await file(codes);
    await until(async () => (await print()) === `${codes.length} codes queued`);
    assert.equal(uber.deliveries(programId).size, codes.length);
  });
}

/** A page that runs a job. @param {Subject} subject */
function job(subject) {
  return inPage(subject, async ({ page, uber, programId, codes, print }) => {
    await page.fill("#program", programId);
    await page.fill("#operator", BINDINGS.ADMIN_TOKEN);
    const buffer = Buffer.from(codes.join("\n"));
    await page.setInputFiles("#file", { name: "codes.txt", mimeType: "text/plain", buffer });
    await until(async () => new RegExp(`^${codes.length} queued`).test(await print()));
    assert.equal(uber.deliveries(programId).size, codes.length);
  });
}

/**
 * @param {Subject} subject
 * @param {(what: { page: import("playwright-core").Page, uber: import("uber-vouchers/sandbox").Sandbox, programId: string, codes: string[], print: () => Promise<string> }) => Promise<void>} work
 */
async function inPage({ folder, entry, configuration, worker: behind, html = ELEMENTS }, work) {
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  const dist = join(process.cwd(), "node_modules", "uber-vouchers", "dist");
  /** @type {Record<string, [type: string, body: string | Buffer]>} */
  const files = {
    "/": [
      "text/html; charset=utf-8",
      `<!doctype html><html lang="en"><title>Send</title><link rel="icon" href="data:,">
${html}
<script type="module" src="/assets/page.js"></script></html>`,
    ],
    "/assets/page.js": ["text/javascript", String(outputFiles[0]?.text)],
  };
  for (const name of ["uber_vouchers_bg.wasm", "uber_vouchers_distribute_bg.wasm"]) {
    files[`/assets/${name}`] = ["application/wasm", readFileSync(join(dist, name))];
  }
  const uber = await createUber();
  const { programId, codes } = uber.createProgram({ codes: 20 });
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  });
  try {
    const worker = await startWorker({
      folder,
      entry: behind,
      ...(configuration !== undefined && { configuration }),
      uber,
      assets: (request) => {
        const [type, body] = files[new URL(request.url).pathname] ?? ["", null];
        const headers = { "content-type": type };
        return new Response(/** @type {any} */ (body), {
          status: body === null ? 404 : 200,
          headers,
        });
      },
    });
    try {
      const page = await browser.newPage();
      /** @type {string[]} */
      const faults = [];
      page.on("pageerror", (error) => faults.push(String(error.stack)));
      await page.goto(worker.url);
      await work({ page, uber, programId, codes, print: () => page.locator("output").innerText() });
      assert.deepEqual(faults, []);
    } finally {
      await worker.close();
    }
  } finally {
    await browser.close();
  }
}

/** @param {import("uber-vouchers/sandbox").Sandbox} uber */
async function manyWebhooks(uber) {
  const { programId, codes } = uber.createProgram({ codes: 3 });
  const client = createClient({
    organizationId: BINDINGS.UBER_ORGANIZATION_ID,
    auth: { clientId: BINDINGS.UBER_CLIENT_ID, clientSecret: BINDINGS.UBER_CLIENT_SECRET },
    fetch: uber.fetch,
  });
  await client.distribute(programId, codes);
  uber.advance(86_400_000);
  return uber.webhooks().length;
}

/** @param {{ fetch(path: string, init: any): Promise<any> }} worker @param {string} path @param {any} request */
async function passedOn(worker, path, request) {
  const { method, headers } = request;
  const body = await request.text();
  return worker.fetch(path, { method, headers: Object.fromEntries(headers), body });
}

/** @param {() => Promise<boolean>} isSo */
async function until(isSo) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`It did not come to that: ${isSo}`);
    await sleep(50);
  }
}
