/** Tokens of real HTTP servers: shared, renewed, stored, refused. */
import { test } from "node:test";

import { exchangeCode } from "uber-vouchers";

import {
  app,
  clientOf,
  CODE,
  granted,
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
  withTokens,
} from "./answering-server.mjs";
import { assert } from "./harness.mjs";

/** @typedef {import("./answering-server.mjs").Answer} Answer */
/** @typedef {import("./answering-server.mjs").Received} Received */
/** @typedef {import("./answering-server.mjs").Answerer} Answerer */

test("a hundred calls share one token request, even if the first one is aborted", async () => {
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

test("tokens: a 401 costs one more token, however many calls get it", async () => {
  let isRevoked = false;
  /** @type {Answerer} */
  const api = (response, request, index) => {
    const is401 = isRevoked && request.headers.authorization === "Bearer t1";
    status(is401 ? 401 : 200)(response, request, index);
  };
  const answerer = withTokens((index) => granted(`t${index}`), api, 20);
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
  const api = (response, request, index) =>
    status(request.headers.authorization === "Bearer old" ? 401 : 200)(response, request, index);
  const answerer = withTokens((index) => granted(`t${index}`), api);
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

test("tokens: a failing token endpoint; nothing was sent", async () => {
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

test("tokens: delegated tokens are renewed and reported", async () => {
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

test("a token that lives for less than a minute is used for most of that time", async () => {
  for (const [life, calls, tokens] of [
    [45, 41, 1],
    [45, 90, 3],
    [5, 9, 2],
  ]) {
    const answerer = withTokens((index) => [
      200,
      { access_token: `t${index}`, expires_in: life, refresh_token: "r" },
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

test("tokens that were not stored are passed again at the next call", async () => {
  const tokens = { accessToken: "old", expiresAt: 0, scope: "s", refreshToken: "refresh-1" };
  const answerer = withTokens((index) => [
    200,
    { access_token: `new-${index}`, expires_in: 3600, refresh_token: `refresh-${index + 1}` },
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

test("an error of the token endpoint is reported with any status", async () => {
  const tokens = { accessToken: "old", expiresAt: 0, scope: "s", refreshToken: "spent" };
  for (const [code, error, expected, message] of [
    [200, "invalid_grant", "token_rejected", /^The refresh token is spent/],
    [400, "invalid_grant", "token_rejected", /^The refresh token is spent/],
    [200, "invalid_client", "token_rejected", /returned no token/],
    [200, "temporarily_unavailable", "token_unavailable", /returned no token/],
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

test("no error about tokens contains a secret", () => {
  refuseSecrets(8);
});
