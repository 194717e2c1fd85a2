/** Real HTTP servers with given responses, and checks of a client's errors. */
import { createServer } from "node:http";
import { inspect } from "node:util";

import { VoucherError, createClient } from "uber-vouchers";

import { assert } from "./harness.mjs";

export const CODE = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";
export const TOKEN = "token-that-nobody-may-see";
export const SECRET = "secret-that-nobody-may-see";
export const LEAK = "value-that-nobody-may-see";
export const app = { clientId: "app", clientSecret: SECRET };

/** @typedef {import("node:http").ServerResponse} Answer */
/** @typedef {{ method: string, url: string, headers: import("node:http").IncomingHttpHeaders, body: string }} Received */
/** @typedef {(answer: Answer, request: Received, place: number) => void} Answerer */

/** All errors that occurred, for the last test of a file. @type {any[]} */
const met = [];

/** @param {Promise<unknown>} promise @param {Record<string, unknown>} members */
export async function rejects(promise, members) {
  const error = await assert.rejects(within(promise), members);
  met.push(error);
  assert.ok(error instanceof VoucherError && error instanceof Error);
  return error;
}

/** Fails if a call hangs. @template T @param {Promise<T>} promise @param {number} [ms] @returns {Promise<T>} */
export async function within(promise, ms = 5_000) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not settled within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Serves while `work` runs; `answer` may leave a request without a response.
 * @param {Answerer} result
 * @param {(url: string, requests: Received[]) => Promise<unknown>} work
 */
export async function serving(result, work) {
  /** @type {Received[]} */
  const requests = [];
  const server = createServer((incoming, response) => {
    const { method = "", url = "", headers } = incoming;
    let body = "";
    incoming.setEncoding("utf8").on("data", (text) => (body += text));
    incoming.on("end", () => {
      const request = { method, url, headers, body };
      requests.push(request);
      result(response, request, requests.length);
    });
    incoming.on("error", () => {});
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  try {
    await work(`http://127.0.0.1:${port}`, requests);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** @param {number} status @param {Record<string, string>} [headers] @param {string} [body] @returns {Answerer} */
export const status =
  (status, headers = {}, body = "{}") =>
  (response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);

export const TIMEOUT = 54_321;

/** Time passes at once, except during a request's time limit. */
export function quickClock() {
  let now = 1_800_000_000_000;
  /** @type {number[]} */
  const waits = [];
  return {
    waits,
    now: () => now,
    sleep: async (/** @type {number} */ ms) => {
      if (ms === TIMEOUT) return new Promise(() => {});
      waits.push(ms);
      now += ms;
    },
  };
}

/** @param {string} baseUrl @param {Record<string, any>} [more] */
export function clientOf(baseUrl, more = {}) {
  const options = { organizationId: "org", auth: { accessToken: TOKEN }, baseUrl, ...more };
  return createClient(/** @type {any} */ (options));
}

/** @param {Record<string, any>} more */
export const quick = (more = {}) => ({ clock: quickClock(), timeoutMs: TIMEOUT, ...more });

/**
 * An API with a token endpoint.
 * @param {(place: number, body: URLSearchParams) => [number, unknown]} grant
 * @param {Answerer} [api]
 * @param {number} [delay]
 * @returns {Answerer & { tokens: number }}
 */
export function withTokens(grant, api = status(200), delay = 0) {
  /** @type {any} */
  const answerer = (
    /** @type {Answer} */ response,
    /** @type {Received} */ request,
    /** @type {number} */ index,
  ) => {
    if (!request.url.startsWith("/token")) return void api(response, request, index);
    assert.equal(request.headers.authorization, undefined);
    assert.equal(request.headers["content-type"], "application/x-www-form-urlencoded");
    const [code, body] = grant((answerer.tokens += 1), new URLSearchParams(request.body));
    setTimeout(() => status(code, {}, JSON.stringify(body))(response, request, index), delay);
  };
  answerer.tokens = 0;
  return answerer;
}

/** @param {string} [text] */
export const granted = (text = TOKEN) =>
  /** @type {[number, unknown]} */ ([
    200,
    {
      access_token: text,
      expires_in: 3600,
      token_type: "Bearer",
      scope: "organizations.voucher_programs",
    },
  ]);

/** Asserts that no error contained a secret. @param {number} least how many there were */
export function refuseSecrets(least) {
  assert.ok(met.length >= least, `${met.length} errors`);
  for (const error of met) {
    const told = [
      error.message,
      error.hint,
      error.stack,
      JSON.stringify(error),
      String(error),
      inspect(error, { depth: 9 }),
    ];
    for (const secret of [TOKEN, SECRET, LEAK, CODE, "key-that-nobody-may-see"]) {
      assert.ok(
        !told.join("\n").includes(secret),
        `${error.code} tells a secret: ${told.join("\n")}`,
      );
    }
  }
}
