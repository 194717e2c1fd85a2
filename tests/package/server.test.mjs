/** The package against a server, and a fetch, that fail in every way. Node.js only. */
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { test } from "node:test";
import { promisify, inspect } from "node:util";
import { runInNewContext } from "node:vm";

import { VoucherError, createClient, exchangeCode, verifyWebhook } from "uber-vouchers";

import { assert } from "./harness.mjs";

const CODE = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";
const TOKEN = "token-that-nobody-may-see";
const SECRET = "secret-that-nobody-may-see";
const LEAK = "value-that-nobody-may-see";
const app = { clientId: "app", clientSecret: SECRET };

/** @typedef {import("node:http").ServerResponse} Answer */
/** @typedef {{ method: string, url: string, headers: import("node:http").IncomingHttpHeaders, body: string }} Received */
/** @typedef {(answer: Answer, request: Received, place: number) => void} Answerer */

/** Errors that were met, for the last test. @type {any[]} */
const met = [];

/** @param {Promise<unknown>} promise @param {Record<string, unknown>} members */
async function rejects(promise, members) {
  const error = await assert.rejects(within(promise), members);
  met.push(error);
  assert.ok(error instanceof VoucherError && error instanceof Error);
  return error;
}

/** A call that hangs is a failure. @template T @param {Promise<T>} promise @param {number} [ms] @returns {Promise<T>} */
async function within(promise, ms = 5_000) {
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
 * Serves while `work` runs; `answer` may leave a request without an answer.
 * @param {Answerer} answer
 * @param {(url: string, requests: Received[]) => Promise<unknown>} work
 */
async function serving(answer, work) {
  /** @type {Received[]} */
  const requests = [];
  const server = createServer((incoming, response) => {
    const { method = "", url = "", headers } = incoming;
    let body = "";
    incoming.setEncoding("utf8").on("data", (text) => (body += text));
    incoming.on("end", () => {
      const request = { method, url, headers, body };
      requests.push(request);
      answer(response, request, requests.length);
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
const status =
  (status, headers = {}, body = "{}") =>
  (answer) =>
    answer.writeHead(status, { "content-type": "application/json", ...headers }).end(body);

const TIMEOUT = 54_321;

/** Time that passes at once, except where it limits a request. */
function quickClock() {
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
function clientOf(baseUrl, more = {}) {
  const options = { organizationId: "org", auth: { accessToken: TOKEN }, baseUrl, ...more };
  return createClient(/** @type {any} */ (options));
}

/** @param {Record<string, any>} more */
const quick = (more = {}) => ({ clock: quickClock(), timeoutMs: TIMEOUT, ...more });

test("exactly these bytes", async () => {
  await serving(status(200), async (url, requests) => {
    const baseUrl = new URL(`${url}/base/`);
    const headers = { "X-Mine": "1", authorization: "not this", "content-type": "nor/this" };
    const client = clientOf(/** @type {any} */ (baseUrl), { headers, acceptLanguage: "de_DE" });
    await client.distribute("a/b c", [CODE.toUpperCase()]);
    await client.distributeAll("p");
    await client.listCodes("p").catch(() => {});
    const paths = requests.map(({ method, url, body }) => [method, url, body]);
    const path = "/base/v1/organizations/org/voucher-programs";
    assert.equal(paths.slice(0, 2), [
      ["POST", `${path}/a%2Fb%20c/codes/distribute`, `{"codes":["${CODE}"]}`],
      ["POST", `${path}/p/codes/distribute`, "{}"],
    ]);
    assert.equal(paths[2]?.[0], "GET");
    assert.ok(String(paths[2]?.[1]).startsWith(`${path}/p/codes`), paths[2]?.[1]);
    for (const { headers } of requests) {
      assert.equal(headers.authorization, `Bearer ${TOKEN}`);
      assert.equal([headers["accept-language"], headers.accept], ["de_DE", "application/json"]);
      assert.equal([headers["content-type"], headers["x-mine"]], ["application/json", "1"]);
    }
    assert.equal(requests[0]?.headers["content-length"], String(paths[0]?.[2]?.length));
  });
});

/** What stops a distribute call: the answer, the code, what is known, how many requests. @type {[string, Answerer, string, "no" | "unknown", number][]} */
const STOPS = [
  ["400", status(400), "invalid_request", "no", 1],
  ["401, with a token that can't be renewed", status(401), "unauthorized", "no", 1],
  ["403", status(403), "user_not_allowed", "no", 1],
  ["404", status(404), "resource_not_found", "no", 1],
  ["408", status(408), "server_error", "unknown", 1],
  ["409", status(409), "conflict", "no", 3],
  ["422", status(422), "rejected", "no", 1],
  ["429", status(429), "rate_limited", "no", 3],
  ["499", status(499), "server_error", "unknown", 1],
  ["500", status(500), "internal_server_error", "unknown", 1],
  [
    "502 with a page",
    status(502, { "content-type": "text/html" }, "<p>"),
    "server_error",
    "unknown",
    1,
  ],
  ["302", status(302, { location: "/elsewhere" }), "unexpected_response", "unknown", 1],
  ["307", status(307, { location: "/elsewhere" }), "unexpected_response", "unknown", 1],
  [
    "200 with a page",
    status(200, { "content-type": "text/HTML; x=y" }),
    "unexpected_response",
    "unknown",
    1,
  ],
  ...["application/xhtml+xml", "text/plain", "application/json", ""].flatMap((type) =>
    ["<!doctype html><p>Sign in", "\n  <?xml version='1.0'?>", "\ufeff<html>", "<"].map(
      (page) =>
        /** @type {[string, Answerer, string, "unknown", number]} */ ([
          `200 with ${JSON.stringify(page)} as ${type || "nothing"}`,
          status(200, type === "" ? {} : { "content-type": type }, page),
          "unexpected_response",
          "unknown",
          1,
        ]),
    ),
  ),
  ...['{"error":"x"}', '{"errors":[{"code":"x"}]}', '{"code":"internal","message":"x"}'].map(
    (body) =>
      /** @type {[string, Answerer, string, "unknown", number]} */ ([
        `200 with ${body}`,
        status(200, {}, body),
        "unexpected_response",
        "unknown",
        1,
      ]),
  ),
  [
    "a page that stalls",
    (answer) => answer.writeHead(200, { "content-type": "text/plain" }).write("<html>"),
    "unexpected_response",
    "unknown",
    1,
  ],
  ["a reset", (answer) => answer.socket?.destroy(), "connection_failed", "unknown", 1],
  [
    "a reset within the head",
    (answer) => {
      answer.socket?.write("HTTP/1.1 200 O");
      setTimeout(() => answer.socket?.destroy(), 20);
    },
    "connection_failed",
    "unknown",
    1,
  ],
  ["no HTTP", (answer) => answer.socket?.end("SSH-2.0\r\n"), "connection_failed", "unknown", 1],
];
for (const [name, answer, code, queued, count] of STOPS) {
  test(`distribute: ${name}`, async () => {
    await serving(answer, async (url, requests) => {
      const client = clientOf(url, quick());
      const error = await rejects(client.distribute("p", [CODE]), { code, queued });
      assert.equal(requests.length, count);
      assert.equal(error.name, code === "connection_failed" ? "ConnectionError" : "ApiError");
      if (error.name === "ConnectionError") assert.ok(error.cause instanceof Error);
      const once = clientOf(url, quick({ maxRetries: 0 }));
      await rejects(once.distributeAll("p"), { code, queued });
      assert.equal(requests.length, count + 1);
    });
  });
}

test("distribute: a connection that is refused", async () => {
  let port = "";
  await serving(status(200), async (url) => void (port = url));
  // Node.js proves that nothing left: see unsent.test.mjs.
  await rejects(clientOf(port, quick()).distribute("p", [CODE]), {
    code: "connection_failed",
    queued: "no",
  });
});

test("distribute: a server that hangs", async () => {
  await serving(
    () => {},
    async (url, requests) => {
      const client = clientOf(url, { timeoutMs: 100 });
      await rejects(client.distribute("p", [CODE]), { code: "timeout", queued: "unknown" });
      const call = client.distribute("p", [CODE], {
        timeoutMs: Infinity,
        signal: AbortSignal.timeout(100),
      });
      await rejects(call, { code: "aborted", queued: "unknown" });
      assert.equal(requests.length, 2);
      await rejects(client.listCodes("p"), { code: "timeout", queued: "no" });
    },
  );
});

test("a token that is rejected is renewed once", async () => {
  /** @type {any[]} */
  const asked = [];
  const auth = {
    accessToken: (/** @type {any} */ context) => `${TOKEN}-${asked.push(context)}`,
  };
  /** @type {Answerer} */
  const first = (answer, request, place) => status(place === 1 ? 401 : 200)(answer, request, place);
  await serving(first, async (url, requests) => {
    const { attempts } = await clientOf(url, { auth }).distribute("p", [CODE]);
    assert.equal([attempts, requests.length], [2, 2]);
    assert.equal(asked, [{}, { rejected: `${TOKEN}-1` }]);
    assert.equal(requests[1]?.headers.authorization, `Bearer ${TOKEN}-2`);
  });
  await serving(status(401), async (url, requests) => {
    const call = clientOf(url, { auth }).distribute("p", [CODE]);
    await rejects(call, { code: "unauthorized", queued: "no" });
    assert.equal(requests.length, 2);
  });
});

test("a callback for tokens that fails: nothing leaves", async () => {
  await serving(status(200), async (url, requests) => {
    const why = new Error("why");
    for (const [accessToken, code, cause] of /** @type {[any, string, unknown][]} */ ([
      [() => Promise.reject("why"), "connection_failed", "why"],
      [
        () => {
          throw why;
        },
        "connection_failed",
        why,
      ],
      [() => new Promise(() => {}), "timeout", undefined],
      [() => undefined, "invalid_options", undefined],
      [() => "", "invalid_options", undefined],
      [() => "a\nb", "invalid_options", undefined],
    ])) {
      const client = clientOf(url, { auth: { accessToken }, timeoutMs: 100 });
      await rejects(client.distribute("p", [CODE]), { code, queued: "no", cause });
    }
    assert.equal(requests.length, 0);
  });
});

test("429: waits as it was told", async () => {
  const date = (/** @type {number} */ seconds) => new Date(seconds * 1000).toUTCString();
  /** @type {[Record<string, string>, (wait: number) => boolean][]} */
  const cases = [
    [{ "retry-after": "7" }, (wait) => wait === 7_000],
    [{ "retry-after": "0" }, (wait) => wait === 0],
    [{ "retry-after": date(1_000_030), date: date(1_000_000) }, (wait) => wait === 30_000],
    [{ "retry-after": date(1_000), date: date(1_000_000) }, (wait) => wait === 0],
    [{ "retry-after": "soon" }, (wait) => wait <= 1_000],
    [{}, (wait) => wait <= 1_000],
  ];
  for (const [headers, fits] of cases) {
    /** @type {Answerer} */
    const first = (answer, request, place) =>
      status(place === 1 ? 429 : 200, headers)(answer, request, place);
    await serving(first, async (url, requests) => {
      const clock = quickClock();
      const receipt = await clientOf(url, { clock, timeoutMs: TIMEOUT }).distribute("p", [CODE]);
      assert.equal([receipt.attempts, requests.length, clock.waits.length], [2, 2, 1]);
      assert.ok(fits(Number(clock.waits[0])), `${JSON.stringify(headers)}: ${clock.waits}`);
    });
  }
  for (const [value, wait] of [
    ["61", 61_000],
    ["99999999", 99_999_999_000],
  ]) {
    await serving(status(429, { "retry-after": String(value) }), async (url, requests) => {
      const call = clientOf(url, quick()).distribute("p", [CODE]);
      await rejects(call, { code: "rate_limited", queued: "no", retryAfterMs: wait });
      assert.equal(requests.length, 1);
    });
  }
});

test("an accepted call is one, even if its body stalls", async () => {
  for (const body of ["", "{", "not json"]) {
    await serving(
      (answer) => answer.writeHead(202, { "x-uber-id": "7" }).write(`${body} `),
      async (url) => {
        const { status, headers } = await within(clientOf(url).distribute("p", [CODE]), 900);
        assert.equal([status, headers], [202, { "x-uber-id": "7" }]);
      },
    );
  }
  for (const code of [200, 204]) {
    await serving(status(code, {}, ""), async (url) => {
      assert.equal((await clientOf(url).distribute("p", [CODE])).status, code);
    });
  }
});

test("a refusal is one, even if its body stalls or breaks", async () => {
  const part = '{"code":"half-told';
  const breaks = (/** @type {Answer} */ answer) => answer.socket?.destroy();
  for (const [head, end] of [{}, { "content-length": "1000" }].flatMap((head) =>
    [() => {}, breaks].map((end) => /** @type {const} */ ([head, end])),
  )) {
    /** @type {Answerer} */
    const stall = (answer) => {
      answer.writeHead(400, { "content-type": "application/json", ...head }).write(part);
      setTimeout(() => end(answer), 50);
    };
    await serving(stall, async (url, requests) => {
      const call = clientOf(url, { timeoutMs: 300 }).distribute("p", [CODE]);
      await rejects(call, { code: "invalid_request", queued: "no", body: part });
      assert.equal(requests.length, 1);
    });
  }
  const long = JSON.stringify({ code: "x", message: "é".repeat(50_000) });
  await serving(status(403, { "x-uber-a": "b", other: "c" }, long), async (url) => {
    const call = clientOf(url).distribute("p", [CODE]);
    const error = await rejects(call, { code: "user_not_allowed", uberCode: "x" });
    assert.ok(Buffer.byteLength(error.body) <= 4096 && error.body.length > 1000);
    assert.equal(error.headers, { "x-uber-a": "b" });
  });
});

test("listCodes: answers that are none", async () => {
  for (const body of ["", "{", '{"codes":[', "null", "7", '"x"', '{"codes":7}']) {
    await serving(status(200, {}, body), async (url, requests) => {
      await rejects(clientOf(url).listCodes("p"), { code: "unexpected_response", queued: "no" });
      assert.equal(requests.length, 1);
    });
  }
  /** @type {Answerer} */
  const torn = (answer) => {
    answer.writeHead(200, { "content-length": "1000" }).write('{"codes":[');
    setTimeout(() => answer.socket?.destroy(), 20);
  };
  await serving(torn, async (url) => {
    const call = clientOf(url, quick()).listCodes("p");
    await rejects(call, { name: "ConnectionError", code: "connection_failed", queued: "no" });
  });
  await serving(
    (answer) => answer.writeHead(200).write("{"),
    async (url) => {
      const call = clientOf(url, { timeoutMs: 200 }).listCodes("p");
      await rejects(call, { code: "timeout", queued: "no" });
    },
  );
});

test("reading is tried again", async () => {
  for (const [code, count] of [
    [500, 3],
    [503, 3],
    [429, 3],
    [404, 1],
    [302, 1],
  ]) {
    await serving(status(Number(code)), async (url, requests) => {
      await rejects(clientOf(url, quick()).searchPrograms(), { status: code, queued: "no" });
      assert.equal(requests.length, count);
    });
  }
  await serving(
    (answer) => answer.socket?.destroy(),
    async (url, requests) => {
      await rejects(clientOf(url, quick()).listCodes("p"), {
        code: "connection_failed",
        queued: "no",
      });
      assert.equal(requests.length, 3);
    },
  );
});

test("a fetch that misbehaves: every call settles", async () => {
  const thrown = new Error("thrown");
  const foreign = runInNewContext("new TypeError('foreign')");
  /** @type {[string, any, string, unknown][]} */
  const cases = [
    [
      "throws",
      () => {
        throw thrown;
      },
      "connection_failed",
      thrown,
    ],
    ["rejects", () => Promise.reject(thrown), "connection_failed", thrown],
    ["rejects with a string", () => Promise.reject("text"), "connection_failed", "text"],
    ["rejects with null", () => Promise.reject(null), "connection_failed", null],
    ["rejects with nothing", () => Promise.reject(), "connection_failed", undefined],
    [
      "rejects with an error of another realm",
      () => Promise.reject(foreign),
      "connection_failed",
      foreign,
    ],
    ["never settles", () => new Promise(() => {}), "timeout", undefined],
    ["is a thenable that never settles", () => ({ then() {} }), "timeout", undefined],
    ["returns nothing", () => undefined, "unexpected_response", undefined],
    ["returns a number", async () => 7, "unexpected_response", undefined],
    ["returns an empty object", async () => ({}), "unexpected_response", undefined],
    [
      "has a status that throws",
      async () => ({
        get status() {
          throw thrown;
        },
      }),
      "unexpected_response",
      undefined,
    ],
    [
      "has a status that is none",
      async () => ({ status: "abc" }),
      "unexpected_response",
      undefined,
    ],
  ];
  for (const [name, fetch, code, cause] of cases) {
    for (const wrapped of [fetch, { fetch }]) {
      const client = clientOf("https://api.example", { fetch: wrapped, timeoutMs: 50 });
      const error = await rejects(client.distribute("p", [CODE]), { code, queued: "unknown" });
      assert.ok(error.cause === cause, `${name}: ${inspect(error.cause)}`);
      await rejects(
        clientOf("https://api.example", { fetch: wrapped, timeoutMs: 50, maxRetries: 0 }).listCodes(
          "p",
        ),
        { code, queued: "no" },
      );
    }
  }
});

test("a fetch with answers of its own kind", async () => {
  const program = { name: "n", voucher_program_id: "p" };
  const json = JSON.stringify({ voucher_programs: [program] });
  /** @type {[string, any][]} */
  const kinds = [
    ["status and text", () => ({ status: 200, text: async () => json })],
    ["text that is no promise", () => ({ status: 200, text: () => json })],
    [
      "headers as an object",
      () => ({ status: 200, headers: { "x-uber-a": "b" }, text: async () => json }),
    ],
    [
      "headers as a map",
      () => ({ status: 200, headers: new Map([["x-uber-a", "b"]]), text: async () => json }),
    ],
    [
      "of another realm",
      () =>
        runInNewContext(
          "({ status: 200, headers: new Map(), text: () => Promise.resolve(json) })",
          { json },
        ),
    ],
    ["of this host", async () => new Response(json)],
  ];
  for (const [name, fetch] of kinds) {
    const client = clientOf("https://api.example", { fetch });
    assert.equal((await within(client.distribute("p", [CODE]))).status, 200, name);
    await within(client.listCodes("p")).catch((error) => {
      assert.equal(error.code, "unexpected_response", name);
    });
  }
  const refused = { status: 400, text: async () => '{"code":"bad"}' };
  const client = clientOf("https://api.example", { fetch: async () => refused });
  await rejects(client.distribute("p", [CODE]), {
    code: "invalid_request",
    queued: "no",
    uberCode: "bad",
  });
  for (const text of [
    undefined,
    () => {
      throw new Error("x");
    },
    () => new Promise(() => {}),
    () => 7,
  ]) {
    const fetch = async () => ({ status: 403, text });
    const client = clientOf("https://api.example", { fetch, timeoutMs: 50 });
    await rejects(client.distribute("p", [CODE]), {
      code: "user_not_allowed",
      queued: "no",
      body: "",
    });
  }
});

test("a fetch that is a method keeps its object; a call that ends early ends its request", async () => {
  const binding = {
    signals: /** @type {AbortSignal[]} */ ([]),
    async fetch(/** @type {string} */ _, /** @type {any} */ { signal }) {
      this.signals.push(signal);
      return new Promise(() => {});
    },
  };
  const client = clientOf("https://api.example", { fetch: binding, timeoutMs: 50 });
  await rejects(client.distribute("p", [CODE]), { code: "timeout", queued: "unknown" });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  const call = client.distribute("p", [CODE], { signal: controller.signal, timeoutMs: Infinity });
  await rejects(call, { code: "aborted", queued: "unknown" });
  assert.equal(
    binding.signals.map(({ aborted }) => aborted),
    [true, true],
  );
});

test("listeners that throw decide nothing", async () => {
  await serving(status(200), async (url) => {
    const fail = () => {
      throw new Error("listener");
    };
    const client = clientOf(url, { onRequest: fail, onResponse: fail });
    assert.equal((await client.distribute("p", [CODE])).status, 200);
  });
});

/**
 * An API with a token endpoint.
 * @param {(place: number, body: URLSearchParams) => [number, unknown]} grant
 * @param {Answerer} [api]
 * @param {number} [delay]
 * @returns {Answerer & { tokens: number }}
 */
function withTokens(grant, api = status(200), delay = 0) {
  /** @type {any} */
  const answerer = (
    /** @type {Answer} */ answer,
    /** @type {Received} */ request,
    /** @type {number} */ place,
  ) => {
    if (!request.url.startsWith("/token")) return void api(answer, request, place);
    assert.equal(request.headers.authorization, undefined);
    assert.equal(request.headers["content-type"], "application/x-www-form-urlencoded");
    const [code, body] = grant((answerer.tokens += 1), new URLSearchParams(request.body));
    setTimeout(() => status(code, {}, JSON.stringify(body))(answer, request, place), delay);
  };
  answerer.tokens = 0;
  return answerer;
}

/** @param {string} [text] */
const granted = (text = TOKEN) =>
  /** @type {[number, unknown]} */ ([
    200,
    {
      access_token: text,
      expires_in: 3600,
      token_type: "Bearer",
      scope: "organizations.voucher_programs",
    },
  ]);

test("a hundred calls share one request for a token, though the first gives up", async () => {
  const answerer = withTokens(
    (_, body) => {
      assert.equal(body.get("grant_type"), "client_credentials");
      assert.equal([body.get("client_id"), body.get("client_secret")], ["app", SECRET]);
      assert.equal(body.get("scope"), "organizations.voucher_programs");
      return granted();
    },
    status(200),
    200,
  );
  await serving(answerer, async (url, requests) => {
    const client = clientOf(url, { auth: { ...app, tokenUrl: `${url}/token` } });
    const first = rejects(client.distribute("p", [CODE], { signal: AbortSignal.timeout(50) }), {
      code: "aborted",
      queued: "no",
    });
    const others = Array.from({ length: 99 }, () => client.distribute("p", [CODE]));
    await first;
    await within(Promise.all(others));
    assert.equal([answerer.tokens, requests.length], [1, 100]);
    await client.distribute("p", [CODE]);
    assert.equal(answerer.tokens, 1);
  });
});

test("tokens: a 401 costs one further token, however many calls meet it", async () => {
  let isRevoked = false;
  /** @type {Answerer} */
  const api = (answer, request, place) => {
    const is401 = isRevoked && request.headers.authorization === "Bearer t1";
    status(is401 ? 401 : 200)(answer, request, place);
  };
  const answerer = withTokens((place) => granted(`t${place}`), api, 20);
  await serving(answerer, async (url) => {
    const client = clientOf(url, { auth: { ...app, tokenUrl: `${url}/token` } });
    await client.distribute("p", [CODE]);
    isRevoked = true;
    await within(Promise.all(Array.from({ length: 20 }, () => client.distribute("p", [CODE]))));
    assert.equal(answerer.tokens, 2);
  });
});

test("tokens: a cache is read, written, and read again after a 401", async () => {
  /** @type {Map<string, any>} */
  const kept = new Map();
  const cache = {
    get: async (/** @type {string} */ key) => kept.get(key),
    set: async (/** @type {string} */ key, /** @type {any} */ tokens) => void kept.set(key, tokens),
  };
  /** @type {Answerer} */
  const api = (answer, request, place) =>
    status(request.headers.authorization === "Bearer old" ? 401 : 200)(answer, request, place);
  const answerer = withTokens((place) => granted(`t${place}`), api);
  await serving(answerer, async (url) => {
    const auth = { ...app, tokenUrl: `${url}/token`, cache };
    await clientOf(url, { auth }).distribute("p", [CODE]);
    const [[key, tokens]] = /** @type {[[string, any]]} */ ([...kept]);
    assert.ok(
      !key.includes(SECRET) && tokens.accessToken === "t1" && tokens.expiresAt > Date.now(),
    );
    await clientOf(url, { auth }).distribute("p", [CODE]);
    assert.equal(answerer.tokens, 1);
    // Another process has renewed it meanwhile.
    kept.set(key, { ...tokens, accessToken: "old" });
    const client = clientOf(url, {
      auth,
      onRequest: () => kept.set(key, { ...tokens, accessToken: "other" }),
    });
    kept.set(key, { ...tokens, accessToken: "old" });
    await client.distribute("p", [CODE]);
    assert.equal(answerer.tokens, 1);
    for (const broken of [
      { get: () => Promise.reject("x"), set: () => Promise.reject("x") },
      {
        get: () => {
          throw new Error("x");
        },
        set: () => {
          throw new Error("x");
        },
      },
      { get: async () => ({ accessToken: 7 }), set: async () => {} },
      { get: () => 7, set: () => 7 },
    ]) {
      const before = answerer.tokens;
      const auth = { ...app, tokenUrl: `${url}/token`, cache: broken };
      await clientOf(url, { auth }).distribute("p", [CODE]);
      assert.equal(answerer.tokens, before + 1);
    }
  });
});

test("tokens: a token endpoint that fails; nothing was sent", async () => {
  for (const [code, expected, count] of /** @type {const} */ ([
    [400, "token_rejected", 1],
    [401, "token_rejected", 1],
    [429, "token_unavailable", 1],
    [500, "token_unavailable", 3],
    [503, "token_unavailable", 3],
  ])) {
    const answerer = withTokens(() => [code, { error: "some_error" }]);
    await serving(answerer, async (url, requests) => {
      const client = clientOf(url, quick({ auth: { ...app, tokenUrl: `${url}/token` } }));
      const call = client.distribute("p", [CODE]);
      await rejects(call, { code: expected, queued: "no", status: code, name: "ApiError" });
      assert.equal([answerer.tokens, requests.length], [count, count]);
    });
  }
  for (const body of [
    null,
    {},
    { access_token: 7 },
    { access_token: "" },
    { access_token: "a\nb", expires_in: 60 },
  ]) {
    await serving(
      withTokens(() => [200, body]),
      async (url, requests) => {
        const client = clientOf(url, quick({ auth: { ...app, tokenUrl: `${url}/token` } }));
        await rejects(client.distribute("p", [CODE]), { queued: "no" });
        assert.ok(requests.every(({ url }) => url.startsWith("/token")));
      },
    );
  }
  await serving(
    () => {},
    async (url) => {
      const client = clientOf(url, { timeoutMs: 100, auth: { ...app, tokenUrl: `${url}/token` } });
      await rejects(client.distribute("p", [CODE]), { code: "timeout", queued: "no" });
    },
  );
});

test("tokens: delegated ones are renewed, and told", async () => {
  /** @type {any[]} */
  const told = [];
  const tokens = { accessToken: "old", expiresAt: 0, scope: "s", refreshToken: "refresh-1" };
  const answerer = withTokens((_, body) => {
    assert.equal(body.get("grant_type"), "refresh_token");
    return [
      200,
      { access_token: "new", expires_in: 3600, refresh_token: `${body.get("refresh_token")}+` },
    ];
  });
  await serving(answerer, async (url, requests) => {
    const tokenUrl = `${url}/token`;
    const onTokens = async (/** @type {any} */ set) => void told.push(set);
    const client = clientOf(url, { auth: { ...app, tokenUrl, tokens, onTokens } });
    await within(Promise.all([1, 2, 3].map(() => client.distribute("p", [CODE]))));
    assert.equal([answerer.tokens, told.length, told[0].refreshToken], [1, 1, "refresh-1+"]);
    assert.equal(requests.at(-1)?.headers.authorization, "Bearer new");
    const spent = { accessToken: "old", expiresAt: 0, scope: "s" };
    const other = clientOf(url, { auth: { ...app, tokenUrl, tokens: spent } });
    await rejects(other.distribute("p", [CODE]), { queued: "no" });
    assert.equal(answerer.tokens, 1);
  });
  await serving(
    withTokens(() => [500, {}]),
    async (url, requests) => {
      const auth = { ...app, tokenUrl: `${url}/token`, tokens };
      const call = clientOf(url, quick({ auth })).distribute("p", [CODE]);
      await rejects(call, { code: "token_unavailable", queued: "no" });
      assert.equal(requests.length, 1);
    },
  );
});

test("a token that lives for less than a minute is used for most of it", async () => {
  for (const [life, calls, tokens] of [
    [45, 41, 1],
    [45, 90, 3],
    [5, 9, 2],
  ]) {
    const answerer = withTokens((place) => [
      200,
      { access_token: `t${place}`, expires_in: life, refresh_token: "r" },
    ]);
    for (const kind of ["own", "shared", "delegated"]) {
      answerer.tokens = 0;
      let now = Date.now();
      const clock = { ...quickClock(), now: () => now };
      /** @type {any} */
      let kept;
      const cache = {
        get: async () => kept,
        set: async (/** @type {string} */ _, /** @type {any} */ set) => (kept = set),
      };
      await serving(answerer, async (url) => {
        const more = {
          own: {},
          shared: { cache },
          delegated: { tokens: { accessToken: "a", expiresAt: 0, scope: "", refreshToken: "r" } },
        }[kind];
        const auth = { ...app, tokenUrl: `${url}/token`, ...more };
        const options = { auth, clock, timeoutMs: TIMEOUT };
        let client = clientOf(url, options);
        for (let call = 0; call < Number(calls); call += 1) {
          if (kind === "shared") client = clientOf(url, options);
          await client.distribute("p", [CODE]);
          now += 1_000;
        }
      });
      assert.equal(answerer.tokens, tokens, `${kind}, ${life} s`);
    }
  }
});

test("tokens that were not stored are handed over again with the next call", async () => {
  const tokens = { accessToken: "old", expiresAt: 0, scope: "s", refreshToken: "refresh-1" };
  const answerer = withTokens((place) => [
    200,
    { access_token: `new-${place}`, expires_in: 3600, refresh_token: `refresh-${place + 1}` },
  ]);
  /** @type {string[]} */
  const told = [];
  let isBroken = true;
  const onTokens = async (/** @type {any} */ set) => {
    told.push(set.refreshToken);
    if (isBroken) throw new Error("The disk is full");
  };
  await serving(answerer, async (url, requests) => {
    const auth = { ...app, tokenUrl: `${url}/token`, tokens, onTokens };
    const client = clientOf(url, { auth });
    for (let call = 0; call < 2; call += 1) {
      const error = await rejects(client.distribute("p", [CODE]), {
        code: "connection_failed",
        queued: "no",
      });
      assert.ok(/not stored/.test(error.message), error.message);
      assert.equal(error.cause.message, "The disk is full");
    }
    isBroken = false;
    await client.distribute("p", [CODE]);
    await client.distribute("p", [CODE]);
    assert.equal(told, ["refresh-2", "refresh-2", "refresh-2"]);
    assert.equal([answerer.tokens, requests.at(-1)?.headers.authorization], [1, "Bearer new-1"]);
  });
});

test("the token endpoint says what is wrong, whatever its status", async () => {
  const tokens = { accessToken: "old", expiresAt: 0, scope: "s", refreshToken: "spent" };
  for (const [code, error, expected, message] of [
    [200, "invalid_grant", "token_rejected", /^The refresh token is spent/],
    [400, "invalid_grant", "token_rejected", /^The refresh token is spent/],
    [200, "invalid_client", "token_rejected", /gave no token/],
    [200, "temporarily_unavailable", "token_unavailable", /gave no token/],
  ]) {
    const answerer = withTokens(() => [Number(code), { error, access_token: TOKEN }]);
    await serving(answerer, async (url) => {
      const auth = { ...app, tokenUrl: `${url}/token`, tokens };
      const call = clientOf(url, quick({ auth })).distribute("p", [CODE]);
      const found = await rejects(call, { code: expected, queued: "no", uberCode: error });
      assert.ok(/** @type {RegExp} */ (message).test(found.message), found.message);
    });
  }
});

test("an authorization code is sent once", async () => {
  for (const [code, expected] of [
    [500, "token_unavailable"],
    [400, "token_rejected"],
  ]) {
    const answerer = withTokens((_, body) => {
      assert.equal([body.get("grant_type"), body.get("code")], ["authorization_code", LEAK]);
      return [Number(code), { error: "invalid_grant" }];
    });
    await serving(answerer, async (url) => {
      const grant = {
        ...app,
        code: LEAK,
        redirectUri: "https://a.example/",
        tokenUrl: `${url}/token`,
      };
      await rejects(exchangeCode(grant), { code: expected, queued: "no" });
      assert.equal(answerer.tokens, 1);
    });
  }
});

test("webhooks that an HTTP server receives, signed by Node.js", async () => {
  const signingKey = "key-that-nobody-may-see";
  /** @type {Promise<unknown>[]} */
  const verified = [];
  /** @type {Answerer} */
  const receiver = (answer, { headers, body }) => {
    const signature = /** @type {string | undefined} */ (headers["x-uber-signature"]);
    const environment = /** @type {string | undefined} */ (headers["x-environment"]);
    const call = verifyWebhook({ body, signature, environment }, { signingKey });
    verified.push(call);
    call.then(
      () => answer.writeHead(200).end(),
      () => answer.writeHead(401).end(),
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
    // No JSON: it is the body that is refused, and not the signature.
    const call = verifyWebhook({ body, signature }, { signingKey: key });
    await rejects(call, { code: "malformed_body" });
  }
});

test("no error tells a secret", async () => {
  const client = clientOf("https://api.example", {
    fetch: async () => new Response(LEAK, { status: 400 }),
  });
  await rejects(client.distribute("p", [LEAK]), { code: "invalid_codes" });
  await rejects(client.distribute("p", `code_id\n${LEAK}`), { code: "invalid_codes" });
  await rejects(client.distribute("p", [CODE]), { code: "invalid_request", body: LEAK });
  await rejects(
    clientOf("https://api.example", { auth: { accessToken: `${TOKEN}\n` } }).ready(),
    {},
  );
  await rejects(clientOf("https://api.example", { auth: { ...app, scope: SECRET } }).ready(), {});
  assert.ok(met.length > 80);
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
});

/** How long a process that runs this goes on when it has nothing left to do. @param {string} script */
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

test("a process that is done ends at once", async () => {
  const answers = `const fetch = async (url) =>
    Response.json(url.includes("/oauth/") ? { access_token: "x", expires_in: 3600 } : {})`;
  const call = `.distribute("p", ["${CODE}"]).catch(() => {})`;
  const auth = 'auth: { clientId: "a", clientSecret: "b" }';
  for (const script of [
    `${answers}; await createClient({ organizationId: "o", ${auth}, fetch })${call}`,
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

test("a body that never ends does not keep the process", async () => {
  for (const head of [{}, { "content-length": "10" }]) {
    await serving(
      (answer) => answer.writeHead(200, head).write("{"),
      async (url) => {
        const options = `{ organizationId: "o", auth: "none", baseUrl: "${url}" }`;
        const idle = await idleTime(`await createClient(${options}).distribute("p", ["${CODE}"])`);
        assert.ok(idle < 2_500, `It went on for ${idle} ms`);
      },
    );
  }
});
