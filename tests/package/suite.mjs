import { sandboxSuite } from "./sandbox-suite.mjs";
import { webhookSuite } from "./webhook-suite.mjs";

/**
 * What holds in every host, against the sandbox. The package is not imported
 * here: each starter hands it over as its host loads it.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers")} uberVouchers
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 * @param {any} vectors
 */
export async function suite(test, assert, uberVouchers, sandboxModule, vectors) {
  await callsSuite(test, assert, uberVouchers, sandboxModule, vectors);
  const { parseCodesByProgram } = uberVouchers;

  test(`codes by program: ${vectors.codes.programs.length} vectors`, async () => {
    for (const { name, input, options, expect } of vectors.codes.programs) {
      for (const [form, value] of forms(bytesOf(input))) {
        const lists = await parseCodesByProgram(value, options);
        const programs = [...lists.programs].map(([programId, list]) => {
          const { duplicates, rejectedCount } = list;
          return { programId, codes: [...list], duplicates, rejectedCount };
        });
        const { rejectedCount } = lists;
        const found = { programs, rejectedCount, rejected: plain(lists) };
        assert.equal(found, expect, `${name}, ${form}`);
      }
    }
  });

  webhookSuite(test, assert, uberVouchers, sandboxModule, vectors.webhooks);
  sandboxSuite(test, assert, sandboxModule);
}

/**
 * The part of it that `uber-vouchers/distribute` can do too.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers/distribute")} uberVouchers
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 * @param {any} vectors
 */
export async function callsSuite(test, assert, uberVouchers, sandboxModule, vectors) {
  const { createClient, parseCodes, authorizationUrl, exchangeCode } = uberVouchers;
  const { ApiError, ConnectionError, JobError, ValidationError, VoucherError, WebhookError } =
    uberVouchers;
  const { createSandbox } = sandboxModule;
  const app = { clientId: "app", clientSecret: "a-very-secret-thing" };
  const CODE = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";

  /**
   * A sandbox, a client of it, and what passed between them.
   * @param {import("uber-vouchers/sandbox").SandboxOptions} [options]
   * @param {Record<string, unknown>} [more]
   * @param {number} [codes]
   */
  async function bench(options = {}, more = {}, codes = 20) {
    const sandbox = await createSandbox({ seed: 7, organizationId: "org", ...app, ...options });
    const program = sandbox.createProgram({ codes, name: "Lunch" });
    /** @type {import("uber-vouchers").RequestEvent[]} */
    const requests = [];
    /** @type {import("uber-vouchers").ResponseEvent[]} */
    const responses = [];
    const client = createClient({
      organizationId: "org",
      auth: app,
      fetch: sandbox.fetch,
      clock: sandbox.clock,
      dangerouslyAllowBrowser: true,
      onRequest: (event) => requests.push(event),
      onResponse: (event) => responses.push(event),
      ...more,
    });
    const calls = () => requests.filter(({ url }) => url.includes("/voucher-programs/"));
    const sent = () => sandbox.deliveries(program.programId);
    return { ...program, sandbox, client, requests, responses, calls, sent };
  }

  test(`codes: ${vectors.codes.lists.length} vectors`, async () => {
    for (const { name, input, options, expect } of vectors.codes.lists) {
      /** @type {[string, any][]} */
      const inputs = input.entries ? [["entries", input.entries]] : forms(bytesOf(input));
      if (input.text !== undefined) inputs.push(["string", input.text]);
      for (const [form, value] of inputs) {
        const list = await parseCodes(value, options);
        const { duplicates, rejectedCount, size } = list;
        const found = { codes: [...list], duplicates, rejectedCount, rejected: plain(list) };
        assert.equal(found, expect, `${name}, ${form}`);
        assert.equal(size, expect.codes.length, name);
      }
    }
  });

  test("codes: progress, and an end by signal", async () => {
    /** @type {any[]} */
    const seen = [];
    const text = `${CODE}\n${CODE}\nx\n`;
    await parseCodes(new Blob([text]), { onProgress: (progress) => seen.push(progress) });
    const { bytes, totalBytes, rows } = seen.at(-1);
    assert.equal([bytes, totalBytes, rows], [text.length, text.length, 3]);
    const aborted = { signal: AbortSignal.abort("why"), column: "code" };
    const error = await assert.rejects(parseCodes(text, aborted), {
      code: "aborted",
      queued: "no",
    });
    assert.equal(error.cause, "why");
    const endless = new ReadableStream({ pull: () => new Promise(() => {}) });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(parseCodes(endless, { signal: controller.signal }), { code: "aborted" });
    const broken = new ReadableStream({ pull: (to) => to.error(new Error("torn")) });
    const torn = await assert.rejects(parseCodes(broken), { code: "connection_failed" });
    assert.equal(torn.cause.message, "torn");
    const wrong = /** @type {any} */ ({ colum: "code" });
    const misspelt = await assert.rejects(parseCodes(text, wrong), { code: "invalid_options" });
    assert.ok(misspelt.message.includes("`colum`"), misspelt.message);
    for (const [option, value] of [
      ["column", 0],
      ["column", 1.5],
      ["column", ""],
      ["column", ["code_id"]],
      ["column", { name: "code_id" }],
      ["column", { name: "", occurrence: 1 }],
      ["column", { name: "code_id", occurrence: 0 }],
      ["headerRow", 0],
      ["headerRow", "1"],
      ["headerRow", 2 ** 32],
    ]) {
      const given = /** @type {any} */ ({ [String(option)]: value });
      const error = await assert.rejects(parseCodes(text, given), { code: "invalid_options" });
      assert.ok(error.message.startsWith(`\`${option}\` must be `), error.message);
    }
  });

  test("distribute: every form of input, in order, once each", async () => {
    const { client, programId, codes, sent, calls } = await bench();
    const some = codes.slice(0, 10);
    async function* bytes() {
      yield new TextEncoder().encode(some.join("\n"));
    }
    const inputs = [some, new Set(some), some.join("\n"), `code_id,x\n${some.join(",1\n")},1`];
    inputs.push(/** @type {any} */ (bytes()), /** @type {any} */ (new Blob([some.join("\r\n")])));
    inputs.push(/** @type {any} */ (await parseCodes([...some, ...some])).valid());
    let times = 0;
    for (const input of inputs) {
      times += 1;
      const receipt = await client.distribute(programId, /** @type {any} */ (input));
      assert.equal([receipt.programId, receipt.codes, receipt.status], [programId, 10, 200]);
      assert.equal(receipt.attempts, 1);
      assert.equal([...sent()].sort(), some.map((code) => [code, times]).sort());
    }
    const receipt = await client.distribute(programId, [
      ...some,
      ...some,
      String(some[0]).toUpperCase(),
    ]);
    assert.equal([receipt.codes, receipt.duplicates], [10, 11]);
    assert.ok(typeof receipt.headers["x-uber-trace-id"] === "string");
    assert.equal(calls().length, inputs.length + 1);
  });

  test("distributeAll reaches everybody, in one request", async () => {
    const { client, programId, codes, sent, calls } = await bench();
    const { codes: count, duplicates } = await client.distributeAll(programId);
    assert.equal([count, duplicates, calls().length], ["all", 0, 1]);
    assert.equal([...sent()].sort(), codes.map((code) => [code, 1]).sort());
  });

  test("listCodes and searchPrograms", async () => {
    const { client, sandbox, programId, codes } = await bench();
    const listed = await client.listCodes(programId, { includeUsage: true });
    assert.equal(listed.map(({ codeId }) => codeId).sort(), [...codes].sort());
    assert.equal(typeof listed[0]?.raw, "object");
    sandbox.createProgram({ name: "Dinner" });
    const programs = await client.searchPrograms();
    assert.equal(programs.map(({ name }) => name).sort(), ["Dinner", "Lunch"]);
    assert.equal((await client.searchPrograms({ limit: 1, offset: 1 })).length, 1);
    await assert.rejects(client.listCodes("unknown"), {
      name: "ApiError",
      code: "resource_not_found",
      queued: "no",
      status: 404,
    });
  });

  test("getProgram and listGuests", async () => {
    const { client, sandbox, programId, codes, calls } = await bench({}, {}, 25);
    sandbox.redeem(programId, String(codes[3]));
    const program = await client.getProgram(programId);
    assert.equal(
      [program.programId, program.name, program.status, program.usageTripCount],
      [programId, "Lunch", "ACTIVE", 1],
    );
    assert.equal([program.usageAmount, program.usageAmountCurrency], [10, "USD"]);
    const [found] = await client.searchPrograms();
    assert.ok(found?.usageAmount === null);
    const guests = [];
    for await (const guest of client.listGuests(programId, { pageSize: 10 })) guests.push(guest);
    assert.equal(
      guests.map(({ codeId }) => codeId),
      codes,
    );
    assert.equal([guests[3]?.isClaimed, guests[3]?.usageCount], [true, 1]);
    assert.equal([guests[4]?.isClaimed, guests[4]?.usageCount], [null, null]);
    assert.ok(guests.every(({ email, raw }) => /@/.test(String(email)) && raw !== undefined));
    assert.equal(calls().filter(({ url }) => url.includes("/guests")).length, 3);
    for await (const _ of client.listGuests(programId, { pageSize: 1 })) break;
    const wrong = async () => client.listGuests(programId, { pageSize: 0 }).next();
    await assert.rejects(wrong(), { code: "invalid_options" });
    await assert.rejects(client.getProgram("unknown"), { code: "resource_not_found" });
    await assert.rejects(client.listGuests("unknown").next(), { code: "resource_not_found" });
    await assert.rejects(client.getProgram(".."), { code: "invalid_program_id" });
    const stranger = async () => sandbox.redeem(programId, "x");
    assert.ok((await assert.rejects(stranger(), {})) instanceof TypeError);
  });

  test("money: exposure, use and currency, of a program, its codes and its guests", async () => {
    const { client, sandbox } = await bench();
    const { programId, codes } = sandbox.createProgram({
      codes: 4,
      currencyCode: "EUR",
      guests: 3,
    });
    const [first = "", second = ""] = codes;
    const spent = async () => {
      const [program, found] = [await client.getProgram(programId), await client.searchPrograms()];
      const item = found.find((other) => other.programId === programId);
      assert.equal([program.totalDollarExposure, program.currencyCode], [80, "EUR"]);
      assert.equal([item?.totalDollarExposure, item?.currencyCode], [80, "EUR"]);
      assert.equal(program.raw["total_dollar_exposure"], 80);
      return [program.usageAmount, program.usageAmountCurrency, program.usageVoucherClaimCount];
    };
    assert.equal(await spent(), [0, "EUR", 0]);
    for (const code of [first, first, second]) sandbox.redeem(programId, code);
    assert.equal(await spent(), [30, "EUR", 2]);
    sandbox.cancel(programId, String(codes[3]));
    const listed = await client.listCodes(programId, { includeUsage: true });
    assert.equal(
      listed.map((code) => [code.usageCount, code.usageAmount, code.currencyCode]),
      [
        [2, 20, "EUR"],
        [1, 10, "EUR"],
        [0, 0, "EUR"],
        [0, 0, "EUR"],
      ],
    );
    assert.equal(
      listed.map(({ canceledAt }) => canceledAt !== null),
      [false, false, false, true],
    );
    assert.ok((await client.listCodes(programId)).every(({ usageAmount }) => usageAmount === null));
    const guests = [];
    for await (const guest of client.listGuests(programId)) guests.push(guest);
    assert.equal(
      guests.map((guest) => [guest.name, guest.phone, guest.usageAmount]),
      [
        ["Ada Okafor", null, 20],
        ["Bruno Keller", "+1555010000002", 10],
        ["Chiara Rossi", null, null],
      ],
    );
    const fault = async (/** @type {() => unknown} */ call) => call();
    for (const wrong of ["eur", "", "EURO", "€"]) {
      const create = () => sandbox.createProgram({ currencyCode: wrong });
      assert.ok((await assert.rejects(fault(create), {})) instanceof TypeError);
    }
    const cancel = () => sandbox.cancel(programId, "x");
    assert.ok((await assert.rejects(fault(cancel), {})) instanceof TypeError);
  });

  test("money in whatever form it comes, and nothing where it is none", async () => {
    const member = async (/** @type {unknown} */ exposure, /** @type {unknown} */ currency) => {
      const program = { total_dollar_exposure: exposure, currency_code: currency };
      const fetch = async () => new Response(JSON.stringify(program));
      const { client } = await bench({}, { fetch, auth: { accessToken: "t" } });
      const { totalDollarExposure, currencyCode, raw } = await client.getProgram("p");
      assert.equal([raw["total_dollar_exposure"], raw["currency_code"]], [exposure, currency]);
      return [totalDollarExposure, currencyCode];
    };
    assert.equal(await member(92_000, "EUR"), [92_000, "EUR"]);
    assert.equal(await member("92000.50", "EUR"), [92_000.5, "EUR"]);
    assert.equal(await member(0, "usd"), [0, "usd"]);
    for (const none of [null, "", "20 USD", "1,5", true, [20], { amount: 20 }]) {
      assert.equal((await member(none, "EUR"))[0], null);
    }
    for (const none of [null, 840, true, ["EUR"], { code: "EUR" }]) {
      assert.equal((await member(1, none))[1], null);
    }
  });

  test("pages of guests whose tokens lead back end with an error", async () => {
    /** @param {any[]} pages @param {number[]} [statuses] */
    const reading = async (pages, statuses = []) => {
      /** @type {string[]} */
      const asked = [];
      const fetch = async (/** @type {string} */ url) => {
        asked.push(url.split("page_token=")[1] ?? "");
        const status = statuses.shift() ?? 200;
        const body = status === 200 ? (pages.shift() ?? { guests: [] }) : { code: "x" };
        return new Response(JSON.stringify(body), { status });
      };
      const { client } = await bench({}, { fetch, auth: { accessToken: "t" }, maxRetries: 2 });
      const guests = [];
      let error;
      try {
        for await (const guest of client.listGuests("p")) guests.push(guest);
      } catch (thrown) {
        error = /** @type {any} */ (thrown);
      }
      return { asked, guests, error };
    };
    const one = { email: "a@example.com" };
    const loop = await reading([
      { guests: [one], next_token: "a" },
      { guests: [one], next_token: "b" },
      { guests: [one], next_token: "a" },
    ]);
    assert.equal([loop.error?.code, loop.error?.queued], ["unexpected_response", "no"]);
    assert.equal([loop.guests.length, loop.asked], [3, ["", "a", "b"]]);
    const numbers = await reading([{ guests: [{ ...one, next_token: 7 }] }, { guests: [one] }]);
    assert.equal([numbers.guests.length, numbers.asked], [2, ["", "7"]]);
    const busy = await reading([{ guests: [one], next_token: "a" }, { guests: [one] }], [200, 429]);
    assert.equal([busy.guests.length, busy.asked], [2, ["", "a", "a"]]);
    const expired = await reading([{ guests: [one], next_token: "a" }], [200, 400]);
    assert.equal([expired.guests.length, expired.error?.code], [1, "invalid_request"]);
    const strange = await reading([{ people: [] }]);
    assert.equal(strange.error?.code, "unexpected_response");
  });

  test("refused before anything leaves", async () => {
    const { client, programId, codes, sent, requests } = await bench();
    const none = [[], undefined, null, new Set(), "", "\n\n", new Uint8Array(), new Blob([])];
    for (const input of none) {
      const call = client.distribute(programId, /** @type {any} */ (input));
      await assert.rejects(call, { name: "ValidationError", code: "empty_codes", queued: "no" });
    }
    const strange = [[""], [null], [undefined], [1], 42, {}, true, ["x", ...codes], () => {}];
    for (const input of [...strange, Symbol("s"), 10n, [Symbol("s")]]) {
      const call = client.distribute(programId, /** @type {any} */ (input));
      const error = await assert.rejects(call, { code: "invalid_codes", queued: "no" });
      assert.equal(error.issues.length, 1);
      assert.equal(error.issues[0].index, 0);
    }
    const rows = await assert.rejects(client.distribute(programId, `${codes.join("\n")}\nbad`), {
      code: "invalid_codes",
    });
    const [{ line, value, reason }] = rows.issues;
    assert.equal([line, value, reason], [21, "bad", "not_a_uuid"]);
    const many = Array.from({ length: 30_001 }, (_, at) => {
      return `${(at + 1).toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
    });
    await assert.rejects(client.distribute(programId, many), {
      code: "too_many_codes",
      queued: "no",
    });
    const bad = Array.from({ length: 1_500 }, () => "x");
    const error = await assert.rejects(client.distribute(programId, bad), {
      code: "invalid_codes",
    });
    assert.equal(error.issues.length, 1_000);
    assert.ok(error.message.includes("1500"), error.message);
    for (const id of [
      "",
      ".",
      "..",
      "a\0b",
      "a\n",
      "x".repeat(257),
      undefined,
      null,
      7,
      {},
      // Half a pair of surrogates; not as a literal, which bundlers change.
      JSON.parse('"\\ud800"'),
    ]) {
      const wrong = /** @type {any} */ (id);
      const members = { name: "ValidationError", code: "invalid_program_id", queued: "no" };
      await assert.rejects(client.distribute(wrong, codes), members, String(id));
      await assert.rejects(client.distributeAll(wrong), members, String(id));
      await assert.rejects(client.listCodes(wrong), members, String(id));
    }
    assert.equal(requests.length, 0);
    assert.equal(sent().size, 0);
  });

  test("a rejected row is refused until it was seen", async () => {
    const { client, programId, codes, sent } = await bench();
    const list = await parseCodes(`${codes.join("\n")}\nnonsense`);
    await assert.rejects(client.distribute(programId, list), { code: "invalid_codes" });
    assert.equal(sent().size, 0);
    assert.equal((await client.distribute(programId, list.valid())).codes, codes.length);
  });

  test("hostile program ids stay one segment of the path", async () => {
    const { client, calls, codes } = await bench();
    for (const id of ["../x", "a/b", "a?b#c", "a b", "%2e%2e", "é", ";", "a\\b", "x".repeat(256)]) {
      await assert.rejects(client.distribute(id, codes), { code: "resource_not_found" }, id);
      const { pathname, search, hash } = new URL(String(calls().at(-1)?.url));
      const segments = pathname.split("/");
      assert.equal([segments.length, search, hash], [8, "", ""]);
      assert.equal(decodeURIComponent(String(segments[5])), id);
    }
  });

  test("errors: classes, members, and no value in JSON", async () => {
    const { client, programId } = await bench();
    const leaky = "leaky-value";
    const invalid = await assert.rejects(client.distribute(programId, [leaky]), {});
    const api = await assert.rejects(client.listCodes("no-such-program"), {});
    /** @type {[any, any][]} */
    const pairs = [
      [invalid, ValidationError],
      [api, ApiError],
    ];
    for (const [error, type] of pairs) {
      assert.ok(error instanceof Error && error instanceof VoucherError && error instanceof type);
      for (const other of [ValidationError, ApiError, ConnectionError, WebhookError, JobError]) {
        assert.equal(error instanceof other, other === type);
      }
      const { name, code, message, hint, queued } = error;
      const json = JSON.parse(JSON.stringify(error));
      assert.equal([json.name, json.code, json.message], [name, code, message]);
      assert.equal([json.hint, json.queued], [hint, queued]);
      assert.ok(hint.length > 10 && error.stack.includes(message));
      assert.ok(!`${JSON.stringify(error)}${error.stack}`.includes(leaky));
    }
    assert.equal(invalid.issues[0].value, leaky);
    assert.ok(api.body.includes("{") && typeof api.headers === "object");
    assert.ok(!("body" in api.toJSON()) && !("issues" in invalid.toJSON()));
    for (const value of [null, undefined, 1, "x", {}, new Error("x")]) {
      assert.ok(!(value instanceof VoucherError));
    }
    // As an error of another copy of the package.
    class Other extends Error {
      get [Symbol.for("uber-vouchers.error")]() {
        return ["VoucherError", "ApiError"];
      }
    }
    const foreign = /** @type {unknown} */ (new Other());
    assert.ok(foreign instanceof ApiError && foreign instanceof VoucherError);
    assert.ok(!(foreign instanceof ValidationError));
  });

  // How many of the codes may have been sent, and the most requests it takes.
  const none = (/** @type {number} */ count) => count === 0;
  const all = (/** @type {number} */ count) => count === 20;
  const part = (/** @type {number} */ count) => count > 0 && count < 20;
  const coin = (/** @type {number} */ count) => count === 0 || count === 20;
  /** @type {[import("uber-vouchers/sandbox").SandboxFault, string, "no" | "unknown", (count: number) => boolean, number[]][]} */
  const faults = [
    ["rate_limited", "rate_limited", "no", none, [1, 2, 3]],
    ["unauthorized", "unauthorized", "no", none, [2]],
    ["bad_request", "invalid_request", "no", none, [1]],
    ["error_before", "internal_server_error", "unknown", none, [1]],
    ["error_after", "internal_server_error", "unknown", all, [1]],
    ["error_partial", "internal_server_error", "unknown", part, [1]],
    ["lost_before", "connection_failed", "unknown", none, [1]],
    ["lost_after", "connection_failed", "unknown", all, [1]],
    ["hang", "timeout", "unknown", coin, [1]],
    ["html_error", "server_error", "unknown", coin, [1]],
    ["html_ok", "unexpected_response", "unknown", none, [1]],
  ];
  for (const [fault, code, queued, fits, requests] of faults) {
    test(`fault ${fault}: ${code}, queued ${queued}`, async () => {
      for (const seed of [1, 2, 3]) {
        for (const way of /** @type {const} */ (["distribute", "distributeAll"])) {
          const { client, programId, codes, sent, calls } = await bench({
            seed,
            faults: { [fault]: 1 },
          });
          const call =
            way === "distribute"
              ? client.distribute(programId, codes)
              : client.distributeAll(programId);
          await assert.rejects(call, { code, queued }, fault);
          assert.ok(fits(sent().size), `${sent().size} codes were sent`);
          assert.ok(
            [...sent().values()].every((times) => times === 1),
            "Sent twice",
          );
          assert.ok(requests.includes(calls().length), `${calls().length} requests`);
        }
      }
    });
    test(`fault ${fault}, reading: queued no`, async () => {
      const { client, programId, calls } = await bench({ faults: { [fault]: 1 } });
      await assert.rejects(client.listCodes(programId), { code, queued: "no" }, fault);
      const repeats = /^(error|lost|html_error)/.test(fault);
      if (repeats) assert.equal(calls().length, 3);
      const once = client.searchPrograms({ maxRetries: 0 });
      await assert.rejects(once, { code, queued: "no" }, fault);
    });
  }

  test("waits as long as it is told, on the clock that it was given", async () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const { client, sandbox, programId, codes, sent, calls, responses } = await bench({
        seed,
        faults: { rate_limited: 0.6 },
      });
      const before = sandbox.clock.now();
      const real = Date.now();
      const { attempts } = await client.distribute(programId, codes, { maxRetries: 50 });
      assert.equal(attempts, calls().length);
      assert.equal(
        [...sent().values()],
        codes.map(() => 1),
      );
      if (attempts > 2) assert.ok(sandbox.clock.now() - before > 100, "It did not wait");
      assert.ok(Date.now() - real < 5_000, "It waited for real");
      assert.equal(responses.filter(({ status }) => status === 429).length, attempts - 1);
    }
  });

  test("an abort before the call", async () => {
    const { client, programId, codes, sent, requests } = await bench();
    const signal = AbortSignal.abort("enough");
    for (const call of [
      client.distribute(programId, codes, { signal }),
      client.distributeAll(programId, { signal }),
      client.listCodes(programId, { signal }),
    ]) {
      const members = { name: "ConnectionError", code: "aborted", queued: "no", cause: "enough" };
      await assert.rejects(call, members);
    }
    assert.equal([requests.length, sent().size], [0, 0]);
  });

  test("an abort while the request is under way", async () => {
    const controller = new AbortController();
    const { client, programId, codes } = await bench(
      { faults: { hang: 1 } },
      {
        timeoutMs: Infinity,
        onRequest: (/** @type {{ url: string }} */ { url }) => {
          if (url.endsWith("/distribute")) setTimeout(() => controller.abort(), 10);
        },
      },
    );
    const call = client.distribute(programId, codes, { signal: controller.signal });
    await assert.rejects(call, { code: "aborted", queued: "unknown" });
    // AbortSignal.timeout does not keep Node.js alive.
    const reading = new AbortController();
    setTimeout(() => reading.abort(), 20);
    await assert.rejects(client.listCodes(programId, { signal: reading.signal }), {
      code: "aborted",
      queued: "no",
    });
  });

  test("an abort between two attempts", async () => {
    const controller = new AbortController();
    const { client, programId, codes, sent, calls } = await bench(
      { faults: { rate_limited: 1 } },
      {
        clock: { now: () => 0, sleep: () => new Promise(() => {}) },
        onResponse: (/** @type {{ status: number }} */ { status }) => {
          if (status === 429) setTimeout(() => controller.abort(), 30);
        },
      },
    );
    const call = client.distribute(programId, codes, { signal: controller.signal });
    await assert.rejects(call, { code: "aborted", queued: "no" });
    assert.equal([calls().length, sent().size], [1, 0]);
  });

  test("wrong options are named, where the client is made", async () => {
    /** What is thrown is not a rejection of a later call. */
    const creating = async (/** @type {any} */ given) => void createClient(given);
    /** @type {[Record<string, unknown>, string][]} */
    const cases = [
      [{ nonsense: 1 }, "nonsense"],
      [{ auth: undefined }, "auth"],
      [{ auth: null }, "auth"],
      [{ auth: "nobody" }, "auth"],
      [{ auth: {} }, "auth.clientId"],
      [{ auth: { accessToken: "" } }, "auth.accessToken"],
      [{ auth: { accessToken: 1 } }, "auth.accessToken"],
      [{ auth: { accessToken: "a\nb" } }, "auth.accessToken"],
      [{ auth: { accessToken: "a", clientId: "b" } }, "auth.clientId"],
      [{ auth: { clientId: "a" } }, "auth.clientSecret"],
      [{ auth: { ...app, scope: "all" } }, "auth.scope"],
      [{ auth: { ...app, cache: {} } }, "auth.cache"],
      [{ auth: { ...app, tokenUrl: "http://elsewhere.example/" } }, "auth.tokenUrl"],
      [{ auth: { ...app, tokens: {} } }, "auth.tokens"],
      [{ baseUrl: "http://elsewhere.example/" }, "baseUrl"],
      [{ baseUrl: "https://" }, "baseUrl"],
      [{ baseUrl: "ftp://localhost/" }, "baseUrl"],
      [{ baseUrl: 1 }, "baseUrl"],
      [{ baseUrl: "https://a.example/?b" }, "baseUrl"],
      [{ baseUrl: "https://a:b@c.example/" }, "baseUrl"],
      [{ acceptLanguage: "" }, "acceptLanguage"],
      [{ acceptLanguage: "a\nb" }, "acceptLanguage"],
      [{ headers: "x" }, "headers"],
      [{ headers: { a: 1 } }, "headers"],
      [{ headers: { "a b": "c" } }, "headers"],
      [{ fetch: 1 }, "fetch"],
      [{ fetch: {} }, "fetch"],
      [{ timeoutMs: 0 }, "timeoutMs"],
      [{ timeoutMs: NaN }, "timeoutMs"],
      [{ timeoutMs: "1" }, "timeoutMs"],
      [{ maxRetries: -1 }, "maxRetries"],
      [{ maxRetries: 1.5 }, "maxRetries"],
      [{ maxRetries: Infinity }, "maxRetries"],
      [{ clock: {} }, "clock"],
      [{ module: "x" }, "module"],
      [{ dangerouslyAllowBrowser: 1 }, "dangerouslyAllowBrowser"],
      [{ onRequest: 1 }, "onRequest"],
      [{ onResponse: {} }, "onResponse"],
    ];
    for (const [option, name] of cases) {
      const given = {
        organizationId: "org",
        auth: "none",
        dangerouslyAllowBrowser: true,
        ...option,
      };
      const members = { name: "ValidationError", code: "invalid_options", queued: "no" };
      const error = await assert.rejects(creating(given), members, name);
      assert.ok(error.message.includes(`\`${name}\``), `${name} is not in: ${error.message}`);
    }
    for (const given of [undefined, null, 1, "x"]) {
      await assert.rejects(creating(given), { code: "invalid_options" });
    }
    for (const organizationId of [undefined, "", "..", 1, "a\0", "x".repeat(257)]) {
      const given = { organizationId, auth: "none" };
      await assert.rejects(creating(given), { code: "invalid_organization_id" });
    }
    const { client, programId, codes, requests } = await bench();
    for (const [option, name] of /** @type {[any, string][]} */ ([
      [{ timeout: 1 }, "timeout"],
      [{ timeoutMs: -1 }, "timeoutMs"],
      [{ maxRetries: "2" }, "maxRetries"],
      [{ signal: {} }, "signal"],
    ])) {
      const error = await assert.rejects(client.distribute(programId, codes, option), {
        code: "invalid_options",
      });
      assert.ok(error.message.includes(`\`${name}\``), error.message);
    }
    assert.equal(requests.length, 0);
  });

  test("the sandbox names its own wrong options", async () => {
    for (const [option, name] of /** @type {[any, string][]} */ ([
      [{ sed: 1 }, "sed"],
      [{ seed: 0.5 }, "seed"],
      [{ faults: { explode: 1 } }, "faults.explode"],
      [{ faults: { hang: 2 } }, "faults.hang"],
      [{ latencyMs: [2, 1] }, "latencyMs"],
      [{ journal: { append() {} } }, "journal"],
    ])) {
      const error = await assert.rejects(createSandbox(option), { name: "TypeError" });
      assert.ok(error.message.includes(`\`${name}\``), error.message);
    }
  });

  test("webhooks come signed, until they are acknowledged", async () => {
    const { client, sandbox, programId, codes } = await bench({ failureRate: 0.5 });
    await client.distribute(programId, codes);
    sandbox.advance(3_600_000);
    const due = sandbox.webhooks();
    assert.ok(due.length > 0 && due.every(({ signature }) => /^[0-9a-f]{64}$/.test(signature)));
    assert.equal(await sandbox.deliverWebhooks(async () => ({ status: 500 })), 0);
    sandbox.advance(3_600_000);
    /** @type {string[]} */
    const bodies = [];
    const count = await sandbox.deliverWebhooks(async (request) => {
      bodies.push(await request.text());
      return { status: 200 };
    });
    assert.equal([count, bodies.length], [due.length, due.length]);
    assert.ok(codes.every((code) => bodies.some((body) => body.includes(code))));
  });

  test("the delegated grant, from sign-in to a renewed token", async () => {
    const { sandbox, programId, codes } = await bench();
    const redirectUri = "https://admin.example/back";
    const url = await authorizationUrl({ clientId: app.clientId, redirectUri, state: "s t" });
    const answer = await sandbox.fetch(url, { redirect: "manual" });
    const back = new URL(String(answer.headers.get("location")));
    assert.equal(
      [back.origin + back.pathname, back.searchParams.get("state")],
      [redirectUri, "s t"],
    );
    const { fetch, clock } = sandbox;
    const code = String(back.searchParams.get("code"));
    const grant = { ...app, redirectUri, code, fetch, clock, dangerouslyAllowBrowser: true };
    const tokens = await exchangeCode(grant);
    assert.ok(tokens.refreshToken && tokens.expiresAt > clock.now());
    await assert.rejects(exchangeCode(grant), { code: "token_rejected", queued: "no" });
    /** @type {import("uber-vouchers").TokenSet[]} */
    const renewed = [];
    const client = createClient({
      organizationId: "org",
      auth: {
        ...app,
        tokens: { ...tokens, expiresAt: 0 },
        onTokens: (set) => void renewed.push(set),
      },
      fetch,
      clock,
      dangerouslyAllowBrowser: true,
    });
    assert.equal((await client.distribute(programId, codes)).codes, 20);
    assert.equal(renewed.length, 1);
    assert.ok(renewed[0]?.accessToken !== tokens.accessToken);
  });

  test("a hundred calls at once share a token, and all get through", async () => {
    const { client, programId, codes, requests, sent } = await bench();
    await Promise.all(Array.from({ length: 100 }, () => client.distribute(programId, codes)));
    assert.equal(requests.filter(({ url }) => url.includes("/oauth/")).length, 1);
    assert.ok([...sent().values()].every((times) => times === 100));
  });
}

/** @param {any} input @returns {any} */
function bytesOf({ text, base64 }) {
  if (text !== undefined) return new TextEncoder().encode(text);
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** The same bytes in every form that is read as text. @param {Uint8Array<ArrayBuffer>} bytes @returns {[string, any][]} */
function forms(bytes) {
  /** @param {number} size */
  const stream = (size) => {
    let at = 0;
    return new ReadableStream({
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(at, at + size));
        at += size;
      },
    });
  };
  async function* iterate() {
    for (let at = 0; at < bytes.length; at += 13) yield bytes.slice(at, at + 13);
  }
  return [
    ["bytes", bytes],
    ["ArrayBuffer", bytes.slice().buffer],
    ["Blob", new Blob([bytes])],
    ["stream, byte by byte", stream(1)],
    ["stream, 7 bytes each", stream(7)],
    ["async iterable", iterate()],
  ];
}

/** @param {any} list */
const plain = ({ rejected }) =>
  rejected.map((/** @type {any} */ { line, value, reason }) => ({ line, value, reason }));
