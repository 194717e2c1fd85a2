/** Uploads that are far too large: refused in little memory. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { after, before, test } from "node:test";

import { ADMIN_TOKEN, cleanUp, startUber, startWorker, fetchOnce } from "./harness.mjs";
import { raw } from "./raw.mjs";

const MEGABYTE = 1024 * 1024;
const TOO_MUCH = 200 * MEGABYTE;
/**
 * How much more memory workerd may use than before, whatever is sent to it. The body is twice that.
 */
const MAX_MEMORY = 100 * MEGABYTE;

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
let programId = "";
/** @type {string[]} */
let codes = [];

before(async () => {
  uber = await startUber();
  worker = await startWorker({ uber: uber.url });
  ({ programId, codes } = await uber.createProgram(1));
  // Started, with its wasm, before its memory is measured.
  await worker.json(`/api/programs/${programId}/jobs`);
});
after(cleanUp);

/** The memory of workerd, if the system reports it. */
async function memory() {
  if (process.platform !== "linux") return 0;
  const [id] = await worker.workerd();
  const status = await readFile(`/proc/${id}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

/**
 * Sends the chunk repeatedly, until it is enough or there is a response.
 * @param {string} path
 * @param {Buffer} piece
 * @param {Record<string, string>} [headers]
 * @returns {Promise<{ status: number, json: any, sent: number, most: number }>}
 */
async function pour(path, piece, headers = {}) {
  for (let time = 0; ; time += 1) {
    try {
      return await pourOnce(path, piece, headers);
    } catch (error) {
      // It was refused while more was on its way, and the response was lost.
      if (time === 10 || !/ECONNRESET|EPIPE/.test(String(error))) throw error;
    }
  }
}

/** @param {string} path @param {Buffer} piece @param {Record<string, string>} headers */
async function pourOnce(path, piece, headers) {
  const before = await memory();
  let [sent, most] = [0, 0];
  /** @type {Promise<{ status: number, json: any }>} */
  const answered = new Promise((resolve, reject) => {
    const sending = request(
      {
        ...{ host: "127.0.0.1", port: worker.port, path, method: "POST", agent: false },
        headers: {
          Authorization: `Bearer ${ADMIN_TOKEN}`,
          "Content-Type": "text/plain",
          "Idempotency-Key": crypto.randomUUID(),
          ...headers,
        },
      },
      (result) => {
        let text = "";
        result.setEncoding("utf8").on("data", (part) => (text += part));
        result.on("end", () => {
          resolve({ status: result.statusCode ?? 0, json: JSON.parse(text) });
          sending.destroy();
        });
      },
    );
    sending.on("error", reject);
    const go = () => {
      while (sent < TOO_MUCH && !sending.destroyed) {
        sent += piece.length;
        if (!sending.write(piece)) {
          sending.once("drain", go);
          return;
        }
      }
      sending.end();
    };
    go();
  });
  let isDone = false;
  const watching = (async () => {
    while (!isDone) {
      most = Math.max(most, (await memory()) - before);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  try {
    return { ...(await answered), sent, most };
  } finally {
    isDone = true;
    await watching;
  }
}

test("200 megabytes are refused at the limit, and never held in memory", async () => {
  const piece = Buffer.from(`${codes[0]}\n`.repeat(7_000));
  const { status, json, sent, most } = await pour(`/api/programs/${programId}/jobs`, piece);
  assert.deepEqual([status, json.code, json.queued], [413, "body_too_large", "no"]);
  assert.ok(sent < 150 * MEGABYTE, `${sent} bytes were taken`);
  assert.ok(most < MAX_MEMORY, `${most} bytes more in memory`);
  assert.deepEqual(await worker.json(`/api/programs/${programId}/jobs`), { jobs: [] });
});

test("a body that declares too large a length is refused unread", async () => {
  const piece = Buffer.from(`${codes[0]}\n`.repeat(7_000));
  const headers = { "Content-Length": String(TOO_MUCH) };
  for (const path of [`/api/programs/${programId}/jobs`, "/api/jobs", "/webhooks/uber"]) {
    const { status, json, sent, most } = await pour(path, piece, headers);
    assert.deepEqual([status, json.code], [413, "body_too_large"], path);
    assert.ok(sent < 20 * MEGABYTE, `${sent} bytes were taken`);
    assert.ok(most < MAX_MEMORY, `${most} bytes more in memory`);
  }
});

test("bodies of unauthenticated requests are not read", async () => {
  const piece = Buffer.from(`${codes[0]}\n`.repeat(7_000));
  for (const path of [`/api/programs/${programId}/jobs`, "/api/jobs"]) {
    const { status, sent, most } = await pour(path, piece, { Authorization: "Bearer wrong" });
    assert.equal(status, 401);
    assert.ok(sent < 20 * MEGABYTE, `${sent} bytes were taken`);
    assert.ok(most < MAX_MEMORY, `${most} bytes more in memory`);
  }
});

/** @param {number} count */
const rows = (count) =>
  Array.from(
    { length: count },
    (_, at) => `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`,
  );

/** @param {string} path @param {readonly string[]} lines */
const upload = (path, lines) =>
  raw(worker.url, path, {
    method: "POST",
    body: lines.join("\n"),
    headers: {
      Authorization: `Bearer ${ADMIN_TOKEN}`,
      "Content-Type": "text/plain",
      "Idempotency-Key": crypto.randomUUID(),
    },
  });

test("1,000,001 codes are refused", async () => {
  const result = await upload(`/api/programs/${programId}/jobs?start=false`, rows(1_000_001));
  assert.deepEqual([result.status, result.json.code], [422, "too_many_codes"]);
});

test("two million codes are refused before all of them are read", async () => {
  const [before, began] = [await memory(), Date.now()];
  const result = await upload(`/api/programs/${programId}/jobs?start=false`, rows(2_000_000));
  assert.deepEqual([result.status, result.json.code], [422, "too_many_codes"]);
  assert.match(result.json.title, /1000000/);
  assert.ok(Date.now() - began < 20_000);
  assert.ok((await memory()) - before < 2 * MAX_MEMORY);
});

test("the worker works as before", async () => {
  assert.equal((await fetchOnce(`${worker.url}/health`)).status, 200);
  const created = await worker.createJob(programId, codes);
  assert.equal(created.status, 201);
  const { id } = /** @type {any} */ (await created.json());
  await worker.until(programId, id, ({ status }) => status === "finished");
});
