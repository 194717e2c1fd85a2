import { callsBench } from "./calls-bench.mjs";
import { faultsSuite } from "./faults-suite.mjs";
import { bytesOf, forms, plain } from "./vector-inputs.mjs";

/**
 * The calls that `uber-vouchers/distribute` has too.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers/distribute")} uberVouchers
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 * @param {any} vectors
 */
export async function callsSuite(test, assert, uberVouchers, sandboxModule, vectors) {
  const {
    parseCodes,
    ApiError,
    ConnectionError,
    JobError,
    ValidationError,
    VoucherError,
    WebhookError,
  } = uberVouchers;
  const { bench } = callsBench(uberVouchers, sandboxModule);
  const CODE = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";

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

  test("a response body is read whole, wherever its chunks end", async () => {
    const body = new TextEncoder().encode('\ufeff{"code":"größe_€_😀","message":"Zu groß: 😀"}');
    /** @param {number} length */
    const refusal = async (length) => {
      const stream = new ReadableStream({
        start(to) {
          for (let at = 0; at < body.length; at += length) {
            to.enqueue(body.slice(at, at + length));
          }
          to.close();
        },
      });
      const fetch = async () => new Response(stream, { status: 400 });
      const client = uberVouchers.createClient({ organizationId: "o", auth: "none", fetch });
      return assert.rejects(client.distribute("p", [CODE]), { queued: "no" });
    };
    const { uberCode, message } = await refusal(body.length);
    assert.equal(uberCode, "größe_€_😀");
    for (const length of [1, 2, 3, 5, 30]) {
      const split = await refusal(length);
      assert.equal([split.uberCode, split.message], [uberCode, message], `${length} bytes`);
    }
  });

  test("codes: progress, and an abort by signal", async () => {
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

  test("distributeAll sends every code in one request", async () => {
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

  test("money: exposure, usage and currency of a program, its codes and its guests", async () => {
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

  test("money in every form, and null for invalid values", async () => {
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

  test("pages of guests with repeated tokens end with an error", async () => {
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

  test("calls that are refused before anything is sent", async () => {
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
      // An unpaired surrogate; not as a literal, which bundlers change.
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

  test("a list with a rejected row is refused until `valid()` is called", async () => {
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
    // Like an error of another copy of the package.
    class Other extends Error {
      get [Symbol.for("uber-vouchers.error")]() {
        return ["VoucherError", "ApiError"];
      }
    }
    const foreign = /** @type {unknown} */ (new Other());
    assert.ok(foreign instanceof ApiError && foreign instanceof VoucherError);
    assert.ok(!(foreign instanceof ValidationError));
  });

  await faultsSuite(test, assert, uberVouchers, sandboxModule);
}
