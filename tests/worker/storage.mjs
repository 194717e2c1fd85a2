/** A worker whose stored state a test can read and change. */
import { createHmac } from "node:crypto";

import { ORGANIZATION, SIGNING_KEY, startWorker, fetchOnce } from "./harness.mjs";

export const BASE_URL = "https://api.uber.com";

/**
 * The worker with access to its storage. Its journals have Uber's own base URL, wherever the
 * sandbox is.
 * @param {Parameters<typeof startWorker>[0]} what
 */
export async function startInspected({ bindings = {}, ...what }) {
  const worker = await startWorker({
    ...what,
    entry: "storage-entry.mjs",
    bindings: {
      UBER_BASE_URL: BASE_URL,
      UBER_TOKEN_URL: "https://auth.uber.com/oauth/v2/token",
      FORWARD_TO: what.uber,
      ...bindings,
    },
  });
  /** @param {object} order @returns {Promise<any>} */
  const inspect = async (order) => {
    const response = await fetchOnce(`${worker.url}/_storage`, {
      method: "POST",
      body: JSON.stringify(order),
    });
    if (!response.ok) throw new Error(`${JSON.stringify(order)}: ${await response.text()}`);
    return response.json();
  };
  return {
    ...worker,
    inspect,
    /** A query in a program's object. @param {string} program @param {string} query @param {...unknown} values @returns {Promise<any[]>} */
    sql: (program, query, ...values) => inspect({ act: "sql", program, query, values }),
    /** The signed event of these codes. @param {string} programId @param {object[]} codes */
    webhook: (programId, codes) => sendWebhook(worker.url, eventOf(programId, codes)),
    /**
     * Started again with the same state.
     *
     * @param {Partial<Parameters<typeof startInspected>[0]>} [changes]
     */
    async restart(changes = {}) {
      await worker.kill();
      const { state, port } = worker;
      return startInspected({ ...what, bindings, state, port, ...changes });
    },
  };
}

/** @param {string} programId @param {object[]} codes */
export const eventOf = (programId, codes) =>
  JSON.stringify({
    event_id: crypto.randomUUID(),
    event_type: "voucher_program_code_distributed",
    organization_id: ORGANIZATION,
    voucher_program_id: programId,
    codes,
  });

/** @param {string} url @param {string} body */
export async function sendWebhook(url, body) {
  const response = await fetchOnce(`${url}/webhooks/uber`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Uber-Signature": createHmac("sha256", SIGNING_KEY).update(body).digest("hex"),
    },
    body,
  });
  await response.arrayBuffer();
  return response.status;
}

/** @param {() => unknown} isSo gives something once it is so @param {number} [patienceMs] @returns {Promise<any>} */
export async function eventually(isSo, patienceMs = 20_000) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = await isSo();
    if (found) return found;
    if (Date.now() > end) throw new Error(`It never became so: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The bytes of a stored value. @param {{ base64: string }} value */
export const bytesOf = ({ base64 }) => Buffer.from(base64, "base64");

/**
 * Changes one byte of a job's journal.
 *
 * @param {{ inspect(order: object): Promise<any> }} worker
 * @param {string} program @param {number} job its number @param {number} at @param {number} [mask]
 * the bits to turn over @returns {Promise<string>} where it is stored
 */
export async function damage({ inspect }, program, job, at, mask = 1) {
  const prefix = `uber-vouchers:journal:job-${job}:`;
  const keys = /** @type {string[]} */ (await inspect({ act: "keys", program }));
  const mine = keys.filter((key) => key.startsWith(prefix));
  const key = mine.findLast((key) => Number(key.slice(prefix.length)) <= at);
  if (key === undefined) throw new Error(`There is no byte ${at} in journal ${job}`);
  const bytes = bytesOf(await inspect({ act: "get", program, key }));
  const index = at - Number(key.slice(prefix.length));
  bytes[index] = (bytes[index] ?? 0) ^ mask;
  await inspect({ act: "put", program, key, value: { base64: bytes.toString("base64") } });
  return key;
}
