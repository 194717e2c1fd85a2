/**
 * Webhooks, in every host; see suite.mjs.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers")} uberVouchers
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 * @param {any} vectors
 */
export function webhookSuite(test, assert, uberVouchers, sandboxModule, vectors) {
  const { VoucherError, WebhookError, createClient, verifyWebhook } = uberVouchers;
  const CODE = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";
  const signingKey = "example-signing-key";
  const utf8 = new TextEncoder();

  /** The platform's own HMAC. @param {string} key @param {BufferSource} body */
  async function sign(key, body) {
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const raw = await crypto.subtle.importKey("raw", utf8.encode(key), hmac, false, ["sign"]);
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", raw, body));
    return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** @param {unknown} body @param {string} [key] @returns {Promise<import("uber-vouchers").SignedMessage>} */
  async function signed(body, key = signingKey) {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return { body: text, signature: await sign(key, utf8.encode(text)) };
  }

  /** @param {any} body @param {Record<string, string>} headers */
  const requestOf = (body, headers) =>
    new Request("https://receiver.example/", { method: "POST", headers, body });

  /** @param {Promise<unknown>} promise @param {string} code @param {string} [what] */
  async function refused(promise, code, what) {
    const members = { name: "WebhookError", code, queued: "no" };
    const error = await assert.rejects(promise, members, what);
    assert.ok(error instanceof WebhookError && error instanceof VoucherError, what);
    assert.ok(error.hint.length > 10 && error.stack.includes(error.message), what);
    return error;
  }

  test(`webhooks: ${vectors.signatures.length} signatures`, async () => {
    for (const { name, keys, body, hex, signature, error } of vectors.signatures) {
      const bytes =
        body === undefined
          ? Uint8Array.from(hex.match(/../g), (/** @type {string} */ byte) => parseInt(byte, 16))
          : utf8.encode(body);
      // A byte order mark is signed, but not parsed.
      const json = body?.replace(/^\ufeff/, "");
      // Bytes inside a larger buffer, and text.
      const messages = [{ body: new Uint8Array([1, ...bytes, 2]).subarray(1, -1), signature }];
      if (body !== undefined) messages.push({ body, signature });
      if (keys.length === 1 && keys[0] !== "" && error === null) {
        assert.equal(signature.toLowerCase(), await sign(keys[0], bytes), name);
      }
      for (const message of messages) {
        const lists = keys.length === 1 ? [keys, keys[0]] : [keys];
        for (const signingKey of lists) {
          const call = verifyWebhook(message, { signingKey });
          if (error !== null) await refused(call, error, name);
          else if (json?.startsWith("{")) assert.equal((await call).raw, JSON.parse(json), name);
          else await refused(call, "malformed_body", name);
        }
      }
    }
  });

  test(`webhooks: ${vectors.events.length} events`, async () => {
    for (const { name, body, environment, expect } of vectors.events) {
      const message = await signed(body);
      const event = await verifyWebhook({ ...message, environment }, { signingKey });
      assert.equal(event, { ...expect, raw: body }, name);
    }
  });

  test(`webhooks: ${vectors.texts.length} texts that parsers read differently`, async () => {
    for (const { name, body, expect } of vectors.texts) {
      const call = verifyWebhook(await signed(body), { signingKey });
      if (expect === null) await refused(call, "malformed_body", name);
      else assert.equal(await call, { ...expect, raw: JSON.parse(body) }, name);
    }
  });

  test("webhooks: a Request, in every form of body", async () => {
    const body = { event_type: "voucher_program_code_distributed", code_uuid: CODE, reason: "x" };
    const { body: text, signature } = await signed(body);
    const headers = {
      "X-UBER-SIGNATURE": String(signature).toUpperCase(),
      "x-environment": "SandBox",
    };
    const bytes = utf8.encode(String(text));
    for (const form of [text, bytes, bytes.buffer, new Blob([bytes])]) {
      const event = await verifyWebhook(requestOf(form, headers), { signingKey });
      assert.equal(event, {
        id: null,
        type: body.event_type,
        organizationId: null,
        programId: null,
        environment: "sandbox",
        occurredAt: null,
        resourceHref: null,
        unread: false,
        outcomes: [{ code: CODE, status: "failed", reason: "x" }],
        raw: body,
      });
    }
    await refused(verifyWebhook(requestOf(text, {}), { signingKey }), "missing_signature");
    const twice = requestOf(text, headers);
    twice.headers.append("x-uber-signature", String(signature));
    await refused(verifyWebhook(twice, { signingKey }), "malformed_signature");
    const empty = { "x-uber-signature": await sign(signingKey, new Uint8Array()) };
    await refused(verifyWebhook(requestOf("", empty), { signingKey }), "malformed_body");
    // Recognised by its members alone, as if from another realm.
    const shape = {
      headers: new Map(Object.entries({ "x-uber-signature": signature })),
      bodyUsed: false,
      arrayBuffer: async () => bytes.slice().buffer,
    };
    const event = await verifyWebhook(/** @type {any} */ (shape), { signingKey });
    assert.equal([event.type, event.environment], [body.event_type, null]);
  });

  test("webhooks: headers in every form, and none is missed", async () => {
    const body = { event_type: "x" };
    const { body: text, signature } = await signed(body);
    const bytes = utf8.encode(String(text));
    /** @param {any} headers */
    const verify = (headers) =>
      verifyWebhook(
        { headers, bodyUsed: false, arrayBuffer: async () => bytes.slice().buffer },
        { signingKey },
      );
    const pairs = [
      ["X-Uber-Signature", String(signature)],
      ["X-ENVIRONMENT", "production"],
      ["Set-Cookie", "a"],
    ];
    const object = Object.fromEntries(pairs);
    const fields = new Headers(/** @type {any} */ (pairs));
    for (const headers of [
      fields,
      pairs,
      new Map(/** @type {any} */ (pairs)),
      new Set(pairs),
      fields.entries(),
      object,
      Object.assign(Object.create(null), object),
      // As in Node.js, also for HTTP/2.
      {
        ":path": "/",
        "x-uber-signature": [signature],
        "x-environment": "production",
        etag: undefined,
      },
      { get: (/** @type {string} */ name) => fields.get(name) },
    ]) {
      const { environment, raw } = await verify(headers);
      assert.equal([environment, raw], ["production", body]);
    }
    for (const headers of [
      {},
      [],
      new Map(),
      { "x-uber-signature": undefined },
      { get: () => null },
    ])
      await refused(verify(headers), "missing_signature");
    const twice = [...pairs, ["x-uber-signature", String(signature)]];
    for (const headers of [twice, { "x-uber-signature": [signature, signature] }])
      await refused(verify(headers), "malformed_signature");
    const members = { name: "ValidationError", code: "invalid_options", queued: "no" };
    for (const headers of [undefined, null, "x", 7])
      await assert.rejects(verify(headers), members, String(headers));
    const boom = new Error("boom");
    const thrower = () => {
      throw boom;
    };
    const error = await assert.rejects(verify({ get: thrower }), members);
    assert.ok(error.cause === boom);
  });

  test("webhooks: framework requests are refused with a hint", async () => {
    const { body, signature } = await signed({});
    const headers = { "x-uber-signature": String(signature) };
    const request = requestOf(body, headers);
    const hono = { raw: request, path: "/", header: () => signature, arrayBuffer: async () => {} };
    for (const [name, message, advice] of /** @type {[string, any, string][]} */ ([
      ["c.req of Hono", hono, "c.req.raw"],
      ["c of Hono", { req: hono, env: {}, header: () => {} }, "c.req.raw"],
      ["an event with a request", { request, params: {} }, "Request itself"],
      ["req of Express", { headers, body: {}, method: "POST", url: "/" }, "express.raw()"],
      ["req of Express, raw", { headers, body: utf8.encode(String(body)) }, "X-Uber-Signature"],
      ["a message of Node.js", { headers, rawHeaders: [], on: () => {} }, "raw body"],
      ["a Lambda event", { headers, body, isBase64Encoded: false }, "Lambda"],
      ["a Lambda event, in Base64", { headers, body, isBase64Encoded: true }, "base64"],
      ["a Blob", new Blob(["{}"]), "Request itself"],
    ])) {
      const members = { name: "ValidationError", code: "invalid_options", queued: "no" };
      const error = await assert.rejects(verifyWebhook(message, { signingKey }), members, name);
      assert.ok(error.message.includes(advice), `${name}: ${error.message}`);
    }
    // The body in the form in which it was read, too.
    const bytes = utf8.encode(String(body));
    assert.equal((await verifyWebhook({ body: bytes.buffer, signature }, { signingKey })).raw, {});
  });

  test("webhooks: white space around a key is reported, and kept", async () => {
    const body = '{"event_type":"x"}';
    const message = await signed(body);
    for (const padded of ["\n", "\r\n", " ", "\t", "\u00a0", "\ufeff"]) {
      for (const key of [signingKey + padded, padded + signingKey, [`x${padded}`, "y"]]) {
        const error = await refused(
          verifyWebhook(message, { signingKey: key }),
          "signature_mismatch",
        );
        assert.ok(error.hint.includes("white space"), error.hint);
        assert.ok(!JSON.stringify(error).includes(signingKey) && !error.hint.includes(signingKey));
      }
      // It may be part of the key.
      const kept = await signed(body, signingKey + padded);
      await verifyWebhook(kept, { signingKey: signingKey + padded });
      const bare = await refused(verifyWebhook(kept, { signingKey }), "signature_mismatch");
      assert.ok(!bare.hint.includes("white space"), bare.hint);
    }
  });

  test("webhooks: a Request whose body was read", async () => {
    const { body, signature } = await signed({});
    const headers = { "x-uber-signature": String(signature) };
    const request = requestOf(body, headers);
    const copy = request.clone();
    await verifyWebhook(request, { signingKey });
    await refused(verifyWebhook(request, { signingKey }), "body_used");
    await verifyWebhook(copy, { signingKey });
    const locked = requestOf(body, headers);
    locked.body?.getReader();
    if (locked.body) await refused(verifyWebhook(locked, { signingKey }), "body_used");
    const torn = {
      headers: new Headers(headers),
      bodyUsed: false,
      arrayBuffer: () => Promise.reject(new Error("torn")),
    };
    const members = { name: "ConnectionError", code: "connection_failed", queued: "no" };
    const error = await assert.rejects(verifyWebhook(torn, { signingKey }), members);
    assert.equal(error.cause.message, "torn");
  });

  test("webhooks: random bodies, signed by the platform", async () => {
    for (let round = 0; round < 300; round += 1) {
      const size = round < 200 ? round : Math.floor(Math.random() * 20_000);
      const body = crypto.getRandomValues(new Uint8Array(size));
      // JSON never starts like this: a valid signature shows in what is refused.
      body.set(size > 0 ? [0] : []);
      const key = String.fromCodePoint(97, ...body.slice(0, round % 150));
      const signature = await sign(key, body);
      const verify = () => verifyWebhook({ body, signature }, { signingKey: ["x", key] });
      await refused(verify(), "malformed_body", `${size} bytes`);
      if (size === 0) continue;
      const at = Math.floor(Math.random() * size);
      body.set([Number(body[at]) ^ (1 << Math.floor(Math.random() * 8))], at);
      await refused(verify(), "signature_mismatch", `${size} bytes, ${at} changed`);
    }
  });

  test("webhooks: a body of 1 MiB", async () => {
    const note = "é🎟x".repeat(180_000);
    const message = await signed({
      event_type: "distributed",
      note,
      code_id: CODE,
      status: "failed",
    });
    assert.ok(utf8.encode(String(message.body)).length > 1 << 20);
    const started = Date.now();
    const { raw, outcomes } = await verifyWebhook(message, { signingKey: ["x", signingKey] });
    assert.ok(Date.now() - started < 5_000);
    assert.ok(/** @type {any} */ (raw).note === note);
    assert.equal(outcomes, [{ code: CODE, status: "failed", reason: null }]);
  });

  test("webhooks: bodies that are not events", async () => {
    const bodies = [
      "",
      " ",
      "{",
      "null",
      "7",
      '"x"',
      "[]",
      "[{}]",
      "{}{}",
      "{'a':1}",
      '{"a":undefined}',
    ];
    for (const body of bodies) {
      const error = await refused(
        verifyWebhook(await signed(body), { signingKey }),
        "malformed_body",
        body,
      );
      const isJson = ["null", "7", '"x"', "[]", "[{}]"].includes(body);
      assert.equal(error.cause instanceof SyntaxError, !isJson, body);
    }
    // Not before the signature is verified.
    const unsigned = { body: "{", signature: "0".repeat(64) };
    await refused(verifyWebhook(unsigned, { signingKey }), "signature_mismatch");
    const deep = `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`;
    await refused(verifyWebhook(await signed(deep), { signingKey }), "malformed_body", "deep");
    const strange =
      '{"__proto__":{"event_type":"x"},"constructor":1,"a":1e999,"a":2,"\\ud800":"\\udc00"}';
    const { type, raw } = await verifyWebhook(await signed(strange), { signingKey });
    assert.equal([type, raw], ["", JSON.parse(strange)]);
  });

  test("webhooks: any character, in every member", async () => {
    const odd = '"\\/\b\n\u0000\u001f\u007f\u2028é😀{}[],:';
    const other = "2f913a96-f52c-42a0-aa0b-a2ba53b2d631";
    const body = {
      organization_id: `o${odd}`,
      voucher_program_id: `p${odd}`,
      resource_href: `r${odd}`,
      event_type: `distribution ${odd}`,
      event_id: `i${odd}`,
      event_time: 1_700_000_000_001,
      codes: [
        { code_id: CODE, status: "distributed" },
        { code_id: other, status: "failed", reason: odd },
        { code_id: CODE, status: "failed" },
      ],
    };
    const message = { ...(await signed(body)), environment: `E${odd}` };
    const event = await verifyWebhook(message, { signingKey });
    const expected = {
      organizationId: body.organization_id,
      programId: body.voucher_program_id,
      resourceHref: body.resource_href,
      type: body.event_type,
      id: body.event_id,
      environment: `e${odd}`,
      occurredAt: body.event_time,
      unread: false,
      outcomes: [
        { code: CODE, status: "distributed", reason: null },
        { code: other, status: "failed", reason: odd },
        { code: CODE, status: "failed", reason: null },
      ],
      raw: body,
    };
    assert.equal(event, expected);
    // In the same order too.
    assert.equal(JSON.stringify(event), JSON.stringify(expected));
  });

  test("webhooks: bytes that change after the call change nothing", async () => {
    const text = JSON.stringify({ event_type: "a", at: 1 });
    const signature = await sign(signingKey, utf8.encode(text));
    for (const outcomes of [undefined, () => [{ code: CODE, status: "failed" }]]) {
      const body = utf8.encode(text);
      /** @param {any} raw */
      const reader = (raw) => {
        body.fill(0);
        raw.at = 2;
        return outcomes?.() ?? [];
      };
      const options = { signingKey, ...(outcomes && { outcomes: reader }) };
      const call = verifyWebhook({ body, signature }, /** @type {any} */ (options));
      body.fill(0);
      const event = await call;
      assert.equal([event.type, event.outcomes.length], ["a", outcomes ? 1 : 0]);
    }
    if (typeof SharedArrayBuffer === "undefined") return;
    const shared = new Uint8Array(new SharedArrayBuffer(text.length));
    shared.set(utf8.encode(text));
    const event = await verifyWebhook({ body: shared, signature }, { signingKey });
    assert.equal(event.raw, JSON.parse(text));
  });

  test("webhooks: outcomes from the caller", async () => {
    const body = {
      event_type: "guess",
      list: [{ id: CODE.toUpperCase(), ok: 0, text: "jane@example.com" }],
    };
    const message = await signed(body);
    /** @param {any} outcomes */
    const of = (outcomes) => verifyWebhook(message, { signingKey, outcomes });
    const event = await of((/** @type {typeof body} */ raw) =>
      raw.list.map(({ id, ok, text }) => ({
        code: id,
        status: ok ? "distributed" : "failed",
        reason: text,
      })),
    );
    assert.equal(event.outcomes, [{ code: CODE, status: "failed", reason: "[email]" }]);
    assert.equal([event.type, event.raw], ["guess", body]);
    const without = new Set([{ code: CODE, status: "distributed" }]);
    const [outcome] = (await of(() => without)).outcomes;
    assert.equal(outcome, { code: CODE, status: "distributed", reason: null });
    const none = await of(() => []);
    assert.equal([none.outcomes, none.unread], [[], false]);
    // If the event reports a distribution, it is then unread.
    const report = await signed({ event_type: "voucher_program_code_distributed" });
    for (const outcomes of [() => [], undefined]) {
      const unread = await verifyWebhook(report, { signingKey, ...(outcomes && { outcomes }) });
      assert.equal([unread.outcomes, unread.unread], [[], true]);
    }
    const learned = await verifyWebhook(report, {
      signingKey,
      outcomes: () => [{ code: CODE, status: "failed" }],
    });
    assert.equal(learned.unread, false);
    /** @param {any} outcomes @param {string} [what] */
    const failed = async (outcomes, what) => {
      const members = { name: "ValidationError", code: "invalid_options", queued: "no" };
      const error = await assert.rejects(of(outcomes), members, what);
      assert.ok(error.message.includes("outcomes"), error.message);
      return error;
    };
    for (const wrong of [
      [{}],
      [{ code: CODE }],
      [{ code: "EXAMPLE1", status: "failed" }],
      [{ code: CODE, status: "FAILED" }],
      [{ code: 7, status: "failed" }],
      "x",
    ])
      await failed(() => wrong, JSON.stringify(wrong));
    for (const wrong of [undefined, null, {}, 7, [null], Promise.resolve([])])
      assert.ok((await failed(() => wrong, String(wrong))).cause instanceof TypeError);
    const why = new Error("why");
    const thrower = () => {
      throw why;
    };
    assert.ok((await failed(thrower)).cause === why);
    const getter = [Object.defineProperty({ code: CODE }, "status", { get: thrower })];
    assert.ok((await failed(() => getter)).cause === why);
    // A promise is reported as such; one that rejects does not end the process.
    for (const late of [async () => [], async () => thrower(), () => ({ then: thrower })]) {
      const error = await failed(late);
      assert.ok(error.message.includes("promise") && error.cause instanceof TypeError);
    }
    // None of that broke the instance.
    assert.equal((await of(() => [])).outcomes, []);
    let calls = 0;
    const forged = { ...message, signature: "0".repeat(64) };
    const counter = () => {
      calls += 1;
      return [];
    };
    const call = verifyWebhook(forged, { signingKey, outcomes: counter });
    await refused(call, "signature_mismatch");
    assert.equal(calls, 0);
  });

  test("webhooks: invalid options are named", async () => {
    const message = await signed({});
    /** @param {any} given @param {any} options @param {string} name */
    const named = async (given, options, name) => {
      const members = { name: "ValidationError", code: "invalid_options", queued: "no" };
      const error = await assert.rejects(verifyWebhook(given, options), members, name);
      assert.ok(error.message.includes(name), `${name} is not in: ${error.message}`);
    };
    for (const options of [undefined, null, 1, "x"]) await named(message, options, "options");
    for (const key of [
      undefined,
      null,
      1,
      {},
      [1],
      ["a", null],
      [["a"]],
      new Set(["a"]),
      utf8.encode("a"),
    ])
      await named(message, { signingKey: key }, "`signingKey`");
    await named(message, { signingKey, key: 1 }, "`key`");
    await named(message, { signingKey, outcomes: [] }, "`outcomes`");
    for (const given of [undefined, null, 1, "x"]) await named(given, { signingKey }, "message");
    for (const body of [undefined, null, 1, {}, { event_type: "x" }, []])
      await named({ ...message, body }, { signingKey }, "`body`");
    await named({ ...message, signature: 7 }, { signingKey }, "`signature`");
    await named({ ...message, signature: [message.signature] }, { signingKey }, "`signature`");
    await named({ ...message, environment: {} }, { signingKey }, "`environment`");
    await refused(verifyWebhook(message, { signingKey: "" }), "no_signing_key");
    await refused(verifyWebhook(message, { signingKey: [] }), "no_signing_key");
    await refused(verifyWebhook(message, { signingKey: [signingKey, ""] }), "no_signing_key");
    const { body } = message;
    await refused(
      verifyWebhook(/** @type {any} */ ({ body }), { signingKey }),
      "missing_signature",
    );
  });

  test("webhooks: from the call to the outcome of each code", async () => {
    const sandbox = await sandboxModule.createSandbox({
      seed: 11,
      organizationId: "org",
      clientId: "app",
      clientSecret: "secret",
      signingKey: "the sandbox's own key",
      failureRate: 0.5,
      faults: { webhook_foreign: 0.5, webhook_duplicated: 0.5, webhook_reordered: 0.5 },
    });
    const { programId, codes } = sandbox.createProgram({ codes: 400 });
    const { fetch, clock } = sandbox;
    const auth = { clientId: "app", clientSecret: "secret" };
    const client = createClient({
      organizationId: "org",
      auth,
      fetch,
      clock,
      dangerouslyAllowBrowser: true,
    });
    await client.distribute(programId, codes);
    sandbox.advance(3_600_000);
    const options = { signingKey: ["an older one", "the sandbox's own key"] };
    for (const webhook of sandbox.webhooks()) {
      await verifyWebhook(webhook, options);
      await refused(verifyWebhook(webhook, { signingKey: "another" }), "signature_mismatch");
      const again = JSON.stringify(JSON.parse(webhook.body));
      await refused(verifyWebhook({ ...webhook, body: again }, options), "signature_mismatch");
    }
    /** @type {Map<string, string>} */
    const found = new Map();
    /** @type {(string | null)[]} */
    const reasons = [];
    let others = 0;
    await sandbox.deliverWebhooks(async (request) => {
      const event = await verifyWebhook(/** @type {Request} */ (request), options);
      assert.equal([event.environment, event.organizationId], ["sandbox", "org"]);
      assert.ok(event.id && event.occurredAt && event.occurredAt <= clock.now());
      assert.ok(event.resourceHref?.includes(String(event.programId)));
      if (event.programId !== programId || event.outcomes.length === 0) others += 1;
      else {
        for (const { code, status, reason } of event.outcomes) {
          assert.equal(found.get(code) ?? status, status);
          assert.equal(reason === null, status === "distributed");
          found.set(code, status);
          reasons.push(reason);
        }
      }
      return { status: 200 };
    });
    assert.equal([...found.keys()].sort(), [...codes].sort());
    const failed = [...found.values()].filter((status) => status === "failed").length;
    assert.ok(failed > 100 && failed < 300 && others > 0, `${failed} failed, ${others} others`);
    assert.ok(reasons.includes("Mailbox [email] is full") && reasons.includes("invalid_email"));
    assert.ok(!reasons.some((reason) => reason?.includes("@")));
  });
}
