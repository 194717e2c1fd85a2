/** The package with a server, and a fetch, that fail in every way. Node.js only. */
import { test } from "node:test";
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";

import {
  app,
  clientOf,
  CODE,
  LEAK,
  quick,
  quickClock,
  refuseSecrets,
  rejects,
  SECRET,
  serving,
  status,
  TIMEOUT,
  TOKEN,
  within,
} from "./answering-server.mjs";
import { assert } from "./harness.mjs";

/** @typedef {import("./answering-server.mjs").Answer} Answer */
/** @typedef {import("./answering-server.mjs").Received} Received */
/** @typedef {import("./answering-server.mjs").Answerer} Answerer */

test("requests have exactly these bytes", async () => {
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

/** How a distribute call fails: the response, the code, `queued`, the number of requests. @type {[string, Answerer, string, "no" | "unknown", number][]} */
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
    (response) => response.writeHead(200, { "content-type": "text/plain" }).write("<html>"),
    "unexpected_response",
    "unknown",
    1,
  ],
  ["a reset", (response) => response.socket?.destroy(), "connection_failed", "unknown", 1],
  [
    "a reset within the head",
    (response) => {
      response.socket?.write("HTTP/1.1 200 O");
      setTimeout(() => response.socket?.destroy(), 20);
    },
    "connection_failed",
    "unknown",
    1,
  ],
  ["no HTTP", (response) => response.socket?.end("SSH-2.0\r\n"), "connection_failed", "unknown", 1],
];
for (const [name, result, code, queued, count] of STOPS) {
  test(`distribute: ${name}`, async () => {
    await serving(result, async (url, requests) => {
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
  // Node.js proves that nothing was sent: see unsent.test.mjs.
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

test("a rejected token is renewed once", async () => {
  /** @type {any[]} */
  const asked = [];
  const auth = {
    accessToken: (/** @type {any} */ context) => `${TOKEN}-${asked.push(context)}`,
  };
  /** @type {Answerer} */
  const first = (response, request, index) =>
    status(index === 1 ? 401 : 200)(response, request, index);
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

test("a failing token callback: nothing is sent", async () => {
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

test("429: waits as long as the response asks", async () => {
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
    const first = (response, request, index) =>
      status(index === 1 ? 429 : 200, headers)(response, request, index);
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

test("an accepted call stays accepted if its body stalls", async () => {
  for (const body of ["", "{", "not json"]) {
    await serving(
      (response) => response.writeHead(202, { "x-uber-id": "7" }).write(`${body} `),
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

test("a refusal stays a refusal if its body stalls or breaks", async () => {
  const part = '{"code":"half-told';
  const breaks = (/** @type {Answer} */ response) => response.socket?.destroy();
  for (const [head, end] of [{}, { "content-length": "1000" }].flatMap((head) =>
    [() => {}, breaks].map((end) => /** @type {const} */ ([head, end])),
  )) {
    /** @type {Answerer} */
    const stall = (response) => {
      response.writeHead(400, { "content-type": "application/json", ...head }).write(part);
      setTimeout(() => end(response), 50);
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

test("listCodes: responses that are not lists", async () => {
  for (const body of ["", "{", '{"codes":[', "null", "7", '"x"', '{"codes":7}']) {
    await serving(status(200, {}, body), async (url, requests) => {
      await rejects(clientOf(url).listCodes("p"), { code: "unexpected_response", queued: "no" });
      assert.equal(requests.length, 1);
    });
  }
  /** @type {Answerer} */
  const torn = (response) => {
    response.writeHead(200, { "content-length": "1000" }).write('{"codes":[');
    setTimeout(() => response.socket?.destroy(), 20);
  };
  await serving(torn, async (url) => {
    const call = clientOf(url, quick()).listCodes("p");
    await rejects(call, { name: "ConnectionError", code: "connection_failed", queued: "no" });
  });
  await serving(
    (response) => response.writeHead(200).write("{"),
    async (url) => {
      const call = clientOf(url, { timeoutMs: 200 }).listCodes("p");
      await rejects(call, { code: "timeout", queued: "no" });
    },
  );
});

test("reads are retried", async () => {
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
    (response) => response.socket?.destroy(),
    async (url, requests) => {
      await rejects(clientOf(url, quick()).listCodes("p"), {
        code: "connection_failed",
        queued: "no",
      });
      assert.equal(requests.length, 3);
    },
  );
});

test("a misbehaving fetch: every call settles", async () => {
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

test("a fetch with its own kind of responses", async () => {
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

test("a fetch method keeps its `this`; a call that ends early aborts its request", async () => {
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

test("listeners that throw have no effect", async () => {
  await serving(status(200), async (url) => {
    const fail = () => {
      throw new Error("listener");
    };
    const client = clientOf(url, { onRequest: fail, onResponse: fail });
    assert.equal((await client.distribute("p", [CODE])).status, 200);
  });
});

test("no error contains a secret", async () => {
  const client = clientOf("https://api.example", {
    fetch: async () => new Response(LEAK, { status: 400 }),
  });
  await rejects(client.distribute("p", [LEAK]), { code: "invalid_codes" });
  await rejects(client.distribute("p", `code_id\n${LEAK}`), { code: "invalid_codes" });
  await rejects(client.distribute("p", [CODE]), { code: "invalid_request", body: LEAK });
  for (const auth of [{ accessToken: `${TOKEN}\n` }, { ...app, scope: SECRET }]) {
    const creating = async () => clientOf("https://api.example", { auth });
    await rejects(creating(), { code: "invalid_options" });
  }
  refuseSecrets(60);
});
