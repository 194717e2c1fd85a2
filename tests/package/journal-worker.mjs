/** The Durable Objects that journal-workerd.mjs runs: the suite in real storage, of both kinds. */
import { durableObjectJournal, fileJournal, indexedDbJournal } from "uber-vouchers/journal";

import { assert, runTests } from "./harness.mjs";
import { contents, record, wholeRecords } from "./journal-records.mjs";
import { journalSuite } from "./journal-suite.mjs";

const MAX_PIECE = 64 * 1024;

class JournalObject {
  /** @param {{ storage: any }} context */
  constructor(context) {
    this.context = context;
  }

  /** @param {Request} request */
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const kind = `durable object, ${searchParams.get("kind")}`;
    const { storage } = this.context;
    const journal = durableObjectJournal(storage, "kept");
    if (pathname === "/suite") {
      /** @type {unknown[]} */
      const results = [];
      await runTests(
        (test) => suite(test, kind, this.context),
        (result) => results.push(result),
      );
      return Response.json(results);
    }
    const { count } = wholeRecords(await contents(journal));
    if (pathname === "/append") {
      for (let number = count; number < count + 50; number += 1)
        await journal.append(record(number));
    }
    return Response.json(wholeRecords(await contents(journal)).count);
  }
}

/** @param {import("./harness.mjs").Test} test @param {string} kind @param {{ storage: any }} context */
function suite(test, kind, context) {
  journalSuite(test, assert, kind, (name) => durableObjectJournal(context.storage, name));
  test(`${kind}: more than fits into one call`, async () => {
    const journal = durableObjectJournal(context.storage, "large");
    const bytes = new Uint8Array(20_000_000).map((_, at) => at >> 12);
    await journal.append(bytes);
    let at = 0;
    for await (const piece of journal.read()) {
      if (!piece.every((byte, index) => byte === bytes[at + index]))
        throw new Error(`Piece at ${at}`);
      at += piece.length;
    }
    assert.equal(at, bytes.length);
    await journal.truncate(1);
    assert.equal((await contents(journal)).length, 1);
  });
  test(`${kind}: no value exceeds the limit, whatever its buffer`, async () => {
    const journal = durableObjectJournal(context.storage, "values");
    const buffer = new Uint8Array(1_000_000);
    await journal.append(buffer.subarray(0, 10));
    await journal.append(buffer.subarray(0, 200_000));
    await journal.truncate(150_000);
    const stored = await context.storage.list({ prefix: "uber-vouchers:journal:values:" });
    assert.equal(
      [...stored.values()].map(({ length }) => length),
      [10, MAX_PIECE, MAX_PIECE, 150_000 - 10 - 2 * MAX_PIECE],
    );
    for (const { length, buffer } of stored.values()) assert.equal(buffer.byteLength, length);
  });
  test(`${kind}: an append is one write, and waits for the disk`, async () => {
    /** @type {string[]} */
    const calls = [];
    const storage = new Proxy(context.storage, {
      get: (target, name) => {
        const member = target[name];
        return (/** @type {any[]} */ ...given) => {
          calls.push(String(name));
          if (name === "put") void Promise.resolve().then(() => calls.push("turn"));
          return member.apply(target, given).then((/** @type {unknown} */ value) => {
            calls.push(`${String(name)} done`);
            return value;
          });
        };
      },
    });
    const journal = durableObjectJournal(storage, "order");
    await journal.append(new Uint8Array(130 * MAX_PIECE));
    calls.push("resolved");
    // Both in one turn, or they would not be stored in one write.
    const puts = calls.slice(calls.indexOf("put"));
    assert.equal(puts.slice(0, 2), ["put", "put"]);
    assert.equal(puts.slice(-3), ["sync", "sync done", "resolved"]);
    calls.length = 0;
    await journal.truncate(5);
    assert.equal(calls.slice(-2), ["sync", "sync done"]);
  });
  test(`${kind}: a failed append has no effect`, async () => {
    let fails = false;
    const storage = {
      put: (/** @type {any[]} */ ...given) =>
        fails ? Promise.reject(new Error("No")) : context.storage.put(...given),
      list: (/** @type {any} */ options) => context.storage.list(options),
      delete: (/** @type {any} */ keys) => context.storage.delete(keys),
      sync: () => context.storage.sync(),
    };
    const journal = durableObjectJournal(storage, "failed");
    await journal.append(new Uint8Array(10));
    fails = true;
    await assert.rejects(journal.append(new Uint8Array(10)), { message: "No" });
    fails = false;
    await journal.append(new Uint8Array(10));
    assert.equal((await contents(journal)).length, 20);
  });
  test(`${kind}: a missing chunk is damage`, async () => {
    const journal = durableObjectJournal(context.storage, "gap");
    for (let count = 0; count < 3; count += 1) await journal.append(new Uint8Array(10));
    const [, second] = (
      await context.storage.list({ prefix: "uber-vouchers:journal:gap:" })
    ).keys();
    await context.storage.delete([String(second)]);
    const error = { name: "JobError", code: "journal_corrupt", queued: "unknown" };
    await assert.rejects(contents(journal), error);
  });
  test(`${kind}: a deleted journal is detected, and not continued`, async () => {
    const { storage } = context;
    const journal = durableObjectJournal(storage, "deleted");
    await journal.append(new Uint8Array(100_000));
    const stored = await storage.list({ prefix: "uber-vouchers:journal:deleted:" });
    await storage.delete([...stored.keys()]);
    for (const again of [journal, durableObjectJournal(storage, "deleted")]) {
      const error = await assert.rejects(again.append(new Uint8Array(1)), { name: "Error" });
      assert.ok(error.message.includes("changed the journal"), error.message);
      assert.equal((await contents(again)).length, 0);
    }
    await journal.truncate(0);
    await journal.append(new Uint8Array(7));
    assert.equal((await contents(journal)).length, 7);
  });
  test(`${kind}: the key comes from the storage object`, () => {
    assert.ok(context.storage === context.storage);
    const key = durableObjectJournal(context.storage, "key").key;
    assert.equal(durableObjectJournal(context.storage, "key").key, key);
    const other = { put() {}, list() {}, delete() {}, sync() {} };
    assert.ok(durableObjectJournal(/** @type {any} */ (other), "key").key !== key);
  });
  test(`${kind}: a missing API is refused`, async () => {
    const members = { name: "ValidationError", code: "invalid_options" };
    await assert.rejects(
      Promise.resolve().then(() => fileJournal("/tmp/x")),
      members,
    );
    await assert.rejects(
      Promise.resolve().then(() => indexedDbJournal("x")),
      members,
    );
  });
}

export class SqlObject extends JournalObject {}
export class KeyValueObject extends JournalObject {}

export default {
  /** @param {Request} request @param {any} env */
  async fetch(request, env) {
    const namespace = env[String(new URL(request.url).searchParams.get("kind"))];
    return namespace.get(namespace.idFromName("one")).fetch(request);
  },
};
