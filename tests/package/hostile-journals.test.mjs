/**
 * Journals that break their contract, and inputs that are detached, endless or very long: a
 * call settles anyway, and nothing is read in part.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { CODE, STRANGE, bench, noStrays, outcomeOf, quiet, shown } from "./hostile-values.mjs";
import { journals, uberVouchers } from "./installed.mjs";

/** @type {any} */
const { parseCodes } = uberVouchers;
const { memoryJournal } = journals;

const boom = () => {
  throw new Error("hostile");
};
const never = () => new Promise(() => {});

/** @param {Record<string, unknown>} members */
const journalWith = (members) => ({ ...memoryJournal(), ...members });
const pieces = (/** @type {() => any} */ make) => () => ({
  [Symbol.asyncIterator]: () => ({ next: make }),
});

/** Journals that break their contract. @type {[string, () => any][]} */
const JOURNALS = [
  ["append throws", () => journalWith({ append: boom })],
  ["append rejects", () => journalWith({ append: () => Promise.reject(undefined) })],
  ["append is a thenable that throws", () => journalWith({ append: () => ({ then: boom }) })],
  [
    "append settles twice",
    () =>
      journalWith({
        append: () => ({
          then: (/** @type {any} */ done, /** @type {any} */ fail) => (done(), fail(1), done()),
        }),
      }),
  ],
  ["append promises nothing", () => journalWith({ append: () => 42 })],
  [
    "append fails the third time",
    () => {
      let appends = 0;
      return journalWith({ append: async () => void (++appends === 3 && boom()) });
    },
  ],
  ...STRANGE.flatMap(
    ([name, make]) =>
      /** @type {[string, () => any][]} */ ([
        [`read gives ${name}`, () => journalWith({ read: make })],
        [`${name} as a result of read`, () => journalWith({ read: pieces(make) })],
        [
          `${name} as a piece`,
          () => {
            let reads = 0;
            return journalWith({ read: pieces(() => ({ done: reads++ > 0, value: make() })) });
          },
        ],
        [`lock gives ${name}`, () => journalWith({ lock: make })],
        [`lock is ${name}`, () => journalWith({ lock: make() })],
        [
          `release throws ${name}`,
          () =>
            journalWith({
              lock: async () => () => {
                throw make();
              },
            }),
        ],
        [`the key is ${name}`, () => journalWith({ key: make() })],
      ]),
  ),
  ["read throws", () => journalWith({ read: boom })],
  ["next throws", () => journalWith({ read: pieces(boom) })],
  [
    "truncate rejects",
    () =>
      journalWith({
        read: async function* () {
          yield new Uint8Array([1, 2, 3]);
        },
        truncate: () => Promise.reject(undefined),
      }),
  ],
  ["lock throws", () => journalWith({ lock: boom })],
  ["lock rejects", () => journalWith({ lock: () => Promise.reject(Symbol("no")) })],
  ["release rejects", () => journalWith({ lock: async () => () => Promise.reject(undefined) })],
  ["key throws", () => Object.defineProperty(journalWith({}), "key", { get: boom })],
];

test(`journals misbehave in ${JOURNALS.length} ways`, async () => {
  const { client, programId, codes, works, sandbox } = await bench();
  const before = sandbox.deliveries(programId).size;
  for (const [name, make] of JOURNALS) {
    const journal = make();
    const what = `journal: ${name}`;
    const opened = await outcomeOf(
      () => client.createJob(programId, codes, { journal, batchSize: 2 }),
      what,
    );
    if (opened.value) {
      await outcomeOf(() => opened.value.run(), `${what}: run`);
      await outcomeOf(() => opened.value.close(), `${what}: close`);
    }
    await outcomeOf(() => client.resumeJob(journal), `${what}: resume`);
    await noStrays(what);
  }
  assert.equal(before, 0);
  await works("after all journals");
});

test("a lock that failed once is retried", async () => {
  const { client, programId, codes } = await bench();
  const good = memoryJournal();
  let isBroken = true;
  const journal = { ...good, lock: async () => (isBroken ? boom() : good.lock()) };
  const create = () => client.createJob(programId, codes, { journal });
  const { error } = await outcomeOf(create, "lock");
  assert.equal(error?.code, "journal_failed");
  isBroken = false;
  const job = await create();
  assert.equal((await job.run()).queued, codes.length);
});

test("a journal whose read fails is closed", async () => {
  const { client } = await bench();
  let isClosed = false;
  async function* read() {
    try {
      for (;;) yield new TextEncoder().encode("this is no journal\n".repeat(10));
    } finally {
      isClosed = true;
    }
  }
  const { error } = await outcomeOf(() => client.resumeJob(journalWith({ read })), "corrupt");
  assert.ok(["journal_corrupt", "journal_mismatch"].includes(error?.code), shown(error));
  await quiet();
  assert.ok(isClosed);
});

test("a journal that never settles blocks only its own job", async () => {
  const { client, programId, codes, works } = await bench();
  let appends = 0;
  const stuck = journalWith({ append: () => (++appends > 3 ? never() : Promise.resolve()) });
  const job = await client.createJob(programId, codes, { journal: stuck, batchSize: 2 });
  const run = job.run();
  await works("beside it");
  const { error } = await outcomeOf(() => client.resumeJob(stuck), "resume");
  assert.equal(error?.code, "job_busy");
  assert.equal(job.progress().total, codes.length);
  assert.equal(await Promise.race([run, quiet().then(() => "waits")]), "waits");
});

test("detached or shared input is never read in part", async () => {
  const lines = Array.from(
    { length: 30_000 },
    (_, at) => `${CODE.slice(0, 24)}${at.toString(16).padStart(12, "0")}`,
  );
  const text = new TextEncoder().encode(lines.join("\n"));
  /** @param {Uint8Array} bytes @param {() => void} take */
  const read = (bytes, take) => {
    let isTaken = false;
    const onProgress = () => {
      if (!isTaken) take();
      isTaken = true;
    };
    return outcomeOf(() => parseCodes(bytes, { onProgress }), "taken away");
  };
  const moved = text.slice();
  const lost = await read(moved, () => structuredClone(moved.buffer, { transfer: [moved.buffer] }));
  assert.equal(lost.error?.code, "connection_failed", shown(lost));
  const resizable = new /** @type {any} */ (ArrayBuffer)(text.length, {
    maxByteLength: text.length,
  });
  if (resizable.resize) {
    const bytes = new Uint8Array(resizable);
    bytes.set(text);
    const shrunk = await read(bytes, () => resizable.resize(100));
    assert.equal(shrunk.error?.code, "connection_failed", shown(shrunk));
  }
  const shared = new Uint8Array(new SharedArrayBuffer(text.length));
  shared.set(text);
  assert.equal((await parseCodes(shared)).size, lines.length);
});

test("endless input ends with its signal", async () => {
  /** @type {[string, () => any][]} */
  const endless = [
    [
      "no bytes, at once",
      async function* () {
        for (;;) yield new Uint8Array();
      },
    ],
    [
      "bytes, at once",
      async function* () {
        for (;;) yield new TextEncoder().encode("x\n");
      },
    ],
    [
      "entries that are no codes",
      function* () {
        for (;;) yield "x";
      },
    ],
    [
      "entries that are no strings",
      function* () {
        for (;;) yield 1;
      },
    ],
    [
      "codes",
      function* () {
        for (;;) yield CODE;
      },
    ],
    ["a stream that waits", () => new ReadableStream({ pull: never })],
    [
      "a stream of nothing",
      () => new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array()) }),
    ],
  ];
  const { client, programId, works } = await bench();
  for (const [name, make] of endless) {
    const options = () => ({ signal: AbortSignal.timeout(20) });
    const parsed = await outcomeOf(() => parseCodes(make(), options()), name);
    assert.equal(parsed.error?.code, "aborted", name);
    const sent = await outcomeOf(() => client.distribute(programId, make(), options()), name);
    assert.deepEqual([sent.error?.code, sent.error?.queued], ["aborted", "no"], name);
    await noStrays(name);
  }
  await works("after endless input");
});

test("long input: 100 MB of text, in one line, and in an id", async () => {
  const { client, programId, works } = await bench();
  const line = `${CODE}\n`;
  const long = await parseCodes(line.repeat(Math.ceil(1e8 / line.length)));
  assert.equal(long.size, 1);
  const one = await parseCodes("x".repeat(1e8));
  assert.deepEqual([one.size, one.rejectedCount], [0, 1]);
  await outcomeOf(() => client.distributeAll("y".repeat(1e8)), "a long id");
  const huge = "y".repeat(1e7);
  for (const call of [
    () => client.distribute(huge, [CODE]),
    () => client.listCodes(huge),
    () => client.createJob(huge, [CODE]),
    () => client.searchPrograms({ status: /** @type {any} */ (huge) }),
    () => parseCodes(CODE, { column: huge }),
    () => parseCodes([huge]),
    () => client.distribute(programId, [huge]),
  ]) {
    await outcomeOf(call, `${call}`);
  }
  await works("after long input");
});
