/**
 * Signed events: each is stored as it arrived before it is acknowledged, and can be
 * read again once its form is known.
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { request } from "node:http";
import { after, before, test } from "node:test";

import {
  ORGANIZATION,
  SIGNING_KEY,
  cleanUp,
  resultRows,
  startUber,
  fetchOnce,
} from "./harness.mjs";
import { damage, eventOf, eventually, startInspected } from "./storage.mjs";

const TYPE = "voucher_program_code_distributed";
const JANE = "jane.doe@example.com";

/** @type {Awaited<ReturnType<typeof startUber>>} */
let uber;
before(async () => {
  uber = await startUber(["--latency", "1"]);
});
after(cleanUp);

/** @typedef {Awaited<ReturnType<typeof startInspected>>} Worker */

/** @param {Record<string, unknown>} [options] */
const start = (options = {}) => startInspected({ uber: uber.url, options });

/**
 * Each on a new connection: an idle one may be closed while the machine is busy.
 * @param {Worker} worker @param {string | Buffer} body @param {Record<string, string>} [headers]
 * @returns {Promise<number | undefined>}
 */
function send(worker, body, headers = {}) {
  const signature = createHmac("sha256", SIGNING_KEY).update(body).digest("hex");
  const all = {
    ...{ "Content-Type": "application/json", "X-Uber-Signature": signature },
    ...{ "Content-Length": Buffer.byteLength(body), ...headers },
  };
  return new Promise((resolve, reject) => {
    const options = { method: "POST", headers: all, agent: false };
    request(`${worker.url}/webhooks/uber`, options, (result) => {
      result.resume().once("end", () => resolve(result.statusCode));
    })
      .once("error", reject)
      .end(body);
  });
}

/**
 * In a form that is in no vector.
 *
 * @param {string | null} programId
 * @param {[string, number, string?][]} rows
 * @param {object} [more]
 */
const opaque = (programId, rows, more = {}) =>
  JSON.stringify({
    event_type: TYPE,
    organization_id: ORGANIZATION,
    voucher_program_id: programId,
    rows,
    ...more,
  });

/** @param {Worker} worker @param {string} [query] */
const list = (worker, query = "") => worker.json(`/api/events${query}`);

/** All pages. @param {Worker} worker @param {string} [query] */
async function all(worker, query = "") {
  const events = [];
  for (let before = ""; ;) {
    const page = await list(worker, `?limit=200${query}${before}`);
    events.push(...page.events);
    if (page.next === null) return events;
    before = `&before=${page.next}`;
  }
}

/** @param {Worker} worker @param {{ id: string }} event */
const bodyOf = async (worker, { id }) =>
  Buffer.from(await (await worker.request(`/api/events/${id}`)).arrayBuffer());

/** @param {Worker} worker @param {object} [filter] @returns {Promise<number>} */
async function reread(worker, filter = {}) {
  const { events } = await worker.json("/api/events/reread", filter);
  await eventually(async () => (await list(worker)).rereading === null, 60_000);
  return events;
}

/** A job whose codes are queued. @param {Worker} worker @param {number} count @param {{ programId: string, codes: string[] }} [program] */
async function queued(worker, count, program) {
  const { programId, codes } = program ?? (await uber.createProgram(count));
  const { id } = await (await worker.createJob(programId, codes, "?batchSize=5000")).json();
  await worker.until(programId, id, ({ status }) => status === "finished");
  const path = `/api/programs/${programId}/jobs/${id}`;
  const journal = async () =>
    (await (await worker.request(`${path}/journal`)).arrayBuffer()).byteLength;
  const results = async () => (await worker.request(`${path}/results.csv`)).text();
  return { programId, codes, id, path, journal, results };
}

/** @param {Worker} worker @param {string} programId */
const taken = (worker, programId) =>
  eventually(async () => (await worker.sql(programId, "SELECT 1 FROM inbox")).length === 0);

/**
 * Queries the object that keeps the events.
 *
 * @param {Worker} worker
 * @param {string} query
 * @param {...unknown} values
 */
const sql = (worker, query, ...values) =>
  worker.inspect({ act: "sql", app: "events", query, values });

test("every signed event is kept as it arrived", async () => {
  const worker = await start();
  const { programId, codes } = await queued(worker, 2);
  assert.deepEqual(await list(worker), {
    ...{ events: [], next: null, unreadCount: 0, rereading: null },
    dropped: { events: 0, bytes: 0 },
  });
  const stranger = crypto.randomUUID();
  /** @type {[string | Buffer, Record<string, any>][]} */
  const bodies = [
    [
      eventOf(programId, [{ code_uuid: codes[0], status: "distributed" }]),
      { type: TYPE, programId, status: "read", outcomes: 1 },
    ],
    [opaque(programId, [[String(codes[1]), 1]]), { type: TYPE, programId, status: "unread" }],
    [opaque(null, []), { type: TYPE, programId: null, status: "unread" }],
    [opaque(stranger.toUpperCase(), []), { type: TYPE, programId: stranger, status: "unread" }],
    [opaque("../x", []), { type: TYPE, programId: null, status: "unread" }],
    [
      JSON.stringify({
        event_type: "voucher_program_code_redeemed",
        voucher_program_id: programId,
      }),
      { type: "voucher_program_code_redeemed", programId, status: "other" },
    ],
    [`{ "event_type" :\n"é🎟 ${JANE}" }`, { type: `é🎟 ${JANE}`, status: "other" }],
    ["{}", { type: "", status: "other" }],
    ["[]", { type: "", status: "unread", error: { message: /JSON object/ } }],
    ["no JSON", { type: "", status: "unread", error: { message: /not JSON/ } }],
    ["", { type: "", status: "unread", bytes: 0, error: { message: /JSON/ } }],
    [Buffer.from([0x7b, 0xff, 0x00, 0x7d]), { status: "unread", error: { message: /JSON/ } }],
    [
      opaque(programId, [], { organization_id: crypto.randomUUID() }),
      { type: TYPE, programId, status: "unread" },
    ],
  ];
  for (const [body] of bodies) {
    assert.equal(await send(worker, body, { "X-Environment": "Production" }), 200);
  }
  // Nothing unsigned is stored.
  assert.equal(await send(worker, "{}", { "X-Uber-Signature": "0".repeat(64) }), 401);
  const { events, unreadCount, next } = await list(worker);
  assert.deepEqual([events.length, next], [bodies.length, null]);
  assert.equal(unreadCount, bodies.filter(([, { status }]) => status === "unread").length);
  for (const [at, [body, expected]] of bodies.entries()) {
    // Newest first.
    const event = events[bodies.length - 1 - at];
    const { error, ...rest } = expected;
    for (const [name, value] of Object.entries(rest)) assert.equal(event[name], value, `${body}`);
    if (error === undefined) assert.equal(event.error, null, `${body}`);
    else assert.match(event.error.message, error.message);
    assert.deepEqual([event.count, event.isCut, event.isDismissed], [1, false, false]);
    assert.equal(event.environment, "production");
    if (event.status !== "read") assert.equal(event.settled, null);
    assert.ok(Math.abs(event.receivedAt - Date.now()) < 60_000 && event.lastAt >= event.receivedAt);
    assert.equal(event.bytes, Buffer.byteLength(body));
    assert.ok((await bodyOf(worker, event)).equals(Buffer.from(body)), `${body}`);
  }
  const response = await worker.request(`/api/events/${events[0].id}`);
  for (const [name, value] of [
    ["Content-Type", "text/plain; charset=utf-8"],
    ["Cache-Control", "no-store"],
    ["X-Content-Type-Options", "nosniff"],
  ])
    assert.equal(response.headers.get(String(name)), value);
  for (const path of ["/api/events", `/api/events/${events[0].id}`]) {
    const stranger = await fetchOnce(worker.url + path);
    assert.equal(stranger.status, 401, path);
    assert.ok(!(await stranger.text()).includes("event_type"));
  }
  for (const path of ["/api/events/999", "/api/events/0"]) {
    const reply = await worker.request(path);
    assert.deepEqual([reply.status, (await reply.json()).code], [404, "unknown_event"], path);
  }
  assert.ok(!worker.output().includes(JANE));
  await worker.kill();
});

test(
  "events of an unknown form, read later, lead to the same state",
  { timeout: 120_000 },
  async (t) => {
    const COUNT = 3_000;
    const program = await uber.createProgram(COUNT);
    let late = await start();
    const early = await start({ outcomes: "rows" });
    // Each has its own job of the same codes.
    const lateJob = await queued(late, COUNT, program);
    const earlyJob = await queued(early, COUNT, program);
    const { programId, codes } = program;
    /** @type {string[]} */
    const bodies = [];
    for (let from = 0; from < COUNT; from += 10) {
      const rows = codes.slice(from, from + 10).map((code, at) => {
        return /** @type {[string, number, string?]} */ ([code, at % 3, at % 3 ? undefined : JANE]);
      });
      bodies.push(
        from % 20 === 0
          ? opaque(programId, rows)
          : opaque(programId, [], { rows: undefined, deep: { rows } }),
      );
    }
    for (const worker of [late, early]) {
      for (let from = 0; from < bodies.length; from += 20) {
        const part = bodies.slice(from, from + 20);
        const statuses = await Promise.all(part.map((body) => send(worker, body)));
        assert.deepEqual([...new Set(statuses)], [200]);
      }
    }
    const before = await list(late);
    assert.equal(before.unreadCount, bodies.length);
    assert.equal((await late.json(lateJob.path)).progress.queued, COUNT);
    // Without a reader, reading again changes nothing.
    assert.equal(await reread(late, { unread: true }), bodies.length);
    assert.equal((await list(late)).unreadCount, bodies.length);

    late = await late.restart({ options: { outcomes: "rows" } });
    const began = Date.now();
    assert.equal(
      await reread(late, { programId: programId.toUpperCase(), unread: true }),
      bodies.length,
    );
    t.diagnostic(`${bodies.length} events read again in ${Date.now() - began} ms`);
    const isSettled = (/** @type {any} */ { progress }) => progress.queued === 0;
    await late.until(programId, lateJob.id, isSettled);
    await early.until(programId, earlyJob.id, isSettled);
    const resultsOf = async (/** @type {Worker} */ worker, /** @type {{ path: string }} */ job) =>
      (await worker.request(`${job.path}/results.csv`)).text();
    // All columns except the time and the job.
    const knownOf = async (/** @type {Worker} */ worker, /** @type {{ path: string }} */ job) =>
      resultRows(await resultsOf(worker, job)).map(({ time: _time, job: _job, ...known }) => known);
    assert.deepEqual(await knownOf(late, lateJob), await knownOf(early, earlyJob));
    assert.ok(!(await resultsOf(late, lateJob)).includes(JANE));
    const [read, known] = [await all(late), await all(early)];
    assert.deepEqual(
      read.map(({ status, outcomes }) => [status, outcomes]),
      known.map(({ status, outcomes }) => [status, outcomes]),
    );
    assert.equal((await list(late)).unreadCount, 0);

    const settled = (/** @type {any[]} */ events) => events.map((event) => event.settled);
    await eventually(async () => settled(await all(late)).every((count) => count === 10));
    await eventually(async () => settled(await all(early)).every((count) => count === 10));

    // Reading everything again changes nothing, not even the journal.
    const journal = async () =>
      (await (await late.request(`${lateJob.path}/journal`)).arrayBuffer()).byteLength;
    const [bytes, results] = [await journal(), await resultsOf(late, lateJob)];
    for (const filter of [{}, { programId }, {}]) {
      assert.equal(await reread(late, filter), bodies.length);
      await taken(late, programId);
    }
    assert.equal(await reread(late, { unread: true }), 0);
    assert.equal(await reread(late, { programId: crypto.randomUUID() }), 0);
    assert.deepEqual([await journal(), await resultsOf(late, lateJob)], [bytes, results]);
    assert.deepEqual(new Set(settled(await all(late))), new Set([10]));
    assert.ok(!late.output().includes(JANE) && !late.output().includes("jane"));
    await Promise.all([late.kill(), early.kill()]);
  },
);

test("an event that names no program is passed to the one that has its codes", async () => {
  let worker = await start();
  const mine = await queued(worker, 3);
  const other = await queued(worker, 2);
  const [a = "", b = "", c = ""] = mine.codes;
  assert.equal(await send(worker, opaque(null, [[a, 1]], { organization_id: undefined })), 200);
  // Outcomes without a program that the package reads are not passed on.
  const clear = JSON.stringify({ event_type: TYPE, codes: [{ code_uuid: c, status: "failed" }] });
  assert.equal(await send(worker, clear), 200);
  worker = await worker.restart({ options: { outcomes: "rows" } });
  assert.equal(
    await send(
      worker,
      opaque(null, [
        [b, 0],
        [other.codes[0] ?? "", 1],
      ]),
    ),
    200,
  );
  await reread(worker, { unread: true });
  await worker.until(mine.programId, mine.id, ({ progress }) => progress.queued === 1);
  await worker.until(other.programId, other.id, ({ progress }) => progress.distributed === 1);
  const { progress } = await worker.json(mine.path);
  assert.deepEqual([progress.distributed, progress.failed, progress.queued], [1, 1, 1]);
  // Nor are those of another organization.
  const foreign = opaque(null, [[c, 1]], { organization_id: crypto.randomUUID() });
  assert.equal(await send(worker, foreign), 200);
  await reread(worker);
  await taken(worker, mine.programId);
  assert.equal((await worker.json(mine.path)).progress.queued, 1);
  await worker.kill();
});

test("a failing `outcomes` option loses no event", async () => {
  let worker = await start();
  const { programId, codes, id, path } = await queued(worker, 4);
  for (const [at, outcomes] of ["throws", "promise", "wrong"].entries()) {
    worker = await worker.restart({ options: { outcomes } });
    const body = opaque(programId, [[String(codes[at]), 1]], { to: JANE });
    assert.equal(await send(worker, body), 200, outcomes);
    const [event] = (await list(worker)).events;
    assert.deepEqual([event.status, event.outcomes], ["unread", 0], outcomes);
    assert.match(event.error.message, /outcomes/);
    assert.ok(!JSON.stringify(event).includes("jane"));
    assert.equal((await bodyOf(worker, event)).toString(), body);
    assert.ok(!worker.output().includes("jane"), outcomes);
  }
  // Even what the package's own reader would have understood.
  const clear = eventOf(programId, [{ code_uuid: codes[3], status: "distributed" }]);
  assert.equal(await send(worker, clear), 200);
  assert.equal((await list(worker)).unreadCount, 4);
  assert.equal((await worker.json(path)).progress.queued, 4);
  worker = await worker.restart({ options: { outcomes: "rows" } });
  await reread(worker, { unread: true });
  await worker.until(programId, id, ({ progress }) => progress.distributed === 3);
  const { events, unreadCount } = await list(worker);
  assert.deepEqual([unreadCount, events[0].error], [1, null]);
  worker = await worker.restart({ options: {} });
  await reread(worker, { unread: true });
  await worker.until(programId, id, ({ progress }) => progress.distributed === 4);
  assert.equal((await list(worker)).unreadCount, 0);
  await worker.kill();
});

test(
  "a thousand repetitions of an event are stored as one event with a count",
  { timeout: 120_000 },
  async (t) => {
    let worker = await start();
    const { programId, codes, id, journal } = await queued(worker, 1);
    const body = eventOf(programId, [{ code_uuid: codes[0], status: "distributed" }]);
    assert.equal(await send(worker, body), 200);
    await worker.until(programId, id, ({ progress }) => progress.distributed === 1);
    const bytes = await journal();
    await worker.inspect({ act: "rows", app: "events" });
    for (let time = 0; time < 999; time += 37) {
      const copies = Array.from({ length: 37 }, () => send(worker, body));
      assert.deepEqual([...new Set(await Promise.all(copies))], [200]);
    }
    const rows = await worker.inspect({ act: "rows", app: "events" });
    t.diagnostic(`rows written by 999 more of one event: ${JSON.stringify(rows)}`);
    assert.ok(rows.sql <= 1_005, `${rows.sql} rows`);
    await taken(worker, programId);
    assert.equal(await journal(), bytes);
    await worker.workerd().then((ids) => ids.forEach((pid) => process.kill(pid, "SIGKILL")));
    worker = await worker.restart();
    const { events } = await list(worker);
    assert.deepEqual(
      events.map((/** @type {any} */ { count, status, outcomes, settled }) => {
        return [count, status, outcomes, settled];
      }),
      [[1_000, "read", 1, 1]],
    );
    assert.ok(events[0].lastAt > events[0].receivedAt);
    // One more byte makes another event.
    assert.equal(await send(worker, `${body} `), 200);
    assert.deepEqual(
      (await list(worker)).events.map((/** @type {any} */ { count }) => count),
      [1, 1_000],
    );
    await worker.kill();
  },
);

test(
  "thousands of events of many programs are listed in pages and by filter",
  { timeout: 240_000 },
  async (t) => {
    const EVENTS = 3_000;
    const PROGRAMS = 300;
    const worker = await start();
    const programs = Array.from({ length: PROGRAMS }, () => crypto.randomUUID());
    await send(worker, "{}");
    const size = await worker.inspect({ act: "size", app: "events" });
    await worker.inspect({ act: "rows", app: "events" });
    let bytes = 0;
    for (let from = 0; from < EVENTS; from += 50) {
      const statuses = await Promise.all(
        Array.from({ length: 50 }, (_, at) => {
          const index = from + at;
          const program = String(programs[index % PROGRAMS]);
          const body =
            index % 2 === 0
              ? opaque(program, [[crypto.randomUUID(), 1]], { place: index })
              : JSON.stringify({ event_type: "x", voucher_program_id: program, place: index });
          bytes += Buffer.byteLength(body);
          return send(worker, body);
        }),
      );
      assert.deepEqual([...new Set(statuses)], [200]);
    }
    const grown = (await worker.inspect({ act: "size", app: "events" })) - size;
    const rows = await worker.inspect({ act: "rows", app: "events" });
    t.diagnostic(
      `an event of ${Math.round(bytes / EVENTS)} bytes takes ${Math.round(grown / EVENTS)} bytes and ${(rows.sql / EVENTS).toFixed(2)} rows written`,
    );
    // Half of them are unread, which costs one more row.
    assert.ok(rows.sql <= 2.6 * EVENTS, `${rows.sql} rows`);
    const found = await all(worker);
    assert.equal(found.length, EVENTS + 1);
    assert.equal(new Set(found.map(({ id }) => id)).size, EVENTS + 1);
    const times = found.map(({ id }) => Number(id));
    assert.deepEqual(
      times,
      [...times].sort((one, other) => other - one),
    );
    assert.equal((await all(worker, "&unread=true")).length, EVENTS / 2);
    assert.equal((await all(worker, "&unread=false")).length, EVENTS / 2 + 1);
    assert.equal((await all(worker, "&type=x")).length, EVENTS / 2);
    const [one = ""] = programs;
    const ofOne = await all(worker, `&program=${one.toUpperCase()}`);
    assert.equal(ofOne.length, EVENTS / PROGRAMS);
    assert.ok(ofOne.every(({ programId }) => programId === one));
    assert.equal((await list(worker, "?limit=1&unread=true")).unreadCount, EVENTS / 2);
    // An unknown program costs nothing more.
    const tables = await worker.inspect({
      ...{ act: "sql", program: one },
      query: "SELECT name FROM sqlite_master WHERE name = 'state'",
    });
    assert.deepEqual(tables, []);
    for (const query of [
      "limit=0",
      "limit=201",
      "unread=x",
      "before=x",
      "program=a&program=b",
      "x=1",
    ])
      assert.equal((await worker.request(`/api/events?${query}`)).status, 400, query);
    for (const body of [{ unread: "x" }, { programId: 7 }, { programId: ".." }, { program: "x" }]) {
      const init = { method: "POST", body: JSON.stringify(body) };
      const headers = { "Content-Type": "application/json" };
      const response = await worker.request("/api/events/reread", { ...init, headers });
      assert.equal(response.status, 400, JSON.stringify(body));
    }
    await worker.kill();
  },
);

test("acknowledged events are kept, whenever workerd is killed", { timeout: 120_000 }, async () => {
  let worker = await start();
  const { programId, codes, id } = await queued(worker, 600);
  /** @type {Set<string>} */
  const acknowledged = new Set();
  const waiting = codes.flatMap((code, at) => [
    eventOf(programId, [{ code_uuid: code, status: at % 5 ? "distributed" : "failed" }]),
    opaque(programId, [[code, at % 5]]),
  ]);
  const count = waiting.length;
  /** @type {Promise<unknown> | undefined} */
  let restarting;
  async function deliver() {
    for (let body; (body = waiting.pop()) !== undefined;) {
      await restarting;
      const status = await send(worker, body).catch(() => "lost");
      if (status === 200) acknowledged.add(body);
      else waiting.unshift(body);
    }
  }
  const delivering = Promise.all(Array.from({ length: 20 }, deliver));
  for (let kills = 1; kills <= 5; kills += 1) {
    await eventually(() => acknowledged.size >= (kills * count) / 8);
    restarting = (async () => {
      for (const pid of await worker.workerd()) process.kill(pid, "SIGKILL");
      worker = await worker.restart();
    })();
    await restarting;
    // What was acknowledged until now is there at once.
    const kept = await all(worker);
    const bodies = new Set();
    for (const event of kept.slice(0, 50)) {
      bodies.add((await bodyOf(worker, event)).toString());
    }
    assert.equal(bodies.size, Math.min(50, kept.length));
  }
  await delivering;
  const kept = await all(worker);
  assert.equal(kept.length, count);
  const bodies = await sql(worker, "SELECT CAST(body AS TEXT) AS body FROM events");
  assert.deepEqual(
    bodies.map((/** @type {any} */ { body }) => body).sort(),
    [...acknowledged].sort(),
  );
  await worker.until(programId, id, ({ progress }) => progress.queued === 0);
  await worker.kill();
});

test("a 4 MB body is read whole and stored truncated", { timeout: 120_000 }, async () => {
  const worker = await start();
  const { programId, codes, id } = await queued(worker, 20_000);
  const outcomes = codes.map((code) => ({ code_uuid: code, status: "distributed" }));
  const bare = eventOf(programId, outcomes);
  const rest = 4 * 1024 * 1024 - Buffer.byteLength(bare) - `,"note":""`.length;
  // The truncation falls within a character.
  const note = "é".repeat(Math.floor(rest / 2)) + "x".repeat(rest % 2);
  const body = `{"note":"${note}",${bare.slice(1)}`;
  assert.equal(Buffer.byteLength(body), 4 * 1024 * 1024);
  assert.equal(await send(worker, body), 200);
  await worker.until(programId, id, ({ progress }) => progress.distributed === codes.length);
  const [event] = (await list(worker)).events;
  assert.deepEqual(
    [event.isCut, event.bytes, event.status, event.outcomes],
    [true, 4 * 1024 * 1024, "read", codes.length],
  );
  const kept = await bodyOf(worker, event);
  assert.ok(kept.length <= 256 * 1024 && kept.length > 256 * 1024 - 4, `${kept.length}`);
  assert.ok(kept.equals(Buffer.from(body).subarray(0, kept.length)));
  assert.ok(!kept.toString().includes("\ufffd"));
  // A truncated body is not read again, and stays as it was read.
  assert.equal(await reread(worker), 1);
  assert.equal((await list(worker)).events[0].status, "read");
  await worker.kill();
});

test("retention deletes read and dismissed events, and keeps unread ones", async () => {
  let worker = await start();
  const programId = crypto.randomUUID();
  for (const note of ["stays", "goes"]) await send(worker, opaque(programId, [], { note }));
  await send(worker, JSON.stringify({ event_type: "x" }));
  const [other, goes, stays] = (await list(worker)).events;
  assert.deepEqual([other.status, goes.status, stays.status], ["other", "unread", "unread"]);
  const dismissed = await worker.json(`/api/events/${goes.id}/dismiss`, {});
  assert.deepEqual(dismissed, { ...goes, isDismissed: true });
  assert.deepEqual(await worker.json(`/api/events/${goes.id}/dismiss`, {}), dismissed);
  const headers = { "Content-Type": "application/json" };
  const missing = { method: "POST", body: "{}", headers };
  assert.equal((await worker.request("/api/events/999/dismiss", missing)).status, 404);
  assert.equal((await list(worker)).unreadCount, 1);
  assert.deepEqual((await list(worker, "?unread=true")).events, [stays]);
  worker = await worker.restart({ options: { eventRetentionDays: 0.00001 } });
  const left = await eventually(async () => {
    // Any event wakes the object, whose alarm was set for later.
    await worker.inspect({ act: "alarm", app: "events", at: Date.now() });
    const { events } = await list(worker);
    return events.length === 1 && events;
  });
  assert.equal(left[0].id, stays.id);
  assert.deepEqual((await list(worker)).dropped, { events: 0, bytes: 0 });
  // After 400 days, it is deleted too.
  await sql(worker, "UPDATE events SET received_at = received_at - 401 * 86400000");
  await eventually(async () => {
    await worker.inspect({ act: "alarm", app: "events", at: Date.now() });
    return (await list(worker)).events.length === 0;
  });
  // Numbers are not reused.
  await send(worker, "{}");
  const [next] = (await list(worker)).events;
  assert.ok(Number(next.id) > Number(other.id));
  await worker.kill();
});

test(
  "at the limit, the oldest read events are deleted first and counted",
  { timeout: 120_000 },
  async () => {
    let worker = await start();
    const { programId } = await queued(worker, 1);
    await send(worker, opaque(programId, [], { note: "the first, of a program that is known" }));
    // As if many had arrived: read ones, and a flood for unknown programs.
    const fill = (
      /** @type {number} */ from,
      /** @type {number} */ count,
      /** @type {string} */ status,
    ) =>
      sql(
        worker,
        `INSERT INTO events WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       SELECT i, 'd' || i, 'p' || i, '${TYPE}', NULL, ?, ?, 1, 100, 0, '${status}', 0, NULL, NULL, 0, 0,
         0, NULL, zeroblob(100) FROM n`,
        ...[from, from + count - 1, Date.now(), Date.now()],
      );
    await fill(2, 1_000, "read");
    await fill(1_002, 198_999, "unread");
    const numbers = async () => {
      const [row] = await sql(
        worker,
        `SELECT count(*) AS count, min(id) AS first, max(id) AS last,
        sum(status = 'read') AS read, sum(is_known) AS known FROM events`,
      );
      return row;
    };
    assert.equal((await numbers()).count, 200_000);
    worker = await worker.restart();
    await send(worker, opaque(programId, [], { note: 1 }));
    let now = await numbers();
    assert.deepEqual([now.count, now.read, now.known, now.last], [199_501, 500, 2, 200_001]);
    assert.deepEqual((await list(worker, "?limit=1")).dropped, { events: 500, bytes: 50_000 });
    for (let note = 2; note < 502; note += 1) await send(worker, opaque(programId, [], { note }));
    for (let note = 502; note < 1_004; note += 1)
      await send(worker, opaque(programId, [], { note }));
    now = await numbers();
    // All read events are deleted first, and then the flood; never those that may be of use.
    assert.deepEqual([now.read, now.first, now.known], [0, 1, 1_004]);
    assert.ok(now.count <= 200_000 && now.count > 199_000, `${now.count}`);
    const { dropped } = await list(worker, "?limit=1");
    assert.equal(dropped.events, 201_003 - now.count);
    // There is space again once something is deleted.
    const size = await worker.inspect({ act: "size", app: "events" });
    await sql(worker, "DELETE FROM events WHERE id > 1000");
    assert.ok((await worker.inspect({ act: "size", app: "events" })) < size / 2);
    await worker.kill();
  },
);

test("a large database makes room too, before it is full", { timeout: 120_000 }, async () => {
  let worker = await start();
  await send(worker, opaque(null, [], { note: "the first" }));
  // As if events of 256 kB had arrived.
  await sql(
    worker,
    `INSERT INTO events WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 2200)
     SELECT i, 'd' || i, NULL, '${TYPE}', NULL, ?, ?, 1, 262144, 1, 'read', 0, NULL, NULL, 0, 0,
       0, NULL, zeroblob(262144) FROM n`,
    ...[Date.now(), Date.now()],
  );
  worker = await worker.restart();
  // Its size is read once in 64 events.
  for (let note = 0; note < 64; note += 1) await send(worker, opaque(null, [], { note }));
  const { dropped } = await list(worker, "?limit=1");
  assert.equal(dropped.events, 500);
  assert.ok((await worker.inspect({ act: "size", app: "events" })) < 512 * 1024 * 1024);
  await worker.kill();
});

test(
  "an event that a program's object could not take is delivered later",
  { timeout: 120_000 },
  async () => {
    const worker = await start();
    const { programId, codes, id } = await queued(worker, 2);
    const other = await queued(worker, 1);
    const version = (/** @type {string} */ value) =>
      worker.sql(
        programId,
        "UPDATE state SET value = ? WHERE key = 'schema' RETURNING value",
        value,
      );
    const [{ value }] = await worker.sql(programId, "SELECT value FROM state WHERE key = 'schema'");
    await version("99");
    const changed = await worker.restart();
    const body = eventOf(programId, [{ code_uuid: codes[0], status: "distributed" }]);
    assert.equal(await send(changed, body), 200);
    // Others don't wait.
    const theirs = eventOf(other.programId, [{ code_uuid: other.codes[0], status: "distributed" }]);
    assert.equal(await send(changed, theirs), 200);
    await changed.until(other.programId, other.id, ({ progress }) => progress.distributed === 1);
    assert.equal((await all(changed)).length, 2);
    await changed.sql(programId, "UPDATE state SET value = ? WHERE key = 'schema'", value);
    const again = await changed.restart();
    await again.until(programId, id, ({ progress }) => progress.distributed === 1);
    await eventually(
      async () => (await sql(again, "SELECT 1 FROM events WHERE due_at > 0")).length === 0,
    );
    await again.kill();
  },
);

test(
  "a job that fails to apply its outcomes does not block others",
  { timeout: 120_000 },
  async () => {
    let worker = await start();
    const { programId, codes } = await uber.createProgram(4);
    const job = async (/** @type {number} */ from) => {
      const { id } = await (await worker.createJob(programId, codes.slice(from, from + 2))).json();
      await worker.until(programId, id, ({ status }) => status === "finished");
      return id;
    };
    const [bad, good] = [await job(0), await job(2)];
    const [{ number }] = await worker.sql(programId, "SELECT number FROM jobs WHERE id = ?", bad);
    worker = await worker.restart();
    await damage(worker, programId, number, 30);
    const outcomes = codes.map((code) => ({ code_uuid: code, status: "distributed" }));
    assert.equal(await send(worker, eventOf(programId, outcomes)), 200);
    await worker.until(programId, good, ({ progress }) => progress.distributed === 2);
    const { status, error } = await worker.json(`/api/programs/${programId}/jobs/${bad}`);
    assert.deepEqual([status, error.code], ["unreadable", "journal_corrupt"]);
    const waiting = await worker.sql(programId, "SELECT job FROM waiting");
    assert.deepEqual(waiting, [{ job: number }]);
    // Its journal is back, and so are its outcomes.
    worker = await worker.restart();
    await damage(worker, programId, number, 30);
    await worker.json(`/api/programs/${programId}/jobs/${bad}`);
    await worker.until(programId, bad, ({ progress }) => progress.distributed === 2, 90_000);
    await worker.kill();
  },
);

test("no recipient data is in the log, a journal or an export", async () => {
  const worker = await start();
  const { programId, codes, journal, results, path } = await queued(worker, 2);
  const secret = "q7-jane.doe@mail.example.com +49 170 1234567";
  const clear = { code_uuid: codes[0], status: "failed", reason: "no account", guest: secret };
  for (const body of [
    eventOf(programId, [clear]),
    opaque(programId, [], { secret }),
    `not JSON ${secret}`,
  ])
    assert.equal(await send(worker, body), 200);
  await worker.until(
    programId,
    path.split("/").at(-1) ?? "",
    ({ progress }) => progress.failed > 0,
  );
  const shown = [
    await results(),
    String(await journal()),
    JSON.stringify(await worker.json(path)),
    JSON.stringify(await list(worker)),
    JSON.stringify(await worker.json("/api/config")),
    worker.output(),
  ];
  for (const text of shown) assert.doesNotMatch(text, /q7-jane|1234567/);
  const kept = await (await worker.request(`${path}/journal`)).arrayBuffer();
  assert.ok(!Buffer.from(kept).includes("q7-jane"));
  await worker.kill();
});
