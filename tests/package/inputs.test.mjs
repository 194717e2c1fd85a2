/** Inputs of codes, headers and webhooks: every kind, and hosts with mocked functions. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createInterface as createReadline } from "node:readline/promises";
import { Readable } from "node:stream";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runInNewContext } from "node:vm";

import { sandboxModule, uberVouchers } from "./installed.mjs";

/** Nothing here is typed: wrong types are the point. @type {any} */
const { createClient, exchangeCode, parseCodes, parseCodesByProgram } = uberVouchers;
const { createSandbox } = sandboxModule;

const CODE = "0f8b3f5e-7a3b-4b8e-9f1d-2c6a5e4d3b2a";

/** Counts how often the host is asked for random numbers, and records them. @param {() => Promise<unknown>} work */
async function seedsDrawn(work) {
  const { getRandomValues } = crypto;
  /** @type {bigint[]} */
  const seeds = [];
  crypto.getRandomValues = (/** @type {any} */ array) => {
    getRandomValues.call(crypto, array);
    if (array instanceof BigUint64Array) seeds.push(/** @type {bigint} */ (array[0]));
    return array;
  };
  try {
    await work();
  } finally {
    crypto.getRandomValues = getRandomValues;
  }
  return seeds;
}

test("each list and job has a random hash key, so that codes can't be chosen to collide", async () => {
  const client = createClient({ organizationId: "o", auth: { accessToken: "t" } });
  const seeds = await seedsDrawn(async () => {
    await parseCodes(CODE);
    await parseCodes([CODE]);
    await parseCodesByProgram(`program_id,code_id\np,${CODE}`);
    // One for the list, one for the job.
    await (await client.createJob("p", [CODE])).close();
  });
  assert.equal(seeds.length, 5);
  assert.equal(new Set(seeds).size, 5);
});

/** The last argument of `onProgress`. @param {any} input @param {any} [options] */
async function lastProgress(input, options) {
  /** @type {any} */
  let last;
  const list = await parseCodes(input, {
    ...options,
    onProgress: (/** @type {any} */ progress) => (last = progress),
  });
  return { ...last, size: list.size };
}

test("a stream's size is known from the stream or from the caller", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sizes-"));
  const file = join(folder, "codes.csv");
  const text = `code_id\n${CODE}\n`;
  writeFileSync(file, text);
  const server = createServer((request, response) => {
    lastProgress(request).then(
      (progress) => response.end(JSON.stringify(progress)),
      (error) => response.writeHead(500).end(String(error.stack)),
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    const { totalBytes, size } = await lastProgress(createReadStream(file));
    assert.deepEqual([totalBytes, size], [text.length, 1]);
    // The size of a part of a file, or of a deleted one, is unknown.
    assert.equal((await lastProgress(createReadStream(file, { start: 8 }))).totalBytes, undefined);
    await assert.rejects(parseCodes(createReadStream(join(folder, "none"))), {
      code: "connection_failed",
    });
    assert.equal((await lastProgress(Readable.from([Buffer.from(text)]))).totalBytes, undefined);
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    const reply = await fetch(`http://127.0.0.1:${port}`, { method: "POST", body: text });
    assert.equal((await reply.json()).totalBytes, text.length);
    for (const size of [0, 5, text.length, 1e6]) {
      for (const input of [Readable.from([Buffer.from(text)]), text, Buffer.from(text), [CODE]]) {
        const progress = await lastProgress(input, { size });
        assert.deepEqual([progress.size, progress.rows], [1, 1], `${size}`);
      }
      const { totalBytes } = await lastProgress(Readable.from([Buffer.from(text)]), { size });
      assert.equal(totalBytes, size);
    }
    for (const size of [-1, 0.5, NaN, Infinity, "5", null]) {
      await assert.rejects(parseCodes(text, { size }), { code: "invalid_options" });
    }
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});

test("a claimed length alone reserves no memory", async () => {
  const row = `${CODE.slice(0, -6)}`;
  const rows = Array.from({ length: 4_000 }, (_, at) => `${row}${String(at).padStart(6, "0")}\n`);
  const before = process.memoryUsage().rss;
  for (const claimed of ["1e15", `${2 ** 52}`, "x", "-5", "Infinity"]) {
    const request = Object.assign(Readable.from([Buffer.from(rows.join(""))]), {
      headers: { "content-length": claimed },
    });
    assert.equal((await parseCodes(request)).size, 4_000);
  }
  const grown = (process.memoryUsage().rss - before) / (1 << 20);
  assert.ok(grown < 100, `${grown} MiB`);
});

test("lists are read on hosts without randomness, such as workerd's global scope", async () => {
  const { getRandomValues } = crypto;
  crypto.getRandomValues = () => {
    throw new Error("Disallowed operation called within global scope");
  };
  try {
    assert.equal((await parseCodes(CODE)).size, 1);
  } finally {
    crypto.getRandomValues = getRandomValues;
  }
});

/** The output of a fresh process, in which the module is not loaded yet. @param {string} code */
async function inFreshProcess(code) {
  const file = fileURLToPath(new URL("./installed.mjs", import.meta.url));
  const source = `
    import { createReadStream, openAsBlob } from "node:fs";
    import { createInterface } from "node:readline";
    import { Readable } from "node:stream";
    import { uberVouchers } from ${JSON.stringify(file)};
    const { createClient, parseCodes, parseCodesByProgram } = uberVouchers;
    const client = createClient({ organizationId: "o", auth: "none", baseUrl: "https://x.example" });
    const told = await ${code}.then(String, (error) => {
      const { code, queued, message, cause } = error;
      return { code, queued, message, cause: cause?.code };
    });
    // A later error must not end the process either.
    await new Promise((resolve) => setTimeout(resolve, 20));
    console.log(JSON.stringify(told));`;
  const args = ["--input-type=module", "-e", source];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

const MISSING = {
  code: "connection_failed",
  queued: "no",
  message: "Reading the codes failed",
  cause: "ENOENT",
};

for (const call of [
  "parseCodes",
  "parseCodesByProgram",
  '((codes) => client.distribute("p", codes))',
  '((codes) => client.createJob("p", codes))',
]) {
  test(`a missing file rejects ${call} as the first call, and nothing else`, async () => {
    for (const input of [
      'createReadStream("nope.csv")',
      'createReadStream("nope.csv", "utf8")',
      'Readable.toWeb(createReadStream("nope.csv"))',
      'createInterface({ input: createReadStream("nope.csv") })',
      '(async function* () { yield* createReadStream("nope.csv"); })()',
    ])
      assert.deepEqual(await inFreshProcess(`${call}(${input})`), MISSING, input);
  });
}

test("a stream that is refused for another reason does not end the process either", async () => {
  const aborted = "{ signal: AbortSignal.abort() }";
  for (const [call, code] of [
    [`parseCodes(createReadStream("nope.csv"), ${aborted})`, "aborted"],
    [`parseCodes(createReadStream(process.execPath), ${aborted})`, "aborted"],
    ['parseCodes(createReadStream("nope.csv"), { colum: "x" })', "invalid_options"],
    [`client.distribute("p", createReadStream("nope.csv"), ${aborted})`, "aborted"],
    ['client.distribute("p", createReadStream("nope.csv"), { retries: 1 })', "invalid_options"],
    ['client.createJob("p", createReadStream("nope.csv"), { journal: 1 })', "invalid_options"],
  ]) {
    assert.equal((await inFreshProcess(String(call))).code, code, call);
  }
});

test("a stream that is not read to its end is closed", async () => {
  for (const options of [{ signal: AbortSignal.abort() }, { colum: 1 }]) {
    const stream = createReadStream(fileURLToPath(import.meta.url));
    await assert.rejects(parseCodes(stream, options));
    // It is destroyed with an error for which the package has a listener.
    await new Promise((resolve) => void stream.on("close", () => resolve(0)));
    let isCanceled = false;
    const web = new ReadableStream({ cancel: () => void (isCanceled = true) });
    await assert.rejects(parseCodes(web, options));
    assert.ok(isCanceled);
  }
});

/** @param {number} count */
const codesOf = (count) =>
  Array.from({ length: count }, (_, at) => CODE.slice(0, 24) + at.toString(16).padStart(12, "0"));
const CODES = codesOf(3_000);
const LINES = CODES.join("\n");

/** @param {string} text @param {number} size */
const cut = (text, size) => text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];

/** @param {Iterable<any>} items */
async function* later(items) {
  yield* items;
}

test("strings of a stream or an async iterable are entries", async () => {
  /** @type {[string, () => any][]} */
  const inputs = [
    ["readline", () => createInterface({ input: Readable.from([LINES]) })],
    ["readline/promises", () => createReadline({ input: Readable.from([`${LINES}\r\n`]) })],
    ["an async iterable", () => later(CODES)],
    ["a stream of Node.js, of objects", () => Readable.from(CODES)],
    ["a web stream", () => Readable.toWeb(Readable.from(CODES))],
    ["a generator", () => CODES.values()],
    ["an array", () => CODES],
  ];
  for (const [name, make] of inputs) {
    assert.deepEqual([...(await parseCodes(make()))], CODES, name);
  }
  for (const count of [0, 1, 2, 999, 1_000, 1_001, 2_048, 2_049]) {
    const list = await parseCodes(later(CODES.slice(0, count)));
    assert.deepEqual([...list], CODES.slice(0, count), String(count));
  }
  const list = await parseCodes(later([CODE, "RIDE-1", CODE, null, "", CODES[1]]));
  assert.equal(list.size, 2);
  assert.deepEqual(
    list.rejected.map((/** @type {any} */ { line, value, reason }) => [line, value, reason]),
    [
      [2, "RIDE-1", "not_a_uuid"],
      [4, "", "not_a_string"],
      [5, "", "not_a_uuid"],
    ],
  );
});

test("strings with line breaks, and those of a stream with an encoding, are chunks of a text", async () => {
  const csv = `code_id,note\n${CODES.slice(0, 300).join(",x\n")},x\n`;
  for (const size of [1, 7, 36, 37, 100, 5_000]) {
    /** @type {[string, any][]} */
    const inputs = [
      ["an async iterable", later(cut(csv, size))],
      ["a web stream", Readable.toWeb(Readable.from(cut(csv, size)))],
      ["a stream of Node.js, of objects", Readable.from(cut(csv, size))],
      [
        "a stream of Node.js with an encoding",
        Readable.from(cut(csv, size), { objectMode: false }).setEncoding("utf8"),
      ],
      [
        "a decoder",
        Readable.toWeb(Readable.from(cut(csv, size).map((text) => Buffer.from(text)))).pipeThrough(
          /** @type {any} */ (new TextDecoderStream()),
        ),
      ],
      ["bytes after strings", later([csv.slice(0, 5), Buffer.from(csv.slice(5))])],
    ];
    for (const [name, input] of inputs) {
      const list = await parseCodes(input);
      assert.deepEqual([...list], CODES.slice(0, 300), `${name}, ${size} each`);
      assert.equal(list.rejectedCount, 0, name);
    }
  }
  // One line, in any chunks.
  const one = Readable.from(cut(CODE, 5), { objectMode: false, encoding: "utf8" });
  assert.deepEqual([...(await parseCodes(one))], [CODE]);
  assert.deepEqual([...(await parseCodes(Readable.from(LINES)))], CODES);
});

test("by program, strings of a stream are the lines of a CSV", async () => {
  const rows = CODES.map((code, at) => `p${at % 3},${code}`);
  const lines = ["program_id,code_id", ...rows];
  for (const make of [
    () => createInterface({ input: Readable.from([lines.join("\n")]) }),
    () => later(lines),
  ]) {
    const { programs, rejectedCount } = await parseCodesByProgram(make());
    assert.equal(rejectedCount, 0);
    assert.deepEqual(
      [...programs].map(([program, list]) => [program, list.size]),
      [0, 1, 2].map((at) => [`p${at}`, 1_000]),
    );
  }
});

test("a path is distinguished from the content of a file", async () => {
  const client = createClient({ organizationId: "o", auth: "none" });
  for (const path of [
    "codes.csv",
    "./codes.csv",
    "/srv/lists/June 2026/codes.txt",
    "C:\\lists\\codes.xlsx",
    "https://example.com/codes.csv",
    "codes.csv.gz ",
  ]) {
    for (const call of [
      () => parseCodes(path),
      () => parseCodesByProgram(path),
      () => client.distribute("p", path),
      () => client.createJob("p", path),
    ]) {
      await assert.rejects(call(), (/** @type {any} */ error) => {
        assert.deepEqual([error.code, error.queued], ["invalid_codes", "no"], path);
        assert.match(error.message, /path/);
        assert.match(error.hint, /createReadStream/);
        assert.equal(error.issues[0].value, path);
        return !JSON.stringify(error).includes(path);
      });
    }
  }
  for (const text of ["jane@example.com", "RIDE-1", "a,notes.txt", `${CODE}\n./codes.csv`, "."]) {
    await parseCodes(text);
  }
});

/** Runs it with timers and clocks that don't advance. @param {() => Promise<unknown>} work */
async function withoutTime(work) {
  const real = { setTimeout, clearTimeout, setInterval, clearInterval, performance };
  const { now } = Date;
  const never = () => 0;
  const stopped = Object.fromEntries(Object.keys(real).map((name) => [name, never]));
  Object.assign(globalThis, stopped, { performance: { now: () => 0 } });
  Date.now = () => 0;
  try {
    await work();
  } finally {
    Object.assign(globalThis, real);
    Date.now = now;
  }
}

test("mocked timers do not prevent reading", async () => {
  // Long enough to yield several times.
  const many = codesOf(150_000);
  await withoutTime(async () => {
    for (const input of [many, many.join("\n"), later(many)]) {
      assert.equal((await parseCodes(input)).size, many.length);
    }
    const client = createClient({ organizationId: "o", auth: "none" });
    await (await client.createJob("p", many)).close();
  });
});

test("mocked timers leave no connection open", async () => {
  /** @type {AbortSignal | undefined} */
  let signal;
  const fetch = async (/** @type {string} */ _, /** @type {any} */ init) => {
    ({ signal } = init);
    // A body that never ends, and is not needed.
    return new Response(new ReadableStream());
  };
  const auth = { clientId: "a", clientSecret: "b" };
  const client = createClient({ organizationId: "o", auth: "none", fetch });
  await withoutTime(async () => {
    assert.equal((await client.distribute("p", [CODE])).codes, 1);
    if (signal?.aborted) return;
    await new Promise((resolve) => void signal?.addEventListener("abort", resolve));
  });
  /** @type {unknown[]} */
  const cleared = [];
  const { setTimeout, clearTimeout } = globalThis;
  const takeOver = async () => {
    // During a call: the mocked timers must not clear timers that were set before.
    globalThis.setTimeout = /** @type {any} */ (() => "made by the test");
    globalThis.clearTimeout = (/** @type {any} */ id) => void cleared.push(id);
    return Response.json({ access_token: "t" });
  };
  try {
    const other = createClient({ organizationId: "o", auth, fetch: takeOver });
    await other.distribute("p", [CODE]);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
  assert.deepEqual(new Set(cleared), new Set(["made by the test"]));
});

/** The headers that a client with these options sends. @param {Record<string, unknown>} options */
async function sentHeaders(options) {
  /** @type {any} */
  let sent;
  const fetch = async (/** @type {string} */ _, /** @type {any} */ init) => {
    sent = Object.fromEntries(init.headers);
    return new Response();
  };
  const client = createClient({ organizationId: "o", auth: "none", fetch, ...options });
  await client.distribute("p", [CODE]);
  return sent;
}

test("a client accepts headers in every form, and ignores none", async () => {
  const pairs = [
    ["X-Mine", "1"],
    ["Authorization", "Bearer mine"],
  ];
  const object = Object.fromEntries(pairs);
  for (const headers of [
    new Headers(/** @type {any} */ (pairs)),
    new Map(/** @type {any} */ (pairs)),
    pairs,
    new Set(pairs),
    object,
    Object.assign(Object.create(null), object),
    runInNewContext("new Map(pairs)", { pairs }),
    runInNewContext("({ ...object })", { object }),
    runInNewContext("pairs.map(([...pair]) => pair)", { pairs }),
  ]) {
    const sent = await sentHeaders({ headers });
    assert.deepEqual([sent["x-mine"], sent["authorization"]], ["1", "Bearer mine"]);
  }
  const sent = await sentHeaders({ headers: [...pairs, ["x-mine", "2"]] });
  assert.equal(sent["x-mine"], "1, 2");
  for (const headers of [
    null,
    "x-mine: 1",
    7,
    () => pairs,
    new Date(),
    new (class {
      "x-mine" = "1";
    })(),
    Promise.resolve(object),
    ["x-mine", "1"],
    ["ab"],
    [["x-mine"]],
    [["x-mine", "1", "2"]],
    [["x-mine", 1]],
    new Map([[1, "x"]]),
    { "x-mine": ["1"] },
    { "x mine": "1" },
    { "x-mine": "1\n2" },
  ]) {
    await assert.rejects(sentHeaders({ headers }), (/** @type {any} */ error) => {
      assert.equal(error.code, "invalid_options");
      return error.message.includes("`headers`");
    });
  }
});

test("values of another realm are accepted", async () => {
  const text = `${CODE}\n`;
  const bytes = Buffer.from(text);
  const buffer = runInNewContext("new Uint8Array(bytes).buffer", { bytes });
  assert.ok(!(buffer instanceof ArrayBuffer));
  assert.equal((await parseCodes(buffer)).size, 1);
  const view = runInNewContext("new DataView(buffer)", { buffer });
  assert.equal((await parseCodes(view)).size, 1);
  assert.equal((await parseCodes(later([buffer]))).size, 1);
  assert.deepEqual([...(await parseCodes(runInNewContext("[code]", { code: CODE })))], [CODE]);

  const wasm = readFileSync(
    createRequire(new URL("./installed.mjs", import.meta.url)).resolve("uber-vouchers/wasm"),
  );
  const module = runInNewContext("new WebAssembly.Module(bytes)", { bytes: wasm });
  assert.ok(!(module instanceof WebAssembly.Module));
  const source = runInNewContext("new Uint8Array(bytes).buffer", { bytes: wasm });
  for (const given of [module, source, wasm]) {
    await createClient({ organizationId: "o", auth: "none", module: given }).ready();
  }
  for (const given of [{}, "x", new Blob([]), [1]]) {
    const options = { organizationId: "o", auth: /** @type {const} */ ("none"), module: given };
    await assert.rejects(async () => createClient(options).ready(), { code: "invalid_options" });
  }

  // A list of another realm keeps its rejected entries.
  const list = await parseCodes([CODE, "RIDE-1"]);
  const key = Symbol.for("uber-vouchers.ids");
  const foreign = runInNewContext(
    `({ [Symbol.for("uber-vouchers.ids")]: new Uint8Array(ids), ...members,
        *[Symbol.iterator]() { yield code; } })`,
    { ids: list[key], code: CODE, members: { ...list } },
  );
  const client = createClient({ organizationId: "o", auth: "none" });
  await assert.rejects(client.distribute("p", foreign), { code: "invalid_codes" });
});

test("white space around a secret is reported, and kept", async () => {
  const sandbox = await createSandbox({ clientId: "app", clientSecret: "s3cret", signingKey: "k" });
  const { fetch, clock } = sandbox;
  /** @param {any} auth */
  const call = async (auth) =>
    createClient({ organizationId: "my-organization", auth, fetch, clock }).searchPrograms();
  /** @param {Promise<unknown>} promise @param {boolean} isPadded */
  const rejected = (promise, isPadded) =>
    assert.rejects(promise, (/** @type {any} */ error) => {
      assert.equal(error.code, "token_rejected");
      assert.equal(/white space/.test(error.hint), isPadded, error.hint);
      const { hint, message } = error;
      return !/s3cret/.test(JSON.stringify([error, hint, message]));
    });
  for (const padded of ["s3cret\n", "s3cret\r\n", " s3cret", "s3cret\u00a0", "\ufeffs3cret"]) {
    await rejected(call({ clientId: "app", clientSecret: padded }), true);
    const grant = { clientId: "app", code: "c", redirectUri: "https://x.example/", fetch };
    await rejected(exchangeCode({ ...grant, clientSecret: padded }), true);
  }
  await rejected(call({ clientId: "app\n", clientSecret: "s3cret" }), true);
  await rejected(call({ clientId: "app", clientSecret: "another" }), false);
  for (const accessToken of ["t\n", () => "t\n", " t"]) {
    await assert.rejects(call({ accessToken }), (/** @type {any} */ error) => {
      assert.equal(error.code, "invalid_options");
      return /white space/.test(error.message);
    });
  }
});
